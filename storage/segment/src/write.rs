//! Writing a level 0 segment: the rows of a flushed buffer in the order of their arrival.
//!
//! All files are written and synced, and then the folder; renaming it into place and making it known is
//! the caller's.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use daymark_model::rows::{self, Resource, Series};
use daymark_model::signal::{Signal, Table};
use daymark_vfs::Vfs;

use crate::aggregates::Summing;
use crate::data::DataWriter;
use crate::described::{RESOURCES, SERIES, encode_resources, encode_series};
use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::index::Indexer;
use crate::layout::{self, block_rows, row_group_rows};
use crate::meta::{Meta, Spec};
use crate::projection::column;
use crate::severity;
use crate::texts::text_column;

/// Writes rows in buffer layout into the empty folder `dir`.
pub fn write(
    fs: &dyn Vfs,
    dir: &Path,
    spec: &Spec,
    rows: &[RecordBatch],
    resources: &[Arc<Resource>],
    series: &[Arc<Series>],
) -> Result<Meta> {
    let mut folder = Folder::new(fs, dir);
    let count = rows.iter().map(RecordBatch::num_rows).sum();
    let mut indexer = Indexer::new((spec.table, spec.level), count, resources, series);
    let mut data = DataWriter::create(&folder, spec.table, spec.level, layout::schema(spec.table))?;
    let blocks = blocks(spec.table, rows)?;
    for group in blocks.chunks(row_group_rows(spec.level) / block_rows(spec.table)) {
        let mut chunks = Vec::new();
        for (number, mut column) in data.columns()?.into_iter().enumerate() {
            for pieces in group {
                let pieces = pieces.iter().map(|piece| severity::in_file(piece, number));
                column.pieces(&pieces.collect::<Result<Vec<_>>>()?)?;
            }
            chunks.extend(column.finish()?);
        }
        data.append(chunks)?;
        for piece in group.iter().flatten() {
            indexer.add(piece)?;
            if let Some(texts) = text_column(spec.table) {
                indexer.add_texts(column(piece, texts)?)?;
            }
        }
    }
    data.finish(&mut folder)?;
    write_described(&mut folder, spec.table, resources, series)?;
    if spec.table == Table::Spans {
        Summing::of_rows(rows, resources, spec.is_final)?.write(&mut folder)?;
    }
    let meta = Meta::new(spec, indexer.rows(), indexer.time(), Vec::new());
    indexer.write(&mut folder)?;
    folder.seal(meta)
}

/// Writes resources and series, each once and by id.
pub(crate) fn write_described(
    folder: &mut Folder<'_>,
    table: Table,
    resources: &[Arc<Resource>],
    series: &[Arc<Series>],
) -> Result<()> {
    let resources: BTreeMap<_, _> = resources.iter().map(|one| (one.id, Arc::clone(one))).collect();
    folder.write(RESOURCES, &encode_resources(&resources.into_values().collect::<Vec<_>>())?)?;
    if table.signal() == Signal::Metrics {
        let series: BTreeMap<_, _> = series.iter().map(|one| (one.id, Arc::clone(one))).collect();
        folder.write(SERIES, &encode_series(&series.into_values().collect::<Vec<_>>())?)?;
    }
    Ok(())
}

/// The rows cut into blocks, of which only the last may be shorter. A block lies in pieces: to join them all
/// would be all rows once more.
fn blocks(table: Table, rows: &[RecordBatch]) -> Result<Vec<Vec<RecordBatch>>> {
    let (schema, size) = (rows::schema(table), block_rows(table));
    let total: usize = rows.iter().map(RecordBatch::num_rows).sum();
    if u32::try_from(total).is_err() {
        return Err(Error::Input(format!("{total} rows do not fit one segment")));
    }
    let mut blocks = Vec::with_capacity(total.div_ceil(size));
    let mut pieces: Vec<RecordBatch> = Vec::new();
    let mut missing = size;
    for batch in rows {
        if batch.schema().fields() != schema.fields() {
            return Err(Error::Input(format!("rows that have not the columns of {table}")));
        }
        let mut at = 0;
        while at < batch.num_rows() {
            let piece = batch.slice(at, missing.min(batch.num_rows() - at));
            (at, missing) = (at + piece.num_rows(), missing - piece.num_rows());
            pieces.push(piece);
            if missing == 0 {
                blocks.push(std::mem::take(&mut pieces));
                missing = size;
            }
        }
    }
    if !pieces.is_empty() {
        blocks.push(pieces);
    }
    Ok(blocks)
}
