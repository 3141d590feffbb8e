//! The texts of a row that words are searched in: the body of a line; the messages of a span's exceptions.

use arrow::array::{ArrayRef, AsArray};
use daymark_model::signal::Table;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// The attribute of an event that says what was thrown.
pub const EXCEPTION_MESSAGE: &str = "exception.message";

/// The column that the texts stand in.
pub(crate) fn text_column(table: Table) -> Option<&'static str> {
    match table {
        Table::Logs => Some("body"),
        Table::Spans => Some("events"),
        _ => None,
    }
}

/// Hands over each text of that column with its position in the batch, in order.
pub(crate) fn each_text(
    table: Table,
    column: &ArrayRef,
    mut take: impl FnMut(usize, &str) -> Result<()>,
) -> Result<()> {
    if table == Table::Logs {
        let bodies = column.as_string_opt::<i32>().ok_or_else(|| not_readable("body"))?;
        return bodies
            .iter()
            .enumerate()
            .try_for_each(|(at, body)| body.map_or(Ok(()), |body| take(at, body)));
    }
    let lists = column.as_list_opt::<i32>().ok_or_else(|| not_readable("events"))?;
    let attributes = lists.values().as_struct_opt().and_then(|events| events.column_by_name("attributes"));
    let attributes = attributes.and_then(|texts| texts.as_string_opt::<i32>());
    let attributes = attributes.ok_or_else(|| not_readable("events"))?;
    for (at, range) in lists.value_offsets().windows(2).enumerate() {
        for event in range[0] as usize..range[1] as usize {
            if let Some(message) = message(attributes.value(event)) {
                take(at, &message)?;
            }
        }
    }
    Ok(())
}

fn message(attributes: &str) -> Option<String> {
    if !attributes.contains(EXCEPTION_MESSAGE) {
        return None;
    }
    match serde_json::from_str::<Map<String, Value>>(attributes).ok()?.remove(EXCEPTION_MESSAGE)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

fn not_readable(column: &str) -> Error {
    Error::Input(format!("the column {column} is of another type"))
}
