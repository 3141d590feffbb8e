//! A store in a folder of its own, fed by the workload, that can be crashed and opened again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
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
use daymark_segment::{Level, Projection, RowRanges};
use daymark_storage::ledger::Entry;
use daymark_storage::{Options, Repairs, Report, Store};
use daymark_vfs::{RealFs, Vfs};
use daymark_workload::{Feed, Profile, Request, SECOND, Shop, Truth};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) struct Estate {
    dir: Place,
    pub(crate) world: World,
    running: Option<(Runtime, Store)>,
}

enum Place {
    Own(TempDir),
    Other(PathBuf),
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

/// Copies a folder; what never changes in place is linked.
fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_tree(&from, &to);
        } else if to.ancestors().any(|above| above.ends_with("segments")) {
            std::fs::hard_link(&from, &to).unwrap();
        } else {
            // Log files are long and nearly empty; the copy has a hole where they have zeros.
            let bytes = std::fs::read(&from).unwrap();
            let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            std::fs::write(&to, &bytes[..used]).unwrap();
            File::options().write(true).open(&to).unwrap().set_len(bytes.len() as u64).unwrap();
        }
    }
}

impl Estate {
    pub(crate) fn new() -> Self {
        Self::within(World::default())
    }

    /// With a small budget, so that log files are small and quickly read.
    pub(crate) fn small() -> Self {
        let mut world = World::default();
        world.options.disk.budget = Some(64 << 20);
        Self::within(world)
    }

    pub(crate) fn within(world: World) -> Self {
        Self::at(tempfile::tempdir().unwrap(), world)
    }

    pub(crate) fn at(dir: TempDir, world: World) -> Self {
        let mut estate = Self { dir: Place::Own(dir), world, running: None };
        estate.open();
        estate
    }

    /// A closed estate on a folder that is there.
    pub(crate) fn on(path: PathBuf) -> Self {
        Self { dir: Place::Other(path), world: World::default(), running: None }
    }

