//! The list of services and the table `services` are what plain code makes of all rows, wherever these are.

use std::collections::{BTreeMap, BTreeSet};

use daymark_model::time::Nanos;
use daymark_model::wire::Format;
use daymark_view::ask::Ask;
use daymark_view::meta::Answer;
use daymark_view::range::Range;
use daymark_view::services::{Scope, ServiceRow, ServiceState, ServicesAsk, Sort};
use daymark_workload::{Feed, Profile, Request, SECOND, Shop};
use serde_json::{Value, json};

use crate::data::{self, NOON, Span};
use crate::place::{Place, query_id};
use crate::sums::plain::plain;
use crate::sums::{CLOSED, House, OPEN};

/// Where the feed begins: inside a bucket.
const BEGIN: i64 = NOON + 10 * Nanos::MINUTE - 7 * SECOND;

fn ask(from: i64, to: i64) -> ServicesAsk {
    ServicesAsk {
        query_id: query_id(),
        range: Range { from: Nanos(from), to: Nanos(to) },
        scope: Vec::new(),
        q: String::new(),
        state: Vec::new(),
        team: Vec::new(),
        language: Vec::new(),
        sort: Sort::default(),
        group: None,
        compare: None,
        limit: 1_000,
        cursor: None,
    }
}

async fn list(place: &Place, ask: ServicesAsk) -> Answer<Vec<ServiceRow>> {
    let answer = place.answerer.services(ask).await.unwrap();
    assert!(answer.meta.partial.is_empty(), "{:?}", answer.meta.partial);
    answer
}

async fn fill(place: &Place) {
    let profile = Profile { duplicates: 0.0, request_items: 25, ..Profile::shop() };
    let mut feed = Feed::new(Shop::new(11, profile), BEGIN, 4.0);
    let mut requests: Vec<Request> = feed.advance(BEGIN + 40 * SECOND);
    requests.extend(feed.finish());
    for request in requests {
        let body = request.body.clone().into();
        place.deliver(request.signal.name(), Format::OtlpProtobuf, body).await;
    }
    let line = (605_000, 9, "only lines", None, json!({}));
    place.send("logs", &data::logs("lines-only", &[line])).await;
    // Nobody says a kind, and one is called by another service.
    let at = 604_000;
    place
        .send("spans", &data::spans("kindless-a", "prod", &[Span::new(data::TRACE, 1, None, "a", 0, at)]))
        .await;
    let called = [
        Span { is_error: true, ..Span::new(data::TRACE, 2, Some(1), "b", 0, at + 1) },
        Span::new(data::TRACE, 3, Some(2), "inside b", 0, at + 2),
    ];
    place.send("spans", &data::spans("kindless-b", "test", &called)).await;
}

/// Counts, errors, the first and the last bucket, and the instances of each service in a range.
type Plainly = BTreeMap<String, (u64, u64, i64, i64, BTreeSet<String>)>;

async fn plainly(place: &Place, range: Range) -> Plainly {
    let sums = plain(place).await;
    let mut services = Plainly::new();
    let bucket = |key: &[String]| key[0].parse::<i64>().unwrap();
    for (key, values) in &sums.red {
        let at = bucket(key);
        if !(range.from.0..range.to.0).contains(&at) {
            continue;
        }
        let service =
            services.entry(key[1].clone()).or_insert_with(|| (0, 0, i64::MAX, i64::MIN, BTreeSet::new()));
        (service.2, service.3) = (service.2.min(at), service.3.max(at));
        if key[7] == "true" {
            service.0 += values[0];
            service.1 += values[1];
        }
    }
    for key in sums.instances.keys() {
        let at = bucket(key);
        if at < range.to.0
            && range.from.0 < at + Nanos::MINUTE
            && let Some(service) = services.get_mut(&key[1])
        {
            service.4.insert(key[4].clone());
        }
    }
    services
}

