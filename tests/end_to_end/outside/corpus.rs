//! A recorded day of a shop of 28 services comes back to the last item: as it was sent, after a kill, after
//! settling, after a restart, and after it was sent again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::thread;

use serde_json::Value;

use self::day::{Day, Export, hex};
use self::injected::Injected;
use super::skip;
use crate::server::Server;

/// A CSV reader for what the recording needs.
mod csv;
/// The rows and the truth about them.
mod day;
/// The faults that were injected.
mod injected;
/// Which of the faults the rules that come with Daymark tell of.
mod rules;

/// The day's figures, as its README gives them.
const SPANS: u64 = 178_156;
const REPEATS: u64 = 1_014;
const TRACES: u64 = 2_475;
const SERVICES: u64 = 28;
/// Pairs of services that call each other, and how often.
const EDGES: usize = 55;
const CALLS: u64 = 28_108;
/// Injected faults: of the network before a service, and of its processor.
const DELAYS: usize = 14;
const SLOWED: usize = 3;
const LOGS: u64 = 94_703;
const SEVERITIES: [(&str, u64); 3] = [("error", 580), ("info", 90_606), ("warn", 3_517)];

#[test]
fn a_recorded_day_comes_back_to_the_last_item() {
    let Some(root) = std::env::var_os("DAYMARK_FIXTURES") else {
        return skip("DAYMARK_FIXTURES to name the folder of recordings");
    };
    let folder = Path::new(&root).join("nezha-2023-01-30");
    let (day, injected) = (Day::read(&folder), Injected::all(&folder));
    assert_eq!((day.span_rows(), day.log_rows()), (SPANS + REPEATS, LOGS), "the recording has changed");
    let mut server = Server::start();

    let logs = day.logs(600);
    send(&server, day.spans(600));
    send(&server, logs);
    // A repeat counts until a merge has seen both.
    let found = server.number("SELECT count(*) FROM spans");
    assert!((SPANS..=SPANS + REPEATS).contains(&found), "{found} spans");
    check_logs(&server, 1);
    server.assert_balanced();

    server.kill();
    server.restart();
    server.wait_until_ready();
    let found = server.number("SELECT count(*) FROM spans");
    assert!((SPANS..=SPANS + REPEATS).contains(&found), "{found} spans after a kill");
    check_logs(&server, 1);
    server.assert_balanced();

    server.settle();
    check_spans(&server, &day);
    check_map(&server, &day);
    check_logs(&server, 1);
    check_faults(&server, &injected);
    server.assert_balanced();

    // Spans in other batches are known again one by one. Equal lines can be real: they are known again only
    // as the batch that was sent before.
    send(&server, day.spans(1_000));
    send(&server, day.logs(600));
    send(&server, day.spans(5_000));
    send(&server, day.logs(5_000));
    server.settle();
    server.stop();
    server.restart();
    server.wait_until_ready();
    check_spans(&server, &day);
    check_map(&server, &day);
    check_logs(&server, 2);
    server.assert_balanced();
}

/// Two clients share the work; every request must be taken whole.
fn send(server: &Server, exports: Vec<Export>) {
    let (first, second): (Vec<_>, Vec<_>) = exports.into_iter().enumerate().partition(|(at, _)| at % 2 == 0);
    thread::scope(|scope| {
        for half in [first, second] {
            scope.spawn(|| {
                for (_, export) in half {
                    let url = format!("{}{}", server.otlp, export.signal.http_path());
                    let answer = server.post(&url, "application/x-protobuf", export.body);
                    assert_eq!((answer.status, answer.body.len()), (200, 0), "{} items", export.items);
                }
            });
        }
    });
}