    /// A closed estate with the same folder.
    pub(crate) fn twin(&self) -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy_tree(self.path(), dir.path());
        let World { options, fs, clock } = &self.world;
        let world = World { options: options.clone(), fs: Arc::clone(fs), clock: Arc::clone(clock) };
        Self { dir: Place::Own(dir), world, running: None }
    }

    /// Everything that can be asked, a line a row; segments that cannot be read are left out, and told.
    pub(crate) fn answers(&self) -> Answers {
        let mut answers = Answers::default();
        let version = self.store().version();
        let Some(shelf) = version.shelf(DEFAULT_TENANT) else { return answers };
        for table in Table::ALL {
            let mut batches = Vec::new();
            let projection = Projection::all(table);
            for chunk in shelf.chunks(table) {
                batches.push(projection.of_rows(table, &chunk.rows).unwrap());
                answers.described.extend(chunk.resources.iter().map(|one| format!("{one:?}")));
                answers.described.extend(chunk.series.iter().map(|one| format!("{one:?}")));
            }
            for shelved in shelf.segments(table) {
                let damage = shelved.segment.damage().iter();
                answers.is_partial |= damage.clone().any(|found| !daymark_segment::is_derived(&found.file));
                let rows = RowRanges::all(shelved.segment.meta().rows);
                let rows = shelved.hidden.as_ref().map_or(rows.clone(), |hidden| rows.without(hidden));
                for batch in shelved.segment.read(&projection, &rows, 1_000).unwrap() {
                    match batch {
                        Ok(batch) => batches.push(batch),
                        Err(error) => {
                            assert!(error.is_damage(), "{error}");
                            answers.is_partial = true;
                        }
                    }
                }
                answers.described.extend(shelved.segment.resources().iter().map(|one| format!("{one:?}")));
                answers.described.extend(shelved.segment.series().iter().map(|one| format!("{one:?}")));
            }
            answers.is_partial |= !shelf.gaps(table).is_empty();
            for batch in batches {
                answers.rows.extend(lines(table, &batch));
            }
        }
        answers.rows.sort_unstable();
        for balance in self.store().balances() {
            let lost = balance.entries.iter().filter(|(entry, _)| matches!(entry, Entry::Lost(_)));
            answers.lost += lost.map(|(_, count)| count.items).sum::<u64>();
            answers.counted += balance.live;
        }
        answers
    }

    /// Levels of the segments of tables that all kinds of requests fill.
    pub(crate) fn levels(&self) -> BTreeMap<Table, BTreeSet<Level>> {
        let version = self.store().version();
        let shelf = version.shelf(DEFAULT_TENANT).unwrap();
        let of = |table| shelf.segments(table).iter().map(|one| one.segment.meta().level).collect();
        [Table::Spans, Table::Logs, Table::Points].map(|table| (table, of(table))).into()
    }

    /// Starts a store on the folder and waits until all of an old log is back.
    pub(crate) fn open(&mut self) {
        self.try_open().unwrap();
    }

    pub(crate) fn try_open(&mut self) -> Result<(), daymark_storage::Error> {
        let runtime = Runtime::new().unwrap();
        let options = Options { dir: self.path().to_owned(), ..self.world.options.clone() };
        let (fs, clock) = (Arc::clone(&self.world.fs), Arc::clone(&self.world.clock));
        let store = runtime.block_on(Store::open(options, fs, Arc::new(OtlpDecode), clock))?;
        runtime.block_on(store.replayed());
        self.running = Some((runtime, store));
        Ok(())
    }

    /// Ends the process, as far as the folder can tell: nothing is flushed or said goodbye to.
    pub(crate) fn crash(&mut self) {
        let (runtime, store) = self.running.take().unwrap();
        drop(store);
        runtime.shutdown_timeout(Duration::from_secs(120));
    }

    pub(crate) fn close(&mut self) {
        let (runtime, store) = self.running.take().unwrap();
        runtime.block_on(store.close()).unwrap();
        drop(store);
        runtime.shutdown_timeout(Duration::from_secs(120));
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
    pub(crate) fn copy_a_segment_to(&self, other: &Self) -> PathBuf {
        let version = self.store().version();
        let from = version.shelf(DEFAULT_TENANT).unwrap().segments(Table::Spans)[0].segment.dir().to_owned();
        let to = other.path().join(from.strip_prefix(self.path()).unwrap());
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(&from).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
        to
    }

    /// Folders with anything of a segment, finished or not.
    pub(crate) fn segment_folders(&self) -> usize {
        fn count(folder: &Path) -> usize {
            let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            let (below, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
            let has_part =
                files.iter().any(|file| file.ends_with("data.parquet") || file.ends_with("meta.json"));
            usize::from(has_part) + below.iter().map(|folder| count(folder)).sum::<usize>()
        }
        count(&self.path().join("segments")) + count(&self.path().join("tmp"))
    }

    pub(crate) fn path(&self) -> &Path {
        match &self.dir {
            Place::Own(dir) => dir.path(),
            Place::Other(path) => path,
        }
    }

    /// Changes the closed catalog behind the store's back.
    pub(crate) fn change_catalog(&self, statement: &'static str) {
        use sqlx::{ConnectOptions, Executor};
        let path = self.path().join("catalog.db");
        Runtime::new().unwrap().block_on(async {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            options.connect().await.unwrap().execute(statement).await.unwrap();
        });
    }

    /// Where the closed catalog says that segments are.
    pub(crate) fn segment_paths(&self) -> Vec<String> {
        use sqlx::{ConnectOptions, Row};
        let path = self.path().join("catalog.db");
        Runtime::new().unwrap().block_on(async {
            let mut catalog =
                sqlx::sqlite::SqliteConnectOptions::new().filename(path).connect().await.unwrap();
            let rows = sqlx::query("SELECT path FROM segments").fetch_all(&mut catalog).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        })
    }

    /// Why the folder cannot be opened.
    pub(crate) fn refusal(&self) -> daymark_storage::Error {
        let opened = Store::open(
            Options::at(self.path()),
            Arc::new(RealFs),
            Arc::new(OtlpDecode),
            Arc::new(SystemClock::new()),
        );
        Runtime::new().unwrap().block_on(opened).unwrap_err()
    }

    /// Checks the closed folder.
    pub(crate) fn verify(&self, repairs: Repairs) -> Report {
        verify_at(self.path(), repairs)
    }

    pub(crate) fn assert_balanced(&self) {
        for balance in self.store().balances() {
            assert_eq!(balance.imbalance, 0, "{balance:#?}");
        }
    }
}

pub(crate) fn verify_at(dir: &Path, repairs: Repairs) -> Report {
    let fs: Arc<dyn Vfs> = Arc::new(RealFs);
    let checked = daymark_storage::verify(dir, &fs, repairs, &|_, _| {});
    Runtime::new().unwrap().block_on(checked).unwrap()
}

/// What an estate has to tell.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Sorted.
    pub(crate) rows: Vec<u64>,
    /// Resources and series.
    pub(crate) described: BTreeSet<String>,
    /// Whether it says that something is missing.
    pub(crate) is_partial: bool,
    /// Rows that the ledger counts, and those that it says are lost.
    pub(crate) counted: u64,
    pub(crate) lost: u64,
}

