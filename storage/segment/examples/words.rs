//! What the word indexes cost and give: log lines of the workload's shop are written at level 0 and merged,
//! and words are looked up in both. Prints bytes and µs a line, and µs a question. Run with `--release`;
//! the first argument is the number of spans whose lines are taken.
#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]
#![expect(clippy::unwrap_used, reason = "a figure of something that failed is none")]

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{Array, AsArray, RecordBatch, new_null_array};
use daymark_decode::OtlpDecode;
use daymark_model::intake::Decode;
use daymark_model::origin::{Origin, Tier};
use daymark_model::rows::Resource;
use daymark_model::signal::{Signal, Table};
use daymark_model::time::Nanos;
use daymark_model::wire::Format;
use daymark_model::words::Wanted;
use daymark_segment::{Input, Level, Predicate, RowRanges, Segment, Spec, merge, write};
use daymark_vfs::RealFs;
use daymark_workload::{Profile, Recording, SECOND};

const START: i64 = 1_750_000_000 * SECOND;
const FILES: [&str; 4] = ["words.rows", "words.idx", "tokens.bf", "data.parquet"];

fn main() {
    let spans = std::env::args().nth(1).and_then(|argument| argument.parse().ok()).unwrap_or(100_000);
    let (rows, resources) = lines(spans);
    let count: usize = rows.iter().map(RecordBatch::num_rows).sum();
    println!("{count} lines");
    let bare: Vec<_> = rows.iter().map(without_body).collect();
    timed("level 0 without bodies", count, || write_all(Level::L0, &bare, &resources));
    let level_0 = timed("level 0", count, || write_all(Level::L0, &rows, &resources));
    report(&level_0.1);
    let inputs = [Input { rows: RowRanges::all(level_0.1.meta().rows), segment: Arc::new(level_0.1) }];
    let level_1 = timed("merge", count, || {
        let dir = tempfile::tempdir().unwrap();
        merge(&RealFs, dir.path(), &spec(Level::L1), &inputs).unwrap();
        let segment = Segment::open(dir.path()).unwrap();
        (dir, segment)
    });
    report(&level_1.1);
}

fn report(segment: &Segment) {
    let rows = segment.meta().rows;
    for name in FILES {
        if let Some(file) = segment.meta().files.get(name) {
            println!("  {name}: {} B, {:.3} B a line", file.bytes, file.bytes as f64 / f64::from(rows));
        }
    }
    for words in ["payment", "payment declined", "\"order placed\"", "absent", "timeout", "0af7651916cd43dd"]
    {
        let predicate = Predicate { words: Wanted::parse(words), ..Predicate::default() };
        let start = Instant::now();
        let found = segment.candidates(&predicate).count();
        println!("  {words}: {found} rows in {:.0} µs", start.elapsed().as_secs_f64() * 1e6);
    }
}

fn timed<T>(what: &str, lines: usize, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    println!("{what}: {:.3} µs a line", start.elapsed().as_secs_f64() * 1e6 / lines as f64);
    result
}

fn spec(level: Level) -> Spec {
    Spec {
        table: Table::Logs,
        tenant: "default".into(),
        stream: "default".into(),
        level,
        window: None,
        lsns: Vec::new(),
        arrival_min: Nanos(START),
        arrival_max: Nanos(START),
        node: "00".into(),
        inputs: Vec::new(),
    }
}

fn write_all(
    level: Level,
    rows: &[RecordBatch],
    resources: &[Arc<Resource>],
) -> (tempfile::TempDir, Segment) {
    let dir = tempfile::tempdir().unwrap();
    write(&RealFs, dir.path(), &spec(level), rows, resources, &[]).unwrap();
    let segment = Segment::open(dir.path()).unwrap();
    (dir, segment)
}

fn lines(spans: u64) -> (Vec<RecordBatch>, Vec<Arc<Resource>>) {
    let recording = Recording::new(1, Profile::shop(), START, 600 * SECOND, spans);
    let (mut rows, mut resources) = (Vec::new(), Vec::new());
    for request in recording.requests(recording.pass(0), &[daymark_workload::Signal::Logs]) {
        let origin = Origin {
            source: "otlp_grpc".into(),
            tier: Tier::Internal,
            tenant: "default".into(),
            received: Nanos(START + 700 * SECOND),
        };
        let decoded = OtlpDecode.decode(Signal::Logs, Format::OtlpProtobuf, &origin, &request.body).unwrap();
        rows.extend(decoded.rows.into_iter().map(|(_, batch)| batch));
        resources.extend(decoded.resources);
    }
    (rows, resources)
}

fn without_body(rows: &RecordBatch) -> RecordBatch {
    let (at, field) = rows.schema_ref().column_with_name("body").unwrap();
    let mut columns = rows.columns().to_vec();
    assert!(columns[at].as_string_opt::<i32>().is_some());
    columns[at] = new_null_array(field.data_type(), columns[at].len());
    RecordBatch::try_new(rows.schema(), columns).unwrap()
}
