//! A store in a folder of its own, fed by the workload, that can be crashed and opened again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use daymark_decode::OtlpDecode;
use daymark_model::intake::{Admitted, Intake, Receipt, Refused};
use daymark_model::origin::{DEFAULT_TENANT, Origin, Tier};
use daymark_model::signal::{Signal, Table};
use daymark_model::time::{Clock, Nanos, SystemClock};
use daymark_model::wire::{Encoding, Format};
use daymark_segment::{Projection, RowRanges};
use daymark_storage::{Options, Store};
use daymark_vfs::{RealFs, Vfs};
use daymark_workload::{Feed, Profile, Request, SECOND, Shop, Truth};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) struct Estate {
    dir: TempDir,
    pub(crate) world: World,
    running: Option<(Runtime, Store)>,
}

/// What a store is given besides its folder.
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) fs: Arc<dyn Vfs>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            options: Options { flush_after: Duration::from_secs(3_600), ..Options::at("") },
            fs: Arc::new(RealFs),
            clock: Arc::new(SystemClock::new()),
        }
    }
}

impl Estate {
    pub(crate) fn new() -> Self {
        Self::within(World::default())
    }

    pub(crate) fn within(world: World) -> Self {
        Self::at(tempfile::tempdir().unwrap(), world)
    }

    pub(crate) fn at(dir: TempDir, world: World) -> Self {
        let mut estate = Self { dir, world, running: None };
        estate.open();
        estate
    }

    /// Starts a store on the folder and waits until all of an old log is back.
    pub(crate) fn open(&mut self) {
        let runtime = Runtime::new().unwrap();
        let options = Options { dir: self.dir.path().to_owned(), ..self.world.options.clone() };
        let (fs, clock) = (Arc::clone(&self.world.fs), Arc::clone(&self.world.clock));
        let store = runtime.block_on(Store::open(options, fs, Arc::new(OtlpDecode), clock)).unwrap();
        runtime.block_on(store.replayed());
        self.running = Some((runtime, store));
    }

    /// Ends the process, as far as the folder can tell: nothing is flushed or said goodbye to.
    pub(crate) fn crash(&mut self) {
        let (runtime, store) = self.running.take().unwrap();
        drop(store);
        runtime.shutdown_timeout(Duration::from_secs(30));
    }

    pub(crate) fn close(&mut self) {
        let (runtime, store) = self.running.take().unwrap();
        runtime.block_on(store.close()).unwrap();
        drop(store);
        runtime.shutdown_timeout(Duration::from_secs(30));
    }

