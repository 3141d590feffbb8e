//! The contents of some rows of a trace.

use std::collections::{BTreeMap, HashMap};

use arrow::array::BooleanArray;
use arrow::compute::filter_record_batch;
use datafusion::common::Result;
use daymark_model::id::SpanId;
use daymark_model::signal::Table;
use daymark_segment::Projection;
use daymark_view::attribute::Attributes;
use daymark_view::skeleton::{Detail, Details};

use crate::scan::owners::Describe;
use crate::scan::part::Part;
use crate::scan::reader::Tally;
use crate::trace::found::find;
use crate::trace::halves;
use crate::trace::outline::Outline;
use crate::trace::spans::{Columns, Row, attributes, rows};
use crate::trace::whole::{with_resources, without_repeats};

/// Only what is asked for is taken apart, however large the trace is. Every row is one of the outline.
pub(crate) fn details(
    outline: &Outline,
    (revision, wanted): (String, &[u32]),
    parts: &[Part],
    tally: &Tally,
) -> Result<Details> {
    let place = |at: usize| (outline.nodes[at].start, outline.nodes[at].id);
    let mut places: HashMap<(i64, SpanId), Vec<Row>> = HashMap::new();
    for row in wanted {
        places.insert(place(outline.tree.spans[*row as usize] as usize), Vec::new());
    }
    let mut resources: HashMap<u64, Attributes> = HashMap::new();
    let mut told = Vec::new();
    for found in find(parts, outline.id, &Projection::all(Table::Spans), tally)? {
        let columns = Columns::of(&found.rows);
        let starts = columns.instants("start")?;
        let mask: Vec<bool> = (0..found.rows.num_rows())
            .map(|at| {
                Ok(columns.span_id("span_id", at)?.is_some_and(|id| places.contains_key(&(starts[at], id))))
            })
            .collect::<Result<_>>()?;
        for row in rows(&filter_record_batch(&found.rows, &BooleanArray::from(mask))?)? {
            resources.entry(row.resource_id).or_insert_with(|| {
                let resource = found.part.resource(row.resource_id);
                resource.map(|resource| attributes(&resource.attributes)).unwrap_or_default()
            });
            told.push(row);
        }
    }
    told.retain(|row| row.trace_id == outline.id);
    for row in without_repeats(told) {
        if let Some(found) = places.get_mut(&(row.span.start.0, row.span.span_id)) {
            found.push(row);
        }
    }
    let shown = halves::shown(outline.id, &outline.nodes);
    let (mut numbers, mut spans) = (Vec::new(), Vec::new());
    for row in wanted {
        let at = outline.tree.spans[*row as usize] as usize;
        // Spans with one id and start stand in the same order here and there.
        let earlier = (0..at).rev().take_while(|other| place(*other) == place(at)).count();
        let Some(mut found) = places.get(&place(at)).and_then(|rows| rows.get(earlier)).cloned() else {
            continue;
        };
        shown[at].dress(&mut found.span);
        numbers.push(*row);
        spans.push(found);
    }
    let (resources, spans): (BTreeMap<_, _>, _) = with_resources(spans, &resources);
    let spans = numbers.into_iter().zip(spans).map(|(row, span)| Detail { row, span }).collect();
    Ok(Details { rev: revision, resources, spans })
}
