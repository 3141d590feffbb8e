//! Lines that others wrote, searched by words, phrases and ids: the counts are those of `grep`. They lie
//! outside the project, where `DAYMARK_FIXTURES` points to.

use std::path::{Path, PathBuf};
use std::process::Command;

use daymark_model::time::Nanos;
use daymark_view::ask::Ask;
use daymark_view::logs::{Direction, LogsAsk};
use daymark_view::range::Range;
use daymark_view::search::{Domain, parse};
use serde_json::{Value, json};

use crate::data::{NOON, logs};
use crate::place::{Place, query_id};

/// So often each line is sent: merged segments then index words by their shapes.
const TIMES: u64 = 11;

/// What is asked for, and whether it is a phrase whose ends may lie inside words.
const APACHE: [&str; 12] = [
    "error",
    "notice",
    "workerEnv",
    "WORKERENV",
    "jk2_init",
    "6725",
    "workers2.properties",
    "\"error state 6\"",
    "\"Found child 6725\"",
    "\"in error state\"",
    "\"scoreboard slot 10\"",
    "nowhere",
];
const SPARK: [&str; 12] = [
    "info",
    "executor",
    "BlockManager",
    "broadcast_9",
    "rdd_2_1",
    "\"block broadcast_9\"",
    "\"found block rdd_42_24 locally\"",
    "\"Running task\"",
    "2128",
    "\"memory (estimated size\"",
    "mesos",
    "absent",
];

#[expect(clippy::print_stderr, reason = "whoever runs the tests wants to know what was left out")]
fn file(name: &str) -> Option<PathBuf> {
    let Some(root) = std::env::var_os("DAYMARK_FIXTURES") else {
        eprintln!("skipped: DAYMARK_FIXTURES is not set");
        return None;
    };
    Some(Path::new(&root).join("loghub").join(name))
}

async fn send(place: &Place, service: &str, file: &Path) {
    let text = std::fs::read_to_string(file).unwrap();
    for time in 0..TIMES as i64 {
        let lines: Vec<(i64, u8, &str, Option<&str>, Value)> = text
            .lines()
            .zip(0..)
            .map(|(line, number)| (time * 100_000 + number, 9, line, None, json!({})))
            .collect();
        place.send("logs", &logs(service, &lines)).await;
    }
}

async fn found(place: &Place, service: &str, q: &str) -> u64 {
    let ask = LogsAsk {
        query_id: query_id(),
        query: parse(Domain::Logs, &format!("service={service} {q}")).unwrap(),
        trace_id: None,
        range: Range { from: Nanos(NOON), to: Nanos(NOON + Nanos::HOUR) },
        scope: Vec::new(),
        direction: Direction::Backward,
        limit: 1,
        cursor: None,
        count: true,
    };
    place.answerer.logs(ask).await.unwrap().meta.total.unwrap()
}

/// Lines that `grep` finds the text in, whatever the case, with no letter or digit at its ends.
fn grep(file: &Path, q: &str) -> u64 {
    let escape = |char: char| {
        if char.is_alphanumeric() || " _".contains(char) { char.to_string() } else { format!("[{char}]") }
    };
    let text: String = q.trim_matches('"').chars().map(escape).collect();
    let expression = format!("(^|[^[:alnum:]]){text}($|[^[:alnum:]])");
    let out = Command::new("grep").args(["-ciE", "--", &expression]).arg(file).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().parse().unwrap()
}

/// Guarantee: in buffers, fresh segments and merged ones, a search finds the lines that `grep` finds.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_counts_what_grep_counts() {
    let (Some(apache), Some(spark)) = (file("Apache_2k.log"), file("Spark_2k.log")) else { return };
    let place = Place::empty().await;
    send(&place, "apache", &apache).await;
    send(&place, "spark", &spark).await;
    let cases = APACHE.map(|q| ("apache", &apache, q)).into_iter().chain(SPARK.map(|q| ("spark", &spark, q)));
    let cases: Vec<_> = cases.map(|(service, file, q)| (service, q, grep(file, q) * TIMES)).collect();
    assert!(cases.iter().filter(|(.., expected)| *expected > 0).count() > 16, "{cases:?}");
    for step in 0..3 {
        for (service, q, expected) in &cases {
            assert_eq!(found(&place, service, q).await, *expected, "{service} {q} {step}");
        }
        match step {
            0 => place.store.flush().await.unwrap(),
            _ => place.store.settle().await.unwrap(),
        }
    }
}
