//! A disk that says a sync failed: its file is given up at once, and nothing is acknowledged without a sync.
//!
//! strace answers the process in the kernel's place, so the product is not changed for it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use daymark_workload::Request;

use crate::outside::skip;
use crate::server::{Server, endless_spans};

/// Makes syncs of a process fail until it is dropped.
struct Failing {
    strace: Child,
}

impl Failing {
    /// Of one file, or of all. `Err` where tracing is not possible.
    fn attach(process: u32, file: Option<&Path>, calls: &Path) -> Result<Self, String> {
        let mut command = Command::new("strace");
        command.args(["-f", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO", "-y", "-o"]);
        command.arg(calls).args(["-p", &process.to_string()]);
        if let Some(file) = file {
            command.arg("-P").arg(file);
        }
        let strace = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut strace = strace.map_err(|error| format!("strace: {error}"))?;
        let mut said = String::new();
        let mut lines = BufReader::new(strace.stderr.take().unwrap());
        while lines.read_line(&mut said).unwrap() > 0 {
            // It says so once all threads are stopped and traced.
            if said.lines().last().is_some_and(|line| line.contains(&format!("Process {process} attached"))) {
                return Ok(Self { strace });
            }
        }
        Err(format!("strace to work: {}", said.trim()))
    }

    fn detach(mut self) {
        let stopped = Command::new("kill").args(["-INT", &self.strace.id().to_string()]).status();
        assert!(stopped.unwrap().success());
        self.strace.wait().unwrap();
    }
}

#[test]
fn a_file_whose_sync_failed_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut server = Server::start_in(&dir.path().join("data"), &log);
    let requests: Vec<Request> = endless_spans(21, 60, 10.0).take(4).collect();
    assert_eq!(server.send(&requests[0]).status, 200);
    let file = newest_log_file(&server);
    let calls = dir.path().join("calls");
    let failing = match Failing::attach(server.process_id(), Some(&file), &calls) {
        Ok(failing) => failing,
        Err(needs) => return skip(&needs),
    };
    assert_eq!(server.send(&requests[1]).status, 200, "a new file takes what the old one did not");
    assert_ne!(newest_log_file(&server), file);
    assert_eq!(server.send(&requests[2]).status, 200);
    failing.detach();
    let calls = std::fs::read_to_string(calls).unwrap();
    assert_eq!(calls.matches("EIO").count(), 1, "a failed sync is not tried again:\n{calls}");
    let told = std::fs::read_to_string(log).unwrap();
    assert!(told.contains("a file of the log failed and was given up"), "{told}");
    assert_eq!(server.send(&requests[3]).status, 200);

    let sent: u64 = requests.iter().map(|request| request.items as u64).sum();
    for _ in 0..2 {
        assert_eq!(server.number("SELECT count(*) FROM spans"), sent);
        server.assert_balanced();
        server.kill();
        server.restart();
        server.wait_until_ready();
    }
}

#[test]
fn nothing_is_acknowledged_without_a_sync() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut server = Server::start_in(&dir.path().join("data"), &log);
    let requests: Vec<Request> = endless_spans(22, 60, 10.0).take(3).collect();
    assert_eq!(server.send(&requests[0]).status, 200);
    let failing = match Failing::attach(server.process_id(), None, &dir.path().join("calls")) {
        Ok(failing) => failing,
        Err(needs) => return skip(&needs),
    };
    let refused = server.send(&requests[1]);
    assert_eq!(refused.status, 503, "{:?}", refused.body);
    assert!(refused.retry_after.is_some());
    failing.detach();
    // The log stays read-only: which of its bytes are on the disk is not known.
    assert_eq!(server.send(&requests[2]).status, 503);
    let told = std::fs::read_to_string(&log).unwrap();
    assert!(told.contains("the log is read-only now"), "{told}");
    let ready = server.get("/readyz");
    assert_eq!(ready.status, 503);
    let ready = ready.json();
    assert_eq!((&ready["read"], &ready["write"]), (&true.into(), &false.into()), "{ready}");
    assert!(
        ready["reason"].as_str().is_some_and(|reason| reason.contains("the log cannot be written")),
        "{ready}"
    );
    assert_eq!(server.number("SELECT count(*) FROM spans"), requests[0].items as u64);
    server.assert_balanced();

    server.kill();
    server.restart();
    server.wait_until_ready();
    // The refused batches may be there or not; sent again they are there once.
    for request in &requests {
        assert_eq!(server.send(request).status, 200);
    }
    let sent: u64 = requests.iter().map(|request| request.items as u64).sum();
    assert_eq!(server.number("SELECT count(*) FROM spans"), sent);
    server.assert_balanced();
}

fn newest_log_file(server: &Server) -> PathBuf {
    let files = std::fs::read_dir(Path::new(server.data()).join("wal")).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "wal")).max().unwrap()
}