impl Answers {
    /// Whether it says nothing that `whole` does not say.
    pub(crate) fn are_part_of(&self, whole: &Self) -> bool {
        let mut of_whole = whole.rows.iter();
        self.rows.iter().all(|row| of_whole.any(|other| other == row))
            && self.described.is_subset(&whole.described)
    }

    /// Whether it is what `whole` says, or says itself that it is less.
    pub(crate) fn agree_with(&self, whole: &Self) -> bool {
        let is_same = self.rows == whole.rows && self.described == whole.described;
        self.are_part_of(whole) && (self.is_partial || is_same)
    }
}

/// A number for each row that tells it from all others.
fn lines(table: Table, batch: &arrow::array::RecordBatch) -> Vec<u64> {
    let options = FormatOptions::default();
    let columns: Vec<_> = batch
        .columns()
        .iter()
        .map(|column| match column.data_type() {
            DataType::Timestamp(..) => cast(column, &DataType::Int64).unwrap(),
            _ => Arc::clone(column),
        })
        .collect();
    let shown: Vec<_> =
        columns.iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
    let line = |row: usize| {
        let cells = shown.iter().map(|column| column.value(row).to_string());
        xxhash_rust::xxh3::xxh3_64(format!("{table} {}", cells.collect::<Vec<_>>().join("\0")).as_bytes())
    };
    (0..batch.num_rows()).map(line).collect()
}

/// Some seconds of the shop, and what they hold.
pub(crate) fn minute(seed: u64) -> (Vec<Request>, Truth) {
    stretch(seed, SystemClock::new().now().0 - 120 * SECOND, 300)
}

/// The same seed and start make the same items, whatever the size of the requests.
pub(crate) fn stretch(seed: u64, start: i64, request_items: usize) -> (Vec<Request>, Truth) {
    fed(seed, (start, start + 15 * SECOND), 10.0, request_items)
}

/// Few items in many small requests.
pub(crate) fn sip(seed: u64, request_items: usize) -> Vec<Request> {
    let start = SystemClock::new().now().0 - 120 * SECOND;
    fed(seed, (start, start + 12 * SECOND), 3.0, request_items).0
}

fn fed(seed: u64, (start, end): (i64, i64), rate: f64, request_items: usize) -> (Vec<Request>, Truth) {
    let profile = Profile { late: 0.0, duplicates: 0.0, skew: 0, request_items, ..Profile::shop() };
    let mut feed = Feed::new(Shop::new(seed, profile), start, rate);
    let mut requests = feed.advance(end);
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
