//! Figures of metrics over time, against plain code over what was sent.

use std::collections::BTreeMap;
use std::time::Duration;

use daymark_model::limits::QueryLimits;
use daymark_model::time::Nanos;
use daymark_view::error::{AskError, Code};
use daymark_view::metrics::{
    Agg, AskMetrics, CatalogAsk, ExemplarsAsk, Labels, LabelsAsk, MetricQuery, MetricSeries, MetricsAsk,
};
use daymark_view::range::Range;
use daymark_view::search::{Domain, parse};
use serde_json::{Value, json};

use crate::data::NOON;
use crate::place::{Place, query_id};

/// Counters, and plain code that counts the same.
mod counters;
/// Histograms and summaries.
mod histograms;

const S: i64 = Nanos::SECOND;

/// An export of one metric, seconds counted from noon.
pub(crate) fn export(service: &str, metric: &Value) -> Value {
    json!({"resourceMetrics": [{
        "resource": {"attributes": [
            {"key": "service.name", "value": {"stringValue": service}},
            {"key": "deployment.environment.name", "value": {"stringValue": "prod"}},
            {"key": "host.name", "value": {"stringValue": format!("{service}-host")}},
        ]},
        "scopeMetrics": [{"scope": {"name": "io.meter"}, "metrics": [metric]}],
    }]})
}

/// A data point with the queue as its only attribute.
pub(crate) fn point(queue: &str, start: Option<i64>, at: i64, values: Value) -> Value {
    let mut point = json!({
        "attributes": [{"key": "queue", "value": {"stringValue": queue}}],
        "timeUnixNano": (NOON + at * S).to_string(),
    });
    let fields = point.as_object_mut().unwrap();
    if let Some(start) = start {
        fields.insert("startTimeUnixNano".into(), (NOON + start * S).to_string().into());
    }
    let Value::Object(values) = values else { panic!("values are an object") };
    fields.extend(values);
    point
}

fn gauge(points: &[Value]) -> Value {
    json!({"name": "depth", "unit": "{job}", "description": "Jobs that wait.", "gauge": {"dataPoints": points}})
}

pub(crate) fn query(metric: &str, agg: Agg) -> MetricQuery {
    MetricQuery {
        id: "a".into(),
        metric: metric.into(),
        agg,
        by: Vec::new(),
        query: parse(Domain::Metrics, "").unwrap(),
        rate: false,
        topk: None,
    }
}

/// Asks for seconds from noon on.
pub(crate) fn ask(queries: Vec<MetricQuery>, from: i64, to: i64, max_points: usize) -> MetricsAsk {
    let range = Range { from: Nanos(NOON + from * S), to: Nanos(NOON + to * S) };
    MetricsAsk { query_id: query_id(), queries, range, scope: Vec::new(), max_points }
}

pub(crate) async fn figures(place: &Place, ask: MetricsAsk) -> Vec<MetricSeries> {
    place.answerer.metrics(ask).await.unwrap().data
}

pub(crate) async fn refused(place: &Place, query: MetricQuery) -> AskError {
    place.answerer.metrics(ask(vec![query], 0, 600, 10)).await.expect_err("not answered")
}

async fn depths(points: &[Value]) -> Place {
    let place = Place::empty().await;
    place.send("metrics", &export("cart", &gauge(points))).await;
    place
}

fn value(queue: &str, at: i64, value: f64) -> Value {
    point(queue, None, at, json!({"asDouble": value}))
}

#[tokio::test]
async fn levels_are_means_and_hold_for_five_minutes() {
    let place = depths(&[
        value("mail", 5, 4.0),
        value("mail", 35, 6.0),
        value("push", 10, 1.0),
        value("mail", 130, 9.0),
        // Sent again by somebody who says otherwise: the last received holds.
        value("mail", 130, 8.0),
    ])
    .await;
    let of = async |agg| figures(&place, ask(vec![query("depth", agg)], 0, 600, 10)).await.remove(0);
    let sum = of(Agg::Sum).await;
    assert_eq!((sum.t0, sum.step_ns, sum.unit.as_deref()), (Nanos(NOON), 60 * S, Some("{job}")));
    // From the sixth minute on no queue tells anything.
    let nine = Some(9.0);
    let sums = [Some(6.0), Some(7.0), nine, nine, nine, nine, Some(8.0), Some(8.0), None, None];
    assert_eq!((sum.values.as_slice(), sum.min.len()), (&sums[..], 0));
    let mean = of(Agg::Avg).await;
    assert_eq!(mean.values[..2], [Some(3.0), Some(3.5)]);
    assert_eq!((mean.min[0], mean.max[0]), (Some(1.0), Some(6.0)));
    assert_eq!(of(Agg::Last).await.values[..3], [Some(6.0), Some(6.0), Some(8.0)]);
    assert_eq!(of(Agg::Count).await.values[..3], [Some(3.0), None, Some(1.0)]);
    assert_eq!(of(Agg::P50).await.values[0], Some(4.0));
    assert_eq!(of(Agg::P99).await.values[0], Some(6.0));
}

