//! What a pod counts while it works, and the five kinds of metric it makes of that: gauge, sum (cumulative,
//! delta and up-and-down), histogram, exponential histogram, summary; with exemplars that lead to traces.

use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, Sum, Summary, SummaryDataPoint, exemplar,
    exponential_histogram_data_point::Buckets, metric::Data, number_data_point::Value,
    summary_data_point::ValueAtQuantile,
};

use crate::attribute::{real, text};
use crate::chance::Chance;
use crate::span::{Context, instant};

/// Upper bounds in seconds, as the semantic conventions advise for request durations.
const BOUNDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
/// Buckets of the exponential histogram grow by the fourth root of two from a quarter of a millisecond.
const SCALE: i32 = 2;
const OFFSET: i32 = -48;
const STEPS: usize = 80;

/// Running counts of one pod.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    start: i64,
    reported: i64,
    requests: u64,
    /// Since the last report.
    errors: u64,
    seconds: f64,
    buckets: [u64; BOUNDS.len() + 1],
    /// Durations of statements since the last report.
    statements: Vec<u64>,
    statement_seconds: f64,
    exemplar: Option<(Context, f64, i64)>,
}

/// The metrics of one report, with how many points of each kind and exemplars are in them.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) metrics: Vec<Metric>,
    pub(crate) points: Vec<(&'static str, u64)>,
    pub(crate) exemplars: u64,
}

impl Tally {
    pub(crate) fn new(start: i64) -> Self {
        Self {
            start,
            reported: start,
            requests: 0,
            errors: 0,
            seconds: 0.0,
            buckets: [0; BOUNDS.len() + 1],
            statements: vec![0; STEPS],
            statement_seconds: 0.0,
            exemplar: None,
        }
    }

    pub(crate) fn request(&mut self, took: i64, failed: bool, at: i64, context: Context) {
        let seconds = took as f64 / 1e9;
        self.requests += 1;
        self.errors += u64::from(failed);
        self.seconds += seconds;
        self.buckets[BOUNDS.iter().position(|&bound| seconds <= bound).unwrap_or(BOUNDS.len())] += 1;
        self.exemplar = Some((context, seconds, at));
    }

    pub(crate) fn statement(&mut self, took: i64) {
        let seconds = took as f64 / 1e9;
        let step = (seconds.log2() * f64::from(1 << SCALE)).ceil() as i32 - 1 - OFFSET;
        let step = usize::try_from(step).unwrap_or_default().min(STEPS - 1);
        self.statements[step] += 1;
        self.statement_seconds += seconds;
    }

    /// What the pod tells at an instant; its deltas begin anew.
    pub(crate) fn report(&mut self, at: i64, chance: &mut Chance) -> Report {
        let time = instant(at);
        let since = instant(self.reported);
        let mut report = Report::default();
        report.add("process.cpu.utilization", "1", "gauge", 1, gauge(time, chance));
        report.add("http.server.active_requests", "{request}", "sum", 1, self.active(time, chance));
        report.add("shop.requests", "{request}", "sum", 1, self.served(time));
        report.add("shop.failures", "{request}", "sum", 1, self.failed(since, time));
        report.exemplars = u64::from(self.exemplar.is_some());
        report.add("http.server.request.duration", "s", "histogram", 1, self.durations(time));
        report.add("db.client.operation.duration", "s", "exp_histogram", 1, self.statements(since, time));
        report.add("runtime.gc.pause", "s", "summary", 1, pauses(instant(self.start), time, chance));
        self.reported = at;
        self.errors = 0;
        self.statements = vec![0; STEPS];
        self.statement_seconds = 0.0;
        report
    }

    fn active(&self, time: u64, chance: &mut Chance) -> Data {
        let point = number(instant(self.start), time, Value::AsInt(chance.rank(30) as i64));
        sum(point, AggregationTemporality::Cumulative, false)
    }

