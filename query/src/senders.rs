//! Who sent, as the parts of a snapshot tell without being scanned: by their resources, and by the instants
//! of the blocks that hold the service.
//!
//! Of chunks the instants are exact, of segments they are those of blocks, so that a service may seem to
//! have been there up to a block earlier or later than it was.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::OnceLock;

use arrow::array::{
    ArrayRef, AsArray, DictionaryArray, RecordBatch, StringArray, TimestampNanosecondArray, UInt8Array,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef, TimestampNanosecondType, UInt64Type};
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use daymark_model::rows::{self, Resource};
use daymark_model::signal::{Signal, Table};
use daymark_segment::Segment;
use daymark_storage::version::Chunk;
use futures::stream;
use serde_json::{Map, Value};

use crate::scan::part::Part;
use crate::typed_json;

/// The tables by which a service is seen.
pub(crate) const TABLES: [Table; 6] =
    [Table::Spans, Table::Logs, Table::Points, Table::Histograms, Table::ExpHistograms, Table::Summaries];

/// A resource that rows of a part are of.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    pub(crate) resource: Arc<Resource>,
    pub(crate) signal: Signal,
    /// The first and the last instant.
    pub(crate) seen: (i64, i64),
    /// Those of the resource, once they were asked for.
    attributes: OnceLock<Map<String, Value>>,
}

impl Sender {
    pub(crate) fn new(resource: &Arc<Resource>, signal: Signal, seen: (i64, i64)) -> Self {
        Self { resource: Arc::clone(resource), signal, seen, attributes: OnceLock::new() }
    }

    pub(crate) fn attribute(&self, key: &str) -> Option<String> {
        let parse = || typed_json::parse(&self.resource.attributes);
        typed_json::text(self.attributes.get_or_init(parse), key)
    }
}

/// The senders of some parts of a table within a range of time.
pub(crate) fn senders(parts: &[Part], table: Table, time: &Range<i64>) -> Vec<Sender> {
    let mut senders = Vec::new();
    for part in parts {
        let range = part.time();
        if range.end <= time.start || time.end <= range.start {
            continue;
        }
        let seen = match part {
            Part::Chunk(table, chunk) => of_chunk(*table, chunk, time),
            Part::Segment(shelved, _) => of_segment(&shelved.segment, time),
            Part::Gap(_) => continue,
        };
        let sender = |resource: &Arc<Resource>| {
            let seen = *seen.get(&resource.id)?;
            Some(Sender::new(resource, table.signal(), seen))
        };
        senders.extend(part.resources().iter().filter_map(sender));
    }
    senders
}

/// The first and the last instant of each resource.
type Seen = HashMap<u64, (i64, i64)>;

fn add(seen: &mut Seen, resource: u64, first: i64, last: i64) {
    let known = seen.entry(resource).or_insert((first, last));
    *known = (known.0.min(first), known.1.max(last));
}

fn of_chunk(table: Table, chunk: &Chunk, time: &Range<i64>) -> Seen {
    let numbers = |name: &str| chunk.rows.column_by_name(name)?.as_primitive_opt::<UInt64Type>();
    let times = chunk.rows.column_by_name(table.time_column());
    let times = times.and_then(|times| times.as_primitive_opt::<TimestampNanosecondType>());
    let of_series: HashMap<u64, u64> = chunk.series.iter().map(|one| (one.id, one.resource_id)).collect();
    let (ids, is_series) = match (numbers("series_id"), numbers("resource_id")) {
        (Some(ids), _) => (Some(ids), true),
        (None, ids) => (ids, false),
    };
    let mut seen = Seen::new();
    if let (Some(ids), Some(times)) = (ids, times) {
        for (id, at) in ids.values().iter().zip(times.values()).filter(|(_, at)| time.contains(at)) {
            let resource = if is_series { of_series.get(id) } else { Some(id) };
            resource.into_iter().for_each(|resource| add(&mut seen, *resource, *at, *at));
        }
    }
    seen
}

fn of_segment(segment: &Segment, time: &Range<i64>) -> Seen {
    let resources = segment.resources().iter();
    let Some(services) = segment.services(time) else {
        let meta = segment.meta();
        let whole = (meta.time_min.max(time.start), meta.time_max.min(time.end.saturating_sub(1)));
        return resources.map(|resource| (resource.id, whole)).collect();
    };
    let services: HashMap<&str, (i64, i64)> = services.into_iter().collect();
    let seen = |resource: &Arc<Resource>| Some((resource.id, *services.get(resource.service.as_str())?));
    resources.filter_map(seen).collect()
}

/// All senders as rows, from which the view `services` is made together with `red`.
pub(crate) fn table(parts: Vec<(Table, Vec<Part>)>) -> Result<Arc<dyn TableProvider>> {
    let rows = Rows { schema: schema(), parts: parts.into() };
    Ok(Arc::new(StreamingTable::try_new(schema(), vec![Arc::new(rows)])?))
}

fn schema() -> SchemaRef {
    let text = |name: &str, nullable: bool| Field::new(name, rows::dictionary(), nullable);
    Arc::new(Schema::new(vec![
        text("service", false),
        text("namespace", true),
        text("env", true),
        text("version", true),
        text("instance", true),
        Field::new("language", DataType::Utf8, true),
        Field::new("first", rows::instant(), true),
        Field::new("last", rows::instant(), true),
        Field::new("signal", DataType::UInt8, false),
    ]))
}

struct Rows {
    schema: SchemaRef,
    parts: Arc<[(Table, Vec<Part>)]>,
}

impl fmt::Debug for Rows {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Rows").field("tables", &self.parts.len()).finish()
    }
}

impl PartitionStream for Rows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let parts = Arc::clone(&self.parts);
        let batches = (0..parts.len()).map(move |at| {
            let (table, parts) = &parts[at];
            batch(&senders(parts, *table, &(i64::MIN..i64::MAX)))
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream::iter(batches)))
    }
}

fn batch(senders: &[Sender]) -> Result<RecordBatch> {
    let text = |text: for<'a> fn(&'a Resource) -> Option<&'a str>| -> ArrayRef {
        let texts = senders.iter().map(|sender| text(&sender.resource));
        Arc::new(texts.collect::<DictionaryArray<Int32Type>>())
    };
    // The instants of spans are told by `red`, to ten seconds wherever the spans are.
    let instant = |at: fn(&Sender) -> i64| -> ArrayRef {
        let at = senders.iter().map(|sender| (sender.signal != Signal::Spans).then(|| at(sender)));
        Arc::new(at.collect::<TimestampNanosecondArray>().with_timezone("UTC"))
    };
    let number = |sender: &Sender| match sender.signal {
        Signal::Spans => 1,
        Signal::Logs => 2,
        Signal::Metrics => 3,
    };
    let languages = senders.iter().map(|sender| sender.attribute("telemetry.sdk.language"));
    let columns: Vec<ArrayRef> = vec![
        text(|resource| Some(&resource.service)),
        text(|resource| resource.namespace.as_deref()),
        text(|resource| resource.env.as_deref()),
        text(|resource| resource.version.as_deref()),
        text(|resource| resource.instance.as_deref()),
        Arc::new(languages.collect::<StringArray>()),
        instant(|sender| sender.seen.0),
        instant(|sender| sender.seen.1),
        Arc::new(senders.iter().map(number).map(Some).collect::<UInt8Array>()),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}
