//! From rows of the inputs to columns of the output, one column at a time for some row groups.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, new_empty_array};
use arrow::compute::{concat, interleave};
use arrow::datatypes::{Field, Schema};
use daymark_aggregate::Told;
use daymark_model::rows;
use daymark_model::signal::Table;
use parquet::arrow::arrow_writer::ArrowColumnChunk;

use super::classes::Classes;
use super::repeats::by_input;
use super::{ATTRIBUTE_ROWS, BATCH_ROWS, Input, RowRef};
use crate::aggregates::{Summing, is_summed, told};
use crate::attributes::{REST, has_attributes};
use crate::blooms::BloomsBuilder;
use crate::data::{ColumnWriter, DataWriter};
use crate::error::Result;
use crate::index::{self, Indexer};
use crate::layout::block_rows;
use crate::projection::{RowAttributes, holds_attributes};
use crate::ranges::RowRanges;
use crate::texts::text_column;
use crate::value_sets::ValueSets;

/// Building own columns and the list of the rest.
mod spread;

use spread::Spread;

/// Output rows that are gathered together.
pub(super) struct Pass<'a> {
    table: Table,
    inputs: &'a [Input],
    /// The rows of each input that are read.
    needed: Vec<RowRanges>,
    /// For each output row its input and its position among the rows read from there.
    places: Vec<(usize, usize)>,
}

/// A row group in the making.
struct Group {
    rows: Range<usize>,
    columns: std::vec::IntoIter<ColumnWriter>,
    chunks: Vec<ArrowColumnChunk>,
    /// The columns that indexes and sums are made of.
    kept: Vec<(Field, ArrayRef)>,
    /// What the attributes of each row say of its span.
    told: Vec<Told>,
}

/// What the passes of a merge write to.
pub(super) struct Output {
    pub(super) data: DataWriter,
    pub(super) indexer: Indexer,
    pub(super) blooms: BloomsBuilder,
    /// Of spans only.
    pub(super) sums: Option<Summing>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(table: Table, inputs: &'a [Input], rows: &[RowRef]) -> Self {
        let needed = by_input(inputs, rows.to_vec());
        let mut order: Vec<_> = rows.iter().copied().zip(0_u32..).collect();
        order.sort_unstable();
        let mut places = vec![(0, 0); rows.len()];
        for run in order.chunk_by(|(a, _), (b, _)| a.input == b.input) {
            for (position, (at, output)) in run.iter().enumerate() {
                places[*output as usize] = (at.input as usize, position);
            }
        }
        Self { table, inputs, needed, places }
    }

    pub(super) fn write(&self, classes: &Classes, group_rows: usize, output: &mut Output) -> Result<()> {
        let Output { data, indexer, blooms, sums } = output;
        let mut groups = Vec::new();
        for start in (0..self.places.len()).step_by(group_rows) {
            let rows = start..(start + group_rows).min(self.places.len());
            let columns = data.columns()?.into_iter();
            groups.push(Group { rows, columns, chunks: Vec::new(), kept: Vec::new(), told: Vec::new() });
        }
        for field in rows::schema(self.table).fields().iter().filter(|field| field.name() != REST) {
            self.plain_column(field, &mut groups, indexer)?;
        }
        if has_attributes(self.table) {
            indexer.cover(self.attributes(classes, &mut groups, blooms)?);
        }
        for group in groups {
            let (fields, arrays): (Vec<_>, _) = group.kept.into_iter().unzip();
            let kept = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?;
            indexer.add(&kept)?;
            if let Some(sums) = sums {
                sums.add(&kept, &group.told)?;
            }
            data.append(group.chunks)?;
        }
        Ok(())
    }

    fn plain_column(&self, field: &Field, groups: &mut [Group], indexer: &mut Indexer) -> Result<()> {
        let mut sources = Vec::with_capacity(self.inputs.len());
        for (input, rows) in self.inputs.iter().zip(&self.needed) {
            let batches = input.segment.stored(|name| name == field.name(), rows, BATCH_ROWS)?;
            let parts = batches.map(|batch| Ok(Arc::clone(batch?.column(0)))).collect::<Result<Vec<_>>>()?;
            let parts: Vec<_> = parts.iter().map(AsRef::as_ref).collect();
            sources.push(if parts.is_empty() { new_empty_array(field.data_type()) } else { concat(&parts)? });
        }
        let sources: Vec<_> = sources.iter().map(AsRef::as_ref).collect();
        let is_kept = index::columns(self.table).contains(&field.name().as_str())
            || (self.table == Table::Spans && is_summed(field.name()));
        let is_text = text_column(self.table) == Some(field.name());
        for group in groups {
            let gathered = interleave(&sources, &self.places[group.rows.clone()])?;
            if let Some(mut column) = group.columns.next() {
                let size = block_rows(self.table);
                for at in (0..gathered.len()).step_by(size) {
                    column.block(&gathered.slice(at, size.min(gathered.len() - at)))?;
                }
                group.chunks.extend(column.finish()?);
            }
            if is_text {
                indexer.add_texts(&gathered)?;
            }
            if is_kept {
                group.kept.push((field.clone(), gathered));
            }
        }
        Ok(())
    }

    /// The list of the rest, the set and the own columns, which are the last of a file. Answers all values
    /// of the set.
    fn attributes(
        &self,
        classes: &Classes,
        groups: &mut [Group],
        blooms: &mut BloomsBuilder,
    ) -> Result<ValueSets> {
        // Attributes are the most there is of a row, so what was read stays where it is.
        let (mut batches, mut starts) = (Vec::new(), vec![Vec::new(); self.inputs.len()]);
        for ((input, rows), starts) in self.inputs.iter().zip(&self.needed).zip(&mut starts) {
            let own = &input.segment.meta().own_columns;
            let mut position = 0;
            for batch in input.segment.stored(|name| holds_attributes(own, name), rows, ATTRIBUTE_ROWS)? {
                starts.push((position, batches.len()));
                batches.push((own, batch?));
                position += batches.last().map_or(0, |(_, batch)| batch.num_rows());
            }
        }
        let locate = |(input, position): &(usize, usize)| {
            let starts = &starts[*input];
            let (start, batch) = starts[starts.partition_point(|(start, _)| start <= position) - 1];
            (batch, position - start)
        };
        let read = batches.iter().map(|(own, batch)| RowAttributes::of(batch, own));
        let read = read.collect::<Result<Vec<_>>>()?;
        let is_summed = self.table == Table::Spans;
        let told: Vec<_> = if is_summed { read.iter().map(told).collect() } else { Vec::new() };
        let mut spread = Spread::new(classes, read);
        for group in groups {
            let places: Vec<_> = self.places[group.rows.clone()].iter().map(locate).collect();
            if is_summed {
                group.told = places.iter().map(|(batch, row)| told[*batch][*row]).collect();
            }
            let mut columns: Vec<_> = group.columns.by_ref().collect();
            for places in places.chunks(block_rows(self.table)) {
                let arrays = spread.block(places, blooms)?;
                for (column, array) in columns.iter_mut().zip(&arrays) {
                    column.block(array)?;
                }
            }
            for column in columns {
                group.chunks.extend(column.finish()?);
            }
        }
        Ok(spread.set_values())
    }
}