fn check_spans(server: &Server, day: &Day) {
    let rows = server.sql(
        "SELECT count(*), count(DISTINCT trace_id), count(DISTINCT service), count(DISTINCT span_id) FROM spans",
    );
    assert_eq!(rows[0][..3], [SPANS, TRACES, SERVICES].map(Value::from), "{rows:?}");
    let by_service: BTreeMap<String, u64> = server
        .sql("SELECT service, count(*) FROM spans GROUP BY service")
        .into_iter()
        .map(|row| (row[0].as_str().unwrap().to_owned(), row[1].as_u64().unwrap()))
        .collect();
    assert_eq!(by_service, day.spans_by_service());
    for id in day.some_traces(10) {
        let (spans, lines) = day.trace(&id);
        let answer = server.get(&format!("/api/v1/traces/{}", hex(&id))).json();
        let found: BTreeSet<String> = answer["data"]["spans"]
            .as_array()
            .unwrap()
            .iter()
            .map(|span| span["span_id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(found, spans, "trace {}", hex(&id));
        assert_eq!(answer["data"]["span_count"], spans.len());
        let stored = server.number(&format!("SELECT count(*) FROM logs WHERE trace_id = '{}'", hex(&id)));
        assert_eq!(stored as usize % lines.max(1), 0, "{stored} lines of {}, {lines} sent", hex(&id));
    }
}

/// The map has every call once, however its sides came.
fn check_map(server: &Server, day: &Day) {
    let answer = server.get("/api/v1/map?from=2023-01-29T00:00:00Z&to=2023-02-01T00:00:00Z").json();
    let edges = answer["data"]["edges"].as_array().unwrap().iter();
    let text = |edge: &Value, end: &str| edge[end].as_str().unwrap().to_owned();
    let told: BTreeMap<_, _> = edges
        .map(|edge| ((text(edge, "client"), text(edge, "server")), edge["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, day.calls());
    let between: Vec<u64> =
        told.iter().filter(|((client, _), _)| client != "user").map(|(_, count)| *count).collect();
    assert_eq!((between.len(), between.iter().sum::<u64>()), (EDGES, CALLS));
    let nodes: BTreeSet<_> =
        answer["data"]["nodes"].as_array().unwrap().iter().map(|node| text(node, "id")).collect();
    assert_eq!(nodes.len() as u64, SERVICES + 1, "the services and the user: {nodes:?}");
}

/// Each fault is found within three minutes by a question of the documentation.
fn check_faults(server: &Server, injected: &[Injected]) {
    const LOOKED_AT_S: i64 = 180;
    const BEFORE_S: i64 = 600;
    let (network, slower) = (documented("Between which services"), documented("slower than it was"));
    let mut found = BTreeMap::new();
    for fault in injected {
        let end = fault.at_s + LOOKED_AT_S;
        let (rows, server_column) = match fault.is_delay {
            true => (server.sql(&with(&network, &[fault.at_s, end])), 1),
            false => (server.sql(&with(&slower, &[fault.at_s - BEFORE_S, fault.at_s, end])), 0),
        };
        let named: BTreeSet<_> = rows.iter().map(|row| row[server_column].as_str().unwrap()).collect();
        assert!(named.contains(fault.service.as_str()), "{fault:?}: {rows:?}");
        assert!(!fault.is_delay || named.len() == 1, "{fault:?}: {rows:?}");
        *found.entry(fault.is_delay).or_insert(0) += 1;
    }
    assert_eq!(found, BTreeMap::from([(true, DELAYS), (false, SLOWED)]));
}

/// The question below a heading of the page about faults.
fn documented(heading: &str) -> String {
    let page = include_str!("../../../docs/faults.md");
    let section =
        page.split("\n## ").find(|section| section.lines().next().unwrap().contains(heading)).unwrap();
    let (_, rest) = section.split_once("```sql\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// The question with instants, in seconds, where `$1`, `$2`, … stand.
fn with(question: &str, instants: &[i64]) -> String {
    let all = instants.iter().enumerate();
    all.fold(question.to_owned(), |question, (at, instant)| {
        question.replace(&format!("${}", at + 1), &format!("to_timestamp_seconds({instant})"))
    })
}

fn check_logs(server: &Server, times: u64) {
    assert_eq!(server.number("SELECT count(*) FROM logs"), times * LOGS);
    let by_severity = server.sql("SELECT severity, count(*) FROM logs GROUP BY severity ORDER BY severity");
    let expected = SEVERITIES.map(|(severity, lines)| [Value::from(severity), Value::from(times * lines)]);
    assert_eq!(by_severity, expected);
    let orphans = "SELECT count(*) FROM logs WHERE trace_id NOT IN (SELECT trace_id FROM spans)";
    assert_eq!(server.number(orphans), 0);
}
