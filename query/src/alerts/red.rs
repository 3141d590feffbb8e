//! Figures of what enters services, by window and group, straight from the sums.

use daymark_aggregate::Aggregate;
use daymark_view::alerts::sample::Sample;
use daymark_view::alerts::signal::SpanMetric;
use daymark_view::error::AskError;
use daymark_view::meta::Answer;
use daymark_view::range::Range;
use daymark_view::search::Field;

use super::sift::Sift;
use super::{Groups, Merged, around};
use crate::red::figures::{Figures, rate};
use crate::red::reader::Reader;
use crate::red::rows::{RedRow, RedRows};
use crate::sql::failure;
use crate::sums::Keys;

pub(super) async fn merged(
    q: &str,
    by: &[String],
    windows: &[Range],
    reader: &Reader,
) -> Result<Answer<Merged<Figures>>, AskError> {
    let sift = Sift::of(q)?;
    // Names of operations are left out of what is kept for questions about services alone.
    let needs_all =
        ["name", "kind", "peer"].iter().any(|key| by.iter().any(|one| one == key)) || !q.is_empty();
    let keys = if needs_all { Keys::All } else { Keys::Services };
    let range = around(windows);
    let mut groups: Groups<Figures> = Groups::new();
    let gathered = reader
        .each(&[Aggregate::Red], range.clone(), keys, |_, batch| {
            for row in RedRows::of(batch)?.within(range.clone()) {
                if !row.is_entry || !sift.has(|field| told(&row, field)) {
                    continue;
                }
                let group = by.iter().map(|key| of_row(&row, key).unwrap_or_default().to_owned()).collect();
                groups.entry(group).or_default().entry(row.bucket).or_default().add(&row)?;
            }
            Ok(())
        })
        .await;
    gathered.map_err(|error| failure::of(&error))?;
    Ok(Answer::of(super::merged(by, groups, windows, Figures::merge, |all| all.count)))
}

pub(super) fn judged(metric: SpanMetric, merged: &Merged<Figures>, windows: &[Range]) -> Vec<Vec<Sample>> {
    super::judged(merged, windows, |all, seconds| (value(metric, all, seconds), all.count))
}

fn value(metric: SpanMetric, all: &Figures, seconds: f64) -> Option<f64> {
    match metric {
        SpanMetric::Rate => Some(rate(all.count, seconds)),
        SpanMetric::ErrorRate => all.error_rate(),
        SpanMetric::Errors => Some(all.errors as f64),
        SpanMetric::P50 | SpanMetric::P95 | SpanMetric::P99 => {
            all.quantile(metric.quantile()?).map(|ns| ns as f64)
        }
    }
}

fn told<'r>(row: &RedRow<'r>, field: Field) -> Option<&'r str> {
    of_row(row, field.name())
}

fn of_row<'r>(row: &RedRow<'r>, key: &str) -> Option<&'r str> {
    match key {
        "service" => Some(row.service),
        "name" => Some(row.name),
        "namespace" => row.namespace,
        "env" => row.env,
        "version" => row.version,
        "kind" => Some(row.kind),
        "peer" => row.peer,
        _ => None,
    }
}
