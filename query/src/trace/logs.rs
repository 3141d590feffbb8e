//! The logs of a trace, over all time, oldest first.
//!
//! A page ends at an instant and a number of rows of that instant; the cursor names both, so rows that come
//! in meanwhile with other instants neither hide nor repeat any.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{Schema, UInt8Type};
use datafusion::common::{DataFusionError, Result};
use daymark_model::id::TraceId;
use daymark_model::limits::CUT_MARKER;
use daymark_model::signal::Table;
use daymark_model::tables::{Column, LOGS};
use daymark_model::time::Nanos;
use daymark_view::error::{AskError, Code};
use daymark_view::meta::Meta;
use daymark_view::trace_logs::{LogRow, TraceLogsAsk};

use crate::columns;
use crate::running::scanned;
use crate::scan::layout::Layout;
use crate::scan::part::Part;
use crate::scan::reader::Tally;
use crate::sql::failure;
use crate::trace::episode::Around;
use crate::trace::found::{find, identify, trace_id};
use crate::trace::spans::{Columns, attributes, text};

pub(crate) fn logs(
    (spans, logs): (&[Part], &[Part]),
    ask: &TraceLogsAsk,
    tally: &Tally,
) -> Result<(Vec<LogRow>, Meta), AskError> {
    let after = ask.cursor.as_deref().map(Cursor::parse).transpose()?;
    let read = || Ok((Around::read(spans, ask.id, ask.episode, tally)?, read(logs, ask.id, tally)?));
    let (around, mut rows) = read().map_err(|error: DataFusionError| failure::of(&error))?;
    // Logs may be all that came of a trace.
    if let Some(around) = &around {
        rows.retain(|row| around.times.contains(&row.time.0));
    }
    if let Some(span) = ask.span_id {
        let (id, service) = around.as_ref().map_or((span, None), |around| around.sent(span));
        rows.retain(|row| row.span_id == Some(id) && service.is_none_or(|service| row.service == service));
    }
    rows.sort_by_key(|row| row.time);
    let given = after.map_or(0, |cursor| cursor.position(&rows));
    let end = given.saturating_add(ask.limit).min(rows.len());
    let has_more = end < rows.len();
    let page: Vec<LogRow> = rows.drain(..end).skip(given).collect();
    let last = page.last().map(|last| last.time);
    let cursor = last.filter(|_| has_more).map(|time| {
        let of_this_instant = page.iter().rev().take_while(|row| row.time == time).count();
        let before = after.filter(|cursor| cursor.time == time).map_or(0, |cursor| cursor.given);
        Cursor { time, given: before + of_this_instant }.to_text()
    });
    let meta = Meta { scanned: scanned(tally), partial: tally.partial(), cursor, ..Meta::default() };
    Ok((page, meta))
}

/// Where a page ended.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    time: Nanos,
    /// Rows of that instant that were given.
    given: usize,
}

impl Cursor {
    fn parse(text: &str) -> Result<Self, AskError> {
        let parts = || {
            let (time, given) = text.split_once('.')?;
            Some(Self { time: Nanos(time.parse().ok()?), given: given.parse().ok()? })
        };
        parts().ok_or_else(|| AskError::new(Code::BadCursor, "the cursor is not one of this list"))
    }

    fn to_text(self) -> String {
        format!("{}.{}", self.time, self.given)
    }

    /// How many of the rows, oldest first, had been given.
    fn position(self, rows: &[LogRow]) -> usize {
        let earlier = rows.partition_point(|row| row.time < self.time);
        let of_this_instant = rows.iter().skip(earlier).take_while(|row| row.time == self.time).count();
        earlier + self.given.min(of_this_instant)
    }
}

/// The columns that a log row is made of. What was cut is none: the body tells it.
pub(crate) fn fields() -> impl Iterator<Item = &'static Column> {
    LogRow::FIELDS.iter().filter_map(|name| LOGS.column(name))
}

fn read(parts: &[Part], id: TraceId, tally: &Tally) -> Result<Vec<LogRow>> {
    let schema = Schema::new(fields().map(columns::field).collect::<Vec<_>>());
    let layout = Layout::new(Table::Logs, Arc::new(schema), &[])?;
    let mut rows = Vec::new();
    let mut latest = std::collections::BTreeMap::new();
    for found in find(parts, id, layout.projection(), tally)? {
        for row in rows_of(&layout.assemble(&found.rows, found.part)?)? {
            if let Some(id) = row.trace_id {
                let at = latest.entry(id).or_insert(row.time.0);
                *at = row.time.0.max(*at);
            }
            rows.push(row);
        }
    }
    let meant = identify(id, &latest).map(|identity| identity.id);
    rows.retain(|row| row.trace_id == meant);
    Ok(rows)
}

pub(crate) fn rows_of(batch: &arrow::array::RecordBatch) -> Result<Vec<LogRow>> {
    let columns = Columns::of(batch);
    let texts = |name: &str| columns.texts(name);
    let (log_id, severity, severity_text) = (texts("log_id")?, texts("severity")?, texts("severity_text")?);
    let (service, instance, body) = (texts("service")?, texts("instance")?, texts("body")?);
    let (event_name, json, resource) = (texts("event_name")?, texts("attributes")?, texts("resource")?);
    let times = columns.instants("time")?;
    let numbers =
        batch.column_by_name("severity_number").and_then(|column| column.as_primitive_opt::<UInt8Type>());
    let row = |row: usize| {
        let body = text(&body, row);
        let is_cut = body.as_ref().is_some_and(|body| body.ends_with(CUT_MARKER));
        Ok(LogRow {
            log_id: log_id.value(row).into(),
            time: Nanos(times[row]),
            severity: severity.value(row).into(),
            severity_number: numbers.map_or(0, |numbers| numbers.value(row)),
            severity_text: text(&severity_text, row),
            service: service.value(row).into(),
            instance: text(&instance, row),
            body,
            trace_id: trace_id(batch, row),
            span_id: columns.span_id("span_id", row)?,
            event_name: text(&event_name, row),
            attributes: attributes(json.value(row)),
            resource: attributes(resource.value(row)),
            truncated: if is_cut { vec!["body".into()] } else { Vec::new() },
        })
    };
    (0..batch.num_rows()).map(row).collect()
}
