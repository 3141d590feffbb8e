//! Counters of several senders that start, stop, begin again and are late, told as deltas and as totals. Plain
//! code spreads what each point counts over whole seconds and adds the seconds up.

use daymark_model::time::Nanos;
use daymark_view::alerts::sample::{SampleAsk, Sampler};
use daymark_view::alerts::signal::Signal;
use daymark_view::metrics::{Agg, MetricQuery, MetricSeries};
use daymark_view::range::Range;
use serde_json::{Value, json};

use super::{ask, export, figures, point, query};
use crate::place::{Place, query_id};

const QUEUES: [&str; 3] = ["mail", "push", "text"];
const SERVICES: [&str; 2] = ["cart", "web"];
const HOUR: i64 = 3_600;

/// A sequence that is the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % most).unwrap()
    }
}

/// How totals tell that they began anew.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    ByStart,
    /// No point has a start.
    ByValue,
}

/// One sender of one queue: its points, and what was counted in which seconds.
struct Counter {
    service: &'static str,
    totals: Vec<Value>,
    deltas: Vec<Value>,
    /// After the first second, up to the second one.
    counted: Vec<(i64, i64, i64)>,
    newest: i64,
}

impl Counter {
    fn roll(dice: &mut Dice, service: &'static str, queue: &'static str, told: Told) -> Self {
        let mut counter =
            Self { service, totals: Vec::new(), deltas: Vec::new(), counted: Vec::new(), newest: 0 };
        let mut at = 7 + dice.below(900);
        let stop = HOUR - dice.below(900);
        let (mut begun, mut total, mut before): (i64, i64, Option<i64>) = (at, 0, None);
        let mut fell = false;
        while at < stop {
            // Some exports are lost, so that gaps of minutes come.
            let next = at + 5 + dice.below(35) + if dice.below(12) == 0 { 200 } else { 0 };
            if dice.below(15) == 0 && total > 0 {
                // Restarted a while after the last point.
                let away = if told == Told::ByStart { dice.below(4) } else { 0 };
                (begun, total, fell) = (at + away, 0, true);
                at = begun;
            }
            let mut more = dice.below(500);
            if told == Told::ByValue && std::mem::take(&mut fell) {
                // A fall is seen only where it is one.
                more = more.min(before.unwrap_or_default() - 1).max(0);
            }
            let is_first = before.is_none();
            total += more;
            before = Some(total);
            let value = |number: i64| json!({"asInt": number.to_string()});
            let start = (told == Told::ByStart).then_some(begun);
            counter.totals.push(point(queue, start, next, value(total)));
            // What the first of all points counts is known only with its start.
            if told == Told::ByStart || !is_first {
                counter.deltas.push(point(queue, Some(at), next, value(more)));
                counter.counted.push((at, next, more));
            }
            counter.newest = next;
            at = next;
        }
        counter
    }

    /// What was counted in the seconds of a step.
    fn within(&self, from: i64, to: i64) -> Option<f64> {
        let seconds = (from..to).filter_map(|second| {
            let (first, last, count) = self.counted.iter().find(|(a, b, _)| *a <= second && second < *b)?;
            Some(*count as f64 / (last - first) as f64)
        });
        seconds.fold(None, |sum: Option<f64>, more| Some(sum.unwrap_or_default() + more))
    }
}

fn sum_of(name: &str, temporality: u8, points: &[Value]) -> Value {
    json!({"name": name, "sum": {
        "aggregationTemporality": temporality, "isMonotonic": true, "dataPoints": points}})
}

/// All counters sent in batches out of order, some of them twice, some merged and some in buffers.
async fn sent(told: Told, seed: u64) -> (Place, Vec<Counter>) {
    let dice = &mut Dice(seed);
    let place = Place::empty().await;
    let mut counters = Vec::new();
    for service in SERVICES {
        for queue in QUEUES {
            counters.push(Counter::roll(dice, service, queue, told));
        }
    }
    let mut batches = Vec::new();
    for counter in &counters {
        for (name, temporality, points) in
            [("jobs.total", 2, &counter.totals), ("jobs.delta", 1, &counter.deltas)]
        {
            for part in points.chunks(17) {
                batches.push(export(counter.service, &sum_of(name, temporality, part)));
            }
            // The same points in other company.
            let again: Vec<Value> = points.iter().step_by(3).cloned().collect();
            batches.push(export(counter.service, &sum_of(name, temporality, &again)));
        }
    }
    let settle_at = batches.len() / 2;
    for at in 0..batches.len() {
        let other = at + usize::try_from(dice.below((batches.len() - at) as u64)).unwrap();
        batches.swap(at, other);
        place.send("metrics", &batches[at]).await;
        if at == settle_at {
            place.store.settle().await.unwrap();
        }
    }
    (place, counters)
}

fn is_near(told: Option<f64>, expected: Option<f64>) -> bool {
    match (told, expected) {
        (None, None) => true,
        (Some(told), Some(expected)) => (told - expected).abs() < 1e-6 * expected.abs().max(1.0),
        _ => false,
    }
}