async fn assert_list(place: &Place, what: &str) {
    let whole = (NOON, NOON + Nanos::HOUR);
    let second = |second: i64| BEGIN + second * SECOND;
    for (from, to) in [whole, (second(8), second(31)), (second(3), second(33)), (second(11), second(12))] {
        let asked = ask(from, to);
        let plain = plainly(place, asked.range).await;
        let answer = list(place, asked).await;
        let step = 10 * SECOND;
        let counted = answer.meta.buckets.unwrap();
        assert_eq!((counted.from.0 % step, counted.step_s), (0, 10), "{what}");
        assert!(counted.from.0 >= from && counted.from.0 < from + step, "{what}");
        let told: Plainly = answer
            .data
            .iter()
            .filter(|row| plain.contains_key(&row.service))
            .map(|row| {
                let (first, last) = (row.first_seen.unwrap().0, row.last_seen.unwrap().0);
                assert!(first >= from && last < to, "{what}: {row:?}");
                let instances = plain[&row.service].4.clone();
                assert_eq!(row.instances.seen, Some(instances.len() as u64), "{what}: {}", row.service);
                let seconds = (counted.to.0 - counted.from.0) as f64 / 1e9;
                assert!((row.rate * seconds - row.count as f64).abs() < 1e-6, "{what}: {row:?}");
                let of_versions: f64 = row.versions.iter().map(|version| version.share).sum();
                assert!(row.count == 0 || (of_versions - 1.0).abs() < 1e-9, "{what}: {row:?}");
                let seen = (plain[&row.service].2, plain[&row.service].3);
                (row.service.clone(), (row.count, row.errors, seen.0, seen.1, instances))
            })
            .collect();
        assert_eq!(told, plain, "{what}");
    }
    let rows = list(place, ask(whole.0, whole.1)).await.data;
    let durations = plain(place).await.durations;
    for row in rows.iter().filter(|row| row.count > 0) {
        let mut exact = durations[&row.service].clone();
        exact.sort_unstable();
        for (share, told) in [(0.5, row.p50_ns), (0.95, row.p95_ns), (0.99, row.p99_ns)] {
            let exact = exact[(share * (exact.len() - 1) as f64).floor() as usize] as f64;
            assert!((told.unwrap() as f64 - exact).abs() <= exact * 0.010_001 + 1.0, "{what}: {row:?}");
        }
    }
    let of = |name: &str| rows.iter().find(|row| row.service == name).unwrap();
    assert_eq!(
        (of("kindless-a").count, of("kindless-b").count, of("kindless-b").errors),
        (1, 1, 1),
        "{what}"
    );
    assert_eq!((of("lines-only").count, of("lines-only").state), (0, ServiceState::Unknown), "{what}");
    assert_eq!(of("lines-only").language.as_deref(), Some("java"), "{what}");
}

/// What the table `services` would be by scans of all rows.
const SCANNED: &str = "SELECT service, namespace, env, max(language), \
    array_sort(array_agg(DISTINCT version) FILTER (WHERE version IS NOT NULL)), \
    count(DISTINCT operation), count(DISTINCT instance), \
    bool_or(signal = 1), bool_or(signal = 2), bool_or(signal = 3), min(at), max(at) FROM ( \
    SELECT service, namespace, env, start AS at, attr('resource.telemetry.sdk.language') AS language, \
    CAST(version AS TEXT) AS version, CAST(name AS TEXT) AS operation, CAST(instance AS TEXT) AS instance, 1 AS signal FROM spans \
    UNION ALL SELECT service, namespace, env, time, attr('resource.telemetry.sdk.language'), \
    CAST(version AS TEXT), CAST(NULL AS TEXT), CAST(instance AS TEXT), 2 FROM logs \
    UNION ALL SELECT service, namespace, env, time, attr('resource.telemetry.sdk.language'), \
    CAST(version AS TEXT), CAST(NULL AS TEXT), CAST(instance AS TEXT), 3 FROM metric_points \
    UNION ALL SELECT service, namespace, env, time, attr('resource.telemetry.sdk.language'), \
    CAST(version AS TEXT), CAST(NULL AS TEXT), CAST(instance AS TEXT), 3 FROM metric_histograms \
    ) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";
const TABLE: &str = "SELECT service, namespace, env, language, versions, operations, instances, \
    has_spans, has_logs, has_metrics, first_seen, last_seen FROM services ORDER BY 1, 2, 3";

async fn assert_table(place: &Place, what: &str) {
    let (scanned, table) = (place.rows(SCANNED).await, place.rows(TABLE).await);
    assert_eq!(scanned.len(), table.len(), "{what}");
    let instant = |value: &Value| value.as_str().unwrap().parse::<i64>().unwrap();
    for (exact, told) in scanned.iter().zip(&table) {
        assert_eq!(exact[..10], told[..10], "{what}");
        assert!(instant(&told[10]) <= instant(&exact[10]), "{what}: {told:?}");
        assert!(instant(&told[11]) > instant(&exact[11]) - 10 * SECOND, "{what}: {told:?}");
    }
}

