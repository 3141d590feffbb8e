//! Attributes in typed JSON, exactly as they are stored, and their two ways to the outside: plain JSON for
//! the API and `KeyValue` lists for OTLP/JSON.
//!
//! In typed JSON an integer has no point and a double always has one, `{"$f":"NaN"}` is a double that JSON
//! lacks, `{"$b":"base64"}` are bytes and `{"$m":{…}}` is a key-value list with a key that starts with `$`
//! ([`daymark_model::attribute`]). The API writes bytes as `{"$bytes":"base64"}`, wide integers and NaN as strings.

use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::wire::EXACT_MAX;

/// Keys and values in typed JSON. Serialises in the form of the API.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Attributes(pub Map<String, Value>);

impl Attributes {
    /// The attributes of a stored typed-JSON object; none when the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `[{"key":…,"value":{"stringValue":…}}]`, as OTLP/JSON writes attributes.
    pub fn otlp(&self) -> Value {
        key_values(&self.0)
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        object(&self.0, out)
    }
}

/// A typed value in the form of the API.
struct Plain<'a>(&'a Value);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Number(number) if is_wide(number) => out.collect_str(number),
            Value::Array(items) => {
                let mut seq = out.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| seq.serialize_element(&Plain(item)))?;
                seq.end()
            }
            Value::Object(map) => match tagged(map) {
                Some(("$f", text)) => text.serialize(out),
                Some(("$b", text)) => {
                    let mut bytes = out.serialize_map(Some(1))?;
                    bytes.serialize_entry("$bytes", text)?;
                    bytes.end()
                }
                Some((_, Value::Object(inner))) => object(inner, out),
                _ => object(map, out),
            },
            other => other.serialize(out),
        }
    }
}

fn object<S: Serializer>(map: &Map<String, Value>, out: S) -> Result<S::Ok, S::Error> {
    let mut entries = out.serialize_map(Some(map.len()))?;
    map.iter().try_for_each(|(key, value)| entries.serialize_entry(key, &Plain(value)))?;
    entries.end()
}

fn is_wide(number: &serde_json::Number) -> bool {
    number.as_i64().is_some_and(|number| number.unsigned_abs() > EXACT_MAX)
        || number.as_u64().is_some_and(|number| number > EXACT_MAX)
}

/// The tag and content of a value that plain JSON cannot hold.
fn tagged(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (tag, content) = map.iter().next().filter(|_| map.len() == 1)?;
    matches!(tag.as_str(), "$f" | "$b" | "$m").then_some((tag, content))
}

fn key_values(map: &Map<String, Value>) -> Value {
    map.iter().map(|(key, value)| json!({"key": key, "value": any_value(value)})).collect()
}

/// A typed value as OTLP's `AnyValue`.
pub fn any_value(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(flag) => json!({"boolValue": flag}),
        Value::Number(number) if number.is_f64() => json!({"doubleValue": number}),
        Value::Number(number) => json!({"intValue": number.to_string()}),
        Value::String(text) => json!({"stringValue": text}),
        Value::Array(items) => {
            let values: Value = items.iter().map(any_value).collect();
            json!({"arrayValue": {"values": values}})
        }
        Value::Object(map) => match tagged(map) {
            Some(("$f", text)) => json!({"doubleValue": text}),
            Some(("$b", text)) => json!({"bytesValue": text}),
            Some((_, Value::Object(inner))) => json!({"kvlistValue": {"values": key_values(inner)}}),
            _ => json!({"kvlistValue": {"values": key_values(map)}}),
        },
    }
}

#[cfg(test)]
mod tests;
