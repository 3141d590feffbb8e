//! Sums that outlive their spans: what segments count is written in longer buckets, in the transaction in
//! which they go.
//!
//! A minute at first, an hour later; a day of a tenant shares one segment of hours.

use std::collections::BTreeMap;
use std::sync::Arc;

use daymark_model::origin::DEFAULT_STREAM;
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_segment::{Level, Meta, Segment, Spec};
use ulid::Ulid;

use crate::error::Error;
use crate::flush::Written;
use crate::retain::{Goner, Keep, nanos, newest};
use crate::store::Inner;

const MINUTE_S: i32 = 60;
const HOUR_S: i32 = 3_600;

impl Keep {
    /// When the sums of a segment without rows have been kept long enough in their buckets. Minutes go a day at
    /// a time, so that one segment of hours takes them.
    pub(crate) fn sums_expire_at(&self, meta: &Meta, step_s: i32) -> Option<Nanos> {
        if step_s > MINUTE_S {
            return Some(newest(meta).plus(nanos(self.sums_hours?)));
        }
        let day_end = newest(meta).floor(Nanos::DAY).plus(Nanos::DAY);
        Some(day_end.plus(nanos(self.sums_minutes?)))
    }

    /// The buckets in which the sums of a segment that goes now are still wanted.
    fn step_after(&self, meta: &Meta, now: Nanos) -> Option<i32> {
        let next = match meta.rolled_s {
            None => [MINUTE_S, HOUR_S].as_slice(),
            Some(MINUTE_S) => &[HOUR_S],
            Some(_) => &[],
        };
        let is_wanted = |step_s: &i32| self.sums_expire_at(meta, *step_s).is_none_or(|at| at >= now);
        next.iter().copied().find(is_wanted)
    }
}

impl Inner {
    /// Writes what is kept of segments that are about to go.
    pub(crate) fn roll(&self, goners: &[Goner]) -> Result<Vec<Written>, Error> {
        let now = self.clock.now();
        let mut days: BTreeMap<(&Arc<str>, i32, Nanos), Vec<&Goner>> = BTreeMap::new();
        for goner in goners.iter().filter(|goner| goner.table == Table::Spans) {
            if let Some(step_s) = self.options.keep.step_after(goner.meta(), now) {
                let day = Nanos(goner.meta().time_min).floor(Nanos::DAY);
                days.entry((&goner.tenant, step_s, day)).or_default().push(goner);
            }
        }
        let mut written = Vec::with_capacity(days.len());
        for ((tenant, step_s, _), goners) in days {
            match self.roll_day(tenant, step_s, &goners) {
                Ok(one) => written.push(one),
                Err(error) => {
                    self.discard(&written);
                    return Err(error);
                }
            }
        }
        Ok(written)
    }

    fn roll_day(&self, tenant: &Arc<str>, step_s: i32, goners: &[&Goner]) -> Result<Written, Error> {
        let metas = || goners.iter().map(|goner| goner.meta());
        let spec = Spec {
            table: Table::Spans,
            tenant: tenant.to_string(),
            stream: DEFAULT_STREAM.to_owned(),
            level: Level::L2,
            // None, because it says nothing of other rows of its time.
            window: None,
            is_final: true,
            lsns: metas().flat_map(|meta| meta.lsns.iter().copied()).collect(),
            arrival_min: Nanos(metas().map(|meta| meta.arrival_min).min().unwrap_or_default()),
            arrival_max: Nanos(metas().map(|meta| meta.arrival_max).max().unwrap_or_default()),
            node: self.epoch.clone(),
            inputs: goners.iter().map(|goner| goner.shelved.id.to_string()).collect(),
        };
        let segments: Vec<Arc<Segment>> =
            goners.iter().map(|goner| Arc::clone(&goner.shelved.segment)).collect();
        let id = Ulid::generate().to_string();
        self.write_in_tmp(&id, |finished| {
            let meta = daymark_segment::roll(&*self.fs, finished, &spec, step_s, &segments)?;
            self.place(id.clone(), tenant, &meta, |_| Ok(Vec::new()))
        })
    }
}