#[tokio::test]
async fn a_series_that_says_it_has_no_value_has_none() {
    let gone = point("mail", None, 70, json!({"flags": 1}));
    let place = depths(&[value("mail", 5, 4.0), gone]).await;
    let series = figures(&place, ask(vec![query("depth", Agg::Avg)], 0, 240, 4)).await;
    assert_eq!(series[0].values, [Some(4.0), None, None, None]);
}

#[tokio::test]
async fn series_are_one_by_their_labels() {
    let place = depths(&[value("mail", 5, 4.0), value("push", 5, 1.0)]).await;
    place.send("metrics", &export("web", &gauge(&[value("mail", 5, 10.0)]))).await;
    let by = |keys: &[&str], q: &str| MetricQuery {
        by: keys.iter().map(|key| (*key).to_owned()).collect(),
        query: parse(Domain::Metrics, q).unwrap(),
        ..query("depth", Agg::Sum)
    };
    let of = async |query: MetricQuery| {
        let found = figures(&place, ask(vec![query], 0, 60, 1)).await;
        let label = |series: &MetricSeries| {
            let labels: Vec<String> =
                series.labels.values().map(|v| v.clone().unwrap_or("-".into())).collect();
            (labels.join("/"), series.values[0].unwrap())
        };
        found.iter().map(label).collect::<Vec<_>>()
    };
    let named = |rows: &[(&str, f64)]| rows.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect::<Vec<_>>();
    assert_eq!(of(by(&[], "")).await, named(&[("", 15.0)]));
    assert_eq!(of(by(&["service"], "")).await, named(&[("cart", 5.0), ("web", 10.0)]));
    assert_eq!(of(by(&["queue", "x"], "")).await, named(&[("mail/-", 14.0), ("push/-", 1.0)]));
    assert_eq!(of(by(&["resource.host.name"], "queue=mail")).await.len(), 2);
    assert_eq!(of(by(&[], "service:WEB OR queue:p*")).await, named(&[("", 11.0)]));
    assert_eq!(of(by(&[], "-queue:mail env:prod")).await, named(&[("", 1.0)]));
    assert_eq!(of(by(&[], "env!=prod")).await, []);
    assert_eq!(of(by(&["type", "unit"], "queue~^pu")).await, named(&[("gauge/{job}", 1.0)]));
    let highest = MetricQuery { topk: Some(1), ..by(&["service"], "") };
    let asked = ask(vec![highest], 0, 60, 1);
    let answer = place.answerer.metrics(asked).await.unwrap();
    assert_eq!(answer.data[0].labels["service"].as_deref(), Some("web"));
    let cut = answer.meta.truncated.unwrap();
    assert_eq!((cut.reason.as_str(), cut.shown, cut.total), ("topk", 1, Some(2)));
}

#[tokio::test]
async fn too_many_series_are_asked_for_by_number() {
    let points: Vec<Value> = (0..5_001).map(|at| value(&format!("q{at}"), 5, f64::from(at))).collect();
    let place = depths(&points).await;
    let by = MetricQuery { by: vec!["queue".into()], ..query("depth", Agg::Max) };
    let error = refused(&place, by.clone()).await;
    assert_eq!((error.code(), error.problem().pointer.as_deref()), (Code::LimitExceeded, Some("/queries/0")));
    let two = figures(&place, ask(vec![MetricQuery { topk: Some(2), ..by }], 0, 60, 1)).await;
    assert_eq!(two.iter().map(|one| one.values[0]).collect::<Vec<_>>(), [Some(5_000.0), Some(4_999.0)]);
    assert_eq!(figures(&place, ask(vec![query("depth", Agg::Max)], 0, 60, 1)).await.len(), 1);
}