#[test]
fn services_of_the_shop_are_exact_wherever_its_rows_are() {
    let house = House::new();
    house.process(OPEN, async |place| {
        fill(place).await;
        assert_list(place, "in buffers").await;
        assert_table(place, "in buffers").await;
        place.store.flush().await.unwrap();
        assert_list(place, "flushed").await;
        assert_table(place, "flushed").await;
    });
    house.process(CLOSED, async |place| {
        place.store.settle().await.unwrap();
        assert_list(place, "settled").await;
        assert_table(place, "settled").await;
    });
    house.process(CLOSED, async |place| {
        assert_list(place, "opened again").await;
        assert_table(place, "opened again").await;
    });
}

/// A scope by an attribute that sums do not have counts the instances that have it.
#[tokio::test(flavor = "multi_thread")]
async fn a_scope_tells_owners_apart() {
    let place = Place::empty().await;
    for (env, id, is_error) in [("prod", 1, false), ("test", 2, true)] {
        let span = Span { is_error, ..Span::new(data::TRACE, id, None, "GET", 2, 1_000) };
        let mut body = data::spans("web", env, &[span]);
        let more = json!([
            {"key": "k8s.cluster.name", "value": {"stringValue": format!("c-{env}")}},
            {"key": "team", "value": {"stringValue": "blue"}},
        ]);
        let attributes = body["resourceSpans"][0]["resource"]["attributes"].as_array_mut().unwrap();
        attributes.extend(more.as_array().unwrap().iter().cloned());
        place.send("spans", &body).await;
    }
    let figures = async |scope: &[&str]| {
        let scope = scope.iter().map(|text| Scope::parse(text).unwrap()).collect();
        let rows = list(&place, ServicesAsk { scope, ..ask(NOON, NOON + Nanos::HOUR) }).await.data;
        rows.iter().map(|row| (row.count, row.errors, row.env.clone(), row.team.clone())).collect::<Vec<_>>()
    };
    let blue = || Some("blue".to_owned());
    for is_flushed in [false, true] {
        if is_flushed {
            place.store.flush().await.unwrap();
        }
        assert_eq!(figures(&[]).await, [(2, 1, None, blue())]);
        assert_eq!(figures(&["env:test"]).await, [(1, 1, Some("test".into()), blue())]);
        assert_eq!(figures(&["cluster:c-prod"]).await, [(1, 0, Some("prod".into()), blue())]);
        assert_eq!(figures(&["team:blue", "ns:shop"]).await, [(2, 1, None, blue())]);
        assert_eq!(figures(&["cluster:c-prod", "env:test"]).await, []);
        assert_eq!(figures(&["cluster:nowhere"]).await, []);
    }
}

/// Windows of comparison partition time at buckets: none counts twice, none is left out.
#[tokio::test(flavor = "multi_thread")]
async fn figures_are_compared_with_another_window() {
    let place = Place::empty().await;
    let spans: Vec<Span> = (0..40)
        .map(|at| Span {
            duration: if at < 20 { 1_000_000 } else { 4_000_000 },
            is_error: at >= 36,
            ..Span::new(data::TRACE, 1 + at as u64, None, "GET", 2, at * 1_000)
        })
        .collect();
    place.send("spans", &data::spans("web", "prod", &spans)).await;
    let (from, to) = (NOON + 15 * SECOND, NOON + 37 * SECOND);
    let compare = Some(Range { from: Nanos(NOON - 7 * SECOND), to: Nanos(from) });
    let row = list(&place, ServicesAsk { compare, ..ask(from, to) }).await.data.remove(0);
    assert_eq!((row.count, row.errors), (20, 4));
    assert_eq!((row.state, row.reasons), (ServiceState::Critical, vec!["error_rate".into(), "p95".into()]));
    let compared = row.compare.unwrap();
    assert_eq!((compared.rate, compared.error_rate), (1.0, Some(0.0)));
    assert_eq!(row.spark.rate, [Some(1.0), Some(1.0)]);
    assert_eq!(row.spark.error_rate, [Some(0.0), Some(0.4)]);
}
