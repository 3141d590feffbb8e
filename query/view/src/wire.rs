//! How model types are written in JSON: ids as lower-case hex, instants as decimal strings of epoch
//! nanoseconds, integers that a double cannot hold as strings.
//!
//! Each module is named in a field's `#[serde(with = …)]`; the model's types themselves know no serde.

use serde::de::{Deserializer, Error};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// The largest integer that every JSON reader keeps exact.
pub const EXACT_MAX: u64 = (1 << 53) - 1;

/// An instant as a decimal string.
pub mod nanos {
    use super::{Deserialize, Deserializer, Error, Serializer};
    use daymark_model::time::Nanos;

    pub fn serialize<S: Serializer>(instant: &Nanos, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(instant)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Nanos, D::Error> {
        let text = String::deserialize(input)?;
        text.parse().map(Nanos).map_err(|_| Error::custom(format!("\"{text}\" is not an instant")))
    }
}

/// An instant or null.
pub mod nanos_or_null {
    use super::{Deserialize, Deserializer, Error, Serializer};
    use daymark_model::time::Nanos;

    pub fn serialize<S: Serializer>(instant: &Option<Nanos>, out: S) -> Result<S::Ok, S::Error> {
        match instant {
            Some(instant) => out.collect_str(instant),
            None => out.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Nanos>, D::Error> {
        let Some(text) = Option::<String>::deserialize(input)? else { return Ok(None) };
        text.parse()
            .map(|instant| Some(Nanos(instant)))
            .map_err(|_| Error::custom(format!("\"{text}\" is not an instant")))
    }
}

/// A trace id as 32 hex characters.
pub mod trace_id {
    use super::{Deserialize, Deserializer, Error, Serializer, bytes_of_hex};
    use daymark_model::id::TraceId;

    pub fn serialize<S: Serializer>(id: &TraceId, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(id)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<TraceId, D::Error> {
        let text = String::deserialize(input)?;
        bytes_of_hex(&text).map(TraceId).ok_or_else(|| Error::custom(format!("\"{text}\" is not a trace id")))
    }
}

/// A trace id or null.
pub mod trace_id_or_null {
    use super::{Deserialize, Deserializer, Error, Serializer, bytes_of_hex};
    use daymark_model::id::TraceId;

    pub fn serialize<S: Serializer>(id: &Option<TraceId>, out: S) -> Result<S::Ok, S::Error> {
        match id {
            Some(id) => out.collect_str(id),
            None => out.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<TraceId>, D::Error> {
        let Some(text) = Option::<String>::deserialize(input)? else { return Ok(None) };
        match bytes_of_hex(&text) {
            Some(id) => Ok(Some(TraceId(id))),
            None => Err(Error::custom(format!("\"{text}\" is not a trace id"))),
        }
    }
}

/// A list of trace ids.
pub mod trace_ids {
    use super::{Deserialize, Deserializer, Error, Serializer, bytes_of_hex};
    use daymark_model::id::TraceId;

    pub fn serialize<S: Serializer>(ids: &[TraceId], out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(ids.iter().map(ToString::to_string))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<TraceId>, D::Error> {
        let ids = Vec::<String>::deserialize(input)?;
        let id = |text: &String| bytes_of_hex(text).map(TraceId);
        ids.iter().map(id).collect::<Option<_>>().ok_or_else(|| Error::custom("not a list of trace ids"))
    }
}

/// A span id as 16 hex characters.
pub mod span_id {
    use super::{Deserialize, Deserializer, Error, Serializer, bytes_of_hex};
    use daymark_model::id::SpanId;

    pub fn serialize<S: Serializer>(id: &SpanId, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(id)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<SpanId, D::Error> {
        let text = String::deserialize(input)?;
        bytes_of_hex(&text).map(SpanId).ok_or_else(|| Error::custom(format!("\"{text}\" is not a span id")))
    }
}

/// A span id or null.
pub mod span_id_or_null {
    use super::{Deserialize, Deserializer, Error, Serializer, bytes_of_hex};
    use daymark_model::id::SpanId;

    pub fn serialize<S: Serializer>(id: &Option<SpanId>, out: S) -> Result<S::Ok, S::Error> {
        match id {
            Some(id) => out.collect_str(id),
            None => out.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<SpanId>, D::Error> {
        let Some(text) = Option::<String>::deserialize(input)? else { return Ok(None) };
        match bytes_of_hex(&text) {
            Some(id) => Ok(Some(SpanId(id))),
            None => Err(Error::custom(format!("\"{text}\" is not a span id"))),
        }
    }
}

/// A list of span ids.
pub mod span_ids {
    use super::{Deserialize, Deserializer, Error, Serializer, bytes_of_hex};
    use daymark_model::id::SpanId;

    pub fn serialize<S: Serializer>(ids: &[SpanId], out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(ids.iter().map(ToString::to_string))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<SpanId>, D::Error> {
        let ids = Vec::<String>::deserialize(input)?;
        let id = |text: &String| bytes_of_hex(text).map(SpanId);
        ids.iter().map(id).collect::<Option<_>>().ok_or_else(|| Error::custom("not a list of span ids"))
    }
}

/// An integer: a number where every reader keeps it exact, else a decimal string.
pub mod wide {
    use super::{Deserializer, EXACT_MAX, Error, Serialize, Serializer, either};
    use std::fmt::Display;
    use std::str::FromStr;

    pub fn serialize<N, S>(number: &N, out: S) -> Result<S::Ok, S::Error>
    where
        N: Copy + Display + Serialize + TryInto<i128>,
        S: Serializer,
    {
        let exact = |wide: i128| wide.unsigned_abs() <= u128::from(EXACT_MAX);
        match (*number).try_into() {
            Ok(wide) if exact(wide) => number.serialize(out),
            _ => out.collect_str(number),
        }
    }

    pub fn deserialize<'de, N: FromStr, D: Deserializer<'de>>(input: D) -> Result<N, D::Error> {
        let text = either(input)?;
        text.parse().map_err(|_| Error::custom(format!("\"{text}\" is not an integer in range")))
    }
}

/// The text of a number or of a string that holds one.
fn either<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    match serde_json::Value::deserialize(input)? {
        serde_json::Value::String(text) => Ok(text),
        serde_json::Value::Number(number) => Ok(number.to_string()),
        other => Err(Error::custom(format!("{other} is not an integer"))),
    }
}

fn bytes_of_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
