//! Which rows tell the same: equal spans collapse to the first, points of one instant to the last received.
//!
//! Only neighbours of equal keys are read and compared, by a hash of all that the sender said: not by what
//! we added (source, tier, stream, quality). Lines are never repeats: two equal lines can be real.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::Int32Type;
use arrow::row::{RowConverter, SortField};
use daymark_model::rows;
use daymark_model::signal::Table;
use hashbrown::{HashMap, HashSet};
use xxhash_rust::xxh3::xxh3_128;

use super::order::RowKey;
use super::{BATCH_ROWS, Input, RowRef};
use crate::error::Result;
use crate::projection::{Projection, column};
use crate::ranges::RowRanges;

/// Columns that say how a record came to us.
const OURS: [&str; 4] = ["source", "tier", "stream", "quality"];

/// The rows that stay, in order, and those that do not.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) rows: Vec<RowRef>,
    pub(super) repeats: Vec<RowRef>,
    pub(super) conflicts: Vec<RowRef>,
}

pub(super) fn without(table: Table, inputs: &[Input], sorted: &[RowKey]) -> Result<Kept> {
    let mut kept = Kept { rows: Vec::with_capacity(sorted.len()), ..Kept::default() };
    if table == Table::Logs {
        kept.rows.extend(sorted.iter().map(|key| key.at));
        return Ok(kept);
    }
    let same = || sorted.chunk_by(RowKey::may_repeat);
    let doubtful = same().filter(|run| run.len() > 1).flatten().map(|key| key.at);
    let identities = identities(table, inputs, doubtful.collect())?;
    let is_point = !matches!(table, Table::Spans | Table::Exemplars);
    let mut seen = HashSet::new();
    for run in same() {
        if let [only] = run {
            kept.rows.push(only.at);
            continue;
        }
        if is_point {
            last_received(run, &identities, &mut kept);
            continue;
        }
        seen.clear();
        for key in run {
            let is_new = seen.insert(identities.get(&key.at));
            if is_new { kept.rows.push(key.at) } else { kept.repeats.push(key.at) }
        }
    }
    Ok(kept)
}

/// Of several points for one instant the last one counts.
fn last_received(run: &[RowKey], identities: &HashMap<RowRef, u128>, kept: &mut Kept) {
    if let Some((last, before)) = run.split_last() {
        kept.rows.push(last.at);
        for key in before {
            let is_equal = identities.get(&key.at) == identities.get(&last.at);
            if is_equal { kept.repeats.push(key.at) } else { kept.conflicts.push(key.at) }
        }
    }
}

fn identities(table: Table, inputs: &[Input], rows: Vec<RowRef>) -> Result<HashMap<RowRef, u128>> {
    let mut identities = HashMap::with_capacity(rows.len());
    let mut projection = Projection::all(table);
    projection.columns.retain(|name| !OURS.contains(&name.as_str()));
    let schema = projection.schema(table)?;
    let fields = schema.fields().iter().map(|field| SortField::new(field.data_type().clone()));
    let converter = RowConverter::new(fields.collect())?;
    for (input, rows) in (0..).zip(by_input(inputs, rows)) {
        let mut refs = rows.rows().map(|row| RowRef { input, row });
        for batch in inputs[input as usize].segment.read(&projection, &rows, BATCH_ROWS)? {
            let batch = batch?;
            let mut texts = converter.empty_rows(0, 0);
            converter.append(&mut texts, batch.columns())?;
            let hashes = texts.iter().map(|text| xxh3_128(text.as_ref()));
            identities.extend(hashes.zip(refs.by_ref()).map(|(hash, at)| (at, hash)));
        }
    }
    Ok(identities)
}

/// The rows of each input.
pub(super) fn by_input(inputs: &[Input], mut rows: Vec<RowRef>) -> Vec<RowRanges> {
    rows.sort_unstable();
    let mut lists = vec![RowRanges::default(); inputs.len()];
    for RowRef { input, row } in rows {
        lists[input as usize].push(row..row + 1);
    }
    lists
}

/// How many of the rows each source sent.
pub(super) fn by_source(table: Table, inputs: &[Input], rows: &[RowRef]) -> Result<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    if rows.is_empty() || rows::schema(table).column_with_name("source").is_none() {
        return Ok(counts);
    }
    for (input, rows) in inputs.iter().zip(by_input(inputs, rows.to_vec())) {
        for batch in input.segment.read(&Projection::columns(["source"]), &rows, BATCH_ROWS)? {
            let batch = batch?;
            let sources = column(&batch, "source")?.as_dictionary::<Int32Type>();
            let names = sources.values().as_string::<i32>();
            for key in sources.keys().iter().flatten() {
                *counts.entry(names.value(key as usize).to_owned()).or_default() += 1;
            }
        }
    }
    Ok(counts)
}
