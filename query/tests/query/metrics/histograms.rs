//! Histograms of all kinds against the values they were made of, and summaries as they were told.

use daymark_model::limits::QueryLimits;
use daymark_view::error::Code;
use daymark_view::metrics::{Agg, AskMetrics};
use serde_json::{Value, json};

use super::{ask, export, figures, point, query, refused};
use crate::place::Place;

const BOUNDS: [f64; 6] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
const SCALE: i32 = 5;

/// What a minute measured: a hundred values between 10 ms and 6 s.
fn values(minute: i64) -> Vec<f64> {
    (0..100).map(|at| 0.01 * 1.064_f64.powi((at * 37 + minute as i32 * 11) % 100)).collect()
}

fn explicit(values: &[f64]) -> Value {
    let mut counts = vec![0_u64; BOUNDS.len() + 1];
    for value in values {
        counts[BOUNDS.iter().position(|bound| value <= bound).unwrap_or(BOUNDS.len())] += 1;
    }
    let counts: Vec<String> = counts.iter().map(ToString::to_string).collect();
    json!({"count": values.len().to_string(), "sum": values.iter().sum::<f64>(),
        "explicitBounds": BOUNDS, "bucketCounts": counts})
}

fn exponential(values: &[f64], scale: i32) -> Value {
    let number = |value: &f64| (value.log2() * f64::from(scale).exp2()).ceil() as i64 - 1;
    let numbers: Vec<i64> = values.iter().map(number).collect();
    let (first, last) = (*numbers.iter().min().unwrap(), *numbers.iter().max().unwrap());
    let count = |at: i64| numbers.iter().filter(|number| **number == at).count().to_string();
    let counts: Vec<String> = (first..=last).map(count).collect();
    json!({"count": values.len().to_string(), "sum": values.iter().sum::<f64>(), "scale": scale,
        "zeroCount": "0", "positive": {"offset": first, "bucketCounts": counts}})
}

fn with_ends(mut point: Value, values: &[f64]) -> Value {
    let fields = point.as_object_mut().unwrap();
    fields.insert("min".into(), values.iter().copied().fold(f64::MAX, f64::min).into());
    fields.insert("max".into(), values.iter().copied().fold(0.0, f64::max).into());
    point
}

/// Ten minutes of two queues, as deltas and as totals that begin anew in the fifth minute.
async fn sent() -> Place {
    let place = Place::empty().await;
    for (queue, shift) in [("mail", 0), ("push", 3)] {
        let mut points: [Vec<Value>; 4] = Default::default();
        let mut so_far = Vec::new();
        let mut begun = 0;
        for minute in 0..10_i64 {
            let (from, to) = (minute * 60, minute * 60 + 60);
            let now = values(minute + shift);
            if minute == 5 {
                so_far.clear();
                begun = from;
            }
            so_far.extend(now.clone());
            points[0].push(point(queue, Some(from), to, with_ends(explicit(&now), &now)));
            points[1].push(point(queue, Some(begun), to, explicit(&so_far)));
            points[2].push(point(queue, Some(from), to, exponential(&now, SCALE)));
            // A total that spreads is told in wider buckets.
            let scale = if minute % 5 > 2 { SCALE - 2 } else { SCALE };
            points[3].push(point(queue, Some(begun), to, exponential(&so_far, scale)));
        }
        let kinds = [
            ("explicit.delta", "histogram", 1),
            ("explicit.total", "histogram", 2),
            ("exponential.delta", "exponentialHistogram", 1),
            ("exponential.total", "exponentialHistogram", 2),
        ];
        for ((name, kind, temporality), points) in kinds.into_iter().zip(points) {
            for half in points.chunks(6) {
                let metric = json!({"name": name, "unit": "s", kind: {"aggregationTemporality": temporality, "dataPoints": half}});
                place.send("metrics", &export("cart", &metric)).await;
            }
        }
        if queue == "mail" {
            place.store.settle().await.unwrap();
        }
    }
    place
}

async fn of(place: &Place, metric: &str, agg: Agg) -> Vec<f64> {
    let mut series = figures(place, ask(vec![query(metric, agg)], 0, 600, 10)).await;
    assert_eq!(series.len(), 1, "{metric} {agg:?}");
    series.remove(0).values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect()
}

const ALL: [&str; 4] = ["explicit.delta", "explicit.total", "exponential.delta", "exponential.total"];

#[tokio::test]
async fn counts_and_sums_are_those_of_the_values() {
    let place = sent().await;
    for name in ALL {
        let (counts, sums, means, rates) = (
            of(&place, name, Agg::Count).await,
            of(&place, name, Agg::Sum).await,
            of(&place, name, Agg::Avg).await,
            of(&place, name, Agg::Rate).await,
        );
        for minute in 0..10 {
            let sum: f64 = values(minute as i64).iter().chain(&values(minute as i64 + 3)).sum();
            assert!((counts[minute] - 200.0).abs() < 1e-9, "{name} {minute}: {}", counts[minute]);
            assert!((sums[minute] - sum).abs() < 1e-6, "{name} {minute}: {} for {sum}", sums[minute]);
            assert!((means[minute] - sum / 200.0).abs() < 1e-8);
            assert!((rates[minute] - 200.0 / 60.0).abs() < 1e-9);
        }
    }
}

