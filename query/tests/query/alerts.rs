//! Figures that rules are judged by are what plain statements over the rows say, whatever came late, wherever
//! the rows are, and after a restart; and what is kept of alerts is found as tables.

use std::collections::BTreeMap;

use daymark_model::time::Nanos;
use daymark_view::alerts::Labels;
use daymark_view::alerts::history::Muted;
use daymark_view::alerts::kept::{self, KeptEvent, KeptState, event_id};
use daymark_view::alerts::rule::{Op, Severity};
use daymark_view::alerts::sample::{Sample, SampleAsk, Sampler};
use daymark_view::alerts::signal::Signal;
use daymark_view::alerts::state::State;
use daymark_view::keep::{Keep, Keeping, Replaced};
use daymark_view::range::Range;
use daymark_view::sql::SqlAsk;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::data::{self, NOON, Span};
use crate::place::{Place, query_id};
use crate::sums::House;

const BUCKET: i64 = 10 * Nanos::SECOND;
const NAMES: [&str; 3] = ["GET /", "POST /pay", "work"];

/// A request of a service.
#[derive(Clone, Debug)]
struct Request {
    service: usize,
    name: usize,
    at_ms: i64,
    is_error: bool,
    route: u8,
}

fn request() -> impl Strategy<Value = Request> {
    (0..3_usize, 0..3_usize, 0..300_000_i64, any::<bool>(), 0..2_u8)
        .prop_map(|(service, name, at_ms, is_error, route)| Request { service, name, at_ms, is_error, route })
}

fn service(number: usize) -> String {
    format!("service-{number}")
}

async fn send(place: &Place, requests: &[Request], first: usize) {
    for (at, one) in requests.iter().enumerate() {
        let id = (first + at + 1) as u64;
        let span = Span {
            is_error: one.is_error,
            attributes: json!({"http.route": format!("/{}", one.route)}),
            ..Span::new(&format!("{id:032x}"), id, None, NAMES[one.name], 2, one.at_ms)
        };
        place.send("spans", &data::spans(&service(one.service), "prod", &[span])).await;
    }
}

/// Value and count by labels.
type Told = BTreeMap<Labels, (Option<f64>, u64)>;

async fn sampled(sampler: &dyn Sampler, signal: &Value, windows: &[Range]) -> Vec<Told> {
    let signal = Signal::read(signal, "").unwrap();
    let ask = SampleAsk { query_id: query_id(), signal, windows: windows.to_vec() };
    let told =
        |samples: Vec<Sample>| samples.into_iter().map(|one| (one.labels, (one.value, one.count))).collect();
    sampler.sample(ask).await.unwrap().into_iter().map(told).collect()
}

/// The same by a plain statement over the rows.
async fn plain(place: &Place, value: &str, by: &[(&str, &str)], condition: &str, window: Range) -> Told {
    let columns: Vec<String> = by.iter().map(|(_, column)| format!(", {column}")).collect();
    let group: Vec<String> = (0..by.len()).map(|at| (at + 3).to_string()).collect();
    let group = if group.is_empty() { String::new() } else { format!("GROUP BY {}", group.join(", ")) };
    let query = format!(
        "SELECT {value}, count(*){} FROM spans WHERE start >= :from AND start < :to AND {condition} {group}",
        columns.concat()
    );
    let ask = SqlAsk { range: window, ..Place::ask(&query) };
    let rows = place.table(ask).await.unwrap().data.rows;
    let told = |row: Vec<Value>| {
        let count = row[1].as_u64().unwrap();
        let labels = by.iter().zip(&row[2..]);
        let labels =
            labels.map(|((key, _), cell)| ((*key).to_owned(), cell.as_str().unwrap().to_owned())).collect();
        (count > 0).then(|| (labels, (row[0].as_f64(), count)))
    };
    rows.into_iter().filter_map(told).collect()
}

/// Windows over all that is sent; the longer ones overlap.
fn windows(length: i64) -> Vec<Range> {
    let ends = (0..=4).map(|step| NOON + 8 * step * BUCKET);
    ends.map(|to| Range { from: Nanos(to - length), to: Nanos(to) }).collect()
}

/// A signal, its figure in SQL, its labels and their columns, and the rows that count.
type Case<'a> = (Value, String, &'a [(&'a str, &'a str)], &'a str);

