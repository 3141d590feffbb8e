//! Writes typed JSON, the one text form of attribute values (`daymark_model::attribute` tells the rules).
//!
//! Equal values give equal bytes, because resources, series and records are identified by a hash of this
//! text. It is ordinary JSON: any parser reads it back. The outermost object of a resource, scope, event,
//! link or series is always a list of attributes and therefore never wrapped in `$m`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use daymark_model::attribute::ValueType;

/// A JSON string.
pub fn text(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some((plain, byte, after)) = split_at_escape(rest) {
        out.push_str(plain);
        escape(out, byte);
        rest = after;
    }
    out.push_str(rest);
    out.push('"');
}

/// An integer: never with a point.
pub fn int(out: &mut String, value: i64) {
    out.push_str(itoa::Buffer::new().format(value));
}

/// A double: always with point or exponent, or wrapped when it is not finite.
pub fn double(out: &mut String, value: f64) {
    if value.is_finite() {
        plain_double(out, value);
    } else {
        out.push_str("{\"$f\":\"");
        plain_double(out, value);
        out.push_str("\"}");
    }
}

/// A double as an attribute value stands alone: `1.0`, `1e300`, `NaN`, `-Infinity`.
pub fn plain_double(out: &mut String, value: f64) {
    if value.is_finite() {
        out.push_str(ryu::Buffer::new().format_finite(value));
    } else if value.is_nan() {
        out.push_str("NaN");
    } else {
        out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    }
}

/// Bytes, wrapped.
pub fn bytes(out: &mut String, value: &[u8]) {
    out.push_str("{\"$b\":\"");
    base64(out, value);
    out.push_str("\"}");
}

/// Bytes as an attribute value stands alone.
pub fn base64(out: &mut String, value: &[u8]) {
    STANDARD.encode_string(value, out);
}

/// An attribute value in its stored form (type code and text) as typed JSON.
pub fn stored(out: &mut String, kind: ValueType, value: &str) {
    match kind {
        ValueType::Empty => out.push_str("null"),
        ValueType::Text => text(out, value),
        ValueType::Bool | ValueType::Int | ValueType::Array | ValueType::Map => out.push_str(value),
        ValueType::Double if value.ends_with(['N', 'y']) => {
            out.push_str("{\"$f\":\"");
            out.push_str(value);
            out.push_str("\"}");
        }
        ValueType::Double => out.push_str(value),
        ValueType::Bytes => {
            out.push_str("{\"$b\":\"");
            out.push_str(value);
            out.push_str("\"}");
        }
    }
}

/// The attributes of a record, each with its stored form, as one object.
pub fn attributes(out: &mut String, entries: &mut [(&str, ValueType, &str)]) {
    entries.sort_unstable_by_key(|(key, ..)| *key);
    out.push('{');
    for (index, (key, kind, value)) in entries.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        text(out, key);
        out.push(':');
        stored(out, *kind, value);
    }
    out.push('}');
}

fn split_at_escape(text: &str) -> Option<(&str, u8, &str)> {
    let at = text.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')?;
    let (plain, rest) = text.split_at_checked(at)?;
    let (escaped, after) = rest.split_at_checked(1)?;
    Some((plain, escaped.as_bytes()[0], after))
}

fn escape(out: &mut String, byte: u8) {
    let short = match byte {
        b'"' => "\\\"",
        b'\\' => "\\\\",
        b'\n' => "\\n",
        b'\r' => "\\r",
        b'\t' => "\\t",
        0x08 => "\\b",
        0x0c => "\\f",
        _ => {
            out.push_str("\\u00");
            out.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            out.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
            return;
        }
    };
    out.push_str(short);
}

#[cfg(test)]
mod tests;