    fn served(&self, time: u64) -> Data {
        let count = i64::try_from(self.requests).unwrap_or(i64::MAX);
        sum(number(instant(self.start), time, Value::AsInt(count)), AggregationTemporality::Cumulative, true)
    }

    fn failed(&self, since: u64, time: u64) -> Data {
        let count = i64::try_from(self.errors).unwrap_or(i64::MAX);
        sum(number(since, time, Value::AsInt(count)), AggregationTemporality::Delta, true)
    }

    fn durations(&mut self, time: u64) -> Data {
        let exemplars = self.exemplar.take().into_iter().map(|(context, seconds, at)| Exemplar {
            filtered_attributes: vec![real("app.weight", seconds)],
            time_unix_nano: instant(at),
            span_id: context.span_id.to_vec(),
            trace_id: context.trace_id.to_vec(),
            value: Some(exemplar::Value::AsDouble(seconds)),
        });
        let point = HistogramDataPoint {
            attributes: vec![text("http.request.method", "GET")],
            start_time_unix_nano: instant(self.start),
            time_unix_nano: time,
            count: self.requests,
            sum: Some(self.seconds),
            bucket_counts: self.buckets.to_vec(),
            explicit_bounds: BOUNDS.to_vec(),
            exemplars: exemplars.collect(),
            ..HistogramDataPoint::default()
        };
        Data::Histogram(Histogram {
            data_points: vec![point],
            aggregation_temporality: AggregationTemporality::Cumulative as i32,
        })
    }

    fn statements(&self, since: u64, time: u64) -> Data {
        let point = ExponentialHistogramDataPoint {
            attributes: vec![text("db.system.name", "postgresql")],
            start_time_unix_nano: since,
            time_unix_nano: time,
            count: self.statements.iter().sum(),
            sum: Some(self.statement_seconds),
            scale: SCALE,
            positive: Some(Buckets { offset: OFFSET, bucket_counts: self.statements.clone() }),
            ..ExponentialHistogramDataPoint::default()
        };
        Data::ExponentialHistogram(ExponentialHistogram {
            data_points: vec![point],
            aggregation_temporality: AggregationTemporality::Delta as i32,
        })
    }
}

impl Report {
    fn add(&mut self, name: &str, unit: &str, kind: &'static str, points: u64, data: Data) {
        self.metrics.push(Metric {
            name: name.to_owned(),
            unit: unit.to_owned(),
            data: Some(data),
            ..Metric::default()
        });
        self.points.push((kind, points));
    }
}

fn number(start: u64, time: u64, value: Value) -> NumberDataPoint {
    NumberDataPoint {
        start_time_unix_nano: start,
        time_unix_nano: time,
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

fn sum(point: NumberDataPoint, temporality: AggregationTemporality, is_monotonic: bool) -> Data {
    Data::Sum(Sum { data_points: vec![point], aggregation_temporality: temporality as i32, is_monotonic })
}

fn gauge(time: u64, chance: &mut Chance) -> Data {
    let used = (chance.log_normal(-1.2, 0.4) * 1_000.0).round() / 1_000.0;
    Data::Gauge(Gauge { data_points: vec![number(0, time, Value::AsDouble(used.min(1.0)))] })
}

fn pauses(start: u64, time: u64, chance: &mut Chance) -> Data {
    let half = chance.log_normal(-6.0, 0.3);
    let quantile = |quantile, value| ValueAtQuantile { quantile, value };
    let point = SummaryDataPoint {
        attributes: vec![text("runtime.gc.name", "young")],
        start_time_unix_nano: start,
        time_unix_nano: time,
        count: (time - start) / 10_000_000_000,
        sum: half * ((time - start) / 10_000_000_000) as f64,
        quantile_values: vec![quantile(0.5, half), quantile(0.9, half * 2.0), quantile(0.99, half * 5.0)],
        ..SummaryDataPoint::default()
    };
    Data::Summary(Summary { data_points: vec![point] })
}
