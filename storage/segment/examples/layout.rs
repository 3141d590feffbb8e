//! What the layout of a segment costs: bytes of a row by file and by column, and the time of writes and of
//! reads of whole traces, over the shop of the benchmarks. `cargo build --release --workspace --example layout`
//! makes `target/release/examples/layout [spans|logs] [rows] [traces a second]`.

#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{AsArray, RecordBatch};
use daymark_decode::OtlpDecode;
use daymark_model::id::TraceId;
use daymark_model::intake::Decode;
use daymark_model::origin::{DEFAULT_STREAM, DEFAULT_TENANT, Origin, Tier};
use daymark_model::rows::Resource;
use daymark_model::signal::{Signal, Table};
use daymark_model::time::Nanos;
use daymark_model::wire::Format;
use daymark_segment::{
    Around, Input, Level, LsnRange, Meta, Predicate, Projection, RowRanges, Segment, Spec, Window, merge,
    write,
};
use daymark_vfs::RealFs;
use daymark_workload::{Feed, Profile, SECOND, Shop};
use parquet::file::metadata::ParquetMetaDataReader;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const START: i64 = 1_750_003_200 * SECOND;
/// What one level 0 file holds at most.
const FLUSH: i64 = 60 * SECOND;
const L1: i64 = 600 * SECOND;
const READS: usize = 200;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let table = if arguments.first().is_some_and(|name| name == "logs") { Table::Logs } else { Table::Spans };
    let rows = arguments.get(1).map_or(Ok(200_000), |text| text.parse())?;
    let rate = arguments.get(2).map_or(Ok(100.0), |text| text.parse())?;
    let dir = tempfile::tempdir()?;
    let mut out = std::io::stdout().lock();
    let mut bench = Bench { table, dir: dir.path(), next: 0 };

    let (fresh, took) = bench.fill(rows, rate)?;
    bench.report(&mut out, "level 0", &fresh, took)?;
    let began = Instant::now();
    let mut small = Vec::new();
    for (from, inputs) in bench.by_window(&fresh)? {
        small.push(bench.merge(Level::L1, Window { from, to: from + L1 }, &inputs)?);
    }
    bench.report(&mut out, "level 1", &small, began.elapsed())?;
    let began = Instant::now();
    let inputs: Vec<_> = small.iter().map(whole).collect();
    let large = bench.merge(Level::L2, Window { from: START, to: START + 12 * L1 }, &inputs)?;
    bench.report(&mut out, "level 2", &[large], began.elapsed())
}

fn whole(segment: &Arc<Segment>) -> Input {
    Input { segment: Arc::clone(segment), rows: RowRanges::all(segment.meta().rows) }
}

struct Bench<'a> {
    table: Table,
    dir: &'a Path,
    next: usize,
}

