//! The logs of one trace, and the log row that every list of logs shows.

use daymark_model::id::{SpanId, TraceId};
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attribute::Attributes;
use crate::query_id::QueryId;
use crate::range::Range;
use crate::wire;

/// Rows of one page when the question names no limit, and at most.
pub const DEFAULT_ROWS: usize = 200;
pub const ROWS_MAX: usize = 5_000;
/// Rows of a streamed answer.
pub const ROWS_STREAMED_MAX: usize = 100_000;
/// What a list shows of a field.
pub const FIELD_BYTES: usize = 8 << 10;
/// Attributes that a list shows of a row.
pub const ATTRIBUTES_MAX: usize = 200;

/// Asks for a trace's logs, oldest first; ties of time keep arrival order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceLogsAsk {
    pub query_id: QueryId,
    pub id: TraceId,
    pub span_id: Option<SpanId>,
    /// Where to look first. Never needed, never a filter.
    pub hint: Option<Range>,
    pub episode: Option<u32>,
    pub limit: usize,
    /// As the engine wrote it in `meta.cursor` of the page before.
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogRow {
    pub log_id: String,
    #[serde(with = "wire::nanos")]
    pub time: Nanos,
    /// unset, trace, debug, info, warn, error, fatal.
    pub severity: String,
    pub severity_number: u8,
    pub severity_text: Option<String>,
    pub service: String,
    pub instance: Option<String>,
    pub body: Option<String>,
    #[serde(with = "wire::trace_id_or_null")]
    pub trace_id: Option<TraceId>,
    #[serde(with = "wire::span_id_or_null")]
    pub span_id: Option<SpanId>,
    pub event_name: Option<String>,
    pub attributes: Attributes,
    pub resource: Attributes,
    /// Names of the fields that were cut.
    pub truncated: Vec<String>,
}

impl LogRow {
    /// The keys of a row, in order.
    pub const FIELDS: [&str; 14] = [
        "log_id",
        "time",
        "severity",
        "severity_number",
        "severity_text",
        "service",
        "instance",
        "body",
        "trace_id",
        "span_id",
        "event_name",
        "attributes",
        "resource",
        "truncated",
    ];

    /// The row as lists show it: long fields are cut and named.
    pub fn shortened(mut self) -> Self {
        if let Some(body) = &mut self.body
            && body.len() > FIELD_BYTES
        {
            cut(body);
            let is_known = self.truncated.iter().any(|name| name == "body");
            self.truncated.extend((!is_known).then(|| "body".to_owned()));
        }
        for (level, attributes) in [("attributes", &mut self.attributes), ("resource", &mut self.resource)] {
            let known = attributes.0.len();
            if known > ATTRIBUTES_MAX {
                let shown = std::mem::take(&mut attributes.0).into_iter().take(ATTRIBUTES_MAX);
                attributes.0 = shown.collect();
                self.truncated.push(level.to_owned());
            }
            for (key, value) in &mut attributes.0 {
                if shorten(value) {
                    self.truncated.push(format!("{level}.{key}"));
                }
            }
        }
        self
    }
}

/// Cuts a long value; one that is no text becomes the beginning of its JSON.
fn shorten(value: &mut Value) -> bool {
    if let Value::Array(_) | Value::Object(_) = value {
        let text = value.to_string();
        if text.len() > FIELD_BYTES {
            *value = Value::String(text);
        }
    }
    match value {
        Value::String(text) if text.len() > FIELD_BYTES => {
            cut(text);
            true
        }
        _ => false,
    }
}

fn cut(text: &mut String) {
    text.truncate(text.floor_char_boundary(FIELD_BYTES));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{ATTRIBUTES_MAX, FIELD_BYTES, LogRow};
    use crate::attribute::Attributes;

    fn row(body: &str, attributes: &Value) -> LogRow {
        let row = json!({"log_id": "", "time": "0", "severity": "info", "severity_number": 9,
            "severity_text": null, "service": "", "instance": null, "body": body, "trace_id": null,
            "span_id": null, "event_name": null, "attributes": attributes, "resource": {}, "truncated": []});
        serde_json::from_value(row).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn long_fields_are_cut_and_named() {
        let long = "é".repeat(FIELD_BYTES);
        let short = row(&long, &json!({"long": long, "list": vec![1; FIELD_BYTES], "short": 1})).shortened();
        assert_eq!(short.truncated, ["body", "attributes.list", "attributes.long"]);
        assert_eq!(short.body.map(|body| body.len()), Some(FIELD_BYTES));
        assert_eq!(short.attributes.0["short"], json!(1));
        let many: serde_json::Map<String, Value> = (0..300).map(|n| (n.to_string(), json!(n))).collect();
        let many = row("", &Value::Object(many)).shortened();
        assert_eq!(
            (many.attributes.0.len(), many.truncated),
            (ATTRIBUTES_MAX, vec!["attributes".to_owned()])
        );
        let plain = LogRow { attributes: Attributes::default(), ..row("fine", &json!({})) };
        assert_eq!(plain.clone().shortened(), plain);
    }
}
