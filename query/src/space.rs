//! What the store takes of the disk, how long things stay, and what waits to be merged, in the words of the API.

use std::collections::{BTreeMap, BTreeSet};

use daymark_model::figure::Figure;
use daymark_model::origin::DEFAULT_STREAM;
use daymark_model::signal::{Signal, Table};
use daymark_model::time::Nanos;
use daymark_segment::Meta;
use daymark_storage::Store;
use daymark_storage::status::Status;
use daymark_storage::version::Version;
use daymark_view::system::{Compaction, Disk, Retention};

/// Growth is told once this much time has been seen.
const SEEN_MIN: i64 = 10 * Nanos::MINUTE;

pub(crate) fn disk(store: &Store, version: &Version, status: &Status) -> Disk {
    let mut by_signal: BTreeMap<String, u64> = BTreeMap::new();
    for (table, meta) in metas(version) {
        *by_signal.entry(table.signal().name().into()).or_default() += meta.bytes();
    }
    let growth_per_day = growth_per_day(store, version);
    let left = status.disk.budget.saturating_sub(status.disk.used);
    let full_in_days = growth_per_day.filter(|growth| *growth > 0).map(|growth| left as f64 / growth as f64);
    let full_at = full_in_days.map(|days| store.clock().now().plus((days * Nanos::DAY as f64) as i64));
    let first_age = metas(version).filter_map(|(_, meta)| store.keep().expires_at(meta)).min();
    Disk {
        used: status.disk.used,
        free: status.disk.free,
        budget: Some(status.disk.budget),
        by_signal,
        growth_per_day,
        full_in_days,
        expiry_starts_at: first_age.into_iter().chain(full_at).min(),
    }
}

/// Bytes of what arrived within a day, or of what is there when that is less.
fn growth_per_day(store: &Store, version: &Version) -> Option<u64> {
    let now = store.clock().now();
    let day_ago = now.plus(-Nanos::DAY).0;
    let recent = || metas(version).filter(|(_, meta)| meta.arrival_max >= day_ago);
    let first = recent().map(|(_, meta)| meta.arrival_min.max(day_ago)).min()?;
    let seen = now.0.saturating_sub(first);
    let bytes: u64 = recent().map(|(_, meta)| meta.bytes()).sum();
    (seen >= SEEN_MIN).then(|| (bytes as f64 * Nanos::DAY as f64 / seen as f64) as u64)
}

pub(crate) fn retention(store: &Store, version: &Version) -> Vec<Retention> {
    let rules = &store.keep().streams;
    let mut streams: BTreeSet<(Signal, &str)> = Signal::ALL.map(|signal| (signal, DEFAULT_STREAM)).into();
    streams.extend(metas(version).map(|(table, meta)| (table.signal(), meta.stream.as_str())));
    for signal in Signal::ALL {
        streams
            .extend(rules.iter().filter(|rule| rule.takes(signal)).map(|rule| (signal, rule.name.as_str())));
    }
    let retention = |(signal, stream): (Signal, &str)| Retention {
        signal: signal.name().into(),
        stream: stream.into(),
        keep_days: store.keep().of(signal, stream).map(|age| age.as_secs() / 86_400),
        oldest: metas(version)
            .filter(|(table, meta)| table.signal() == signal && meta.stream == stream)
            .filter(|(_, meta)| meta.rolled_s.is_none())
            .map(|(_, meta)| Nanos(meta.time_min))
            .min(),
    };
    streams.into_iter().map(retention).collect()
}

pub(crate) fn compaction(status: &Status) -> Compaction {
    Compaction {
        debt_bytes: status.debt.bytes,
        l0_segments: status.debt.l0_segments as u64,
        running: status.debt.running.iter().cloned().collect(),
    }
}

pub(crate) fn figures(status: &Status) -> Vec<Figure> {
    let (disk, debt) = (&status.disk, &status.debt);
    let tight = f64::from(u8::from(disk.is_tight));
    vec![
        Figure::gauge("daymark_disk_free_bytes", "Bytes free on the disk.", disk.free as f64),
        Figure::gauge("daymark_disk_used_bytes", "Bytes of the data directory.", disk.used as f64),
        Figure::gauge("daymark_disk_budget_bytes", "Bytes it may grow to.", disk.budget as f64),
        Figure::gauge("daymark_disk_reserve_bytes", "Bytes held for a full disk.", disk.reserve as f64),
        Figure::gauge("daymark_disk_tight", "1 while exports are refused for want of space.", tight),
        Figure::gauge("daymark_segments_l0", "Segments that were never merged.", debt.l0_segments as f64),
        Figure::gauge("daymark_compaction_debt_bytes", "Bytes that wait to be merged.", debt.bytes as f64),
    ]
}

fn metas(version: &Version) -> impl Iterator<Item = (Table, &Meta)> {
    version.tenants().flat_map(|(_, shelf)| {
        Table::ALL.into_iter().flat_map(move |table| {
            shelf.segments(table).iter().map(move |shelved| (table, shelved.segment.meta()))
        })
    })
}
