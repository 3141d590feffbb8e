//! The keys and values of spans, one by one.

use arrow::array::{Array, StringArray};
use daymark_view::error::AskError;
use daymark_view::fields::{FieldLevel, FieldType};
use daymark_view::search::{Domain, Field};
use serde_json::{Map, Value};

use super::census::Looked;
use super::desk::Desk;
use crate::trace::spans::{Columns, entries};
use crate::typed_json;

impl Desk {
    /// Tells what the newest spans that meet a condition have, and how many these are.
    pub(super) async fn values(
        &self,
        condition: &str,
        limit: usize,
        mut tell: impl FnMut(&Looked<'_>),
    ) -> Result<u64, AskError> {
        let fields: Vec<&str> = counted().collect();
        let sql = format!(
            "SELECT {}, attributes, resource, scope_attributes, events FROM spans WHERE {condition} \
             ORDER BY start DESC LIMIT {limit}",
            fields.join(", "),
        );
        let mut spans = 0;
        self.each(&sql, |batch| {
            spans += batch.num_rows() as u64;
            let columns = Columns::of(&batch);
            for key in &fields {
                for value in columns.texts(key)?.iter().flatten() {
                    tell(&Looked { level: FieldLevel::Field, key, kind: FieldType::Text, value });
                }
            }
            let own = [
                (FieldLevel::Record, "", columns.texts("attributes")?),
                (FieldLevel::Resource, "resource.", columns.texts("resource")?),
                (FieldLevel::Scope, "scope.", columns.texts("scope_attributes")?),
            ];
            let events = columns.column("events")?;
            for row in 0..batch.num_rows() {
                for (level, prefix, texts) in &own {
                    told(*level, prefix, texts, row, &mut tell);
                }
                let batch = entries(events, row);
                let json = Columns::of(&batch).texts("attributes")?;
                (0..json.len()).for_each(|at| told(FieldLevel::Event, "event.", &json, at, &mut tell));
            }
            Ok(())
        })
        .await?;
        Ok(spans)
    }
}

/// Fields of spans whose values are worth counting.
fn counted() -> impl Iterator<Item = &'static str> {
    let is_counted = |field: &Field| {
        !matches!(field, Field::TraceId | Field::SpanId | Field::Duration)
            && !field.name().starts_with("trace.")
    };
    Field::all(Domain::Traces).filter(is_counted).map(Field::name)
}

fn told(
    level: FieldLevel,
    prefix: &str,
    texts: &StringArray,
    row: usize,
    tell: &mut impl FnMut(&Looked<'_>),
) {
    if texts.is_null(row) || texts.value(row) == "{}" {
        return;
    }
    let all: Map<String, Value> = typed_json::parse(texts.value(row));
    for (key, value) in &all {
        if let Some(text) = typed_json::text_of(value) {
            let key = format!("{prefix}{key}");
            tell(&Looked { level, key: &key, kind: kind(value), value: &text });
        }
    }
}

fn kind(value: &Value) -> FieldType {
    let is_tagged = |map: &Map<String, Value>, tag| map.len() == 1 && map.contains_key(tag);
    match value {
        Value::Null | Value::String(_) => FieldType::Text,
        Value::Bool(_) => FieldType::Bool,
        Value::Number(number) if number.is_f64() => FieldType::Double,
        Value::Number(_) => FieldType::Int,
        Value::Array(_) => FieldType::Array,
        Value::Object(map) if is_tagged(map, "$f") => FieldType::Double,
        Value::Object(map) if is_tagged(map, "$b") => FieldType::Bytes,
        Value::Object(_) => FieldType::Map,
    }
}
