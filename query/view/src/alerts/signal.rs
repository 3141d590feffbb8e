//! What a rule asks about.

use serde::Serialize;
use serde_json::{Value, json};

use super::fields::{Fault, Fields};
use crate::duration::exact;
use crate::metrics::{Agg, MetricQueryBody};
use crate::search::{self, Domain};
use daymark_model::time::Nanos;

/// What is told apart in the sums over spans.
pub const RED_KEYS: [&str; 7] = ["service", "name", "namespace", "env", "version", "kind", "peer"];
pub const EDGE_KEYS: [&str; 7] = ["client", "server", "server_kind", "link", "operation", "namespace", "env"];
/// The sums have buckets of so long.
pub const BUCKET_NS: i64 = 10 * Nanos::SECOND;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanMetric {
    Rate,
    ErrorRate,
    Errors,
    P50,
    P95,
    P99,
}

const SPAN_METRICS: [(&str, SpanMetric); 6] = [
    ("rate", SpanMetric::Rate),
    ("error_rate", SpanMetric::ErrorRate),
    ("errors", SpanMetric::Errors),
    ("p50", SpanMetric::P50),
    ("p95", SpanMetric::P95),
    ("p99", SpanMetric::P99),
];

impl SpanMetric {
    pub fn name(self) -> &'static str {
        SPAN_METRICS.iter().find(|(_, metric)| *metric == self).map_or("", |(name, _)| name)
    }

    pub fn quantile(self) -> Option<f64> {
        match self {
            Self::P50 => Some(0.5),
            Self::P95 => Some(0.95),
            Self::P99 => Some(0.99),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeMetric {
    Rate,
    ErrorRate,
    Errors,
    ClientP50,
    ClientP95,
    ClientP99,
    ServerP50,
    ServerP95,
    ServerP99,
    /// The mean of what the caller waits longer than the called one works.
    NetworkMean,
}

const EDGE_METRICS: [(&str, EdgeMetric); 10] = [
    ("rate", EdgeMetric::Rate),
    ("error_rate", EdgeMetric::ErrorRate),
    ("errors", EdgeMetric::Errors),
    ("client_p50", EdgeMetric::ClientP50),
    ("client_p95", EdgeMetric::ClientP95),
    ("client_p99", EdgeMetric::ClientP99),
    ("server_p50", EdgeMetric::ServerP50),
    ("server_p95", EdgeMetric::ServerP95),
    ("server_p99", EdgeMetric::ServerP99),
    ("network_mean", EdgeMetric::NetworkMean),
];

impl EdgeMetric {
    pub fn name(self) -> &'static str {
        EDGE_METRICS.iter().find(|(_, metric)| *metric == self).map_or("", |(name, _)| name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineMetric {
    Count,
    Rate,
}

/// A pair of windows: the short one tells that it still goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurnWindow {
    pub long_ns: i64,
    pub short_ns: i64,
    /// How many times too fast the budget is spent.
    pub factor: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// Rate, errors and durations of what enters services.
    Red {
        metric: SpanMetric,
        q: String,
        by: Vec<String>,
    },
    /// Calls between services.
    Edge {
        metric: EdgeMetric,
        client: Option<String>,
        server: Option<String>,
        by: Vec<String>,
    },
    Logs {
        metric: LineMetric,
        q: String,
        by: Vec<String>,
    },
    Metric(MetricQueryBody),
    /// One row a group: `value`, and labels in all other columns.
    Sql {
        query: String,
    },
    /// Counts the rows of a table.
    State {
        table: String,
        filter: String,
        by: Vec<String>,
    },
    /// How fast the budget of an objective is spent, in the worst pair of windows: 1 is as fast as its factor.
    BurnRate {
        target: f64,
        period_ns: i64,
        windows: Vec<BurnWindow>,
        q: String,
        by: Vec<String>,
    },
}

const KINDS: [&str; 7] = ["red", "edge", "logs", "metric", "sql", "state", "burn_rate"];

/// The pairs of windows that are taken where a rule names none: a page when 2 % of a month's budget go in an
/// hour or 5 % in six.
const BURN_WINDOWS: [BurnWindow; 2] = [
    BurnWindow { long_ns: Nanos::HOUR, short_ns: 5 * Nanos::MINUTE, factor: 14.4 },
    BurnWindow { long_ns: 6 * Nanos::HOUR, short_ns: 30 * Nanos::MINUTE, factor: 6.0 },
];

impl Signal {
    /// Whether it only tells how things are now: what is asked of the past would get the answer of today.
    pub fn is_of_now(&self) -> bool {
        match self {
            Self::State { .. } => true,
            Self::Sql { query } => !query.contains(":from") && !query.contains(":to"),
            _ => false,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Self::Red { .. } => "red",
            Self::Edge { .. } => "edge",
            Self::Logs { .. } => "logs",
            Self::Metric(_) => "metric",
            Self::Sql { .. } => "sql",
            Self::State { .. } => "state",
            Self::BurnRate { .. } => "burn_rate",
        }
    }

    /// What its values are measured in; empty for plain numbers.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Red { metric: SpanMetric::Rate, .. }
            | Self::Edge { metric: EdgeMetric::Rate, .. }
            | Self::Logs { metric: LineMetric::Rate, .. } => "1/s",
            Self::Red { metric: SpanMetric::ErrorRate, .. }
            | Self::Edge { metric: EdgeMetric::ErrorRate, .. } => "ratio",
            Self::Red { metric: SpanMetric::Errors, .. } | Self::Edge { metric: EdgeMetric::Errors, .. } => {
                ""
            }
            Self::Red { .. } | Self::Edge { .. } => "ns",
            _ => "",
        }
    }

    /// Whether nothing means none: a rate without calls is 0, an error rate without calls is not known.
    pub fn is_counted(&self) -> bool {
        match self {
            Self::Red { metric, .. } => matches!(metric, SpanMetric::Rate | SpanMetric::Errors),
            Self::Edge { metric, .. } => matches!(metric, EdgeMetric::Rate | EdgeMetric::Errors),
            Self::Logs { .. } | Self::State { .. } => true,
            Self::Metric(query) => matches!(query.agg, Agg::Count | Agg::Rate | Agg::Increase),
            Self::Sql { .. } | Self::BurnRate { .. } => false,
        }
    }

    /// Whether it is read from sums in buckets.
    pub fn is_summed(&self) -> bool {
        matches!(self, Self::Red { .. } | Self::Edge { .. } | Self::BurnRate { .. })
    }

    /// What tells its groups apart, where that is known before.
    pub fn by(&self) -> &[String] {
        match self {
            Self::Red { by, .. }
            | Self::Edge { by, .. }
            | Self::Logs { by, .. }
            | Self::State { by, .. }
            | Self::BurnRate { by, .. } => by,
            Self::Metric(query) => &query.by,
            Self::Sql { .. } => &[],
        }
    }

    /// Its windows when the rule has one of this length.
    pub fn windows(&self, window_ns: i64) -> Vec<i64> {
        match self {
            Self::BurnRate { windows, .. } => {
                let mut all: Vec<i64> =
                    windows.iter().flat_map(|pair| [pair.long_ns, pair.short_ns]).collect();
                all.sort_unstable();
                all.dedup();
                all
            }
            _ => vec![window_ns],
        }
    }

    pub fn read(value: &Value, at: &str) -> Result<Self, Vec<Fault>> {
        let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        let keys: &[&str] = match kind.as_str() {
            "red" => &["kind", "metric", "q", "by"],
            "edge" => &["kind", "metric", "client", "server", "by"],
            "logs" => &["kind", "metric", "q", "by"],
            "metric" => &["kind", "metric", "agg", "by", "q", "rate", "topk"],
            "sql" => &["kind", "query"],
            "state" => &["kind", "table", "where", "by"],
            "burn_rate" => &["kind", "slo", "windows", "q", "by"],
            _ => {
                let mut fields = Fields::of(value, at, &["kind"]).map_err(|fault| vec![fault])?;
                fields.faults.clear();
                let known = KINDS.map(|kind| (kind, ()));
                fields.needed_word("kind", &known, ());
                return Err(fields.faults);
            }
        };
        let mut fields = Fields::of(value, at, keys).map_err(|fault| vec![fault])?;
        let signal = read_kind(&kind, &mut fields, at);
        fields.done(signal)
    }

    pub fn to_value(&self) -> Value {
        let mut value = match self {
            Self::Red { metric, q, by } => json!({"metric": metric, "q": q, "by": by}),
            Self::Edge { metric, client, server, by } => {
                json!({"metric": metric, "client": client, "server": server, "by": by})
            }
            Self::Logs { metric, q, by } => {
                let metric = if *metric == LineMetric::Count { "count" } else { "rate" };
                json!({"metric": metric, "q": q, "by": by})
            }
            Self::Metric(query) => json!({"metric": query.metric, "agg": query.agg, "by": query.by,
                "q": query.q, "rate": query.rate, "topk": query.topk}),
            Self::Sql { query } => json!({ "query": query }),
            Self::State { table, filter, by } => json!({"table": table, "where": filter, "by": by}),
            Self::BurnRate { target, period_ns, windows, q, by } => {
                let windows: Vec<Value> = windows
                    .iter()
                    .map(|pair| {
                        json!({"long": exact(pair.long_ns), "short": exact(pair.short_ns),
                            "factor": pair.factor})
                    })
                    .collect();
                json!({"slo": {"target": target, "period": exact(*period_ns)}, "windows": windows,
                    "q": q, "by": by})
            }
        };
        if let Value::Object(map) = &mut value {
            map.retain(|_, value| !value.is_null());
            map.insert("kind".into(), self.kind().into());
        }
        value
    }
}

impl Serialize for Signal {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(out)
    }
}

