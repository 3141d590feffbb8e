//! The store in figures: the ledger by source and signal, the log, buffers and segments.

use daymark_model::figure::Figure;
use daymark_model::signal::Table;
use daymark_storage::Store;
use daymark_storage::ledger::{Balance, Entry};
use daymark_storage::status::Status;
use daymark_storage::version::Version;

use crate::space;

pub(crate) fn of_store(store: &Store) -> Vec<Figure> {
    let status = store.status();
    let mut figures = of_ledger(&store.balances());
    figures.extend(of_wal(&status));
    figures.extend(of_segments(&status, &store.version()));
    figures.extend(space::figures(&status));
    figures.extend(store.active_series().into_iter().map(|(tenant, series)| {
        let help = "Metric series that came within the last half hour, or the one before.";
        Figure::gauge("daymark_metric_series_active", help, series as f64).with("tenant", tenant)
    }));
    figures
}

/// Every counter of every account. Together they balance, so a scraper can hold us to it.
fn of_ledger(balances: &[Balance]) -> Vec<Figure> {
    let imbalance: i128 = balances.iter().map(|balance| balance.imbalance.abs()).sum();
    let mut figures = vec![Figure::gauge(
        "daymark_ledger_imbalance_items",
        "Items that the ledger cannot explain.",
        imbalance as f64,
    )];
    for balance in balances {
        let of_account = |figure: Figure| {
            figure
                .with("tenant", balance.account.tenant.as_ref())
                .with("source", balance.account.source.as_ref())
                .with("signal", balance.account.signal.name())
        };
        let live =
            Figure::gauge("daymark_store_live_items", "Rows in buffers and segments.", balance.live as f64);
        figures.push(of_account(live));
        for (entry, count) in &balance.entries {
            let (name, help) = told_as(*entry);
            let mut figure = of_account(Figure::counter(name, help, count.items as f64));
            if let (_, Some(reason)) = entry.names() {
                figure = figure.with("reason", reason);
            }
            figures.push(figure);
            if *entry == Entry::Received {
                figures.push(of_account(Figure::counter(
                    "daymark_ingest_received_bytes_total",
                    "Bytes of request bodies, decompressed.",
                    count.bytes as f64,
                )));
            }
        }
    }
    figures
}

fn told_as(entry: Entry) -> (&'static str, &'static str) {
    match entry {
        Entry::Received => ("daymark_ingest_received_items_total", "Items somebody tried to send."),
        Entry::Accepted => ("daymark_ingest_accepted_items_total", "Items acknowledged and stored."),
        Entry::Rejected(_) => ("daymark_ingest_rejected_items_total", "Items refused, by reason."),
        Entry::Modified(_) => ("daymark_ingest_modified_items_total", "Items stored in a mended form."),
        Entry::Deduplicated(_) => {
            ("daymark_store_deduplicated_items_total", "Items left out because they were there already.")
        }
        Entry::Expired(_) => ("daymark_store_expired_items_total", "Items whose time was over."),
        Entry::Deleted => ("daymark_store_deleted_items_total", "Items erased on request."),
        Entry::Lost(_) => ("daymark_store_lost_items_total", "Items lost to damage of the disk."),
    }
}

fn of_wal(status: &Status) -> Vec<Figure> {
    let wal = &status.wal;
    let sync = "Time of one fsync of the log: a quantile since the start.";
    let sync_seconds = |quantile: &str, took: std::time::Duration| {
        Figure::gauge("daymark_wal_fsync_seconds", sync, took.as_secs_f64()).with("quantile", quantile)
    };
    let (done, total) = status.replay.unwrap_or_default();
    vec![
        Figure::gauge("daymark_wal_bytes", "Bytes of the log.", wal.bytes as f64),
        Figure::gauge("daymark_wal_queue_bytes", "Bytes that wait for their fsync.", wal.queue_bytes as f64),
        Figure::gauge(
            "daymark_wal_durable_lsn",
            "The last place in the log that is on disk.",
            wal.durable.0 as f64,
        ),
        Figure::gauge(
            "daymark_wal_writable",
            "1 when the next batch would be taken.",
            f64::from(u8::from(status.takes_writes())),
        ),
        Figure::counter("daymark_wal_fsyncs_total", "Fsyncs of the log.", wal.syncs as f64),
        sync_seconds("0.5", wal.sync_p50),
        sync_seconds("0.99", wal.sync_p99),
        Figure::counter(
            "daymark_wal_corrupt_records_total",
            "Records the replay found damaged.",
            wal.corrupt_records as f64,
        ),
        Figure::counter(
            "daymark_wal_poisoned_segments_total",
            "Log files given up because a write or an fsync failed.",
            wal.poisoned_files as f64,
        ),
        Figure::gauge(
            "daymark_replay_left_records",
            "Places of an earlier process's log that are not visible again yet.",
            total.saturating_sub(done) as f64,
        ),
    ]
}

fn of_segments(status: &Status, version: &Version) -> Vec<Figure> {
    let mut figures = vec![Figure::gauge(
        "daymark_buffers_bytes",
        "Bytes of rows that are not in a segment yet.",
        status.buffered_bytes as f64,
    )];
    for table in Table::ALL {
        let shelves = || version.tenants().flat_map(|(_, shelf)| shelf.segments(table));
        let damaged = shelves().filter(|shelved| !shelved.segment.damage().is_empty()).count();
        let gone: usize = version.tenants().map(|(_, shelf)| shelf.gaps(table).len()).sum();
        let bytes: u64 = shelves().map(|shelved| shelved.segment.meta().bytes()).sum();
        let of_table = |figure: Figure| figure.with("table", table.name());
        figures.extend([
            of_table(Figure::gauge(
                "daymark_segments_live",
                "Segments that answer questions.",
                shelves().count() as f64,
            )),
            of_table(Figure::gauge("daymark_segments_bytes", "Bytes of segments.", bytes as f64)),
            of_table(Figure::gauge(
                "daymark_segments_quarantined",
                "Segments that are damaged or gone.",
                (damaged + gone) as f64,
            )),
        ]);
    }
    figures
}
