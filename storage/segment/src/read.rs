//! Reading rows of an open segment: only the pages that hold them, each checked, in file order.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReader, RowSelection};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_field_levels};

use crate::attributes::{REST, SET};
use crate::error::{Error, Result};
use crate::meta::{Meta, OwnColumn};
use crate::pages::PageSource;
use crate::projection::Projection;
use crate::ranges::RowRanges;
use crate::row_groups::ChosenGroups;
use crate::severity;

/// The rows of one read, as batches of the projection. After an error it ends.
pub struct Rows {
    projection: Projection,
    schema: SchemaRef,
    own: Arc<[OwnColumn]>,
    stored: StoredRows,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Rows").field("projection", &self.projection).finish_non_exhaustive()
    }
}

impl Rows {
    pub(crate) fn new(
        projection: Projection,
        schema: SchemaRef,
        own: Arc<[OwnColumn]>,
        stored: StoredRows,
    ) -> Self {
        Self { projection, schema, own, stored }
    }

    /// The schema of every batch.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

impl Iterator for Rows {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let answer = |stored: RecordBatch| {
            self.projection.of_stored(&self.schema, &severity::as_buffered(stored)?, &self.own)
        };
        let batch = self.stored.next()?.and_then(answer);
        if batch.is_err() {
            self.stored.reader = None;
        }
        Some(batch)
    }
}

/// Whether a projection needs a column of the file.
pub(crate) fn is_needed(projection: &Projection, meta: &Meta, name: &str) -> bool {
    let wants = |name: &str| projection.columns.iter().any(|column| column == name);
    let is_in_set = |key: &String| meta.set_keys.contains(key);
    match meta.own_columns.iter().find(|column| column.column == name) {
        Some(column) => projection.attributes || projection.keys.contains(&column.key),
        None if name == SET => projection.attributes || projection.keys.iter().any(is_in_set),
        None if name == REST => projection.attributes || !projection.keys.iter().all(is_in_set),
        None if name == severity::NUMBER => wants(name) || wants(severity::TEXT),
        None => wants(name),
    }
}

/// The rows of one read as the file has them.
pub(crate) struct StoredRows {
    source: PageSource,
    reader: Option<ParquetRecordBatchReader>,
}

impl StoredRows {
    /// Reads the columns that `wants` names.
    pub(crate) fn new(
        source: PageSource,
        file: &ArrowReaderMetadata,
        wants: impl Fn(&str) -> bool,
        rows: &RowRanges,
        batch_rows: usize,
    ) -> Result<Self> {
        let mut groups = Vec::new();
        let mut selected = Vec::new();
        // Rows are numbered in the file, selections in the chosen row groups one behind the other.
        let (mut first, mut chosen) = (0_usize, 0_usize);
        for (number, group) in file.metadata().row_groups().iter().enumerate() {
            let count = group.num_rows() as usize;
            let inside = rows.within(first as u32..(first + count) as u32);
            if !inside.is_empty() {
                groups.push(number);
                let of_chosen = |row: u32| row as usize - first + chosen;
                let ranges = inside.as_slice().iter();
                selected.extend(ranges.map(|range| of_chosen(range.start)..of_chosen(range.end)));
                chosen += count;
            }
            first += count;
        }
        if groups.is_empty() {
            return Ok(Self { source, reader: None });
        }
        let roots = file.schema().fields().iter().enumerate();
        let roots = roots.filter(|(_, field)| wants(field.name())).map(|(root, _)| root);
        let mask = ProjectionMask::roots(file.parquet_schema(), roots);
        let levels =
            parquet_to_arrow_field_levels(file.parquet_schema(), mask, Some(file.schema().fields()))?;
        let groups = ChosenGroups::new(source.clone(), Arc::clone(file.metadata()), groups);
        // Reading all rows is much cheaper than selecting them.
        let is_all = matches!(selected.as_slice(), [all] if all.len() == chosen);
        let selection =
            (!is_all).then(|| RowSelection::from_consecutive_ranges(selected.into_iter(), chosen));
        let batch_rows = batch_rows.clamp(1, rows.count().max(1));
        let reader =
            ParquetRecordBatchReader::try_new_with_row_groups(&levels, &groups, batch_rows, selection)?;
        Ok(Self { source, reader: Some(reader) })
    }
}

impl Iterator for StoredRows {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.as_mut()?.next()?;
        if batch.is_err() {
            self.reader = None;
        }
        Some(batch.map_err(|error| self.source.damage().unwrap_or(Error::Arrow(error))))
    }
}
