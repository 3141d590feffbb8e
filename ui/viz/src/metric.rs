//! What a chart of a metric asks for, as a text that stands in the address: `p95(http.server.duration) by service`.

use std::fmt;

use daymark_view::metrics::Agg;

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

#[cfg(test)]
mod tests {
    use super::*;

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