/// Each step of each service compared with what its counters counted.
fn check(series: &[MetricSeries], counters: &[Counter], is_rate: bool) {
    assert_eq!(series.len(), SERVICES.len());
    for one in series {
        let service = one.labels["service"].as_deref().unwrap();
        let of: Vec<&Counter> = counters.iter().filter(|counter| counter.service == service).collect();
        let newest = of.iter().map(|counter| counter.newest).max().unwrap();
        let step = one.step_ns / super::S;
        let t0 = (one.t0.0 - crate::data::NOON) / super::S;
        for (at, value) in one.values.iter().enumerate() {
            let from = t0 + at as i64 * step;
            let known = of.iter().filter_map(|counter| counter.within(from, from + step));
            let mut expected =
                known.fold(None, |sum: Option<f64>, more| Some(sum.unwrap_or_default() + more));
            if is_rate {
                let is_running =
                    from < HOUR && HOUR <= from + step && (from + 1..from + step).contains(&newest);
                let seconds = if is_running { newest - from } else { step };
                expected = expected.map(|sum| sum / seconds as f64);
            }
            assert!(is_near(*value, expected), "{service} from {from} s: {value:?}, not {expected:?}");
        }
    }
}

#[tokio::test]
async fn what_was_counted_is_what_counters_tell() {
    for (told, seed) in [(Told::ByStart, 1), (Told::ByStart, 2), (Told::ByValue, 3), (Told::ByValue, 4)] {
        let (place, counters) = sent(told, seed).await;
        for name in ["jobs.total", "jobs.delta"] {
            for (agg, is_rate) in [(Agg::Increase, false), (Agg::Rate, true)] {
                for (from, to, points) in [(0, HOUR, 60), (0, HOUR, 1_200), (37, HOUR, 7), (1_000, 2_000, 9)]
                {
                    let query = MetricQuery { by: vec!["service".into()], ..query(name, agg) };
                    let series = figures(&place, ask(vec![query], from, to, points)).await;
                    check(&series, &counters, is_rate);
                }
            }
        }
    }
}

/// Guarantee: a rule over a counter is judged by what was counted in its window, also where the counter began anew
/// or its points came late.
#[tokio::test]
async fn rules_are_judged_by_what_counters_tell() {
    let instant = |second: i64| Nanos(crate::data::NOON + second * super::S);
    let spans: Vec<(i64, i64)> = (0..11).map(|at| (at * 300, (at + 2) * 300)).collect();
    let windows = spans.iter().map(|(from, to)| Range { from: instant(*from), to: instant(*to) });
    for (told, seed) in [(Told::ByStart, 6), (Told::ByValue, 7)] {
        let (place, counters) = sent(told, seed).await;
        for name in ["jobs.total", "jobs.delta"] {
            let signal = json!({"kind": "metric", "metric": name, "agg": "increase", "by": ["service"]});
            let signal = Signal::read(&signal, "").unwrap();
            let asked = SampleAsk { query_id: query_id(), signal, windows: windows.clone().collect() };
            let found = place.answerer.sample(asked).await.unwrap();
            for ((from, to), samples) in spans.iter().zip(found) {
                for service in SERVICES {
                    let of = counters.iter().filter(|counter| counter.service == service);
                    let expected = of.filter_map(|counter| counter.within(*from, *to)).reduce(|a, b| a + b);
                    let value = samples.iter().find(|one| one.labels["service"] == service);
                    let value = value.and_then(|one| one.value);
                    assert!(is_near(value, expected), "{name} {service} {from}: {value:?}, not {expected:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn series_have_rates_of_their_own() {
    let (place, counters) = sent(Told::ByStart, 5).await;
    let query = |agg| MetricQuery { rate: true, by: vec!["service".into()], ..query("jobs.total", agg) };
    let asked = async |agg| figures(&place, ask(vec![query(agg)], 0, HOUR, 60)).await;
    let (most, mean, sum) = (asked(Agg::Max).await, asked(Agg::Avg).await, asked(Agg::Sum).await);
    check(&sum, &counters, true);
    for at in 0..2 {
        let service = most[at].labels["service"].as_deref().unwrap();
        let of: Vec<&Counter> = counters.iter().filter(|counter| counter.service == service).collect();
        for step in 0..59 {
            let from = step as i64 * 60;
            let rates: Vec<f64> =
                of.iter().filter_map(|counter| Some(counter.within(from, from + 60)? / 60.0)).collect();
            let expected =
                rates.iter().copied().fold(None, |a: Option<f64>, b| Some(a.map_or(b, |a| a.max(b))));
            assert!(is_near(most[at].values[step], expected));
            let expected = expected.map(|_| rates.iter().sum::<f64>() / rates.len() as f64);
            assert!(is_near(mean[at].values[step], expected));
        }
    }
}

#[tokio::test]
async fn a_count_that_may_fall_has_changes() {
    let place = Place::empty().await;
    let level = |at: i64, value: i64| point("mail", Some(0), at, json!({"asInt": value.to_string()}));
    let points = [level(30, 10), level(90, 4), level(150, 7)];
    let metric = json!({"name": "open", "sum": {"aggregationTemporality": 2, "dataPoints": points}});
    place.send("metrics", &export("cart", &metric)).await;
    let of = async |agg| figures(&place, ask(vec![query("open", agg)], 0, 180, 3)).await.remove(0).values;
    assert_eq!(of(Agg::Increase).await, [Some(7.0), Some(-1.5), Some(1.5)]);
    assert_eq!(of(Agg::Sum).await, [Some(10.0), Some(4.0), Some(7.0)]);
}
