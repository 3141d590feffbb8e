//! Whether the server's answers are the truth: each check is a question in SQL and the exact rows it must be
//! answered with.

use std::collections::BTreeMap;

use anyhow::Context;
use daymark_workload::{Signal, Truth};

use crate::api::{Api, Table, number};

/// Counts by their key; a total has the empty key.
type Counts = BTreeMap<String, Vec<u64>>;

#[derive(Debug)]
pub struct Check {
    pub name: &'static str,
    pub sql: &'static str,
    /// How many of the first columns are the key.
    pub keys: usize,
    pub expected: Counts,
}

/// How one check came out.
#[derive(Debug)]
pub struct Verdict {
    pub name: &'static str,
    /// What is wrong, or that it could not be asked.
    pub wrong: Option<String>,
}

/// Asks everything that the sent signals have an answer for.
pub async fn verify(api: &Api, truth: &Truth, signals: &[Signal]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for check in checks(truth, signals) {
        let wrong = match api.sql(check.sql).await {
            Ok(table) => check.difference(&table),
            Err(error) => Some(format!("{error:#}")),
        };
        verdicts.push(Verdict { name: check.name, wrong });
    }
    verdicts
}

pub fn checks(truth: &Truth, signals: &[Signal]) -> Vec<Check> {
    let mut checks = Vec::new();
    if signals.contains(&Signal::Spans) {
        checks.extend(spans(truth));
    }
    if signals.contains(&Signal::Logs) {
        checks.extend(logs(truth));
    }
    if signals.contains(&Signal::Metrics) {
        checks.extend(metrics(truth));
    }
    checks
}

fn spans(truth: &Truth) -> [Check; 4] {
    let by_service = truth.services.iter().filter(|(_, counts)| counts.spans > 0);
    [
        Check { name: "spans", sql: "SELECT count(*) FROM spans", keys: 0, expected: total([truth.spans]) },
        Check {
            name: "traces",
            sql: "SELECT count(DISTINCT trace_id) FROM spans",
            keys: 0,
            expected: total([truth.traces]),
        },
        Check {
            name: "spans and errors by service",
            sql: "SELECT service, count(*), count(*) FILTER (WHERE status = 'error') FROM spans GROUP BY service",
            keys: 1,
            expected: by_service
                .map(|(name, counts)| (name.clone(), vec![counts.spans, counts.errors]))
                .collect(),
        },
        Check {
            name: "calls by edge",
            sql: "SELECT client, server, sum(count) FROM edges WHERE client <> 'user' GROUP BY client, server",
            keys: 2,
            expected: truth
                .edges
                .iter()
                .map(|((client, server), counts)| (format!("{client} > {server}"), vec![counts.calls]))
                .collect(),
        },
    ]
}

fn logs(truth: &Truth) -> [Check; 2] {
    let by_service = truth.services.iter().filter(|(_, counts)| counts.logs > 0);
    [
        Check {
            name: "log lines, with a trace id",
            sql: "SELECT count(*), count(trace_id) FROM logs",
            keys: 0,
            expected: total([truth.logs, truth.logs_traced]),
        },
        Check {
            name: "log lines by service",
            sql: "SELECT service, count(*) FROM logs GROUP BY service",
            keys: 1,
            expected: by_service.map(|(name, counts)| (name.clone(), vec![counts.logs])).collect(),
        },
    ]
}

fn metrics(truth: &Truth) -> [Check; 5] {
    let of = |kinds: &[&str]| -> u64 { kinds.iter().filter_map(|kind| truth.points.get(kind)).sum() };
    let count = |name, sql, expected| Check { name, sql, keys: 0, expected: total([expected]) };
    [
        count("points", "SELECT count(*) FROM metric_points", of(&["gauge", "sum"])),
        count("histograms", "SELECT count(*) FROM metric_histograms", of(&["histogram"])),
        count("exponential histograms", "SELECT count(*) FROM metric_exp_histograms", of(&["exp_histogram"])),
        count("summaries", "SELECT count(*) FROM metric_summaries", of(&["summary"])),
        count("exemplars", "SELECT count(*) FROM exemplars", truth.exemplars),
    ]
}

fn total<const N: usize>(counts: [u64; N]) -> Counts {
    BTreeMap::from([(String::new(), counts.to_vec())])
}

impl Check {
    /// What an answer has more, less or otherwise, if anything.
    pub fn difference(&self, table: &Table) -> Option<String> {
        let counted = match self.counted(table) {
            Ok(counted) => counted,
            Err(error) => return Some(format!("{error:#}")),
        };
        let mut keys: Vec<&String> = self.expected.keys().chain(counted.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        let wrong = keys.into_iter().filter_map(|key| {
            let (wanted, got) = (self.expected.get(key), counted.get(key));
            (wanted != got).then(|| format!("{key} wanted {} got {}", listed(wanted), listed(got)))
        });
        let wrong: Vec<String> = wrong.collect();
        let more = wrong.len().saturating_sub(3);
        let shown = wrong.iter().take(3).map(|line| line.trim()).collect::<Vec<_>>().join("; ");
        match wrong.len() {
            0 => None,
            1..=3 => Some(shown),
            _ => Some(format!("{shown}; and {more} more")),
        }
    }

    fn counted(&self, table: &Table) -> anyhow::Result<Counts> {
        let rows = table.rows.iter().map(|row| {
            let key: Vec<&str> =
                row.iter().take(self.keys).map(|cell| cell.as_str().unwrap_or("null")).collect();
            let counts =
                row.iter().skip(self.keys).map(|cell| number(cell).with_context(|| format!("count {cell}")));
            Ok((key.join(" > "), counts.collect::<anyhow::Result<Vec<u64>>>()?))
        });
        rows.collect()
    }
}

fn listed(counts: Option<&Vec<u64>>) -> String {
    counts.map_or_else(
        || "nothing".to_owned(),
        |counts| counts.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
    )
}

#[cfg(test)]
mod tests;
