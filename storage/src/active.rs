//! How many metric series a tenant may have at a time: points of one too many are refused.
//!
//! Active is a series that came within the last half hour, or the one before. What is in the log was
//! acknowledged, so a replay refuses nothing; it only makes known what there is.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow::array::{AsArray, BooleanArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::UInt64Type;
use daymark_model::intake::{Decoded, Rejection};
use daymark_model::reason::Rejected;
use daymark_model::rows::Series;

use crate::store::Store;

const TURN: Duration = Duration::from_secs(1_800);

#[derive(Debug)]
pub(crate) struct ActiveSeries {
    most: usize,
    tenants: Mutex<HashMap<String, Known>>,
}

/// The series of one tenant; none is in both sets.
#[derive(Debug, Default)]
struct Known {
    /// When the newer set began, on the clock's `elapsed`.
    since: Duration,
    newer: HashSet<u64>,
    older: HashSet<u64>,
}

impl Known {
    fn turn(&mut self, now: Duration) {
        let age = now.saturating_sub(self.since);
        if age >= TURN {
            self.older = std::mem::take(&mut self.newer);
            if age >= 2 * TURN {
                self.older.clear();
            }
            self.since = now;
        }
    }

    fn count(&self) -> usize {
        self.newer.len() + self.older.len()
    }

    /// Whether the series is one of those that may be.
    fn takes(&mut self, id: u64, most: usize) -> bool {
        if self.newer.contains(&id) {
            return true;
        }
        let takes = self.older.remove(&id) || self.count() < most;
        takes && self.newer.insert(id)
    }
}

impl ActiveSeries {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, tenants: Mutex::default() }
    }

    /// Takes points of series beyond the bound out of a batch, and counts them as rejected.
    pub(crate) fn admit(&self, tenant: &str, decoded: &mut Decoded, now: Duration) {
        let refused = self.refused(tenant, &decoded.series, self.most, now);
        if refused.is_empty() {
            return;
        }
        decoded.series.retain(|series| !refused.contains(&series.id));
        let mut rejected = 0;
        for (table, rows) in &mut decoded.rows {
            let Some(ids) = rows.column_by_name("series_id") else { continue };
            let ids = ids.as_primitive::<UInt64Type>().values();
            let mask: BooleanArray = ids.iter().map(|id| Some(!refused.contains(id))).collect();
            // A mask as long as its batch always fits.
            if let Ok(kept) = filter_record_batch(rows, &mask) {
                if table.is_counted() {
                    rejected += (rows.num_rows() - kept.num_rows()) as u64;
                }
                *rows = kept;
            }
        }
        decoded.tally.accepted = decoded.tally.accepted.saturating_sub(rejected);
        decoded.tally.rejected[Rejected::Cardinality as usize] += rejected;
        decoded.first_rejection.get_or_insert_with(|| Rejection {
            reason: Rejected::Cardinality,
            detail: format!(
                "{} series are new, and {} are active, as many as may be",
                refused.len(),
                self.most
            ),
        });
    }

    /// Makes series known that were acknowledged before.
    pub(crate) fn recall(&self, tenant: &str, series: &[Arc<Series>], now: Duration) {
        self.refused(tenant, series, usize::MAX, now);
    }

    /// How many there are of each tenant.
    pub(crate) fn counts(&self) -> Vec<(String, usize)> {
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.iter().map(|(tenant, known)| (tenant.clone(), known.count())).collect()
    }

    fn refused(&self, tenant: &str, series: &[Arc<Series>], most: usize, now: Duration) -> HashSet<u64> {
        if series.is_empty() {
            return HashSet::new();
        }
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if !tenants.contains_key(tenant) {
            tenants.insert(tenant.to_owned(), Known { since: now, ..Known::default() });
        }
        let Some(known) = tenants.get_mut(tenant) else { return HashSet::new() };
        known.turn(now);
        series.iter().map(|series| series.id).filter(|id| !known.takes(*id, most)).collect()
    }
}

impl Store {
    /// How many metric series each tenant has now.
    pub fn active_series(&self) -> Vec<(String, usize)> {
        self.inner.active.counts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_make_room_when_they_are_quiet() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let mut known = Known::default();
        let mut takes = |id, at| {
            known.turn(minutes(at));
            known.takes(id, 2)
        };
        assert!(takes(1, 0) && takes(2, 1) && !takes(3, 2) && takes(1, 3));
        // The first comes on, the second does not.
        assert!(takes(1, 31) && !takes(3, 32));
        assert!(takes(1, 61) && takes(3, 62) && !takes(2, 63));
        // After a long silence all are new.
        assert!(takes(2, 500) && takes(4, 500) && !takes(1, 500));
    }
}
