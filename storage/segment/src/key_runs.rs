//! `red.idx`, `red_instances.idx`, `edges.idx`: where the sums of each service lie, and checksums of the pages
//! they lie in, so that those of one service are read without the others.
//!
//! Rows of sums are sorted by service (of calls by the calling one), so each has one run of them.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, StringArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{Int32Type, SchemaRef};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use crate::codec::{Decoder, Encoder};
use crate::error::{Error, Result};
use crate::pages::{PageFile, PageSource, encode_pages};
use crate::ranges::RowRanges;
use crate::read::StoredRows;
use crate::read_cache::ReadCache;

const MAGIC: [u8; 4] = *b"DMK1";
const BATCH_ROWS: usize = 16_384;

/// The bytes of the index of a finished file with these rows, sorted by the column `key`.
pub(crate) fn encode(file: &[u8], rows: &RecordBatch, key: &str) -> Result<Vec<u8>> {
    let column = rows.column_by_name(key).and_then(|keys| keys.as_dictionary_opt::<Int32Type>());
    let keys = column.and_then(|column| column.downcast_dict::<StringArray>());
    let keys = keys.ok_or_else(|| Error::Input(format!("sums without the column {key}")))?;
    let mut runs: Vec<(&str, u32)> = Vec::new();
    for (row, key) in keys.into_iter().enumerate() {
        let (key, end) = (key.unwrap_or_default(), row as u32 + 1);
        match runs.last_mut().filter(|(last, _)| *last == key) {
            Some((_, last_end)) => *last_end = end,
            None => runs.push((key, end)),
        }
    }
    let mut out = Encoder::new(MAGIC);
    out.bytes(&encode_pages(&Bytes::copy_from_slice(file))?);
    out.count(runs.len());
    for (key, end) in runs {
        out.bytes(key.as_bytes());
        out.u32(end);
    }
    Ok(out.finish())
}

/// Sums that can be read service by service.
#[derive(Debug)]
pub(crate) struct KeyRuns {
    file: Arc<PageFile>,
    arrow: ArrowReaderMetadata,
    schema: SchemaRef,
    /// Each key with the end of its rows, in the order of the rows.
    runs: Vec<(String, u32)>,
}

impl KeyRuns {
    /// By the bytes of the index of the file `data`, which are what was written.
    pub(crate) fn open(data: &Path, index: &Path, bytes: &[u8], schema: SchemaRef) -> Result<Self> {
        let mut from = Decoder::new(index, MAGIC, bytes)?;
        let (file, metadata) = PageFile::open(data, index, from.bytes()?)?;
        let count = from.count(8)?;
        let mut runs = Vec::with_capacity(count);
        for _ in 0..count {
            let key = String::from_utf8(from.bytes()?.to_vec());
            runs.push((key.map_err(|_| Error::corrupt(index, "a key that is no text"))?, from.u32()?));
        }
        from.end()?;
        let rows: i64 = metadata.row_groups().iter().map(|group| group.num_rows()).sum();
        let is_whole = runs.last().map_or(0, |(_, end)| i64::from(*end)) == rows;
        if !is_whole || !runs.is_sorted_by(|one, other| one.0 < other.0 && one.1 < other.1) {
            return Err(Error::corrupt(index, "runs that are not those of the rows"));
        }
        let arrow = ArrowReaderMetadata::try_new(Arc::new(metadata), ArrowReaderOptions::new())?;
        Ok(Self { file: Arc::new(file), arrow, schema, runs })
    }

    /// The rows of a key.
    pub(crate) fn read(&self, key: &str, cache: &Arc<ReadCache>) -> Result<RecordBatch> {
        let Ok(at) = self.runs.binary_search_by(|(known, _)| known.as_str().cmp(key)) else {
            return Ok(RecordBatch::new_empty(Arc::clone(&self.schema)));
        };
        let first = at.checked_sub(1).map_or(0, |before| self.runs[before].1);
        let rows: RowRanges = std::iter::once(first..self.runs[at].1).collect();
        let source = PageSource::new(Arc::clone(&self.file), Some(Arc::clone(cache)));
        let stored = StoredRows::new(source, &self.arrow, |_| true, &rows, BATCH_ROWS)?;
        let plain =
            |batch: RecordBatch| RecordBatch::try_new(Arc::clone(&self.schema), batch.columns().to_vec());
        let batches = stored.map(|batch| Ok(plain(batch?)?)).collect::<Result<Vec<_>>>()?;
        Ok(concat_batches(&self.schema, &batches)?)
    }
}
