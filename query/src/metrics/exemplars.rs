//! `GET /metrics/exemplars`: measurements of a metric that point to traces, newest first.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use datafusion::common::Result as Read;
use datafusion::execution::memory_pool::MemoryConsumer;
use daymark_model::time::Nanos;
use daymark_view::error::AskError;
use daymark_view::meta::Answer;
use daymark_view::metrics::{ExemplarRow, ExemplarsAsk};
use daymark_view::search::quoted;
use xxhash_rust::xxh3::xxh3_64;

use super::PointParts;
use super::selection::{Asked, Selection};
use super::sight::Wanted;
use crate::running::scanned;
use crate::search::{Cursor, Desk, between, instant};
use crate::sql::failure;
use crate::trace::found::trace_id;
use crate::trace::spans::{Columns, attributes};

/// Rows that are looked at together.
const ROWS: usize = 4_096;

pub(crate) async fn exemplars(
    desk: Desk,
    ask: ExemplarsAsk,
    parts: PointParts,
) -> Result<Answer<Vec<ExemplarRow>>, AskError> {
    let question = format!("{} {} {:?}", ask.metric, ask.query, ask.scope);
    let mut cursor = match &ask.cursor {
        Some(text) => Cursor::read(text, &question)?,
        None => Cursor::start(ask.range, i64::MAX),
    };
    let chosen = chosen(&desk, &ask, &parts).await?;
    let mut found: Vec<ExemplarRow> = Vec::new();
    let (mut bound, mut skipped) = (cursor.bound, 0);
    loop {
        let sql = format!(
            "SELECT metric, series_id, time, value, trace_id, span_id, service, attributes FROM exemplars \
             WHERE metric = {} AND {} AND time <= {} ORDER BY time DESC LIMIT {ROWS} OFFSET {skipped}",
            quoted(&ask.metric),
            between("time", cursor.range.from, cursor.range.to),
            instant(bound),
        );
        let (mut rows, mut last) = (0, bound);
        for batch in desk.rows(&sql).await? {
            for row in rows_of(&batch).map_err(|error| failure::of(&error))? {
                (rows, last) = (rows + 1, row.time.0);
                let is_meant = chosen.as_ref().is_none_or(|chosen| chosen.member(row.series_id).is_some());
                if is_meant && !cursor.has_shown(&place(&row)) {
                    found.push(row);
                }
            }
        }
        if rows < ROWS || found.len() > ask.limit {
            break;
        }
        // Those of the last instant may not be all of it.
        skipped = if last == bound { skipped + rows } else { 0 };
        if last != bound {
            found.retain(|row| row.time.0 != last);
        }
        bound = last;
    }
    let has_more = cursor.turn(&mut found, ask.limit, |row| (row.time.0, place(row).to_vec()));
    let mut answer = Answer::of(found);
    answer.meta.cursor = has_more.then(|| cursor.text(&question));
    answer.meta.scanned = scanned(&desk.tally);
    answer.meta.partial = desk.tally.partial();
    Ok(answer)
}

/// The series that are meant; none when all are.
async fn chosen(desk: &Desk, ask: &ExemplarsAsk, parts: &PointParts) -> Result<Option<Selection>, AskError> {
    if ask.query.node.is_none() && ask.scope.is_empty() {
        return Ok(None);
    }
    let asked = Asked { metric: &ask.metric, scope: &ask.scope, wanted: Wanted::of(&ask.query)?, by: &[] };
    let mut memory = MemoryConsumer::new("metrics").register(&desk.state.runtime_env().memory_pool);
    // An exemplar may be older than the first point after it.
    Selection::of(&asked, parts, &(i64::MIN..i64::MAX), &mut memory).await.map(Some)
}

/// What tells an exemplar from others of its instant.
fn place(row: &ExemplarRow) -> [u8; 8] {
    xxh3_64(format!("{} {:?} {:?} {}", row.series_id, row.trace_id, row.span_id, row.value).as_bytes())
        .to_le_bytes()
}

fn rows_of(batch: &RecordBatch) -> Read<Vec<ExemplarRow>> {
    let columns = Columns::of(batch);
    let (metrics, services) = (columns.texts("metric")?, columns.texts("service")?);
    let (json, series, times) =
        (columns.texts("attributes")?, columns.wide("series_id")?, columns.instants("time")?);
    let values = batch.column_by_name("value").and_then(|values| values.as_primitive_opt::<Float64Type>());
    let row = |at: usize| {
        Ok(ExemplarRow {
            metric: metrics.value(at).into(),
            series_id: series[at],
            time: Nanos(times[at]),
            value: values.map_or(f64::NAN, |values| values.value(at)),
            trace_id: trace_id(batch, at),
            span_id: columns.span_id("span_id", at)?,
            service: services.value(at).into(),
            attributes: attributes(json.value(at)),
        })
    };
    (0..batch.num_rows()).map(row).collect()
}
