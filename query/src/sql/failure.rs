//! What the engine says when it fails, as a problem for the person who asked.
//!
//! Faults of the query are told in full; our own are told by query id and go to the log.

use std::error::Error as _;

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use daymark_view::error::{AskError, Code};
use parquet::errors::ParquetError;

pub(crate) fn of(error: &DataFusionError) -> AskError {
    let root = error.find_root();
    let code = match root {
        DataFusionError::SQL(..)
        | DataFusionError::Plan(_)
        | DataFusionError::SchemaError(..)
        | DataFusionError::NotImplemented(_)
        | DataFusionError::Execution(_)
        | DataFusionError::Configuration(_) => Code::BadQuery,
        DataFusionError::ResourcesExhausted(_) => Code::LimitExceeded,
        DataFusionError::ArrowError(error, _) => match error.as_ref() {
            ArrowError::ExternalError(_) | ArrowError::IoError(..) | ArrowError::MemoryError(_) => {
                Code::Internal
            }
            _ => Code::BadQuery,
        },
        _ => Code::Internal,
    };
    if code == Code::Internal {
        let source = root.source().map(ToString::to_string).unwrap_or_default();
        tracing::error!(error = %root.strip_backtrace(), source, "query failed");
        return AskError::new(code, "the query failed inside the engine; the log says more");
    }
    AskError::new(code, words(&root.strip_backtrace()))
}

/// Rows that a format cannot hold.
pub(crate) fn of_writing(error: &ParquetError) -> AskError {
    AskError::new(Code::BadQuery, format!("the rows cannot be written in this format: {error}"))
}

/// The engine's message without the names of its layers.
fn words(message: &str) -> String {
    const LAYERS: [&str; 7] = [
        "SQL error: ",
        "ParserError",
        "Error during planning: ",
        "Schema error: ",
        "This feature is not implemented: ",
        "Execution error: ",
        "Resources exhausted: ",
    ];
    let mut rest = message;
    while let Some(shorter) = LAYERS.iter().find_map(|layer| rest.strip_prefix(layer)) {
        rest = shorter;
    }
    let rest = rest.trim();
    let inner = rest.strip_prefix("(\"").and_then(|rest| rest.strip_suffix("\")"));
    inner.unwrap_or(rest).to_owned()
}
