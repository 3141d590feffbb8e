//! Figures of services, straight from the sums, are what plain code makes of all rows, wherever these are.

use std::collections::{BTreeMap, BTreeSet};

use daymark_model::time::Nanos;
use daymark_model::wire::Format;
use daymark_view::ask_services::AskServices;
use daymark_view::distribution::{DurationsAsk, HeatmapAsk};
use daymark_view::error::Code;
use daymark_view::events::{EventKind, EventsAsk};
use daymark_view::overview::OverviewAsk;
use daymark_view::range::Range;
use daymark_view::service::ServiceAsk;
use daymark_view::services::{Scope, ServiceState};
use daymark_view::traffic::TrafficAsk;
use daymark_workload::{Feed, Profile, Request, SECOND, Shop};
use serde_json::{Value, json};

use crate::data::{self, NOON, Span};
use crate::place::{Place, query_id};
use crate::sums::plain::{Plain, plain};
use crate::sums::{CLOSED, House, OPEN};

const BEGIN: i64 = NOON + 10 * Nanos::MINUTE - 7 * SECOND;
const SERVICE: &str = "checkout";

pub(crate) fn ask(service: &str, from: i64, to: i64) -> ServiceAsk {
    ServiceAsk {
        query_id: query_id(),
        service: service.into(),
        range: Range { from: Nanos(from), to: Nanos(to) },
        scope: Vec::new(),
        compare: None,
        limit: 1_000,
        cursor: None,
    }
}

fn traffic_ask(service: Option<&str>, from: i64, to: i64, buckets: usize) -> TrafficAsk {
    TrafficAsk {
        query_id: query_id(),
        range: Range { from: Nanos(from), to: Nanos(to) },
        scope: Vec::new(),
        service: service.map(str::to_owned),
        op: None,
        by_version: false,
        buckets,
        compare: None,
    }
}

async fn fill(place: &Place) {
    let profile = Profile { duplicates: 0.0, request_items: 25, ..Profile::shop() };
    let mut feed = Feed::new(Shop::new(13, profile), BEGIN, 4.0);
    let mut requests: Vec<Request> = feed.advance(BEGIN + 40 * SECOND);
    requests.extend(feed.finish());
    for (at, request) in requests.into_iter().enumerate() {
        place.deliver(request.signal.name(), Format::OtlpProtobuf, request.body.into()).await;
        if at == 40 {
            place.store.flush().await.unwrap();
        }
    }
}

/// A service that has entries.
fn busiest(plain: &Plain) -> String {
    let most = plain.durations.iter().max_by_key(|(_, durations)| durations.len());
    most.map_or(SERVICE.to_owned(), |(service, _)| service.clone())
}

fn at(key: &[String]) -> i64 {
    key[0].parse().unwrap()
}

async fn assert_traffic(place: &Place, plain: &Plain, service: &str, what: &str) {
    let (from, to) = (BEGIN + 3 * SECOND, BEGIN + 33 * SECOND);
    for (only, buckets, from, to) in
        [(Some(service), 400, from, to), (None, 2, from, to), (Some(service), 7, NOON, NOON + Nanos::HOUR)]
    {
        let answer = place.answerer.traffic(traffic_ask(only, from, to, buckets)).await.unwrap();
        let (traffic, covered) = (answer.data, answer.meta.buckets.unwrap());
        assert_eq!((traffic.t0, traffic.step_ns % (10 * SECOND)), (covered.from, 0), "{what}");
        assert!(traffic.series[0].count.len() <= buckets, "{what}");
        let mut expected = vec![(0, 0); traffic.series[0].count.len()];
        for (key, values) in &plain.red {
            let is_counted = only.is_none_or(|only| key[1] == only) && key[7] == "true";
            if is_counted && (from..to).contains(&at(key)) {
                let step = usize::try_from((at(key) - traffic.t0.0) / traffic.step_ns).unwrap();
                expected[step].0 += values[0];
                expected[step].1 += values[1];
            }
        }
        let told: Vec<(u64, u64)> =
            traffic.series[0].count.iter().copied().zip(traffic.series[0].errors.iter().copied()).collect();
        assert_eq!(told, expected, "{what}: {only:?}");
        for (count, p99) in traffic.series[0].count.iter().zip(&traffic.series[0].p99_ns) {
            assert_eq!(*count > 0, p99.is_some(), "{what}");
        }
    }
    let by_version = TrafficAsk { by_version: true, ..traffic_ask(Some(service), from, to, 1) };
    let series = place.answerer.traffic(by_version).await.unwrap().data.series;
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for (key, values) in plain.red.iter().filter(|(key, _)| key[1] == service && key[7] == "true") {
        if (from..to).contains(&at(key)) {
            *expected.entry(key[4].clone()).or_default() += values[0];
        }
    }
    let told: BTreeMap<String, u64> =
        series.into_iter().map(|one| (one.key.unwrap_or("null".into()), one.count[0])).collect();
    assert_eq!(told, expected, "{what}");
}