#[tokio::test]
async fn what_a_metric_cannot_answer_is_told() {
    let place = depths(&[value("mail", 5, 4.0)]).await;
    let cases = [
        query("depth", Agg::Rate),
        MetricQuery { rate: true, ..query("depth", Agg::Avg) },
        MetricQuery { rate: true, ..query("depth", Agg::Increase) },
        MetricQuery { rate: true, ..query("depth", Agg::P95) },
    ];
    for case in cases {
        let error = refused(&place, case.clone()).await;
        assert_eq!(error.code(), Code::BadRequest, "{case:?}");
        assert!(error.problem().hint.is_some());
    }
    // Of nothing there is nothing.
    assert_eq!(figures(&place, ask(vec![query("depths", Agg::Avg)], 0, 60, 1)).await, []);
    let sum = json!({"name": "depth", "sum": {"aggregationTemporality": 2, "isMonotonic": true,
        "dataPoints": [value("mail", 5, 4.0)]}});
    place.send("metrics", &export("web", &sum)).await;
    let histogram = json!({"name": "depth", "histogram": {"aggregationTemporality": 1, "dataPoints": [
        point("mail", Some(0), 5, json!({"count": "1", "sum": 2.0, "bucketCounts": ["1"], "explicitBounds": []}))]}});
    place.send("metrics", &export("web", &histogram)).await;
    assert!(refused(&place, query("depth", Agg::Avg)).await.to_string().contains("gauge, histogram, sum"));
    let chosen =
        MetricQuery { query: parse(Domain::Metrics, "type=gauge").unwrap(), ..query("depth", Agg::Avg) };
    assert_eq!(figures(&place, ask(vec![chosen], 0, 60, 1)).await.len(), 1);
}

#[tokio::test]
async fn memory_is_bounded() {
    let limits = QueryLimits { memory_bytes: 100_000, ..QueryLimits::default() };
    let place = Place::with(limits).await;
    for queue in ["a", "b", "c", "d"] {
        let points: Vec<Value> = (0..2_000).map(|at| value(queue, at, 1.0)).collect();
        place.send("metrics", &export("cart", &gauge(&points))).await;
    }
    assert_eq!(refused(&place, query("depth", Agg::Sum)).await.code(), Code::LimitExceeded);
}

#[tokio::test]
async fn the_catalog_tells_what_there_is() {
    let place = Place::shop().await;
    place.send("metrics", &export("cart", &gauge(&[value("mail", 5, 4.0), value("push", 9, 4.0)]))).await;
    let of = async |search: &str, limit, cursor| {
        let ask = CatalogAsk { query_id: query_id(), search: search.into(), limit, cursor };
        place.answerer.metric_catalog(ask).await.unwrap()
    };
    for _settled in 0..2 {
        let all = of("", 100, None).await;
        let names: Vec<&str> = all.data.iter().map(|row| row.metric.as_str()).collect();
        assert_eq!((names, all.meta.total), (vec!["depth", "latency", "mails", "queue.size"], Some(4)));
        let depth = &all.data[0];
        assert_eq!((depth.kind.as_str(), depth.unit.as_deref(), depth.series), ("gauge", Some("{job}"), 2));
        assert_eq!((depth.temporality.as_str(), depth.last_seen), ("unspecified", Some(Nanos(NOON + 9 * S))));
        assert_eq!(all.data[2].temporality, "cumulative");
        assert_eq!(of("THAT WAIT", 100, None).await.data.len(), 1);
        let first = of("", 3, None).await;
        assert_eq!(of("", 3, first.meta.cursor).await.data[0].metric, "queue.size");
        place.store.settle().await.unwrap();
    }
}

