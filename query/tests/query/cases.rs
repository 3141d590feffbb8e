//! SQL over the shop: each case is a query and its table in `cases/*.txt`.
//!
//! Every case is asked of buffers, of flushed and of merged segments: where a row is stored
//! must not be seen. With `DAYMARK_UPDATE=1` the files are rewritten with what came out.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::place::Place;

const MARK: &str = "\n----\n";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/query/cases")
}

async fn answer(place: &Place, sql: &str) -> String {
    match place.sql(sql).await {
        Err(error) => format!("error {:?}: {error}", error.code()),
        Ok(answer) => {
            let names: Vec<String> =
                answer.data.columns.iter().map(|column| format!("{}:{}", column.name, column.kind)).collect();
            let cell = |value: &Value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let rows =
                answer.data.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" | "));
            std::iter::once(names.join(" | ")).chain(rows).collect::<Vec<_>>().join("\n")
        }
    }
}

async fn check(place: &Place, stage: &str) {
    let is_update = std::env::var_os("DAYMARK_UPDATE").is_some();
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let mut out = Vec::new();
        for case in text.split("\n\n").map(str::trim).filter(|case| !case.is_empty()) {
            let (sql, expected) = case.split_once(MARK).unwrap_or((case, ""));
            let found = answer(place, sql).await;
            if found != expected {
                wrong.push(format!(
                    "{} ({stage})\n{sql}\nexpected\n{expected}\nfound\n{found}\n",
                    file.display()
                ));
            }
            out.push(format!("{sql}{MARK}{found}"));
        }
        if is_update {
            fs::write(&file, out.join("\n\n") + "\n").unwrap();
        }
    }
    assert!(is_update || wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Scenario: the same questions before and after the rows moved into segments, and after these were merged.
/// Guarantee: the answers are those of the files, every time.
#[tokio::test(flavor = "multi_thread")]
async fn answers_are_as_written() {
    let place = Place::shop().await;
    check(&place, "buffered").await;
    place.store.flush().await.unwrap();
    check(&place, "in segments").await;
    place.store.settle().await.unwrap();
    check(&place, "merged").await;
}
