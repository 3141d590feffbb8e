//! Rows as CSV (RFC 4180): a head, then a line for each row; text is quoted where it must be.

use serde_json::Value;

/// One record with its line end.
pub(crate) fn record<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    let fields: Vec<String> = values.into_iter().map(field).collect();
    fields.join(",") + "\r\n"
}

fn field(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let is_plain = !text.contains(['"', ',', '\r', '\n']);
    if is_plain { text } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests;