#[tokio::test]
async fn labels_tell_series_apart() {
    let place = depths(&[value("mail", 5, 4.0), value("push", 5, 1.0)]).await;
    place.send("metrics", &export("web", &gauge(&[value("mail", 5, 10.0)]))).await;
    let of = async |metric: &str, key: Option<&str>, search: &str| {
        let ask = LabelsAsk {
            query_id: query_id(),
            metric: metric.into(),
            key: key.map(str::to_owned),
            search: search.into(),
            limit: 100,
            cursor: None,
        };
        place.answerer.metric_labels(ask).await.map(|answer| answer.data)
    };
    let Labels::Keys(keys) = of("depth", None, "").await.unwrap() else { panic!("keys") };
    let keys: BTreeMap<&str, (u64, u64)> =
        keys.iter().map(|key| (key.key.as_str(), (key.values, key.series))).collect();
    assert_eq!((keys["queue"], keys["service"], keys["resource.host.name"]), ((2, 3), (2, 3), (2, 3)));
    assert_eq!((keys["type"], keys.get("namespace")), ((1, 3), None));
    let Labels::Values(values) = of("depth", Some("queue"), "").await.unwrap() else { panic!("values") };
    let values: Vec<_> = values.iter().map(|value| (value.value.as_str(), value.series)).collect();
    assert_eq!(values, [("mail", 2), ("push", 1)]);
    assert_eq!(of("depth", Some("queue"), "PU").await.unwrap().rows(), 1);
    let error = of("dept", None, "").await.expect_err("no such metric");
    assert_eq!(
        (error.code(), error.problem().hint.as_deref()),
        (Code::NotFound, Some("did you mean \"depth\"?"))
    );
}

#[tokio::test]
async fn exemplars_point_to_traces() {
    let place = Place::empty().await;
    let exemplar = |at: i64| {
        json!({"timeUnixNano": (NOON + at * S).to_string(), "asDouble": at as f64 / 10.0,
            "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "00000000000000b1"})
    };
    for (service, at) in [("cart", 0), ("web", 100)] {
        let exemplars: Vec<Value> = (at..at + 30).map(exemplar).collect();
        let values = json!({"count": "1", "sum": 2.0, "bucketCounts": ["1"], "explicitBounds": [], "exemplars": exemplars});
        let metric = json!({"name": "latency", "histogram": {"aggregationTemporality": 1,
            "dataPoints": [point("mail", Some(0), 300, values)]}});
        place.send("metrics", &export(service, &metric)).await;
        place.store.settle().await.unwrap();
    }
    let of = async |q: &str, limit, cursor| {
        let range = Range { from: Nanos(NOON), to: Nanos(NOON + 600 * S) };
        let query = parse(Domain::Metrics, q).unwrap();
        let (query_id, metric, scope) = (query_id(), "latency".into(), Vec::new());
        let ask = ExemplarsAsk { query_id, metric, range, scope, query, limit, cursor };
        place.answerer.exemplars(ask).await.unwrap()
    };
    let first = of("service:cart queue:mail", 20, None).await;
    assert_eq!((first.data.len(), first.data[0].value, first.data[0].service.as_str()), (20, 2.9, "cart"));
    assert_eq!(first.data[0].trace_id.unwrap().to_string(), "0af7651916cd43dd8448eb211c80319c");
    let second = of("service:cart queue:mail", 20, first.meta.cursor).await;
    assert_eq!((second.data.len(), second.data[9].value, second.meta.cursor), (10, 0.0, None));
    assert_eq!(of("", 100, None).await.data.len(), 60);
    assert_eq!(of("queue:push", 100, None).await.data.len(), 0);
}

#[tokio::test]
async fn a_step_that_still_runs_ends_with_its_newest_point() {
    let place = Place::empty().await;
    // It is 13:00; counted are ten a second up to 12:59:50.
    let count = |at: i64| point("mail", Some(3_000), at, json!({"asInt": ((at - 3_000) * 10).to_string()}));
    let sum = json!({"name": "jobs", "sum": {"aggregationTemporality": 2, "isMonotonic": true,
        "dataPoints": [count(3_450), count(3_590)]}});
    place.send("metrics", &export("cart", &sum)).await;
    let rates = figures(&place, ask(vec![query("jobs", Agg::Rate)], 3_480, 3_600, 2)).await;
    assert_eq!(rates[0].values, [Some(10.0), Some(10.0)]);
    let increases = figures(&place, ask(vec![query("jobs", Agg::Increase)], 3_480, 3_600, 2)).await;
    assert_eq!(increases[0].values, [Some(600.0), Some(500.0)]);
    place.wait(Duration::from_secs(3_600));
    let rates = figures(&place, ask(vec![query("jobs", Agg::Rate)], 3_480, 3_600, 2)).await;
    assert_eq!(rates[0].values[1], Some(500.0 / 60.0));
}