fn read_kind(kind: &str, fields: &mut Fields<'_>, at: &str) -> Signal {
    match kind {
        "red" => {
            let metric = fields.needed_word("metric", &SPAN_METRICS, SpanMetric::Rate);
            Signal::Red { metric, q: query(fields, Domain::Traces), by: by(fields, &["service"]) }
        }
        "edge" => Signal::Edge {
            metric: fields.needed_word("metric", &EDGE_METRICS, EdgeMetric::Rate),
            client: fields.text("client"),
            server: fields.text("server"),
            by: edge_by(fields),
        },
        "logs" => Signal::Logs {
            metric: fields
                .word("metric", &[("count", LineMetric::Count), ("rate", LineMetric::Rate)])
                .unwrap_or(LineMetric::Count),
            q: query(fields, Domain::Logs),
            by: by(fields, &[]),
        },
        "metric" => Signal::Metric(MetricQueryBody {
            id: None,
            metric: fields.needed("metric"),
            agg: fields.needed_word("agg", &Agg::ALL.map(|agg| (agg.name(), agg)), Agg::Avg),
            by: by(fields, &[]),
            q: query(fields, Domain::Metrics),
            rate: fields.flag("rate").unwrap_or_default(),
            topk: fields.count("topk").and_then(|topk| usize::try_from(topk).ok()),
        }),
        "sql" => Signal::Sql { query: fields.needed("query") },
        "state" => Signal::State {
            table: table(fields),
            filter: fields.text("where").unwrap_or_default(),
            by: by(fields, &[]),
        },
        _ => burn_rate(fields, at),
    }
}

