//! `GET /logs/fields`: the keys of matching lines with their most frequent values.
//!
//! The work is bounded: of many lines some are looked at, spread over the range, and the answer says which
//! share that was.

use std::collections::HashMap;

use arrow::array::{Array, RecordBatch, StringArray};
use daymark_model::time::Nanos;
use daymark_view::error::AskError;
use daymark_view::fields::{FieldLevel, FieldRow, FieldType, FieldsAsk};
use daymark_view::meta::{Answer, Truncated};
use daymark_view::range::Range;
use daymark_view::search::{Domain, Field};
use serde_json::{Map, Value};

use super::census::{Census, Looked};
use super::desk::Desk;
use super::lines::matching;
use super::words::check_expressions;
use crate::page::page;
use crate::trace::spans::Columns;
use crate::typed_json;

/// Lines that are looked at.
const LINES: usize = 20_000;
/// Parts of the range, each of which lines are looked at of.
const SLICES: usize = 8;
/// Longer bodies are not taken apart.
const BODY_BYTES: usize = 64 << 10;
/// How deep bodies are taken apart.
const DEPTH: usize = 8;

impl Desk {
    pub(crate) async fn log_fields(self, ask: FieldsAsk) -> Result<Answer<Vec<FieldRow>>, AskError> {
        check_expressions(&ask.query)?;
        let fields: Vec<&str> = counted().collect();
        let columns = format!(
            "SELECT time, {}, attributes, resource, scope_attributes, \
             CASE WHEN body LIKE '{{%' AND octet_length(body) <= {BODY_BYTES} THEN body END AS body FROM logs",
            fields.join(", "),
        );
        let mut census = Census::new(&ask.search);
        let mut resources = HashMap::new();
        // Of the oldest slice first: what it leaves of its part goes to the newer ones.
        let (mut looked, mut all) = (0, 0.0);
        for (number, slice) in slices(ask.range).into_iter().enumerate() {
            let limit = LINES.saturating_sub(looked) / (SLICES - number);
            let condition = matching(&ask.query, &ask.scope, slice.from, slice.to);
            let (mut lines, mut oldest) = (0, slice.to.0);
            let sql = format!("{columns} WHERE {condition} ORDER BY time DESC LIMIT {}", limit + 1);
            self.each(&sql, |batch| {
                lines += batch.num_rows();
                let times = Columns::of(&batch).instants("time")?;
                oldest = times.iter().copied().fold(oldest, i64::min);
                add(&batch, &fields, &mut resources, &mut census)
            })
            .await?;
            looked += lines;
            // As many again for each stretch as long as the one that was read.
            let is_whole = lines <= limit;
            let stretch = (slice.to.0 as f64 - oldest as f64).max(1.0);
            let stretches = (slice.to.0 as f64 - slice.from.0 as f64) / stretch;
            all += lines as f64 * if is_whole { 1.0 } else { stretches.max(1.0) };
        }
        let is_cut = census.is_cut;
        let (rows, cursor) = page(census.rows(), ask.cursor.as_deref(), ask.limit)?;
        let mut answer = self.answer(rows);
        answer.meta.cursor = cursor;
        answer.meta.sampled = (all > looked as f64).then(|| looked as f64 / all);
        answer.meta.truncated = is_cut.then(|| Truncated {
            reason: "too many keys and values to count all".into(),
            shown: looked as u64,
            total: None,
        });
        Ok(answer)
    }
}

/// Fields of lines whose values are worth counting.
fn counted() -> impl Iterator<Item = &'static str> {
    let is_counted =
        |field: &Field| !matches!(field, Field::TraceId | Field::SpanId | Field::TemplateId | Field::Body);
    Field::all(Domain::Logs).filter(is_counted).map(Field::name)
}

fn slices(range: Range) -> Vec<Range> {
    let width = (i128::from(range.to.0) - i128::from(range.from.0)).max(0);
    let at = |number: usize| {
        let at = i128::from(range.from.0) + width * number as i128 / SLICES as i128;
        Nanos(i64::try_from(at).unwrap_or(range.to.0))
    };
    (0..SLICES).map(|number| Range { from: at(number), to: at(number + 1) }).collect()
}

/// What a resource has, told once.
type Resources = HashMap<String, Vec<(String, FieldType, String)>>;

fn add(
    batch: &RecordBatch,
    fields: &[&str],
    resources: &mut Resources,
    census: &mut Census,
) -> datafusion::common::Result<()> {
    let columns = Columns::of(batch);
    for name in fields {
        let texts = columns.texts(name)?;
        for value in texts.iter().flatten() {
            census.add(&Looked { level: FieldLevel::Field, key: name, kind: FieldType::Text, value });
        }
    }
    let (own, resource) = (columns.texts("attributes")?, columns.texts("resource")?);
    let (scope, body) = (columns.texts("scope_attributes")?, columns.texts("body")?);
    for row in 0..batch.num_rows() {
        each(&own, row, |map| flat(FieldLevel::Record, "", map, census));
        each(&scope, row, |map| flat(FieldLevel::Scope, "scope.", map, census));
        each(&body, row, |map| deep("body.", map, DEPTH, census));
        if resource.is_valid(row) {
            let text = resource.value(row);
            if !resources.contains_key(text) {
                let told = typed_json::parse(text).into_iter().filter_map(|(key, value)| {
                    Some((format!("resource.{key}"), kind(&value), typed_json::text_of(&value)?))
                });
                resources.insert(text.to_owned(), told.collect());
            }
            for (key, kind, value) in resources.get(text).into_iter().flatten() {
                census.add(&Looked { level: FieldLevel::Resource, key, kind: *kind, value });
            }
        }
    }
    Ok(())
}

fn each(texts: &StringArray, row: usize, take: impl FnOnce(&Map<String, Value>)) {
    if texts.is_valid(row) && texts.value(row) != "{}" {
        take(&typed_json::parse(texts.value(row)));
    }
}

fn flat(level: FieldLevel, prefix: &str, map: &Map<String, Value>, census: &mut Census) {
    for (key, value) in map {
        if let Some(text) = typed_json::text_of(value) {
            let key = format!("{prefix}{key}");
            census.add(&Looked { level, key: &key, kind: kind(value), value: &text });
        }
    }
}

/// Objects inside an object by the names on the way.
fn deep(prefix: &str, map: &Map<String, Value>, depth: usize, census: &mut Census) {
    for (key, value) in map {
        let key = format!("{prefix}{key}");
        match (value, typed_json::text_of(value)) {
            (Value::Object(inner), _) if depth > 1 && kind(value) == FieldType::Map => {
                deep(&format!("{key}."), inner, depth - 1, census);
            }
            (_, Some(text)) => {
                let level = FieldLevel::Body;
                census.add(&Looked { level, key: &key, kind: kind(value), value: &text });
            }
            _ => {}
        }
    }
}

fn kind(value: &Value) -> FieldType {
    match value {
        Value::Null | Value::String(_) => FieldType::Text,
        Value::Bool(_) => FieldType::Bool,
        Value::Number(number) if number.is_f64() => FieldType::Double,
        Value::Number(_) => FieldType::Int,
        Value::Array(_) => FieldType::Array,
        Value::Object(map) if map.len() == 1 && map.contains_key("$f") => FieldType::Double,
        Value::Object(map) if map.len() == 1 && map.contains_key("$b") => FieldType::Bytes,
        Value::Object(_) => FieldType::Map,
    }
}