async fn assert_operations(place: &Place, plain: &Plain, service: &str, what: &str) {
    let mut expected: BTreeMap<(String, String, bool), (u64, u64)> = BTreeMap::new();
    for (key, values) in plain.red.iter().filter(|(key, _)| key[1] == service) {
        let sum = expected.entry((key[5].clone(), key[6].clone(), key[7] == "true")).or_default();
        (sum.0, sum.1) = (sum.0 + values[0], sum.1 + values[1]);
    }
    let rows = place.answerer.operations(ask(service, NOON, NOON + Nanos::HOUR)).await.unwrap().data;
    let told: BTreeMap<_, _> = rows
        .iter()
        .map(|row| ((row.name.clone(), row.kind.clone(), row.entry), (row.count, row.errors)))
        .collect();
    assert_eq!(told, expected, "{what}");
    let shares: f64 = rows.iter().filter_map(|row| row.time_share).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{what}: {shares}");
    for row in rows.iter().filter(|row| row.entry) {
        let id = row.last_trace_id.unwrap_or_else(|| panic!("{what}: {} has no trace", row.name));
        let sql = format!(
            "SELECT count(*) FROM spans WHERE trace_id = '{id}' AND service = '{service}' AND name = '{}'",
            row.name
        );
        assert_ne!(place.rows(&sql).await[0][0], json!(0), "{what}: {}", row.name);
    }
    let p99 = place
        .rows(&format!(
            "SELECT name, kind, entry, sketch_quantile(sketch_merge(sketch), 0.99) FROM red \
             WHERE service = '{service}' GROUP BY 1, 2, 3"
        ))
        .await;
    for row in p99 {
        let is_row = |one: &&daymark_view::service::Operation| {
            (json!(one.name), json!(one.kind), json!(one.entry))
                == (row[0].clone(), row[1].clone(), row[2].clone())
        };
        let told = rows.iter().find(is_row).unwrap().p99_ns.unwrap();
        assert_eq!(told, row[3].as_f64().unwrap() as u64, "{what}");
    }
}

async fn assert_distributions(place: &Place, plain: &Plain, service: &str, what: &str) {
    let durations = &plain.durations[service];
    let of = ask(service, NOON, NOON + Nanos::HOUR);
    let at_ns = durations[durations.len() / 2];
    let asked = DurationsAsk { of: of.clone(), op: None, kind: None, at_ns: Some(at_ns), bins: 13 };
    let told = place.answerer.durations(asked).await.unwrap().data;
    assert_eq!(told.counts.iter().sum::<u64>(), durations.len() as u64, "{what}");
    assert!(told.counts.len() <= 13 && told.bounds_ns.len() == told.counts.len() + 1, "{what}");
    for (at, count) in told.counts.iter().enumerate() {
        let (low, high) = (told.bounds_ns[at] as f64, told.bounds_ns[at + 1] as f64);
        // A value on a bound may count on either side of it.
        let inside = |slack: f64| {
            let is_inside = |ns: &&u64| {
                (**ns as f64) > low * (1.0 - slack) - slack && (**ns as f64) <= high * (1.0 + slack) + slack
            };
            durations.iter().filter(is_inside).count() as u64
        };
        assert!(*count <= inside(1e-9 + 1e-6), "{what}: {low}..{high}");
    }
    let exact = durations.iter().filter(|ns| **ns <= at_ns).count() as f64 / durations.len() as f64;
    let above = durations.iter().filter(|ns| **ns as f64 <= at_ns as f64 * 1.03).count() as f64;
    let rank = told.rank.unwrap();
    assert!(rank >= exact - 1e-9 && rank <= above / durations.len() as f64 + 1e-9, "{what}: {rank}, {exact}");

    let heatmap =
        place.answerer.service_heatmap(HeatmapAsk { of, cells_x: 30, cells_y: 20 }).await.unwrap().data;
    let sum = |cells: &[Vec<u64>]| cells.iter().flatten().sum::<u64>();
    let errors: u64 = plain
        .red
        .iter()
        .filter(|(key, _)| key[1] == service && key[7] == "true")
        .map(|(_, values)| values[1])
        .sum();
    assert_eq!((sum(&heatmap.counts), sum(&heatmap.errors)), (durations.len() as u64, errors), "{what}");
    assert!(!heatmap.exemplars.is_empty(), "{what}");
    for exemplar in &heatmap.exemplars {
        let rows = place
            .rows(&format!("SELECT start, duration_ns FROM spans WHERE trace_id = '{}'", exemplar.trace_id))
            .await;
        let expected = [json!(exemplar.time.0.to_string()), json!(exemplar.duration_ns)];
        assert!(rows.iter().any(|row| row[..] == expected), "{what}: {exemplar:?}");
    }
}

