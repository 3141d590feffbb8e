//! Stored rows of the spans table as spans of an answer.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type, Int64Type, TimestampNanosecondType, UInt32Type, UInt64Type};
use datafusion::common::{Result, internal_datafusion_err};
use daymark_model::id::{SpanId, TraceId};
use daymark_model::time::Nanos;
use daymark_model::{quality, rows as stored};
use daymark_view::attribute::Attributes;
use daymark_view::trace::{Dropped, Event, Link, Scope, Span};

use crate::trace::found::trace_id;

/// A span with what its trace needs besides.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) trace_id: TraceId,
    pub(crate) resource_id: u64,
    pub(crate) span: Span,
}

/// The columns of a batch under their names.
pub(crate) struct Columns<'a> {
    batch: &'a RecordBatch,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(batch: &'a RecordBatch) -> Self {
        Self { batch }
    }

    pub(crate) fn column(&self, name: &str) -> Result<&'a ArrayRef> {
        self.batch.column_by_name(name).ok_or_else(|| internal_datafusion_err!("column {name} was not read"))
    }

    /// A text column, with its dictionary written out.
    pub(crate) fn texts(&self, name: &str) -> Result<StringArray> {
        Ok(cast(self.column(name)?, &DataType::Utf8)?.as_string::<i32>().clone())
    }

    /// A text column whose values many rows have: each is made once.
    pub(crate) fn shared(&self, name: &str) -> Result<Vec<Arc<str>>> {
        let column = cast(self.column(name)?, &stored::dictionary())?;
        let column = column.as_dictionary::<Int32Type>();
        let texts = column.values().as_string::<i32>();
        let mut made: Vec<Option<Arc<str>>> = vec![None; texts.len()];
        let none: Arc<str> = Arc::from("");
        let text = |row: usize| match column.key(row) {
            Some(key) => Arc::clone(made[key].get_or_insert_with(|| Arc::from(texts.value(key)))),
            None => Arc::clone(&none),
        };
        Ok((0..column.len()).map(text).collect())
    }

    pub(crate) fn instants(&self, name: &str) -> Result<&'a [i64]> {
        Ok(self.column(name)?.as_primitive::<TimestampNanosecondType>().values())
    }

    pub(crate) fn integers(&self, name: &str) -> Result<&'a [i64]> {
        Ok(self.column(name)?.as_primitive::<Int64Type>().values())
    }

    pub(crate) fn bits(&self, name: &str) -> Result<&'a [u32]> {
        Ok(self.column(name)?.as_primitive::<UInt32Type>().values())
    }

    pub(crate) fn wide(&self, name: &str) -> Result<&'a [u64]> {
        Ok(self.column(name)?.as_primitive::<UInt64Type>().values())
    }

    pub(crate) fn span_id(&self, name: &str, row: usize) -> Result<Option<SpanId>> {
        let ids = self.column(name)?.as_fixed_size_binary();
        Ok(if ids.is_null(row) { None } else { ids.value(row).try_into().ok().map(SpanId) })
    }
}

/// The text of a row, none when it is null.
pub(crate) fn text(texts: &StringArray, row: usize) -> Option<String> {
    texts.is_valid(row).then(|| texts.value(row).to_owned())
}

pub(crate) fn attributes(json: &str) -> Attributes {
    Attributes::parse(json).unwrap_or_default()
}

/// The spans of a batch with all columns of the table.
pub(crate) fn rows(batch: &RecordBatch) -> Result<Vec<Row>> {
    let columns = Columns::of(batch);
    let text_of = |name: &str| columns.texts(name);
    let (service, name, kind, status) =
        (text_of("service")?, text_of("name")?, text_of("kind")?, text_of("status")?);
    let (message, peer, state) = (text_of("status_message")?, text_of("peer")?, text_of("trace_state")?);
    let (source, tier) = (text_of("source")?, text_of("tier")?);
    let (scope_name, scope_version) = (text_of("scope_name")?, text_of("scope_version")?);
    let (scope_attributes, schema_url) = (text_of("scope_attributes")?, text_of("schema_url")?);
    let (start, duration) = (columns.instants("start")?, columns.integers("duration_ns")?);
    let (flags, bits, resource) =
        (columns.bits("flags")?, columns.bits("quality")?, columns.wide("resource_id")?);
    let dropped = [
        columns.bits("dropped_attributes")?,
        columns.bits("dropped_events")?,
        columns.bits("dropped_links")?,
    ];
    let json = text_of("attributes")?;
    let mut rows = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        let Some(trace_id) = trace_id(batch, row) else { continue };
        let span = Span {
            span_id: columns.span_id("span_id", row)?.unwrap_or(SpanId([0; 8])),
            parent_span_id: columns.span_id("parent_span_id", row)?,
            service: service.value(row).into(),
            name: name.value(row).into(),
            kind: kind.value(row).into(),
            start: Nanos(start[row]),
            duration_ns: duration[row],
            status: status.value(row).into(),
            status_message: text(&message, row),
            resource: String::new(),
            scope: Scope {
                name: text(&scope_name, row),
                version: text(&scope_version, row),
                attributes: text(&scope_attributes, row).map(|json| attributes(&json)).unwrap_or_default(),
                schema_url: text(&schema_url, row),
            },
            attributes: attributes(json.value(row)),
            events: events(columns.column("events")?, row),
            links: links(columns.column("links")?, row),
            trace_state: text(&state, row),
            flags: flags[row],
            peer: text(&peer, row),
            source: source.value(row).into(),
            tier: tier.value(row).into(),
            quality: quality::names(bits[row]).map(str::to_owned).collect(),
            dropped: Dropped { attributes: dropped[0][row], events: dropped[1][row], links: dropped[2][row] },
        };
        rows.push(Row { trace_id, resource_id: resource[row], span });
    }
    Ok(rows)
}

/// The entries of a list of structs, each with its columns by name.
pub(crate) fn entries(lists: &ArrayRef, row: usize) -> RecordBatch {
    let items = lists.as_list::<i32>().value(row);
    RecordBatch::from(items.as_struct())
}

fn events(lists: &ArrayRef, row: usize) -> Vec<Event> {
    let batch = entries(lists, row);
    let columns = Columns::of(&batch);
    let read = || {
        let (times, names, json) =
            (columns.instants("time")?, columns.texts("name")?, columns.texts("attributes")?);
        let event = |at: usize| Event {
            time: Nanos(times[at]),
            name: names.value(at).into(),
            attributes: attributes(json.value(at)),
        };
        Ok::<_, datafusion::error::DataFusionError>((0..batch.num_rows()).map(event).collect())
    };
    read().unwrap_or_default()
}

fn links(lists: &ArrayRef, row: usize) -> Vec<Link> {
    let batch = entries(lists, row);
    let columns = Columns::of(&batch);
    let read = || {
        let (states, json) = (columns.texts("trace_state")?, columns.texts("attributes")?);
        (0..batch.num_rows())
            .map(|at| {
                Ok::<_, datafusion::error::DataFusionError>(Link {
                    trace_id: trace_id(&batch, at).unwrap_or(TraceId([0; 16])),
                    span_id: columns.span_id("span_id", at)?.unwrap_or(SpanId([0; 8])),
                    trace_state: text(&states, at),
                    attributes: attributes(json.value(at)),
                })
            })
            .collect::<Result<Vec<_>>>()
    };
    read().unwrap_or_default()
}
