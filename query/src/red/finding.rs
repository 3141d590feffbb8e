//! When the worst service went wrong, and what changed shortly before.

use std::collections::BTreeMap;

use datafusion::common::Result as Answered;
use daymark_model::time::Nanos;
use daymark_view::events::ChangeEvent;
use daymark_view::overview::Finding;
use daymark_view::range::Range;
use daymark_view::services::{ServiceRow, ServiceState};

use super::figures::Figures;
use super::reader::Reader;
use super::rows::RedRows;
use super::whose::Whose;
use super::windows::before;
use crate::sums::Keys;

/// A change this long before may have to do with it.
const NEAR_NS: i64 = 10 * Nanos::MINUTE;
const ERROR_RATE: &str = "error_rate";

/// `events` are those of the range, newest first; `callees` are whom each service calls.
pub(crate) async fn finding(
    reader: &Reader,
    whose: &Whose<'_>,
    range: Range,
    worst: &[ServiceRow],
    events: &[ChangeEvent],
    callees: &BTreeMap<String, Vec<String>>,
) -> Answered<Option<Finding>> {
    let Some(row) = worst.iter().find(|row| row.state == ServiceState::Critical) else { return Ok(None) };
    let metric = row.reasons.first().map_or(ERROR_RATE, String::as_str);
    let mut minutes: BTreeMap<i64, Figures> = BTreeMap::new();
    let whole = before(range).from.0..range.to.0;
    reader
        .each(&[whose.table()], whole.clone(), Keys::Service(&row.service), |_, batch| {
            for red in RedRows::of(batch)?.within(whole.clone()) {
                if red.is_entry && red.service == row.service && whose.has(&red) {
                    minutes.entry(Nanos(red.bucket).floor(Nanos::MINUTE).0).or_default().add(&red)?;
                }
            }
            Ok(())
        })
        .await?;
    let value = |figures: &Figures| match metric {
        ERROR_RATE => figures.error_rate(),
        _ => figures.quantile(0.95).map(|ns| ns as f64),
    };
    let known = |range: std::ops::Range<i64>| {
        let minutes = minutes.range(range);
        minutes.filter_map(|(minute, figures)| Some((*minute, value(figures)?)))
    };
    let most = known(whole.start..range.from.0).map(|(_, value)| value).fold(0.0, f64::max);
    let since = known(range.from.0..range.to.0).find(|(_, value)| *value > most);
    let Some((since, _)) = since else { return Ok(None) };
    let none = Vec::new();
    let callees = callees.get(&row.service).unwrap_or(&none);
    let is_near = |event: &&ChangeEvent| {
        let concerns = event.service.as_ref().is_some_and(|of| *of == row.service || callees.contains(of));
        // A minute that went wrong may be the one of the change.
        concerns && (since - NEAR_NS..since + Nanos::MINUTE).contains(&event.time.0)
    };
    let change = events.iter().filter(is_near).min_by_key(|event| (event.time.0 - since).abs());
    let mut all_before = Figures::default();
    minutes.range(..range.from.0).for_each(|(_, figures)| all_before.merge(figures));
    let failed = minutes.range(since..).map(|(_, figures)| figures.errors).sum();
    Ok(Some(Finding {
        service: row.service.clone(),
        metric: metric.into(),
        now: match metric {
            ERROR_RATE => row.error_rate.unwrap_or_default(),
            _ => row.p95_ns.unwrap_or_default() as f64,
        },
        before: value(&all_before),
        since: Nanos(since),
        change: change.cloned(),
        failed_traces: failed,
    }))
}