async fn assert_page(place: &Place, plain: &Plain, service: &str, what: &str) {
    let page = place.answerer.service(ask(service, NOON, NOON + Nanos::HOUR)).await.unwrap().data;
    assert_eq!(page.row.count, plain.durations[service].len() as u64, "{what}");
    assert!(page.uses.contains(&"spans".to_owned()), "{what}: {:?}", page.uses);
    let operations: BTreeSet<_> =
        plain.red.keys().filter(|key| key[1] == service).map(|key| &key[5..8]).collect();
    assert_eq!(page.counts.operations, Some(operations.len() as u64), "{what}");

    let dependencies =
        place.answerer.dependencies(ask(service, NOON, NOON + Nanos::HOUR)).await.unwrap().data;
    let mut expected: BTreeMap<[String; 4], u64> = BTreeMap::new();
    for (key, values) in &plain.edges {
        if key[1] == service || (key[2] == service && key[3] == "service") {
            *expected.entry([1, 2, 3, 4].map(|at: usize| key[at].clone())).or_default() += values[0];
        }
    }
    let both = dependencies.upstream.iter().chain(&dependencies.downstream);
    let told: BTreeMap<_, _> = both
        .map(|edge| {
            let key = [&edge.client, &edge.server, &edge.server_kind, &edge.link].map(Clone::clone);
            (key, edge.count)
        })
        .collect();
    assert_eq!(told, expected, "{what}");
    assert_eq!(page.counts.dependencies, Some(expected.len() as u64), "{what}");

    let instances = place.answerer.instances(ask(service, NOON, NOON + Nanos::HOUR)).await.unwrap().data;
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for (key, values) in plain.instances.iter().filter(|(key, _)| key[1] == service) {
        *expected.entry(key[4].clone()).or_default() += values[0];
    }
    let told: BTreeMap<_, _> = instances.iter().map(|row| (row.instance.clone(), row.count)).collect();
    assert_eq!(told, expected, "{what}");
}

async fn assert_all(place: &Place, what: &str) {
    let plain = plain(place).await;
    let service = busiest(&plain);
    assert_traffic(place, &plain, &service, what).await;
    assert_operations(place, &plain, &service, what).await;
    assert_distributions(place, &plain, &service, what).await;
    assert_page(place, &plain, &service, what).await;
}

