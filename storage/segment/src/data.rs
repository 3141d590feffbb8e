//! Writing `data.parquet`, row group by row group and in each column by column.
//!
//! Columns of a row group are handed over whole and cut here into blocks, so that a flat page ends where a block
//! does. Its checksums (`pages.crc`) are taken from the bytes as they stand in the file.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::concat;
use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use daymark_model::signal::Table;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::arrow::{ArrowWriter, PARQUET_FIELD_ID_META_KEY};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

use crate::error::{Error, Result};
use crate::folder::{FileWriter, Folder};
use crate::layout;
use crate::meta::Level;
use crate::pages::{PAGES, encode_pages};

pub(crate) const DATA: &str = "data.parquet";

pub(crate) struct DataWriter {
    schema: SchemaRef,
    file: SerializedFileWriter<FileWriter>,
    factory: ArrowRowGroupWriterFactory,
    groups: usize,
}

impl DataWriter {
    /// `schema` is that of [`layout::schema`].
    pub(crate) fn create(folder: &Folder<'_>, table: Table, level: Level, schema: SchemaRef) -> Result<Self> {
        let properties = layout::properties(table, level, &schema)?;
        let writer = ArrowWriter::try_new(folder.create(DATA)?, Arc::clone(&schema), Some(properties))?;
        let (file, factory) = writer.into_serialized_writer()?;
        Ok(Self { schema, file, factory, groups: 0 })
    }

    /// Starts a row group: its columns, in the order of the schema.
    pub(crate) fn columns(&mut self) -> Result<Vec<ColumnWriter>> {
        let mut leaves = self.factory.create_column_writers(self.groups)?.into_iter();
        self.groups += 1;
        let mut columns = Vec::with_capacity(self.schema.fields().len());
        for field in self.schema.fields() {
            let count = leaf_count(field);
            columns.push(ColumnWriter {
                field: Arc::clone(field),
                leaves: leaves.by_ref().take(count).collect(),
            });
        }
        Ok(columns)
    }

    /// Ends a row group with the chunks of its columns, in the order of the schema.
    pub(crate) fn append(&mut self, chunks: impl IntoIterator<Item = ArrowColumnChunk>) -> Result<()> {
        let mut group = self.file.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
        Ok(())
    }

    /// Finishes the file and writes the checksums of its pages.
    pub(crate) fn finish(self, folder: &mut Folder<'_>) -> Result<()> {
        let mut file = self.file.into_inner()?;
        file.flush().map_err(Error::io(file.path()))?;
        let pages = encode_pages(&file)?;
        folder.finish(file)?;
        folder.write(PAGES, &pages)
    }
}

/// A file of one row group for rows that are few: fields are numbered from 1 on.
pub(crate) fn small_file(rows: &RecordBatch) -> Result<Vec<u8>> {
    let is_unlike = |field: &FieldRef| is_id(field.data_type());
    numbered_file(rows, is_unlike, |properties| properties)
}

/// The same with pages of so many rows, for rows that are read in part.
pub(crate) fn paged_file(
    rows: &RecordBatch,
    page_rows: usize,
    is_unlike: impl Fn(&FieldRef) -> bool,
) -> Result<Vec<u8>> {
    let in_pages = |properties: WriterPropertiesBuilder| {
        properties.set_data_page_row_count_limit(page_rows).set_write_batch_size(page_rows)
    };
    numbered_file(rows, is_unlike, in_pages)
}

/// Columns whose values are unlike each other get no dictionary.
fn numbered_file(
    rows: &RecordBatch,
    is_unlike: impl Fn(&FieldRef) -> bool,
    more: impl FnOnce(WriterPropertiesBuilder) -> WriterPropertiesBuilder,
) -> Result<Vec<u8>> {
    let with_id = |(id, field): (usize, &FieldRef)| {
        let about = [(PARQUET_FIELD_ID_META_KEY.to_owned(), (id + 1).to_string())];
        field.as_ref().clone().with_metadata(about.into())
    };
    let fields: Vec<_> = rows.schema_ref().fields().iter().enumerate().map(with_id).collect();
    let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), rows.columns().to_vec())?;
    let mut properties = more(WriterProperties::builder())
        .set_created_by("daymark".into())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_statistics_enabled(EnabledStatistics::None);
    for field in rows.schema().fields().iter().filter(|field| is_unlike(field)) {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(field.name().as_str()), false);
    }
    let mut writer = ArrowWriter::try_new(Vec::new(), rows.schema(), Some(properties.build()))?;
    writer.write(&rows)?;
    Ok(writer.into_inner()?)
}

/// Ids seldom repeat.
fn is_id(kind: &DataType) -> bool {
    matches!(kind, DataType::FixedSizeBinary(_))
}

fn leaf_count(field: &FieldRef) -> usize {
    match field.data_type() {
        DataType::List(item) => leaf_count(item),
        DataType::Struct(fields) => fields.iter().map(leaf_count).sum(),
        _ => 1,
    }
}

/// One column of a row group.
pub(crate) struct ColumnWriter {
    field: FieldRef,
    leaves: Vec<ArrowColumnWriter>,
}

impl ColumnWriter {
    /// Adds the next block: a page of a flat column.
    pub(crate) fn block(&mut self, values: &ArrayRef) -> Result<()> {
        for (writer, leaf) in self.leaves.iter_mut().zip(compute_leaves(&self.field, values)?) {
            writer.write(&leaf)?;
        }
        Ok(())
    }

    /// Adds the next block, which lies in pieces. A flat column is told it whole: a dictionary that grew too
    /// large ends a page, and that has to be the end of a block.
    pub(crate) fn pieces(&mut self, pieces: &[ArrayRef]) -> Result<()> {
        match pieces {
            [whole] => self.block(whole),
            several if self.field.data_type().is_nested() => {
                several.iter().try_for_each(|piece| self.block(piece))
            }
            several => {
                let several: Vec<&dyn Array> = several.iter().map(AsRef::as_ref).collect();
                self.block(&concat(&several)?)
            }
        }
    }

    pub(crate) fn finish(self) -> Result<Vec<ArrowColumnChunk>> {
        self.leaves.into_iter().map(|leaf| Ok(leaf.close()?)).collect()
    }
}
