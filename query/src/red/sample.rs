//! Some spans of a service, as examples: a bounded number of blocks, from the newest on or spread over a
//! range.

use arrow::array::{Array, AsArray};
use arrow::datatypes::UInt64Type;
use datafusion::common::Result;
use daymark_model::id::TraceId;
use daymark_model::signal::Table;
use daymark_segment::{Predicate, Projection};
use daymark_view::range::Range;
use daymark_view::services::Scope;
use tokio::task::yield_now;

use super::reader::Reader;
use super::whose::Whose;
use crate::scan::owners::Describe;
use crate::scan::part::{Part, Unit};
use crate::trace::found::trace_id;
use crate::trace::spans::Columns;

const COLUMNS: [&str; 9] = [
    "trace_id",
    "parent_span_id",
    "service",
    "name",
    "kind",
    "start",
    "duration_ns",
    "status",
    "resource_id",
];

/// Which rows are read, and about how many at most.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spread {
    Newest(usize),
    Even(usize),
}

#[derive(Clone, Debug)]
pub(crate) struct SampleSpan {
    pub(crate) trace_id: TraceId,
    pub(crate) is_root: bool,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) start: i64,
    pub(crate) duration_ns: i64,
    pub(crate) status: String,
}

impl SampleSpan {
    /// Surely an entry; some others may be, too.
    pub(crate) fn is_entry(&self) -> bool {
        self.is_root || matches!(self.kind.as_str(), "server" | "consumer")
    }
}

pub(crate) async fn sample(
    reader: &Reader,
    service: &str,
    scope: &[Scope],
    range: Range,
    spread: Spread,
) -> Result<Vec<SampleSpan>> {
    let parts: &[Part] =
        reader.parts.iter().find(|(table, _)| *table == Table::Spans).map_or(&[], |(_, parts)| parts);
    let predicate = Predicate {
        time: Some(range.from.0..range.to.0),
        service: Some(vec![service.to_owned()]),
        ..Predicate::default()
    };
    let units = parts.iter().enumerate();
    let units_of =
        |(at, part): (usize, &Part)| part.units(at, &part.candidates(&predicate), Some(&predicate));
    let mut units: Vec<Unit> = units.flat_map(units_of).collect();
    units.retain(|unit| unit.time_min < range.to.0 && range.from.0 <= unit.usual_max);
    units.sort_by_key(|unit| std::cmp::Reverse(unit.usual_max));
    let chosen: Vec<&Unit> = match spread {
        Spread::Newest(most) => {
            let mut rows = 0;
            let has_room = |unit: &&Unit| {
                let had = rows;
                rows += unit.rows.count();
                had < most
            };
            units.iter().take_while(has_room).collect()
        }
        Spread::Even(most) => {
            let rows: usize = units.iter().map(|unit| unit.rows.count()).sum();
            units.iter().step_by(rows.div_ceil(most.max(1)).max(1)).collect()
        }
    };
    let whose = Whose::of(scope, reader);
    let mut spans = Vec::new();
    for unit in chosen {
        let part = &parts[unit.part];
        for batch in part.read(&Projection::columns(COLUMNS), &unit.rows)? {
            let batch = batch?;
            let columns = Columns::of(&batch);
            let (services, names) = (columns.texts("service")?, columns.texts("name")?);
            let (kinds, states) = (columns.texts("kind")?, columns.texts("status")?);
            let (starts, durations) = (columns.instants("start")?, columns.integers("duration_ns")?);
            let resources =
                batch.column_by_name("resource_id").and_then(|ids| ids.as_primitive_opt::<UInt64Type>());
            let parents = batch.column_by_name("parent_span_id");
            for row in 0..batch.num_rows() {
                if services.value(row) != service || !(range.from.0..range.to.0).contains(&starts[row]) {
                    continue;
                }
                let resource = resources.and_then(|ids| part.resource(ids.value(row)));
                if !scope.is_empty() && !resource.is_some_and(|resource| whose.has_resource(resource)) {
                    continue;
                }
                let Some(trace_id) = trace_id(&batch, row) else { continue };
                spans.push(SampleSpan {
                    trace_id,
                    is_root: parents.is_some_and(|parents| parents.is_null(row)),
                    name: names.value(row).into(),
                    kind: kinds.value(row).into(),
                    start: starts[row],
                    duration_ns: durations[row],
                    status: states.value(row).into(),
                });
            }
        }
        yield_now().await;
    }
    Ok(spans)
}