    pub(crate) fn store(&self) -> &Store {
        &self.running.as_ref().unwrap().1
    }

    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.running.as_ref().unwrap().0.block_on(work)
    }

    pub(crate) fn flush(&self) {
        self.wait(self.store().flush()).unwrap();
    }

    pub(crate) fn send(&self, request: &Request) -> Result<Receipt, Refused> {
        self.wait(self.store().submit(admitted(request)))
    }

    pub(crate) fn send_all(&self, requests: &[Request]) {
        for request in requests {
            assert_eq!(self.send(request).unwrap().rejected, 0);
        }
    }

    /// Rows of every table, wherever they are.
    pub(crate) fn rows(&self) -> BTreeMap<Table, usize> {
        let ids = |table: Table| (table, self.column(table, table.time_column()).len());
        Table::ALL.into_iter().map(ids).filter(|(_, rows)| *rows > 0).collect()
    }

    /// The values of a column as text, sorted.
    pub(crate) fn column(&self, table: Table, name: &str) -> Vec<String> {
        let version = self.store().version();
        let Some(shelf) = version.shelf(DEFAULT_TENANT) else { return Vec::new() };
        let projection = Projection::columns([name]);
        let mut batches = Vec::new();
        for chunk in shelf.chunks(table) {
            batches.push(projection.of_rows(table, &chunk.rows).unwrap());
        }
        for shelved in shelf.segments(table) {
            let rows = RowRanges::all(shelved.segment.meta().rows);
            let rows = shelved.hidden.as_ref().map_or(rows.clone(), |hidden| rows.without(hidden));
            let read = shelved.segment.read(&projection, &rows, 1_000).unwrap();
            batches.extend(read.map(|batch| batch.unwrap()));
        }
        let mut values = Vec::new();
        for batch in batches {
            let column = match batch.column(0).data_type() {
                DataType::Timestamp(..) => cast(batch.column(0), &DataType::Int64).unwrap(),
                _ => Arc::clone(batch.column(0)),
            };
            let options = FormatOptions::default();
            let show = ArrayFormatter::try_new(&column, &options).unwrap();
            values.extend((0..batch.num_rows()).map(|row| show.value(row).to_string()));
        }
        values.sort_unstable();
        values
    }

    /// Leaves in another folder what a flush leaves that was killed before its transaction.
    pub(crate) fn copy_a_segment_to(&self, other: &Self) -> std::path::PathBuf {
        let version = self.store().version();
        let from = version.shelf(DEFAULT_TENANT).unwrap().segments(Table::Spans)[0].segment.dir().to_owned();
        let to = other.dir.path().join(from.strip_prefix(self.dir.path()).unwrap());
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(&from).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
        to
    }

    /// Folders with anything of a segment, finished or not.
    pub(crate) fn segment_folders(&self) -> usize {
        fn count(folder: &std::path::Path) -> usize {
            let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            let (below, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
            let has_part =
                files.iter().any(|file| file.ends_with("data.parquet") || file.ends_with("meta.json"));
            usize::from(has_part) + below.iter().map(|folder| count(folder)).sum::<usize>()
        }
        count(&self.dir.path().join("segments")) + count(&self.dir.path().join("tmp"))
    }

    /// Takes the segments out of the closed catalog.
    pub(crate) fn forget_segments(&self) {
        use sqlx::{ConnectOptions, Executor};
        let path = self.dir.path().join("catalog.db");
        Runtime::new().unwrap().block_on(async {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            options.connect().await.unwrap().execute("DELETE FROM segments").await.unwrap();
        });
    }

    pub(crate) fn assert_balanced(&self) {
        for balance in self.store().balances() {
            assert_eq!(balance.imbalance, 0, "{balance:#?}");
        }
    }
}

/// Some seconds of the shop, and what they hold.
pub(crate) fn minute(seed: u64) -> (Vec<Request>, Truth) {
    stretch(seed, SystemClock::new().now().0 - 120 * SECOND, 300)
}

/// The same seed and start make the same items, whatever the size of the requests.
pub(crate) fn stretch(seed: u64, start: i64, request_items: usize) -> (Vec<Request>, Truth) {
    let profile = Profile { late: 0.0, duplicates: 0.0, skew: 0, request_items, ..Profile::shop() };
    let mut feed = Feed::new(Shop::new(seed, profile), start, 10.0);
    let mut requests = feed.advance(start + 15 * SECOND);
    requests.extend(feed.finish());
    let truth = feed.truth().clone();
    (requests, truth)
}

pub(crate) fn admitted(request: &Request) -> Admitted {
    let signal = match request.signal {
        daymark_workload::Signal::Spans => Signal::Spans,
        daymark_workload::Signal::Logs => Signal::Logs,
        daymark_workload::Signal::Metrics => Signal::Metrics,
    };
    let body = bytes::Bytes::from(request.body.clone());
    let received: Nanos = SystemClock::new().now();
    Admitted {
        origin: Origin {
            source: "otlp_http".into(),
            tier: Tier::Internal,
            tenant: DEFAULT_TENANT.into(),
            received,
        },
        signal,
        format: Format::OtlpProtobuf,
        encoding: Encoding::Identity,
        payload: body.clone(),
        body,
        items: u32::try_from(request.items).unwrap(),
    }
}
