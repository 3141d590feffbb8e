//! Result batches as the bytes of a streamed format.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc::writer::StreamWriter;
use bytes::Bytes;

use daymark_view::sql::{SqlColumn, SqlFormat};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use serde_json::json;

use crate::columns;
use crate::sql::{csv, value};

type Result<T> = std::result::Result<T, ParquetError>;

pub(crate) enum Encoder {
    Ndjson(SchemaRef),
    Csv(SchemaRef),
    Arrow(Box<StreamWriter<Vec<u8>>>),
    Parquet(Box<ArrowWriter<Vec<u8>>>),
}

impl fmt::Debug for Encoder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Encoder(…)")
    }
}

impl Encoder {
    /// None for the format that is no stream.
    pub(crate) fn new(format: SqlFormat, schema: &SchemaRef) -> Result<Option<Self>> {
        Ok(Some(match format {
            SqlFormat::Json => return Ok(None),
            SqlFormat::Ndjson => Self::Ndjson(Arc::clone(schema)),
            SqlFormat::Csv => Self::Csv(Arc::clone(schema)),
            SqlFormat::Arrow => Self::Arrow(Box::new(StreamWriter::try_new(Vec::new(), schema)?)),
            SqlFormat::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .build();
                Self::Parquet(Box::new(ArrowWriter::try_new(
                    Vec::new(),
                    Arc::clone(schema),
                    Some(properties),
                )?))
            }
        }))
    }

    /// What stands before the first row.
    pub(crate) fn begin(&mut self) -> Bytes {
        match self {
            Self::Ndjson(schema) => {
                let mut line = json!({"schema": columns(schema)}).to_string();
                line.push('\n');
                line.into()
            }
            Self::Csv(schema) => csv::header(schema).into(),
            Self::Arrow(writer) => std::mem::take(writer.get_mut()).into(),
            Self::Parquet(writer) => std::mem::take(writer.inner_mut()).into(),
        }
    }

    pub(crate) fn batch(&mut self, batch: &RecordBatch) -> Result<Bytes> {
        Ok(match self {
            Self::Ndjson(_) => {
                let mut lines = String::new();
                for row in value::rows(batch)? {
                    lines.push_str(&json!({"row": row}).to_string());
                    lines.push('\n');
                }
                lines.into()
            }
            Self::Csv(_) => csv::rows(batch)?.into(),
            Self::Arrow(writer) => {
                writer.write(batch)?;
                std::mem::take(writer.get_mut()).into()
            }
            Self::Parquet(writer) => {
                writer.write(batch)?;
                std::mem::take(writer.inner_mut()).into()
            }
        })
    }

    /// What stands after the last row.
    pub(crate) fn end(self) -> Result<Bytes> {
        Ok(match self {
            Self::Ndjson(_) | Self::Csv(_) => Bytes::new(),
            Self::Arrow(writer) => writer.into_inner()?.into(),
            Self::Parquet(writer) => writer.into_inner()?.into(),
        })
    }
}

/// Names and type words of a result.
pub(crate) fn columns(schema: &Schema) -> Vec<SqlColumn> {
    let column = |field: &arrow::datatypes::Field| SqlColumn {
        name: field.name().clone(),
        kind: columns::type_word(field).into(),
    };
    schema.fields().iter().map(|field| column(field)).collect()
}