#[tokio::test]
async fn quantiles_lie_in_the_bucket_of_the_exact_one() {
    let place = sent().await;
    for (agg, share) in [(Agg::P50, 0.5), (Agg::P90, 0.9), (Agg::P95, 0.95), (Agg::P99, 0.99)] {
        let explicit = of(&place, "explicit.delta", agg).await;
        let exponential = of(&place, "exponential.delta", agg).await;
        for minute in 0..10 {
            let mut all: Vec<f64> =
                values(minute as i64).into_iter().chain(values(minute as i64 + 3)).collect();
            all.sort_by(f64::total_cmp);
            let exact = all[(share * 200.0_f64).ceil() as usize - 1];
            let bucket = BOUNDS.iter().position(|bound| exact <= *bound).unwrap();
            let low = if bucket == 0 { 0.0 } else { BOUNDS[bucket - 1] };
            assert!((low..=BOUNDS[bucket]).contains(&explicit[minute]), "{} for {exact}", explicit[minute]);
            let off = exponential[minute] / exact - 1.0;
            assert!(off.abs() < 0.025, "{agg:?} {minute}: {} for {exact}", exponential[minute]);
        }
    }
    // What totals tell is what deltas tell.
    let (deltas, totals) = (of(&place, ALL[0], Agg::P95).await, of(&place, ALL[1], Agg::P95).await);
    assert!(deltas.iter().zip(&totals).all(|(a, b)| (a - b).abs() < 1e-9), "{deltas:?} {totals:?}");
    let (deltas, totals) = (of(&place, ALL[2], Agg::P95).await, of(&place, ALL[3], Agg::P95).await);
    assert!(deltas.iter().zip(&totals).all(|(a, b)| (a / b - 1.0).abs() < 0.1), "{deltas:?} {totals:?}");
}

#[tokio::test]
async fn wide_histograms_over_many_steps_are_bounded() {
    let limits = QueryLimits { memory_bytes: 8 << 20, ..QueryLimits::default() };
    let place = Place::with(limits).await;
    let bounds: Vec<f64> = (1..20_000).map(f64::from).collect();
    let counts: Vec<String> = (0..20_000).map(|_| "1".to_owned()).collect();
    let wide = json!({"count": "20000", "sum": 1.0, "explicitBounds": bounds, "bucketCounts": counts});
    let points = [point("mail", Some(0), 3_000, wide)];
    let metric = json!({"name": "wide", "histogram": {"aggregationTemporality": 1, "dataPoints": points}});
    place.send("metrics", &export("cart", &metric)).await;
    let asked = ask(vec![query("wide", Agg::P95)], 0, 3_000, 3_000);
    let error = place.answerer.metrics(asked).await.expect_err("too wide");
    assert_eq!(error.code(), Code::LimitExceeded);
    assert_eq!(figures(&place, ask(vec![query("wide", Agg::P95)], 0, 3_000, 10)).await.len(), 1);
}

#[tokio::test]
async fn the_ends_are_known_of_deltas_alone() {
    let place = sent().await;
    let most = of(&place, "explicit.delta", Agg::Max).await;
    let exact = values(4).into_iter().chain(values(7)).fold(0.0, f64::max);
    assert_eq!(most[4], exact);
    for (name, agg) in [("explicit.total", Agg::Max), ("explicit.total", Agg::Last)] {
        assert!(refused(&place, query(name, agg)).await.problem().hint.is_some());
    }
    let mean = figures(&place, ask(vec![query("explicit.delta", Agg::Avg)], 0, 600, 10)).await;
    assert_eq!(mean[0].max[4], Some(exact));
}

#[tokio::test]
async fn summaries_tell_their_own_quantiles() {
    let place = Place::empty().await;
    let summary = |queue: &str, at: i64, count: u64, p95: f64| {
        let quantiles = json!([{"quantile": 0.0, "value": p95 / 10.0}, {"quantile": 0.95, "value": p95}]);
        point(
            queue,
            Some(0),
            at,
            json!({"count": count.to_string(), "sum": count as f64 * 2.0, "quantileValues": quantiles}),
        )
    };
    let points = [
        summary("mail", 60, 30, 4.0),
        summary("mail", 120, 90, 5.0),
        summary("push", 60, 10, 8.0),
        summary("push", 120, 10, 8.0),
    ];
    place.send("metrics", &export("cart", &json!({"name": "wait", "summary": {"dataPoints": points}}))).await;
    let by_queue =
        |agg| daymark_view::metrics::MetricQuery { by: vec!["queue".into()], ..query("wait", agg) };
    let of = async |query| {
        let series = figures(&place, ask(vec![query], 0, 180, 3)).await;
        series.into_iter().map(|one| one.values).collect::<Vec<_>>()
    };
    assert_eq!(of(query("wait", Agg::Count)).await, [[Some(40.0), Some(60.0), None]]);
    assert_eq!(of(query("wait", Agg::Avg)).await, [[Some(2.0), Some(2.0), None]]);
    assert_eq!(of(by_queue(Agg::P95)).await[0], [None, Some(4.0), Some(5.0)]);
    assert_eq!(of(query("wait", Agg::Min)).await, [[None, Some(0.4), Some(0.5)]]);
    assert!(refused(&place, query("wait", Agg::P95)).await.to_string().contains("2 summaries"));
    // It does not tell this one.
    assert_eq!(of(by_queue(Agg::P50)).await, Vec::<Vec<_>>::new());
}
