//! `verify`, `backup` and `restore` by their exit codes, and a server on a damaged directory.

use std::path::{Path, PathBuf};

use crate::command::{daymark, text};
use crate::server::{Server, shop};

/// The folder of the default tenant.
const TENANT: &str = "f78761cf8c3621e8";

/// Files of that name below a folder, the largest first.
fn files(dir: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, name));
        } else if path.ends_with(name) {
            found.push(path);
        }
    }
    found.sort_by_key(|path| std::cmp::Reverse(path.metadata().unwrap().len()));
    found
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn verify(data: &str, more: &[&str]) -> (i32, String) {
    let args = [&["verify", "--data", data][..], more].concat();
    let output = daymark(&args);
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn a_directory_is_checked_repaired_copied_and_brought_back() {
    let (requests, truth, _) = shop(71, 5, 10.0);
    let mut server = Server::start();
    for request in &requests {
        assert_eq!(server.send(request).status, 200);
    }
    let data = server.data().to_owned();
    let (code, told) = verify(&data, &[]);
    assert!(code == 1 && told.contains("used by another Daymark"), "{code}: {told}");

    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (copy, again, late) = (place("copy"), place("again"), place("late"));
    let copied = daymark(&["backup", &copy, "--data", &data, "--url", &server.api]);
    assert!(copied.status.success(), "{}", text(&copied.stderr));
    let refused = daymark(&["backup", &copy, "--data", &data, "--url", &server.api]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
    server.stop();

    assert_eq!(verify(&data, &[]).0, 0, "{}", verify(&data, &[]).1);
    assert!(daymark(&["backup", &late, "--data", &data]).status.success());
    assert!(daymark(&["restore", &copy, "--data", &again]).status.success());

    let index = files(Path::new(&data), "trace.idx").remove(0);
    flip(&index);
    let (code, told) = verify(&data, &[]);
    assert!(code == 4 && told.contains("--rebuild-indexes"), "{code}: {told}");
    let (code, told) = verify(&data, &["--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert!(code == 4 && report["findings"].as_array().unwrap().len() == 1, "{told}");
    assert_eq!(verify(&data, &["--rebuild-indexes"]).0, 0);

    let catalog = Path::new(&data).join("catalog.db");
    let mut bytes = std::fs::read(&catalog).unwrap();
    bytes[..16].fill(0x55);
    std::fs::write(&catalog, bytes).unwrap();
    let refused = daymark(&["serve", "--listen.ui", "off", "--data", &data]);
    let told = text(&refused.stderr);
    assert!(refused.status.code() == Some(1) && told.contains("daymark verify --rebuild-catalog"), "{told}");
    assert_eq!(verify(&data, &["--rebuild-catalog"]).0, 0);
    server.restart();
    // The log still has every batch, so the rows may come back from there.
    server.wait_until_ready();
    assert_eq!(server.number("SELECT count(*) FROM spans"), truth.spans);
    server.assert_balanced();
    assert_eq!(verify(&place("nowhere"), &[]).0, 1);
}

#[test]
fn a_server_tells_what_it_lost() {
    let (requests, truth, _) = shop(72, 5, 10.0);
    let mut server = Server::start();
    for request in &requests {
        assert_eq!(server.send(request).status, 200);
    }
    server.settle();
    server.stop();
    let meta = files(&Path::new(server.data()).join("segments").join(TENANT), "meta.json");
    let of_spans = meta.iter().filter(|path| path.iter().any(|part| part == "spans"));
    let gone = of_spans.max_by_key(|path| path.with_file_name("data.parquet").metadata().unwrap().len());
    flip(gone.unwrap());
    server.restart();
    server.wait_until_ready();
    let answer = server.sql_answer("SELECT count(*) FROM spans").json();
    assert_eq!(answer["meta"]["partial"].as_array().unwrap().len(), 1, "{answer}");
    let logs = server.sql_answer("SELECT count(*) FROM logs").json();
    assert!(logs["meta"]["partial"].as_array().unwrap().is_empty(), "{logs}");
    let left = server.number("SELECT count(*) FROM spans");
    let status = server.get("/api/v1/system/status").json();
    let quarantined = &status["data"]["quarantined"][0];
    assert_eq!(quarantined["rows"].as_u64().unwrap(), truth.spans - left, "{status}");
    let ledger = server.get("/api/v1/ledger").json();
    let rows = ledger["data"]["rows"].as_array().unwrap();
    let lost = rows.iter().find(|row| row["signal"] == "spans").unwrap()["lost"]["segment_corrupt"].as_u64();
    assert_eq!(lost, Some(truth.spans - left), "{ledger}");
    server.assert_balanced();
}
