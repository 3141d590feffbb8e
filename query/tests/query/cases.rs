//! Golden cases: questions and their answers in `cases/`, which anybody adds without compiling; its README
//! tells how.
//!
//! Every case is asked of buffers, of flushed and of merged segments: where a row is stored must not be seen.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use daymark_model::time::Nanos;
use daymark_view::ask::Ask;
use daymark_view::error::AskError;
use daymark_view::logs::{Direction, LogsAsk};
use daymark_view::range::Range;
use daymark_view::search::{Domain, Query, parse};
use daymark_view::traces::{TraceSort, TracesAsk, TracesFound, TracesMode};
use serde_json::Value;

use crate::data::NOON;
use crate::place::{Place, query_id};

const MARK: &str = "\n----\n";
const INPUT: &str = "input.txt";
const HOUR: Range = Range { from: Nanos(NOON), to: Nanos(NOON + Nanos::HOUR) };

fn folder() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/query/cases")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn text(value: Option<impl Display>) -> String {
    value.map_or_else(|| "null".to_owned(), |value| value.to_string())
}

fn failed(error: &AskError) -> String {
    format!("error {:?}: {error}", error.code())
}

async fn sql(place: &Place, sql: &str) -> Result<Vec<String>, AskError> {
    let answer = place.sql(sql).await?;
    let names = answer.data.columns.iter().map(|column| format!("{}:{}", column.name, column.kind));
    let cell = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let rows = answer.data.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" | "));
    Ok(std::iter::once(names.collect::<Vec<_>>().join(" | ")).chain(rows).collect())
}

async fn traces(place: &Place, query: Query) -> Result<Vec<String>, AskError> {
    let ask = TracesAsk {
        query_id: query_id(),
        query,
        range: HOUR,
        scope: Vec::new(),
        area: None,
        sort: TraceSort::Newest,
        mode: TracesMode::Traces,
        limit: 50,
        cursor: None,
        count: false,
    };
    let TracesFound::Traces(hits) = place.answerer.traces(ask).await?.data else { panic!("rows of traces") };
    let row = |hit: &daymark_view::traces::TraceHit| {
        let (spans, errors) = (hit.span_count, hit.error_count);
        let (id, root) = (hit.trace_id, format!("{} {}", hit.root_service, hit.root_name));
        format!("{id} | {root} | {spans} spans, {errors} failed, {} matched", hit.matched.count)
    };
    Ok(hits.iter().map(row).collect())
}

async fn lines(place: &Place, query: Query) -> Result<Vec<String>, AskError> {
    let ask = LogsAsk {
        query_id: query_id(),
        query,
        trace_id: None,
        range: HOUR,
        scope: Vec::new(),
        direction: Direction::Backward,
        limit: 50,
        cursor: None,
        count: false,
    };
    let rows = place.answerer.logs(ask).await?.data;
    let row = |row: &daymark_view::trace_logs::LogRow| {
        let (body, trace) = (text(row.body.as_ref()), text(row.trace_id.as_ref()));
        format!("{} {} | {body} | {trace}", row.severity, row.service)
    };
    Ok(rows.iter().map(row).collect())
}

async fn answer(place: &Place, question: &str) -> String {
    let asked = |domain, q: &str| {
        parse(domain, q).map_err(|error| format!("error at {:?}: {}", error.place, error.detail))
    };
    let found = match question.split_once(' ') {
        Some(("traces", q)) => match asked(Domain::Traces, q) {
            Ok(query) => traces(place, query).await,
            Err(error) => return error,
        },
        Some(("logs", q)) => match asked(Domain::Logs, q) {
            Ok(query) => lines(place, query).await,
            Err(error) => return error,
        },
        _ => sql(place, question).await,
    };
    match found {
        Ok(rows) if rows.is_empty() => "nothing".to_owned(),
        Ok(rows) => rows.join("\n"),
        Err(error) => failed(&error),
    }
}

async fn check(place: &Place, folder: &Path, stage: &str) {
    let is_update = std::env::var_os("DAYMARK_UPDATE").is_some();
    let is_case = |file: &PathBuf| file.extension().is_some_and(|one| one == "txt") && !file.ends_with(INPUT);
    let files: Vec<_> = entries(folder).into_iter().filter(is_case).collect();
    assert!(!files.is_empty());
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let mut out = Vec::new();
        for case in text.split("\n\n").map(str::trim).filter(|case| !case.is_empty()) {
            let (question, expected) = case.split_once(MARK).unwrap_or((case, ""));
            let found = answer(place, question).await;
            if found != expected {
                let file = file.display();
                wrong.push(format!("{file} ({stage})\n{question}\nexpected\n{expected}\nfound\n{found}\n"));
            }
            out.push(format!("{question}{MARK}{found}"));
        }
        if is_update {
            fs::write(&file, out.join("\n\n") + "\n").unwrap();
        }
    }
    assert!(is_update || wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn check_everywhere(place: &Place, folder: &Path) {
    check(place, folder, "buffered").await;
    place.store.flush().await.unwrap();
    check(place, folder, "in segments").await;
    place.store.settle().await.unwrap();
    check(place, folder, "merged").await;
}

/// Scenario: the same questions before and after the rows moved into segments, and after these were merged.
/// Guarantee: the answers are those of the files, every time.
#[tokio::test(flavor = "multi_thread")]
async fn answers_are_as_written() {
    check_everywhere(&Place::shop().await, &folder()).await;
    for folder in entries(&folder()).into_iter().filter(|entry| entry.is_dir()) {
        let place = Place::empty().await;
        for line in fs::read_to_string(folder.join(INPUT)).unwrap().lines() {
            let (signal, body) = line.split_once(' ').unwrap();
            place.send(signal, &serde_json::from_str(body).unwrap()).await;
        }
        check_everywhere(&place, &folder).await;
    }
}
