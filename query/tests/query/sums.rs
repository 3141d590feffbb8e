//! `red`, `red_instances` and `edges` by SQL are what plain code counts over the rows of `spans`: in buffers,
//! in segments of every level, after a restart, with calls split over all of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use daymark_model::limits::QueryLimits;
use daymark_model::origin::DEFAULT_TENANT;
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_model::wire::Format;
use daymark_segment::Level;
use daymark_workload::{Feed, Profile, Request, SECOND, Shop, Signal, Truth};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::data::{self, NOON, Span};
use crate::place::{self, Place};

/// The same sums over plain rows.
pub(crate) mod plain;

use plain::{Sums, plain};

/// Long after the windows of all that is sent are closed, or while they are open.
pub(crate) const CLOSED: i64 = NOON + 5 * Nanos::HOUR;
pub(crate) const OPEN: i64 = NOON + 30 * Nanos::MINUTE;

fn texts(values: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    values.iter().map(text).collect()
}

/// Sums of the other columns by some.
async fn sums(place: &Place, table: &str, keys: &str, values: &[&str]) -> Sums {
    let sums: Vec<String> = values.iter().map(|value| format!("sum({value})")).collect();
    let count = keys.split(',').count();
    let rows = place.rows(&format!("SELECT {keys}, {} FROM {table} GROUP BY {keys}", sums.join(", "))).await;
    let numbers = |row: &[Value]| row.iter().map(|value| value.as_u64().unwrap()).collect();
    rows.iter().map(|row| (texts(&row[..count]), numbers(&row[count..]))).collect()
}

async fn assert_plain(place: &Place, what: &str) {
    let plain = plain(place).await;
    assert!(!plain.edges.is_empty(), "{what}");
    let keys = "bucket, service, namespace, env, version, name, kind, entry, status_class, peer";
    assert_eq!(sums(place, "red", keys, &["count", "errors", "sum_ns"]).await, plain.red, "{what}");
    let keys = "bucket, service, namespace, env, instance, version";
    let instances = sums(place, "red_instances", keys, &["count", "errors", "sum_ns"]).await;
    assert_eq!(instances, plain.instances, "{what}");
    let keys = "bucket, client, server, server_kind, link, operation, namespace, env";
    let values = ["count", "errors", "client_sum_ns", "server_sum_ns"];
    assert_eq!(sums(place, "edges", keys, &values).await, plain.edges, "{what}");
    let p95 = "SELECT service, sketch_quantile(sketch_merge(sketch), 0.95), min(min_ns), max(max_ns) \
        FROM red WHERE entry GROUP BY service";
    let quantiles = place.rows(p95).await;
    assert_eq!(quantiles.len(), plain.durations.len());
    for row in quantiles {
        let mut durations = plain.durations[row[0].as_str().unwrap()].clone();
        durations.sort_unstable();
        let exact = durations[(0.95 * (durations.len() - 1) as f64).floor() as usize] as f64;
        assert!((row[1].as_f64().unwrap() - exact).abs() <= exact * 0.010_001, "{what}: {row:?}, {exact}");
        assert_eq!(
            (row[2].as_u64(), row[3].as_u64()),
            (durations.first().copied(), durations.last().copied())
        );
    }
}

/// A stretch of the shop across a border of ten minutes.
fn shop(seed: u64, duplicates: f64) -> (Vec<Request>, Truth) {
    shop_around(NOON + 10 * Nanos::MINUTE, seed, duplicates)
}

fn shop_around(border: i64, seed: u64, duplicates: f64) -> (Vec<Request>, Truth) {
    let start = border - 7 * SECOND;
    let profile = Profile { duplicates, request_items: 25, ..Profile::shop() };
    let mut feed = Feed::new(Shop::new(seed, profile), start, 5.0);
    let mut requests = feed.advance(start + 15 * SECOND);
    requests.extend(feed.finish());
    requests.retain(|request| request.signal == Signal::Spans);
    (requests, feed.truth().clone())
}