async fn assert_plain(place: &Place, length: i64, what: &str) {
    let seconds = length as f64 / 1e9;
    let errors = "sum(CASE WHEN status = 'error' THEN 1.0 ELSE 0.0 END)";
    let by_service: &[(&str, &str)] = &[("service", "service")];
    let by_route: &[(&str, &str)] = &[("http.route", "attr('http.route')")];
    let cases: [Case<'_>; 6] = [
        (json!({"kind": "red", "metric": "rate"}), format!("count(*) / {seconds:?}"), by_service, "true"),
        (json!({"kind": "red", "metric": "errors"}), errors.to_owned(), by_service, "true"),
        (
            json!({"kind": "red", "metric": "error_rate", "by": ["service", "name"]}),
            format!("{errors} / count(*)"),
            &[("service", "service"), ("name", "name")],
            "true",
        ),
        (
            json!({"kind": "red", "metric": "error_rate", "by": []}),
            format!("{errors} / count(*)"),
            &[],
            "true",
        ),
        (
            json!({"kind": "red", "metric": "errors", "q": "name:post* -service:service-1"}),
            errors.to_owned(),
            by_service,
            "name = 'POST /pay' AND service <> 'service-1'",
        ),
        // The sums do not tell routes apart; the rows do.
        (
            json!({"kind": "red", "metric": "error_rate", "by": ["http.route"]}),
            format!("{errors} / count(*)"),
            by_route,
            "true",
        ),
    ];
    // All of them are of one round: what several look at is gathered once.
    let round = place.answerer.for_round();
    for (signal, value, by, condition) in cases {
        let windows = windows(length);
        let windows = if by == by_route { &windows[..4] } else { &windows[..] };
        let found = sampled(round.as_ref(), &signal, windows).await;
        for (window, found) in windows.iter().zip(found) {
            assert_eq!(
                found,
                plain(place, &value, by, condition, *window).await,
                "{what}: {signal} {window:?}"
            );
        }
    }
}