fn query(fields: &mut Fields<'_>, domain: Domain) -> String {
    let text = fields.text("q").unwrap_or_default();
    if let Err(error) = search::parse(domain, &text) {
        let [from, to] = error.place;
        let detail = format!("{} (bytes {from} to {to} of the search)", error.detail);
        let hint = error.hint.unwrap_or_else(|| "see the search grammar".into());
        fields.fault("q", detail, hint);
    }
    text
}

fn by(fields: &mut Fields<'_>, usual: &[&str]) -> Vec<String> {
    fields.texts("by").unwrap_or_else(|| usual.iter().map(|&key| key.to_owned()).collect())
}

fn edge_by(fields: &mut Fields<'_>) -> Vec<String> {
    let by = by(fields, &["client", "server"]);
    if let Some(key) = by.iter().find(|key| !EDGE_KEYS.contains(&key.as_str())) {
        let detail = format!("calls are not told apart by \"{key}\"");
        fields.fault("by", detail, format!("known: {}", EDGE_KEYS.join(", ")));
    }
    by
}

fn table(fields: &mut Fields<'_>) -> String {
    let table = fields.needed("table");
    if !table.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        fields.fault(
            "table",
            format!("\"{table}\" is not the name of a table"),
            "GET /sql/schema lists them",
        );
    }
    table
}

fn burn_rate(fields: &mut Fields<'_>, at: &str) -> Signal {
    let slo = fields.get("slo").cloned().unwrap_or(Value::Null);
    let read = Fields::of(&slo, &format!("{at}/slo"), &["target", "period"]).map_err(|fault| vec![fault]);
    let read = read.and_then(|mut slo| {
        let target = slo.needed_number("target");
        if !(target > 0.0 && target < 1.0) {
            slo.fault("target", format!("{target} is not a share of good requests"), "such as 0.999");
        }
        let period_ns = slo.duration("period").unwrap_or(30 * Nanos::DAY);
        slo.done((target, period_ns))
    });
    let (target, period_ns) = fields.checked(read).unwrap_or_default();
    let windows = fields.list("windows", burn_window).unwrap_or_else(|| BURN_WINDOWS.to_vec());
    if windows.is_empty() && fields.faults.is_empty() {
        fields.fault("windows", "there is no window", "leave the key away for the usual ones");
    }
    Signal::BurnRate {
        target,
        period_ns,
        windows,
        q: query(fields, Domain::Traces),
        by: by(fields, &["service"]),
    }
}

fn burn_window(value: &Value, at: &str) -> Result<BurnWindow, Vec<Fault>> {
    let mut fields = Fields::of(value, at, &["long", "short", "factor"]).map_err(|fault| vec![fault])?;
    let long_ns = fields.duration("long").unwrap_or_default();
    let short_ns = fields.duration("short").unwrap_or_default();
    let factor = fields.needed_number("factor");
    if short_ns < BUCKET_NS || long_ns < short_ns || short_ns % BUCKET_NS != 0 || long_ns % BUCKET_NS != 0 {
        let hint = "multiples of 10s, the long one at least as long as the short one";
        fields.fault("long", "these windows cannot be asked for", hint);
    }
    if factor <= 0.0 && fields.faults.is_empty() {
        fields.fault("factor", format!("{factor} can always be reached"), "such as 14.4");
    }
    fields.done(BurnWindow { long_ns, short_ns, factor })
}