/// Spans of random kinds, parents and services, each sent by itself or with a few others.
fn forest(seed: u64) -> Vec<Value> {
    let mut state = seed;
    let mut below = move |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let mut bodies = Vec::new();
    for _ in 0..80 {
        let service = ["a", "b", "größe", "d"][below(4) as usize];
        let mut spans = Vec::new();
        for _ in 0..1 + below(4) {
            // Ids that were drawn before are left to later requests, so each stands for one span.
            let id = 1 + bodies.len() as u64 * 8 + spans.len() as u64;
            let parent = (below(5) > 0).then(|| 1 + below(80 * 8));
            let kind = below(6) as u8;
            let attributes = match below(4) {
                0 => json!({"peer.service": "b"}),
                1 => json!({"db.system.name": "postgresql", "db.namespace": "shop"}),
                2 => json!({"messaging.destination.name": "orders"}),
                _ => json!({"http.response.status_code": 503}),
            };
            let at_ms = (below(1_500_000)) as i64;
            let span = Span::new(data::TRACE, id, parent, "work", kind, at_ms);
            spans.push(Span { is_error: below(3) == 0, duration: below(1 << 40) as i64, attributes, ..span });
        }
        bodies.push(data::spans(service, "prod", &spans));
    }
    bodies
}

/// A folder on which one process after the other works.
pub(crate) struct House(Arc<TempDir>);

