//! The command line, as a person types it: answers on stdout, complaints on stderr, an exit code that says how it went.

use std::process::{Command, Output};

use crate::server::{BINARY, Server, shop};

pub(crate) fn daymark(args: &[&str]) -> Output {
    Command::new(BINARY).args(args).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_default_configuration_is_good() {
    let printed = daymark(&["config", "default"]);
    assert!(printed.status.success());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("daymark.toml");
    std::fs::write(&path, &printed.stdout).unwrap();
    assert!(daymark(&["config", "check", "--config", path.to_str().unwrap()]).status.success());
    std::fs::write(&path, "[listen]\nuii = 1\n").unwrap();
    let checked = daymark(&["config", "check", "--config", path.to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(text(&checked.stderr).contains("line 2"), "{}", text(&checked.stderr));
}

/// `head` and its kin leave when they have seen enough.
#[test]
fn nobody_reads_the_output_to_its_end() {
    let server = Server::start();
    for args in [
        &["config", "default"][..],
        &["completion", "bash"],
        &["sql", "SELECT value FROM generate_series(1, 100000)", "--format", "csv"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let at = ["--url", server.api.as_str()];
        let url = at.iter().filter(|_| args[0] == "sql");
        let ended = Command::new(BINARY).args(args).args(url).stdout(writer).output().unwrap();
        assert_eq!((ended.status.code(), text(&ended.stderr)), (Some(0), String::new()), "{args:?}");
    }
}

#[test]
fn an_open_door_is_refused() {
    let refused = daymark(&["serve", "--listen.otlp-http", "0.0.0.0:0"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("--allow-insecure-remote"), "{}", text(&refused.stderr));
}

#[test]
fn a_folder_has_one_owner() {
    let server = Server::start();
    let second = daymark(&["serve", "--listen.ui", "off", "--data", server.data()]);
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second.stderr).contains("used by another Daymark"), "{}", text(&second.stderr));
}

#[test]
fn questions_are_answered() {
    let (requests, truth, roster) = shop(4, 5, 10.0);
    let server = Server::start();
    for request in &requests {
        server.send(request);
    }
    let counted =
        daymark(&["sql", "SELECT count(*) AS n FROM spans", "--url", &server.api, "--format", "csv"]);
    assert_eq!(text(&counted.stdout).trim(), format!("n\r\n{}", truth.spans), "{}", text(&counted.stderr));
    let id: String = roster[0].id.iter().map(|byte| format!("{byte:02x}")).collect();
    let trace = daymark(&["trace", &id, "--url", &server.api, "--format", "table"]);
    assert!(trace.status.success() && text(&trace.stdout).contains(&id), "{}", text(&trace.stdout));
    let missing = daymark(&["trace", "0123456789abcdef0123456789abcdef", "--url", &server.api]);
    assert_eq!(missing.status.code(), Some(3), "{}", text(&missing.stderr));
    let nobody = daymark(&["sql", "SELECT 1", "--url", "http://127.0.0.1:9"]);
    assert_eq!(nobody.status.code(), Some(1));
}

#[test]
fn lines_are_searched() {
    let (requests, ..) = shop(4, 5, 10.0);
    let server = Server::start();
    for request in &requests {
        server.send(request);
    }
    let logs = |query: &str| {
        let found = daymark(&[
            "logs",
            query,
            "--from",
            "-10d",
            "--limit",
            "3",
            "--url",
            &server.api,
            "--format",
            "csv",
        ]);
        (found.status.code(), text(&found.stdout).lines().count(), text(&found.stderr))
    };
    // A head and three lines, and flags after a query that begins with a hyphen are flags.
    assert_eq!(logs("").1, 4, "{:?}", logs(""));
    assert_eq!(logs("-nosuchword").1, 4);
    assert_eq!(logs("nosuchword").0, Some(3));
    let (code, _, told) = logs("level>=wran");
    assert_eq!(code, Some(2));
    assert!(told.contains("did you mean warn?"), "{told}");
}
