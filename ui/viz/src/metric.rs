//! What a chart of a metric asks for, as a text that stands in the address: `p95(http.server.duration) by service`.

use std::fmt;

use daymark_view::metrics::Agg;

use crate::figure;

/// All ways to put values together, in the order in which they are offered.
pub const AGGREGATES: [Agg; 12] = [
    Agg::Avg,
    Agg::Sum,
    Agg::Min,
    Agg::Max,
    Agg::Count,
    Agg::Last,
    Agg::P50,
    Agg::P90,
    Agg::P95,
    Agg::P99,
    Agg::Rate,
    Agg::Increase,
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub metric: String,
    pub agg: Agg,
    /// A line for each value of this label.
    pub by: Option<String>,
}

impl Asked {
    /// What people mostly want to see of a kind of metric.
    pub fn usual(metric: &str, kind: &str) -> Self {
        let agg = match kind {
            "sum" | "counter" => Agg::Rate,
            kind if kind.contains("histogram") || kind == "summary" => Agg::P95,
            _ => Agg::Avg,
        };
        Self { metric: metric.into(), agg, by: None }
    }

    /// Reads what [`fmt::Display`] writes; a bare name is asked for as an average.
    pub fn read(text: &str) -> Self {
        // A text that ends with the call has no label behind it, whatever stands in the name.
        let behind = text.rsplit_once(") by ").filter(|_| !text.ends_with(')'));
        let (call, by) = match behind {
            Some((call, by)) => (format!("{call})"), Some(by.trim().to_owned()).filter(|by| !by.is_empty())),
            None => (text.to_owned(), None),
        };
        let inside = call.split_once('(').and_then(|(name, rest)| Some((name, rest.strip_suffix(')')?)));
        let known = inside.and_then(|(name, metric)| {
            let agg = AGGREGATES.into_iter().find(|agg| agg.name() == name)?;
            Some(Self { metric: metric.into(), agg, by: by.clone() })
        });
        known.unwrap_or_else(|| Self { metric: text.trim().into(), agg: Agg::Avg, by: None })
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}({})", self.agg.name(), self.metric)?;
        match &self.by {
            Some(by) => write!(out, " by {by}"),
            None => Ok(()),
        }
    }
}

/// Metrics that say most about a fleet, by how their names begin; the first comes first.
const TELLING: [&str; 9] = [
    "http.server.request.duration",
    "http.server.duration",
    "rpc.server",
    "db.client",
    "messaging",
    "process.cpu",
    "jvm.memory.used",
    "jvm.gc",
    "process.memory",
];

/// What to begin with, out of names and kinds of metrics.
pub fn first(known: &[(&str, &str)], most: usize) -> Vec<Asked> {
    let rank = |name: &str| TELLING.iter().position(|start| name.starts_with(start)).unwrap_or(TELLING.len());
    let mut known = known.to_vec();
    known.sort_by_key(|(name, _)| (rank(name), name.to_string()));
    known.into_iter().take(most).map(|(name, kind)| Asked::usual(name, kind)).collect()
}

/// How values of a unit are written.
pub fn written(unit: &str) -> fn(f64) -> String {
    match unit {
        "s" => |value| time(value, 1e9),
        "ms" => |value| time(value, 1e6),
        "us" => |value| time(value, 1e3),
        "ns" => |value| time(value, 1.0),
        "By" => |value| if value < 0.0 { plain(value) } else { figure::bytes(value as u64).to_string() },
        _ => plain,
    }
}

fn time(value: f64, ns: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    format!("{sign}{}", figure::duration((value.abs() * ns) as u64))
}

fn plain(value: f64) -> String {
    match value.abs() {
        large if large >= 10_000.0 => {
            format!("{}{}", if value < 0.0 { "−" } else { "" }, figure::count(large as u64))
        }
        small if small != 0.0 && small < 0.01 => format!("{value:.1e}"),
        _ => format!("{}", (value * 100.0).round() / 100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_most_comes_first() {
        let known =
            [("a.b", "gauge"), ("process.cpu.time", "sum"), ("http.server.request.duration", "histogram")];
        let first = first(&known, 2).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(first, ["p95(http.server.request.duration)", "rate(process.cpu.time)"]);
    }

    #[test]
    fn values_are_written_in_their_unit() {
        let text = |unit: &str, value: f64| written(unit)(value).replace('\u{a0}', " ");
        assert_eq!([text("s", 0.0047), text("ms", 12.0), text("s", -2.0)], ["4.7 ms", "12 ms", "−2.00 s"]);
        assert_eq!(
            [text("By", 2_000_000.0), text("{request}", 0.005), text("", 12.345)],
            ["2.0 MB", "5.0e-3", "12.35"]
        );
    }

    #[test]
    fn what_was_written_is_read_again() {
        for by in [None, Some("service".to_owned())] {
            for agg in AGGREGATES {
                let asked = Asked { metric: "http.server.duration (ms) by x".into(), agg, by: by.clone() };
                assert_eq!(Asked::read(&asked.to_string()), asked);
            }
        }
    }

    #[test]
    fn a_bare_name_is_a_metric() {
        assert_eq!(Asked::read("jvm.memory.used").to_string(), "avg(jvm.memory.used)");
        assert_eq!(Asked::read("odd(name)").metric, "odd(name)");
        assert_eq!(Asked::usual("http.requests", "sum").to_string(), "rate(http.requests)");
    }
}
