//! Merging segments into one: sorted rows without repeats, attributes in columns of their own.
//!
//! Row numbers are sorted first; then, for some rows after the other, one column at a time is read from all
//! inputs, gathered in the new order and encoded. Memory is some 40 bytes a row, the encoded columns of a row
//! group, and of [`PASS_ROWS`] rows one column and those that indexes and sums are made of. The inputs stay as
//! they are.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use daymark_model::rows::{Resource, Series};
use daymark_model::signal::Table;
use daymark_vfs::Vfs;

use crate::aggregates::{Beside, Summing};
use crate::attributes::has_attributes;
use crate::blooms::{ATTRIBUTE_BLOOMS, BloomsBuilder};
use crate::data::{ColumnWriter, DataWriter};
use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::index::Indexer;
use crate::layout::{self, block_rows, row_group_rows};
use crate::meta::{Meta, Spec};
use crate::ranges::RowRanges;
use crate::segment::Segment;
use crate::write::write_described;

/// Where the values of each attribute key go.
mod classes;
/// From rows of the inputs to columns of the output.
mod gather;
/// The order of the rows.
mod order;
/// Which rows tell the same.
mod repeats;

use classes::Classes;
use gather::{Output, Pass};

/// Rows that are gathered together.
const PASS_ROWS: usize = 131_072;
/// Bytes of a row group before compression.
const GROUP_BYTES: usize = 256 << 20;
pub(crate) const BATCH_ROWS: usize = 16_384;
/// What is known of the texts of a set is found out anew for each batch.
const ATTRIBUTE_ROWS: usize = 65_536;

/// Rows of a segment that go into a merge. Inputs stand in the order of their arrival.
#[derive(Clone, Debug)]
pub struct Input {
    pub segment: Arc<Segment>,
    /// The rows to take: those of the window, without erased ones.
    pub rows: RowRanges,
}

/// What a merge left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergeStats {
    /// Rows taken from the inputs.
    pub rows_in: u64,
    /// Rows left out because another one says the same, by source.
    pub repeats: BTreeMap<String, u64>,
    /// Data points left out because a later one gives another value for the same instant, by source.
    pub conflicts: BTreeMap<String, u64>,
}

/// What a merge asks while it is under way.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "questions have nothing to show")]
pub struct Around<'a> {
    /// Spans of other segments; asked when no more rows are expected.
    pub beside: Beside<'a>,
    /// Whether to give up: a merge of many rows takes minutes, and nothing is lost with it.
    pub is_stopped: &'a dyn Fn() -> bool,
}

impl Around<'_> {
    fn go_on(self) -> Result<()> {
        if (self.is_stopped)() { Err(Error::Stopped) } else { Ok(()) }
    }
}

/// A row of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RowRef {
    pub(crate) input: u32,
    pub(crate) row: u32,
}

/// Merges the rows into the empty folder `dir`. All inputs hold rows of the table of `spec`.
pub fn merge(
    fs: &dyn Vfs,
    dir: &Path,
    spec: &Spec,
    inputs: &[Input],
    around: Around<'_>,
) -> Result<(Meta, MergeStats)> {
    let table = spec.table;
    if let Some(other) = inputs.iter().map(|input| input.segment.table()).find(|other| *other != table) {
        return Err(Error::Input(format!("rows of {other} cannot be merged into {table}")));
    }
    let described = Described::of(inputs);
    around.go_on()?;
    let sorted = order::sorted(table, inputs, &described.series)?;
    around.go_on()?;
    let kept = repeats::without(table, inputs, &sorted)?;
    let stats = MergeStats {
        rows_in: sorted.len() as u64,
        repeats: repeats::by_source(table, inputs, &kept.repeats)?,
        conflicts: repeats::by_source(table, inputs, &kept.conflicts)?,
    };
    drop(sorted);
    let summing = || Summing::new(&described.resources, spec.is_final.then_some(around.beside));
    let sums = (table == Table::Spans).then(summing);
    let meta = write_rows((fs, dir), (spec, inputs), &kept.rows, &described, (sums, around))?;
    Ok((meta, stats))
}

fn write_rows(
    (fs, dir): (&dyn Vfs, &Path),
    (spec, inputs): (&Spec, &[Input]),
    rows: &[RowRef],
    described: &Described,
    (sums, around): (Option<Summing<'_>>, Around<'_>),
) -> Result<Meta> {
    let mut folder = Folder::new(fs, dir);
    let classes = Classes::of(spec.table, inputs, rows.len())?;
    let schema = layout::merged_schema(spec.table, !classes.set().is_empty(), classes.own());
    let mut output = Output {
        data: DataWriter::create(&folder, spec.table, spec.level, schema)?,
        indexer: Indexer::new((spec.table, spec.level), rows.len(), &described.resources, &described.series),
        blooms: BloomsBuilder::new(block_rows(spec.table)),
        sums,
    };
    for group in rows.chunks(group_rows(spec, inputs)) {
        let mut columns = output.data.columns()?;
        for rows in group.chunks(PASS_ROWS) {
            around.go_on()?;
            Pass::new(spec.table, inputs, rows).write(&classes, &mut columns, &mut output)?;
        }
        let chunks = columns.into_iter().map(ColumnWriter::finish).collect::<Result<Vec<_>>>()?;
        output.data.append(chunks.into_iter().flatten())?;
    }
    let Output { data, indexer, blooms, sums } = output;
    data.finish(&mut folder)?;
    write_described(&mut folder, spec.table, &described.resources, &described.series)?;
    if has_attributes(spec.table) {
        folder.write(ATTRIBUTE_BLOOMS, &blooms.encode())?;
    }
    if let Some(sums) = sums {
        sums.write(&mut folder)?;
    }
    let (own, set_keys) = classes.into_parts();
    let meta = Meta { set_keys, ..Meta::new(spec, indexer.rows(), indexer.time(), own) };
    indexer.write(&mut folder)?;
    folder.seal(meta)
}

/// Rows of a row group: fewer where rows are so long that a column of a pass would not fit in memory.
fn group_rows(spec: &Spec, inputs: &[Input]) -> usize {
    let row_bytes = inputs.iter().map(|input| input.segment.row_bytes()).max().unwrap_or_default();
    let fitting = GROUP_BYTES / usize::try_from(row_bytes).unwrap_or(usize::MAX).max(1);
    let block = block_rows(spec.table);
    (fitting / block * block).clamp(block, row_group_rows(spec.level))
}

/// Resources and series of all inputs, each once, by id.
struct Described {
    resources: Vec<Arc<Resource>>,
    series: Vec<Arc<Series>>,
}

impl Described {
    fn of(inputs: &[Input]) -> Self {
        let resources = inputs.iter().flat_map(|input| input.segment.resources());
        let resources: BTreeMap<_, _> = resources.map(|one| (one.id, one)).collect();
        let series = inputs.iter().flat_map(|input| input.segment.series());
        let series: BTreeMap<_, _> = series.map(|one| (one.id, one)).collect();
        Self {
            resources: resources.into_values().map(Arc::clone).collect(),
            series: series.into_values().map(Arc::clone).collect(),
        }
    }
}

/// The column that tells data points of one series apart from others, or the lines and spans of a trace.
pub(crate) fn is_by_series(table: Table) -> bool {
    !matches!(table, Table::Spans | Table::Logs)
}
