//! From rows of the inputs to columns of the output, one column at a time.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, new_empty_array};
use arrow::compute::{concat, interleave};
use arrow::datatypes::{Field, Schema};
use daymark_aggregate::Told;
use daymark_model::rows;
use daymark_model::signal::Table;

use super::classes::Classes;
use super::repeats::by_input;
use super::{ATTRIBUTE_ROWS, BATCH_ROWS, Input, RowRef};
use crate::aggregates::{self, Summing, is_summed};
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

/// What the passes of a merge write to.
pub(super) struct Output<'a> {
    pub(super) data: DataWriter,
    pub(super) indexer: Indexer,
    pub(super) blooms: BloomsBuilder,
    /// Of spans only.
    pub(super) sums: Option<Summing<'a>>,
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

    /// Appends the rows to the columns of the row group.
    pub(super) fn write(
        &self,
        classes: &Classes,
        columns: &mut [ColumnWriter],
        output: &mut Output<'_>,
    ) -> Result<()> {
        let schema = rows::schema(self.table);
        let plain = || schema.fields().iter().filter(|field| field.name() != REST);
        let (columns, of_attributes) = columns.split_at_mut(plain().count());
        let (mut fields, mut kept) = (Vec::new(), Vec::new());
        for (field, column) in plain().zip(columns) {
            let gathered = self.gathered(field)?;
            let size = block_rows(self.table);
            for at in (0..gathered.len()).step_by(size) {
                column.block(&gathered.slice(at, size.min(gathered.len() - at)))?;
            }
            if text_column(self.table) == Some(field.name()) {
                output.indexer.add_texts(&gathered)?;
            }
            let is_summed = self.table == Table::Spans && is_summed(field.name());
            if is_summed || index::columns(self.table).contains(&field.name().as_str()) {
                fields.push(Arc::clone(field));
                kept.push(gathered);
            }
        }
        let mut told = Vec::new();
        if has_attributes(self.table) {
            let values;
            (values, told) = self.attributes(classes, of_attributes, &mut output.blooms)?;
            output.indexer.cover(values);
        }
        let kept = RecordBatch::try_new(Arc::new(Schema::new(fields)), kept)?;
        output.indexer.add(&kept)?;
        if let Some(sums) = &mut output.sums {
            sums.add(&kept, &told)?;
        }
        Ok(())
    }

    /// A column in the order of the output.
    fn gathered(&self, field: &Field) -> Result<ArrayRef> {
        let mut sources = Vec::with_capacity(self.inputs.len());
        for (input, rows) in self.inputs.iter().zip(&self.needed) {
            let batches = input.segment.stored(|name| name == field.name(), rows, BATCH_ROWS)?;
            let parts = batches.map(|batch| Ok(Arc::clone(batch?.column(0)))).collect::<Result<Vec<_>>>()?;
            let parts: Vec<_> = parts.iter().map(AsRef::as_ref).collect();
            sources.push(if parts.is_empty() { new_empty_array(field.data_type()) } else { concat(&parts)? });
        }
        let sources: Vec<_> = sources.iter().map(AsRef::as_ref).collect();
        Ok(interleave(&sources, &self.places)?)
    }

    /// The list of the rest, the set and the own columns, which are the last of a file. Answers all values
    /// of the set, and what the attributes of each row say of its span.
    fn attributes(
        &self,
        classes: &Classes,
        columns: &mut [ColumnWriter],
        blooms: &mut BloomsBuilder,
    ) -> Result<(ValueSets, Vec<Told>)> {
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
        let places: Vec<_> = self.places.iter().map(locate).collect();
        let mut told = Vec::new();
        if self.table == Table::Spans {
            let said: Vec<_> = read.iter().map(aggregates::told).collect();
            told.extend(places.iter().map(|(batch, row)| said[*batch][*row]));
        }
        let mut spread = Spread::new(classes, read);
        for places in places.chunks(block_rows(self.table)) {
            let arrays = spread.block(places, blooms)?;
            for (column, array) in columns.iter_mut().zip(&arrays) {
                column.block(array)?;
            }
        }
        Ok((spread.set_values(), told))
    }
}