impl House {
    pub(crate) fn new() -> Self {
        Self(Arc::new(tempfile::tempdir().unwrap()))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// One process from its start to its end.
    pub(crate) fn process<T>(&self, now: i64, work: impl AsyncFnOnce(&Place) -> T) -> T {
        let runtime = Runtime::new().unwrap();
        let answer = runtime.block_on(async {
            let place = Place::on(Arc::clone(&self.0), Nanos(now), QueryLimits::default()).await;
            let answer = work(&place).await;
            place.store.close().await.unwrap();
            answer
        });
        runtime.shutdown_timeout(Duration::from_secs(30));
        answer
    }
}

pub(crate) async fn deliver(place: &Place, requests: &[Request]) {
    for request in requests {
        place.deliver("spans", Format::OtlpProtobuf, request.body.clone().into()).await;
    }
}

fn levels(place: &Place) -> Vec<Level> {
    let version = place.store.version();
    let shelf = version.shelf(DEFAULT_TENANT).unwrap();
    shelf.segments(Table::Spans).iter().map(|one| one.segment.meta().level).collect()
}

#[test]
fn sums_of_the_shop_are_exact_wherever_its_spans_are() {
    let (requests, truth) = shop(5, 0.0);
    let house = House::new();
    house.process(OPEN, async |place| {
        deliver(place, &requests[..requests.len() / 3]).await;
        assert_plain(place, "in buffers").await;
    });
    house.process(OPEN, async |place| {
        assert_plain(place, "replayed").await;
        place.store.flush().await.unwrap();
        assert_plain(place, "flushed").await;
        for part in requests[requests.len() / 3..].chunks(requests.len() / 10) {
            deliver(place, part).await;
            if levels(place).len() < 7 {
                place.store.flush().await.unwrap();
            }
        }
        assert!(levels(place).iter().all(|level| *level == Level::L0));
        assert_plain(place, "in segments and buffers").await;
        let eighth = Span::new(data::SHORT_TRACE, 7, None, "x", 1, 0);
        place.send("spans", &data::spans("late", "prod", &[eighth])).await;
        place.store.flush().await.unwrap();
        while !levels(place).contains(&Level::L1) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_plain(place, "merged by ten minutes").await;
        place.store.settle().await.unwrap();
        assert_plain(place, "merged by two hours").await;
    });
    let edges = house.process(CLOSED, async |place| {
        assert_plain(place, "opened again").await;
        let edges =
            "SELECT client, server, sum(count), sum(errors) FROM edges WHERE client <> 'user' GROUP BY 1, 2";
        place.rows(edges).await
    });
    let told: BTreeMap<(String, String), (u64, u64)> = edges
        .iter()
        .map(|row| {
            let text = |at: usize| row[at].as_str().unwrap().to_owned();
            ((text(0), text(1)), (row[2].as_u64().unwrap(), row[3].as_u64().unwrap()))
        })
        .collect();
    let expected: BTreeMap<_, _> =
        truth.edges.iter().map(|(key, edge)| (key.clone(), (edge.calls, edge.errors))).collect();
    assert_eq!(told, expected);
}

/// Repeats are gone from the sums once a merge has seen both.
#[test]
fn sums_of_a_closed_window_are_the_truth_in_spite_of_repeats() {
    let (requests, truth) = shop(6, 0.05);
    assert!(truth.duplicates > 10);
    House::new().process(CLOSED, async |place| {
        for part in requests.chunks(requests.len() / 4) {
            deliver(place, part).await;
            place.store.flush().await.unwrap();
        }
        place.wait(Duration::from_secs(3_600));
        place.store.settle().await.unwrap();
        assert_plain(place, "settled").await;
        let totals = place.rows("SELECT sum(count), sum(errors) FROM red").await;
        assert_eq!(totals, [[json!(truth.spans), json!(truth.errors)]]);
        let id = place.rows("SELECT hex(trace_id) FROM spans LIMIT 1").await;
        let id = place::trace_id(id[0][0].as_str().unwrap());
        assert!(place.store.erase_trace(DEFAULT_TENANT, id).await.unwrap() > 0);
        place.store.settle().await.unwrap();
        assert_plain(place, "without an erased trace").await;
        let version = place.store.version();
        let segments = version.shelf(DEFAULT_TENANT).unwrap().segments(Table::Spans);
        assert!(segments.iter().all(|one| !one.segment.is_open()), "nothing waits in a closed window");
    });
}

/// Both sides of a call count as one, also when each lies in a window of its own that was closed.
#[test]
fn calls_across_the_border_of_closed_windows_are_counted() {
    let (requests, truth) = shop_around(NOON + 2 * Nanos::HOUR, 7, 0.0);
    House::new().process(CLOSED, async |place| {
        for part in requests.chunks(requests.len() / 3) {
            deliver(place, part).await;
            place.store.flush().await.unwrap();
        }
        place.wait(Duration::from_secs(3_600));
        place.store.settle().await.unwrap();
        let version = place.store.version();
        let segments = version.shelf(DEFAULT_TENANT).unwrap().segments(Table::Spans).to_vec();
        assert!(segments.len() > 1 && segments.iter().all(|one| !one.segment.is_open()));
        assert_plain(place, "settled").await;
        let calls = place.rows("SELECT sum(count) FROM edges WHERE client <> 'user'").await;
        let expected: u64 = truth.edges.values().map(|edge| edge.calls).sum();
        assert_eq!(calls, [[json!(expected)]]);
        for one in &segments {
            assert_eq!(daymark_segment::verify(one.segment.dir()), []);
        }
    });
}

#[test]
fn sums_of_random_forests_are_exact() {
    for seed in 0..4 {
        House::new().process(OPEN, async |place| {
            for (number, body) in forest(seed).iter().enumerate() {
                place.send("spans", body).await;
                if number % 23 == 22 {
                    place.store.flush().await.unwrap();
                }
            }
            assert_plain(place, "in segments and buffers").await;
            place.store.settle().await.unwrap();
            assert_plain(place, "settled").await;
        });
    }
}

/// Rows of all tables of sums, and of one service alone.
async fn all(place: &Place) -> Vec<Vec<Vec<Value>>> {
    let mut all = Vec::new();
    for (table, service, columns) in [
        ("red", "service", "name, kind, entry, status_class, peer"),
        ("red_instances", "service", "instance, version"),
        ("edges", "client", "server, server_kind, link, operation"),
    ] {
        let sketch = if table == "edges" { "server_sketch" } else { "sketch" };
        let sums = format!(
            "SELECT bucket, {service}, {columns}, sum(count), sum(errors), \
             sketch_quantile(sketch_merge({sketch}), 0.9) FROM {table}"
        );
        let keys = format!("GROUP BY bucket, {service}, {columns} ORDER BY bucket, {service}, {columns}");
        all.push(place.rows(&format!("{sums} {keys}")).await);
        let one = ["a", "cart"].map(|name| format!("{service} = '{name}'")).join(" OR ");
        all.push(place.rows(&format!("{sums} WHERE {one} {keys}")).await);
        all.push(place.rows(&format!("{sums} WHERE {service} = 'b' {keys}")).await);
    }
    all
}

/// What is kept between questions changes no answer, whatever comes and goes in between.
#[test]
fn kept_sums_are_those_read_anew() {
    let shop = shop(8, 0.0).0;
    let shop: Vec<bytes::Bytes> = shop.into_iter().map(|request| request.body.into()).collect();
    let shop = shop.into_iter().map(|body| (Format::OtlpProtobuf, body)).collect::<Vec<_>>();
    let forest = forest(9).into_iter().map(|body| (Format::OtlpJson, body.to_string().into())).collect();
    for requests in [shop, forest] {
        House::new().process(OPEN, async |place| {
            let step = requests.len() / 10;
            for (number, part) in requests.chunks(step.max(1)).enumerate() {
                for (format, body) in part {
                    place.deliver("spans", *format, body.clone()).await;
                }
                assert_eq!(all(place).await, all(&place.asked_anew()).await, "{number}");
                match number % 5 {
                    1 | 2 => place.store.flush().await.unwrap(),
                    4 => place.store.settle().await.unwrap(),
                    _ => continue,
                }
                assert_eq!(all(place).await, all(&place.asked_anew()).await, "{number}, in a segment");
            }
            place.store.flush().await.unwrap();
            let id =
                place.rows("SELECT hex(trace_id) FROM spans WHERE parent_span_id IS NOT NULL LIMIT 1").await;
            let id = place::trace_id(id[0][0].as_str().unwrap());
            assert!(place.store.erase_trace(DEFAULT_TENANT, id).await.unwrap() > 0);
            assert_eq!(all(place).await, all(&place.asked_anew()).await, "erased");
        });
    }
}

/// A filter on the bucket reads only the segments it needs, and finds halves beyond it.
#[tokio::test]
async fn a_range_of_buckets_is_a_part_of_all() {
    let place = Place::empty().await;
    let client = Span {
        attributes: json!({"peer.service": "b"}),
        ..Span::new(data::TRACE, 1, None, "call", 3, 19_990)
    };
    place.send("spans", &data::spans("a", "prod", &[client])).await;
    place.store.flush().await.unwrap();
    place
        .send("spans", &data::spans("b", "prod", &[Span::new(data::TRACE, 2, Some(1), "serve", 2, 20_010)]))
        .await;
    place.store.flush().await.unwrap();
    let query = |from: i64, to: i64| {
        let at = |second: i64| format!("to_timestamp_nanos({})", NOON + second * SECOND);
        format!(
            "SELECT client, server, count FROM edges WHERE bucket >= {} AND bucket < {}",
            at(from),
            at(to)
        )
    };
    assert_eq!(place.rows(&query(20, 30)).await, [[json!("a"), json!("b"), json!(1)]]);
    assert_eq!(place.rows(&query(0, 20)).await, Vec::<Vec<Value>>::new());
    assert_eq!(place.rows(&query(30, 9_000)).await, Vec::<Vec<Value>>::new());
    let read = place.sql(&query(1_000, 9_000)).await.unwrap().meta.scanned;
    assert_eq!(read.segments, 0);
}
