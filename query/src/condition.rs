//! What the store says about itself, in the words of the API.

use std::collections::BTreeMap;

use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_storage::Store;
use daymark_storage::version::{Shelf, Version};
use daymark_view::error::AskError;
use daymark_view::meta::{Answer, Meta};
use daymark_view::system::{Progress, Quarantined, Readiness, SegmentRow, SegmentsAsk, Stage, Status, Wal};

use crate::page::page;
use crate::space;

pub(crate) fn readiness(store: &Store) -> Readiness {
    let status = store.status();
    let write = status.takes_writes();
    let mut reasons = Vec::new();
    if status.stopping {
        reasons.push("the server is stopping".to_owned());
    } else if !write && status.disk.is_tight {
        let disk = status.disk;
        reasons
            .push(format!("the disk is full: {} bytes are free, {} are wanted", disk.free, disk.keep_free));
    } else if !write {
        reasons.push("the log cannot be written".to_owned());
    }
    reasons
        .extend(status.replay.map(|(done, total)| format!("the log is being replayed: {done} of {total}")));
    let reason = (!reasons.is_empty()).then(|| reasons.join("; "));
    // What is not replayed yet would be missing from answers.
    Readiness { read: !status.stopping && status.replay.is_none(), write, reason }
}

pub(crate) fn status(store: &Store, ack: &str, is_insecure: bool) -> Status {
    let status = store.status();
    let nanos = |duration: std::time::Duration| u64::try_from(duration.as_nanos()).ok();
    let version = store.version();
    Status {
        ready: readiness(store),
        ack: ack.into(),
        stages: vec![
            Stage {
                stage: "wal".into(),
                queue_items: status.wal.queue_records as u64,
                queue_bytes: status.wal.queue_bytes as u64,
                ..Stage::default()
            },
            Stage { stage: "buffer".into(), queue_bytes: status.buffered_bytes, ..Stage::default() },
        ],
        wal: Wal {
            bytes: status.wal.bytes,
            fsync_p50_ns: nanos(status.wal.sync_p50),
            fsync_p99_ns: nanos(status.wal.sync_p99),
            durable_lsn: status.wal.durable.0,
            poisoned: status.wal.poisoned_files > 0,
        },
        replay: status.replay.map(|(done, total)| Progress { done, total }),
        disk: space::disk(store, &version, &status),
        memory: BTreeMap::from([("buffers".to_owned(), status.buffered_bytes)]),
        compaction: space::compaction(&status),
        insecure: is_insecure,
        retention: space::retention(store, &version),
        roles: vec!["all".into()],
        quarantined: quarantined(&version),
    }
}

fn quarantined(version: &Version) -> Vec<Quarantined> {
    let gaps = |shelf: &Shelf| Table::ALL.map(|table| shelf.gaps(table).to_vec());
    let all = version.tenants().flat_map(|(_, shelf)| gaps(shelf)).flatten();
    all.map(|gap| Quarantined {
        segment: gap.id.clone(),
        signal: gap.table.signal().name().into(),
        table: gap.table.name().into(),
        rows: gap.rows,
        from: gap.time.0,
        to: gap.time.1,
        reason: gap.reason.clone(),
        found_at: gap.at,
    })
    .collect()
}

pub(crate) fn segments(
    store: &Store,
    tenant: &str,
    ask: &SegmentsAsk,
) -> Result<Answer<Vec<SegmentRow>>, AskError> {
    let version = store.version();
    let mut rows = Vec::new();
    for table in
        Table::ALL.into_iter().filter(|table| ask.signal.is_none_or(|signal| signal == table.signal()))
    {
        for shelved in version.shelf(tenant).map_or(&[][..], |shelf| shelf.segments(table)) {
            let meta = shelved.segment.meta();
            let level = u8::from(meta.level);
            let in_range = ask.range.is_none_or(|range| meta.overlaps(&(range.from.0..range.to.0)));
            if in_range && ask.level.is_none_or(|asked| asked == level) {
                rows.push(row(store, table, &shelved.segment));
            }
        }
    }
    rows.sort_by(|a, b| b.to.cmp(&a.to).then_with(|| a.segment.cmp(&b.segment)));
    let (data, cursor) = page(rows, ask.cursor.as_deref(), ask.limit)?;
    Ok(Answer { data, meta: Meta { cursor, ..Meta::default() } })
}

fn row(store: &Store, table: Table, segment: &daymark_segment::Segment) -> SegmentRow {
    let meta = segment.meta();
    let name = segment.dir().file_name().map(|name| name.to_string_lossy().into_owned());
    let lsns = (meta.lsns.iter().map(|lsns| lsns.from).min(), meta.lsns.iter().map(|lsns| lsns.to).max());
    SegmentRow {
        segment: name.unwrap_or_default(),
        signal: table.signal().name().into(),
        table: table.name().into(),
        stream: meta.stream.clone(),
        level: u8::from(meta.level),
        from: Nanos(meta.time_min),
        to: Nanos(meta.time_max),
        rows: u64::from(meta.rows),
        bytes: meta.bytes(),
        files: meta.files.iter().map(|(name, file)| (name.clone(), file.bytes)).collect(),
        wal: [lsns.0.unwrap_or_default(), lsns.1.unwrap_or_default()],
        state: if segment.damage().is_empty() { "live" } else { "quarantined" }.into(),
        expires_at: store.keep().expires_at(meta),
    }
}