#[test]
fn figures_of_a_service_are_exact_wherever_its_rows_are() {
    let house = House::new();
    house.process(OPEN, async |place| {
        fill(place).await;
        assert_all(place, "in segments and buffers").await;
        place.store.flush().await.unwrap();
    });
    house.process(CLOSED, async |place| {
        assert_all(place, "flushed").await;
        place.store.settle().await.unwrap();
        assert_all(place, "settled").await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_nobody_knows_is_told_with_the_nearest_name() {
    let place = Place::shop().await;
    let error = place.answerer.service(ask("paymet", NOON, NOON + Nanos::HOUR)).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert_eq!(error.problem().hint.as_deref(), Some("did you mean \"payment\"?"));
    // Known, but silent in the range.
    let silent = place.answerer.service(ask("payment", NOON - Nanos::HOUR, NOON)).await.unwrap().data;
    assert_eq!((silent.row.count, silent.row.state), (0, ServiceState::Unknown));
}

fn exception(kind: &str, message: &str, stack: &str) -> Value {
    let attribute = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    json!([{"timeUnixNano": NOON.to_string(), "name": "exception", "attributes": [
        attribute("exception.type", kind),
        attribute("exception.message", message),
        attribute("exception.stacktrace", stack),
    ]}])
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_grouped_by_what_failed() {
    let place = Place::empty().await;
    let failed = |id: u64, events: Value| Span {
        is_error: true,
        events,
        ..Span::new(data::TRACE, id, None, "charge", 2, id as i64 * 60_000)
    };
    let timeout = |order: u64| {
        exception(
            "Timeout",
            &format!("order {order} timed out"),
            "Timeout: x\n\tat bank.Client.call(Client.java:7)",
        )
    };
    let spans: Vec<Span> = (1..=4)
        .map(|id| failed(id, timeout(1000 + id)))
        .chain([failed(5, exception("Timeout", "no order", "")), failed(6, json!([]))])
        .chain([Span::new(data::TRACE, 7, None, "charge", 2, 0)])
        .collect();
    place.send("spans", &data::spans("payment", "prod", &spans)).await;
    for is_flushed in [false, true] {
        if is_flushed {
            place.store.flush().await.unwrap();
        }
        let groups = place.answerer.error_groups(ask("payment", NOON, NOON + Nanos::HOUR)).await.unwrap();
        assert_eq!(groups.meta.total, Some(3));
        let most = &groups.data[0];
        assert_eq!((most.count, most.kind.as_deref()), (4, Some("Timeout")));
        assert_eq!(most.message, "order <*> timed out");
        assert_eq!(most.frame.as_deref(), Some("at bank.Client.call(Client.java:7)"));
        assert_eq!(most.trend.iter().sum::<u64>(), 4);
        assert_eq!(most.last_span_id.map(|id| id.to_string()), Some(format!("{:016x}", 4)));
        assert_eq!(most.first_seen.0, NOON + Nanos::MINUTE);
        assert_eq!((&most.versions, &most.instances), (&vec!["1.2.0".into()], &vec!["payment-1".into()]));
        let others: BTreeSet<_> = groups.data[1..]
            .iter()
            .map(|group| (group.kind.clone(), group.message.clone(), group.count))
            .collect();
        let expected =
            [(None, "it broke".to_owned(), 1), (Some("Timeout".to_owned()), "no order".to_owned(), 1)];
        assert_eq!(others, expected.into());
    }
    let first = ServiceAsk { limit: 1, ..ask("payment", NOON, NOON + Nanos::HOUR) };
    let page = place.answerer.error_groups(first.clone()).await.unwrap();
    let next = ServiceAsk { cursor: page.meta.cursor, ..first };
    assert_ne!(
        place.answerer.error_groups(next).await.unwrap().data[0].fingerprint,
        page.data[0].fingerprint
    );
}

fn of_version(body: &mut Value, version: &str) {
    let attributes = body["resourceSpans"][0]["resource"]["attributes"].as_array_mut().unwrap();
    for attribute in attributes.iter_mut().filter(|one| one["key"] == "service.version") {
        attribute["value"] = json!({"stringValue": version});
    }
}

/// Spans of a version every ten seconds from one minute to another.
async fn run(place: &Place, version: &str, minutes: std::ops::Range<i64>, is_error: bool) {
    let spans: Vec<Span> = (minutes.start * 6..minutes.end * 6)
        .map(|at| Span {
            is_error,
            ..Span::new(data::TRACE, 1 + at as u64 * 8 + version.len() as u64, None, "GET", 2, at * 10_000)
        })
        .collect();
    let mut body = data::spans("web", "prod", &spans);
    of_version(&mut body, version);
    place.send("spans", &body).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_that_come_up_together_are_no_deploys() {
    let place = Place::empty().await;
    run(&place, "1.0", 0..20, false).await;
    run(&place, "1.1.0", 1..20, false).await;
    assert_eq!(place.answerer.deploys(ask("web", NOON, NOON + Nanos::HOUR)).await.unwrap().data, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn deploys_are_told_by_versions() {
    let place = Place::empty().await;
    run(&place, "1.0", 0..20, false).await;
    place.store.flush().await.unwrap();
    run(&place, "1.1.0", 18..33, true).await;
    // Back to what it was.
    run(&place, "1.0", 33..45, false).await;
    let hour = ask("web", NOON, NOON + Nanos::HOUR);
    let deploys = place.answerer.deploys(hour.clone()).await.unwrap().data;
    let told: Vec<_> = deploys
        .iter()
        .map(|one| {
            (one.version.as_str(), one.from_version.as_deref(), (one.first_seen.0 - NOON) / Nanos::MINUTE)
        })
        .collect();
    assert_eq!(told, [("1.0", Some("1.1.0"), 33), ("1.1.0", Some("1.0"), 18)]);
    let bad = &deploys[1];
    assert_eq!((bad.before.error_rate, bad.after.error_rate), (Some(0.0), Some(1.0)));
    assert_eq!((bad.instances, bad.share), (1, Some(60.0 / 72.0)));
    // What was there before the range is no deploy.
    let later = ask("web", NOON + 19 * Nanos::MINUTE, NOON + 29 * Nanos::MINUTE);
    assert_eq!(place.answerer.deploys(later).await.unwrap().data, []);

    let events = EventsAsk {
        query_id: query_id(),
        range: hour.range,
        scope: Vec::new(),
        kind: vec![EventKind::Deploy],
        service: Vec::new(),
        trace_id: None,
        limit: 100,
        cursor: None,
    };
    let told = place.answerer.events(events.clone()).await.unwrap().data;
    assert_eq!(told[1].title, "deploy web 1.1.0");
    assert_eq!(told[1].detail["after"]["error_rate"], json!(1.0));
    let others = EventsAsk { kind: vec![EventKind::Alert], ..events };
    assert_eq!(place.answerer.events(others).await.unwrap().data, []);

    // The overview names the service, the minute and the deploy.
    let range = Range { from: Nanos(NOON + 15 * Nanos::MINUTE), to: Nanos(NOON + 30 * Nanos::MINUTE) };
    let asked = |range| OverviewAsk { query_id: query_id(), range, scope: Vec::new() };
    let all = place.answerer.overview(asked(hour.range)).await.unwrap().data;
    assert!(!all.has_before, "nothing was there before the first hour");
    let overview = place.answerer.overview(asked(range)).await.unwrap().data;
    assert!(overview.has_before);
    assert_eq!(overview.services.critical, 1);
    assert_eq!(overview.states, [("web".to_owned(), ServiceState::Critical)]);
    assert_eq!(overview.front.as_deref(), Some("web"));
    let finding = overview.finding.unwrap();
    assert_eq!((finding.service.as_str(), finding.metric.as_str()), ("web", "error_rate"));
    assert_eq!(finding.since.0, NOON + 18 * Nanos::MINUTE);
    assert_eq!(finding.change.unwrap().title, "deploy web 1.1.0");
    assert_eq!(finding.failed_traces, 72);
}

#[tokio::test(flavor = "multi_thread")]
async fn apdex_counts_failed_requests_as_frustrated() {
    let place = Place::empty().await;
    let span = |id: u64, duration_ms: i64, is_error: bool| Span {
        duration: duration_ms * 1_000_000,
        is_error,
        ..Span::new(data::TRACE, id, None, "GET", 2, 1_000)
    };
    let spans = [span(1, 100, false), span(2, 1_000, false), span(3, 9_000, false), span(4, 100, true)];
    place.send("spans", &data::spans("web", "prod", &spans)).await;
    for is_flushed in [false, true] {
        if is_flushed {
            place.store.flush().await.unwrap();
            place.store.settle().await.unwrap();
        }
        let page = place.answerer.service(ask("web", NOON, NOON + Nanos::HOUR)).await.unwrap().data;
        assert_eq!(page.row.apdex, Some(1.5 / 4.0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_that_are_not_kept_by_a_scope_are_refused() {
    let place = Place::shop().await;
    let scope = vec![Scope::parse("cluster:a").unwrap()];
    let asked = ServiceAsk { scope, ..ask("web", NOON, NOON + Nanos::HOUR) };
    let error = place.answerer.operations(asked).await.unwrap_err();
    assert_eq!(error.code(), Code::BadRequest);
    let scope = vec![Scope::parse("env:test").unwrap()];
    let other = ServiceAsk { scope, ..ask("web", NOON, NOON + Nanos::HOUR) };
    assert_eq!(place.answerer.operations(other).await.unwrap().data, []);
}
