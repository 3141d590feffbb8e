//! Attribute values: from an `AnyValue` message to the text that is stored, with all limits applied.
//!
//! A value is borrowed until it is written. Nesting is followed to a fixed depth: containers below
//! [`VALUE_DEPTH`] become JSON text, below [`VALUE_DEPTH_TEXT`] a marker, so no input can exhaust the stack.

use std::borrow::Cow;

use daymark_model::attribute::ValueType;
use daymark_model::limits::{
    ATTRIBUTE_KEY_BYTES, ATTRIBUTES, DEPTH_MARKER, VALUE_BYTES, VALUE_DEPTH, VALUE_DEPTH_TEXT,
};
use daymark_model::quality;

use crate::text;
use crate::typed_json;
use crate::wire::{Fields, Malformed};

/// An `AnyValue`. Containers are still unread messages.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Any<'a> {
    #[default]
    Empty,
    Text(&'a [u8]),
    Bool(bool),
    Int(i64),
    Double(f64),
    Array(&'a [u8]),
    Map(&'a [u8]),
    Bytes(&'a [u8]),
}

impl<'a> Any<'a> {
    /// Reads a message into this value: the last member set wins. A short text and nothing else, which most
    /// values are, is recognised at once.
    #[inline]
    pub(crate) fn merge(&mut self, message: &'a [u8]) -> Result<(), Malformed> {
        if let [0x0a, length @ 0..0x80, text @ ..] = message
            && text.len() == usize::from(*length)
        {
            *self = Self::Text(text);
            return Ok(());
        }
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.next()? {
            *self = match number {
                1 => Self::Text(value.bytes()?),
                2 => Self::Bool(value.varint()? != 0),
                3 => Self::Int(value.varint()? as i64),
                4 => Self::Double(value.double()?),
                5 => Self::Array(value.bytes()?),
                6 => Self::Map(value.bytes()?),
                7 => Self::Bytes(value.bytes()?),
                _ => continue,
            };
        }
        Ok(())
    }

    /// Appends the stored form to `out` and tells its type. What had to be cut is a text.
    #[inline]
    pub(crate) fn store(self, out: &mut String, bits: &mut u32) -> Result<ValueType, Malformed> {
        let start = out.len();
        let kind = match self {
            Self::Empty => ValueType::Empty,
            Self::Text(bytes) => {
                out.push_str(&text::limited(bytes, bits));
                return Ok(ValueType::Text);
            }
            Self::Bool(value) => {
                out.push_str(if value { "true" } else { "false" });
                ValueType::Bool
            }
            Self::Int(value) => {
                typed_json::int(out, value);
                ValueType::Int
            }
            Self::Double(value) => {
                typed_json::plain_double(out, value);
                ValueType::Double
            }
            Self::Array(_) | Self::Map(_) => {
                self.write(out, 1, bits)?;
                if matches!(self, Self::Array(_)) { ValueType::Array } else { ValueType::Map }
            }
            Self::Bytes(bytes) => {
                typed_json::base64(out, bytes);
                ValueType::Bytes
            }
        };
        Ok(if text::cut(out, start, bits) { ValueType::Text } else { kind })
    }

    /// Appends typed JSON. A value that stands in no container has depth 1.
    fn write(self, out: &mut String, depth: usize, bits: &mut u32) -> Result<(), Malformed> {
        match self {
            Self::Empty => out.push_str("null"),
            Self::Text(bytes) => typed_json::text(out, &text::repaired(bytes, bits)),
            Self::Bool(value) => out.push_str(if value { "true" } else { "false" }),
            Self::Int(value) => typed_json::int(out, value),
            Self::Double(value) => typed_json::double(out, value),
            Self::Bytes(bytes) => typed_json::bytes(out, bytes),
            Self::Array(_) | Self::Map(_) if depth > VALUE_DEPTH_TEXT => {
                *bits |= quality::DEPTH_CUT;
                typed_json::text(out, DEPTH_MARKER);
            }
            Self::Array(_) | Self::Map(_) if depth == VALUE_DEPTH + 1 => {
                *bits |= quality::DEPTH_CUT;
                let mut inner = String::new();
                self.write_container(&mut inner, depth, bits)?;
                typed_json::text(out, &inner);
            }
            Self::Array(_) | Self::Map(_) => self.write_container(out, depth, bits)?,
        }
        Ok(())
    }

    fn write_container(self, out: &mut String, depth: usize, bits: &mut u32) -> Result<(), Malformed> {
        match self {
            Self::Array(message) => write_array(message, out, depth, bits),
            Self::Map(message) => write_map(message, out, depth, bits),
            _ => self.write(out, depth, bits),
        }
    }
}

fn write_array(message: &[u8], out: &mut String, depth: usize, bits: &mut u32) -> Result<(), Malformed> {
    let mut fields = Fields::of(message);
    let mut separator = '[';
    while let Some((number, value)) = fields.next()? {
        if number == 1 {
            let mut item = Any::Empty;
            item.merge(value.bytes()?)?;
            out.push(separator);
            separator = ',';
            item.write(out, depth + 1, bits)?;
        }
    }
    out.push_str(if separator == '[' { "[]" } else { "]" });
    Ok(())
}

fn write_map(message: &[u8], out: &mut String, depth: usize, bits: &mut u32) -> Result<(), Malformed> {
    let mut entries = Vec::new();
    let mut fields = Fields::of(message);
    while let Some((number, value)) = fields.next()? {
        if number == 1 {
            let (key, value) = key_value(value.bytes()?)?;
            entries.push((text::repaired(key, bits), value));
        }
    }
    let wrapped = entries.iter().any(|(key, _)| key.starts_with('$'));
    if wrapped {
        out.push_str("{\"$m\":");
    }
    write_members(entries, out, depth + 1, bits)?;
    if wrapped {
        out.push('}');
    }
    Ok(())
}

/// Writes an object with sorted keys; of equal keys the last one stays.
fn write_members(
    mut entries: Vec<(Cow<'_, str>, Any<'_>)>,
    out: &mut String,
    depth: usize,
    bits: &mut u32,
) -> Result<(), Malformed> {
    entries.sort_by(|left, right| left.0.cmp(&right.0));
    let mut separator = '{';
    let mut entries = entries.into_iter().peekable();
    while let Some((key, value)) = entries.next() {
        if entries.peek().is_some_and(|(next, _)| *next == key) {
            *bits |= quality::ATTR_DUPLICATE_KEY;
            continue;
        }
        out.push(separator);
        separator = ',';
        typed_json::text(out, &key);
        out.push(':');
        if depth == 1 {
            write_limited(value, out, bits)?;
        } else {
            value.write(out, depth, bits)?;
        }
    }
    out.push_str(if separator == '{' { "{}" } else { "}" });
    Ok(())
}

/// An attribute value inside an object of attributes: as in its own column, too long ones are cut.
fn write_limited(value: Any<'_>, out: &mut String, bits: &mut u32) -> Result<(), Malformed> {
    let start = out.len();
    if let Any::Text(bytes) = value {
        typed_json::text(out, &text::limited(bytes, bits));
        return Ok(());
    }
    value.write(out, 1, bits)?;
    if out.len() - start > VALUE_BYTES {
        let mut long = out.split_off(start);
        text::cut(&mut long, 0, bits);
        typed_json::text(out, &long);
    }
    Ok(())
}

/// The key and the value of a `KeyValue` message. A short key before a short value and nothing else, as nearly
/// all encoders write it, is recognised at once.
#[inline]
pub(crate) fn key_value(message: &[u8]) -> Result<(&[u8], Any<'_>), Malformed> {
    let (mut key, mut any): (&[u8], _) = (&[], Any::Empty);
    if let [0x0a, key_length @ 0..0x80, rest @ ..] = message
        && let Some((key, [0x12, length @ 0..0x80, value @ ..])) =
            rest.split_at_checked(usize::from(*key_length))
        && value.len() == usize::from(*length)
    {
        any.merge(value)?;
        return Ok((key, any));
    }
    let mut fields = Fields::of(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => key = value.bytes()?,
            2 => any.merge(value.bytes()?)?,
            _ => {}
        }
    }
    Ok((key, any))
}

/// Appends the attributes of a resource, scope, event, link or series (each a `KeyValue` message) as one
/// object of typed JSON.
pub(crate) fn write_attributes(
    messages: &[&[u8]],
    out: &mut String,
    bits: &mut u32,
) -> Result<(), Malformed> {
    let mut entries = Vec::with_capacity(messages.len());
    for message in messages {
        let (key, value) = key_value(message)?;
        if key.len() > ATTRIBUTE_KEY_BYTES || entries.len() == ATTRIBUTES {
            *bits |= quality::ATTR_DROPPED;
        } else {
            entries.push((text::repaired(key, bits), value));
        }
    }
    write_members(entries, out, 1, bits)
}