impl Bench<'_> {
    /// Rows of the shop as level 0 files, and how long writing them took.
    fn fill(&mut self, rows: usize, rate: f64) -> Result<(Vec<Arc<Segment>>, Duration)> {
        let mut feed = Feed::new(Shop::new(7, Profile::bench()), START, rate);
        let origin = Origin {
            source: "otlp_grpc".into(),
            tier: Tier::Internal,
            tenant: DEFAULT_TENANT.into(),
            received: Nanos(START),
        };
        let (mut segments, mut took, mut count, mut now) = (Vec::new(), Duration::ZERO, 0, START);
        while count < rows {
            let mut batches: Vec<RecordBatch> = Vec::new();
            let mut resources: BTreeMap<u64, Arc<Resource>> = BTreeMap::new();
            now += FLUSH;
            for request in feed.advance(now) {
                let signal = match request.signal {
                    daymark_workload::Signal::Spans => Signal::Spans,
                    daymark_workload::Signal::Logs => Signal::Logs,
                    daymark_workload::Signal::Metrics => continue,
                };
                let decoded = OtlpDecode
                    .decode(signal, Format::OtlpProtobuf, &origin, &request.body)
                    .map_err(|error| error.detail)?;
                resources.extend(decoded.resources.into_iter().map(|one| (one.id, one)));
                let wanted = decoded.rows.into_iter().filter(|(table, _)| *table == self.table);
                batches.extend(wanted.map(|(_, batch)| batch));
            }
            count += batches.iter().map(RecordBatch::num_rows).sum::<usize>();
            let resources: Vec<_> = resources.into_values().collect();
            let began = Instant::now();
            let dir = self.folder()?;
            write(&RealFs, &dir, &self.spec(Level::L0, None), &batches, &resources, &[])?;
            took += began.elapsed();
            segments.push(Arc::new(Segment::open(&dir)?));
        }
        Ok((segments, took))
    }

    fn folder(&mut self) -> Result<std::path::PathBuf> {
        self.next += 1;
        let dir = self.dir.join(self.next.to_string());
        std::fs::create_dir(&dir)?;
        Ok(dir)
    }

    fn spec(&self, level: Level, window: Option<Window>) -> Spec {
        Spec {
            table: self.table,
            tenant: DEFAULT_TENANT.into(),
            stream: DEFAULT_STREAM.into(),
            level,
            window,
            is_final: level == Level::L2,
            lsns: vec![LsnRange { from: 1, to: 1 }],
            arrival_min: Nanos(START),
            arrival_max: Nanos(START),
            node: "00".into(),
            inputs: Vec::new(),
        }
    }

    fn by_window(&self, segments: &[Arc<Segment>]) -> Result<BTreeMap<i64, Vec<Input>>> {
        let mut windows: BTreeMap<i64, Vec<Input>> = BTreeMap::new();
        for segment in segments {
            for (from, rows) in segment.windows(L1)? {
                windows.entry(from).or_default().push(Input { segment: Arc::clone(segment), rows });
            }
        }
        Ok(windows)
    }

    fn merge(&mut self, level: Level, window: Window, inputs: &[Input]) -> Result<Arc<Segment>> {
        let dir = self.folder()?;
        let around = Around { beside: &|_| Ok(Vec::new()), is_stopped: &|| false };
        merge(&RealFs, &dir, &self.spec(level, Some(window)), inputs, around)?;
        Ok(Arc::new(Segment::open(&dir)?))
    }

    fn report(
        &self,
        out: &mut impl Write,
        what: &str,
        segments: &[Arc<Segment>],
        took: Duration,
    ) -> Result<()> {
        let rows: u64 = segments.iter().map(|segment| u64::from(segment.meta().rows)).sum();
        let each = |bytes: u64| bytes as f64 / rows as f64;
        let metas: Vec<&Meta> = segments.iter().map(|segment| segment.meta()).collect();
        let bytes = metas.iter().map(|meta| meta.bytes()).sum();
        writeln!(
            out,
            "{what}: {} files, {rows} rows, {:.2} B a row, written in {:.2} us a row",
            metas.len(),
            each(bytes),
            took.as_micros() as f64 / rows as f64
        )?;
        let (mut files, mut columns) = (BTreeMap::<String, u64>::new(), BTreeMap::<String, u64>::new());
        for segment in segments {
            for (name, file) in &segment.meta().files {
                *files.entry(name.clone()).or_default() += file.bytes;
            }
            let file = std::fs::File::open(segment.dir().join("data.parquet"))?;
            for group in ParquetMetaDataReader::new().parse_and_finish(&file)?.row_groups() {
                for column in group.columns() {
                    *columns.entry(column.column_path().string()).or_default() +=
                        column.compressed_size() as u64;
                }
            }
        }
        for list in [files, columns] {
            let mut list: Vec<_> = list.into_iter().collect();
            list.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
            for (name, bytes) in list {
                writeln!(out, "{:10.3} {name}", each(bytes))?;
            }
        }
        if let Some(segment) = segments.last() {
            writeln!(out, "set: {:?}", segment.meta().set_keys)?;
            let times = self.traces(segment)?;
            writeln!(
                out,
                "a trace, every column: p50 {:?}, p95 {:?}",
                times[times.len() / 2],
                times[times.len() * 95 / 100]
            )?;
        }
        writeln!(out)?;
        Ok(())
    }

    /// How long whole traces take to read, in ascending order.
    fn traces(&self, segment: &Segment) -> Result<Vec<Duration>> {
        let all = segment.candidates(&Predicate::default());
        let mut ids = Vec::new();
        for batch in segment.read(&Projection::columns(["trace_id"]), &all, 8_192)? {
            let batch = batch?;
            ids.extend(batch.column(0).as_fixed_size_binary().iter().flatten().map(<[u8]>::to_vec));
        }
        let mut times = Vec::new();
        for id in ids.iter().step_by((ids.len() / READS).max(1)) {
            let began = Instant::now();
            let rows = segment.trace_rows(TraceId(id.as_slice().try_into()?));
            for batch in segment.read(&Projection::all(self.table), &rows, 8_192)? {
                batch?;
            }
            times.push(began.elapsed());
        }
        times.sort_unstable();
        Ok(times)
    }
}