/// Guarantee: rules of one round are judged by the same requests, whatever comes in meanwhile; the next round sees
/// what came.
#[tokio::test(flavor = "multi_thread")]
async fn a_round_sees_one_moment() {
    let place = Place::empty().await;
    let one = |at_ms| Request { service: 0, name: 0, at_ms, is_error: false, route: 0 };
    send(&place, &[one(1_000)], 0).await;
    let window = [Range { from: Nanos(NOON), to: Nanos(NOON + Nanos::MINUTE) }];
    let counted = async |sampler: &dyn Sampler, metric: &str| {
        let told = sampled(sampler, &json!({"kind": "red", "metric": metric}), &window).await;
        told[0].values().map(|(_, count)| *count).sum::<u64>()
    };
    let round = place.answerer.for_round();
    assert_eq!(counted(round.as_ref(), "rate").await, 1);
    send(&place, &[one(2_000)], 1).await;
    assert_eq!(counted(round.as_ref(), "p95").await, 1);
    assert_eq!(counted(round.for_round().as_ref(), "p95").await, 2);
    assert_eq!(counted(&place.answerer, "p95").await, 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn figures_are_those_of_plain_rows(
        requests in prop::collection::vec(request(), 20..60),
        late in prop::collection::vec(request(), 1..20),
        length in 1..6_i64,
    ) {
        let (house, length) = (House::new(), length * BUCKET);
        house.process(NOON + Nanos::HOUR, async |place| {
            send(place, &requests, 0).await;
            assert_plain(place, length, "in buffers").await;
            place.store.flush().await.unwrap();
            // What comes late is counted where it belongs.
            send(place, &late, requests.len()).await;
            assert_plain(place, length, "with what came late").await;
        });
        house.process(NOON + 2 * Nanos::HOUR, async |place| {
            assert_plain(place, length, "after a restart").await;
            place.store.settle().await.unwrap();
            assert_plain(place, length, "merged").await;
        });
    }
}

#[tokio::test]
async fn lines_tables_and_statements_are_counted_by_group() {
    let place = Place::shop().await;
    let window = [Range { from: Nanos(NOON), to: Nanos(NOON + Nanos::HOUR) }];
    let lines = place.rows("SELECT count(*) FROM logs WHERE severity = 'error'").await;
    let signal = json!({"kind": "logs", "metric": "count", "q": "level:error", "by": ["service"]});
    let found: u64 =
        sampled(&place.answerer, &signal, &window).await[0].values().map(|(_, count)| *count).sum();
    assert_eq!(Some(found), lines[0][0].as_u64());
    let signal =
        json!({"kind": "sql", "query": "SELECT service, count(*) AS value FROM spans GROUP BY service"});
    let found = sampled(&place.answerer, &signal, &window).await;
    let services = place.rows("SELECT service, count(*) FROM spans GROUP BY service").await;
    assert_eq!(found[0].len(), services.len());
    let signal = json!({"kind": "state", "table": "services", "where": "has_spans", "by": []});
    let found = sampled(&place.answerer, &signal, &window).await;
    assert_eq!(found[0][&Labels::new()].0, Some(services.len() as f64));
    let bad = Signal::read(&json!({"kind": "sql", "query": "SELECT 1 AS number"}), "").unwrap();
    let ask = SampleAsk { query_id: query_id(), signal: bad, windows: window.to_vec() };
    assert!(place.answerer.sample(ask).await.unwrap_err().to_string().contains("no column \"value\""));
}

fn event(at: i64, from_state: State, to_state: State) -> (String, KeptEvent) {
    let at = Nanos(at);
    let labels: Labels = [("service".to_owned(), "web".to_owned())].into();
    let event = KeptEvent {
        at,
        rule_id: "r".into(),
        rule: "errors".into(),
        severity: Severity::Critical,
        fingerprint: "f".into(),
        labels,
        from_state,
        to_state,
        value: Some(0.5),
        threshold: Some(0.05),
        count: 10,
        took_ms: 1.0,
        error: None,
        muted: (to_state == State::Ok).then_some(Muted::Silenced),
    };
    (event_id(at, "f", to_state), event)
}

#[tokio::test]
async fn states_and_events_are_tables() {
    let place = Place::empty().await;
    let put = |kind, id: &str, body: Value| Keeping::Put { kind, id: id.into(), body: body.to_string() };
    let mut changes = Vec::new();
    for (id, event) in [
        event(NOON, State::Ok, State::Pending),
        event(NOON + 60, State::Pending, State::Firing),
        event(NOON + 120, State::Firing, State::Ok),
        event(NOON + 180, State::Ok, State::Firing),
    ] {
        changes.push(put(kept::EVENT, &id, json!(event)));
    }
    let state = KeptState {
        rule_id: "r".into(),
        rule: "errors".into(),
        severity: Severity::Critical,
        fingerprint: "f".into(),
        group: Labels::new(),
        labels: Labels::new(),
        state: State::Firing,
        since: Nanos(NOON + 170),
        entered: Nanos(NOON + 180),
        good_since: None,
        seen: Nanos(NOON + 180),
        value: Some(0.7),
        count: 10,
        threshold: 0.05,
        op: Op::Above,
        error: None,
        event: String::new(),
        told_at: None,
        told: Vec::new(),
        acknowledged_by: Some("mj".into()),
        note: None,
    };
    changes.push(put(kept::STATE, "f", json!(state)));
    place.answerer.keep(changes).await.unwrap();
    let rows = place
        .rows("SELECT state, valid_to IS NULL, value, acknowledged_by, json_labels FROM (SELECT *, labels AS json_labels FROM alerts) ORDER BY valid_from")
        .await;
    let states: Vec<(&str, bool)> =
        rows.iter().map(|row| (row[0].as_str().unwrap(), row[1].as_bool().unwrap())).collect();
    assert_eq!(states, [("pending", false), ("firing", false), ("firing", true)]);
    assert_eq!((rows[2][2].as_f64(), rows[2][3].as_str()), (Some(0.7), Some("mj")));
    let rows = place.rows("SELECT to_state, delivery FROM alert_events ORDER BY at").await;
    assert_eq!(
        rows.iter().map(|row| row[1].as_str()).collect::<Vec<_>>(),
        [None, None, Some("silenced"), None]
    );
}

#[tokio::test]
async fn documents_are_changed_together_and_by_version() {
    let place = Place::empty().await;
    let keep: &dyn Keep = &place.answerer;
    let put = |id: &str, body: &str| Keeping::Put { kind: kept::EVENT, id: id.into(), body: body.into() };
    keep.keep(vec![put("1", "a"), put("2", "b"), put("3", "c"), put("2", "d")]).await.unwrap();
    let found = keep.kept_between(kept::EVENT, "1".into(), "3".into(), 10).await.unwrap();
    let told: Vec<_> = found.iter().map(|one| (one.id.as_str(), one.version, one.body.as_str())).collect();
    assert_eq!(told, [("2", 2, "d"), ("1", 1, "a")]);
    let drop = Keeping::DropBefore { kind: kept::EVENT, id: "3".into() };
    keep.keep(vec![drop, Keeping::Drop { kind: kept::EVENT, id: "9".into() }]).await.unwrap();
    assert_eq!(keep.kept(kept::EVENT).await.unwrap().len(), 1);
    let Replaced::Done(made) = keep.replace(kept::RULE, 1, None, 0, "r".into()).await.unwrap() else {
        panic!()
    };
    assert_eq!(keep.replace(kept::RULE, 1, None, 0, "s".into()).await.unwrap(), Replaced::Full);
    let stale = keep.replace(kept::RULE, 1, Some(made.id.clone()), 7, "s".into()).await.unwrap();
    assert_eq!(stale, Replaced::Moved(made));
}
