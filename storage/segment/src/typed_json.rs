//! Typed JSON taken apart: attributes as the set writes them, each read back exactly as it was.
//!
//! A value whose JSON would read back as another one (a double without a point, an array that is no JSON)
//! stands as `{"$v":[type,"text"]}`, so that every attribute there can be has a JSON of its own.

use daymark_model::attribute::ValueType;
use serde::de::IgnoredAny;

use crate::attributes::{Attribute, write_member, write_text};

/// An attribute that keeps its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) kind: u8,
    pub(crate) value: String,
}

impl Member {
    pub(crate) fn attribute(&self) -> Attribute<'_> {
        Attribute { key: &self.key, kind: self.kind, value: &self.value }
    }
}

/// `"key":value` with a value that reads back the same.
pub(crate) fn exact_member(attribute: Attribute<'_>) -> String {
    let mut text = String::from("{");
    write_member(attribute, &mut text);
    text.push('}');
    let is_exact = matches!(members(&text).as_deref(), Some([only]) if only.attribute() == attribute);
    if is_exact && serde_json::from_str::<IgnoredAny>(&text).is_ok() {
        text.remove(0);
        text.pop();
        return text;
    }
    text.clear();
    write_text(attribute.key, &mut text);
    text.push_str(&format!(":{{\"$v\":[{},", attribute.kind));
    write_text(attribute.value, &mut text);
    text.push_str("]}");
    text
}

/// The members of an object of [`exact_member`]s.
pub(crate) fn members(object: &str) -> Option<Vec<Member>> {
    let mut from = Cursor(object.strip_prefix('{')?);
    let mut members = Vec::new();
    if from.0 == "}" {
        return Some(members);
    }
    loop {
        let key = from.text()?;
        from.take(":")?;
        let (kind, value) = from.value()?;
        members.push(Member { key, kind, value });
        if from.take("}").is_some() {
            return from.0.is_empty().then_some(members);
        }
        from.take(",")?;
    }
}

/// What is left of a text.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn take(&mut self, expected: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    fn split(&mut self, at: usize) -> Option<&'a str> {
        let (head, left) = self.0.split_at_checked(at)?;
        self.0 = left;
        Some(head)
    }

    fn text(&mut self) -> Option<String> {
        let end = string_end(self.0.as_bytes())?;
        let quoted = self.split(end)?;
        if quoted.contains('\\') {
            return serde_json::from_str(quoted).ok();
        }
        Some(quoted.strip_prefix('"')?.strip_suffix('"')?.to_owned())
    }

    fn value(&mut self) -> Option<(u8, String)> {
        match self.0.as_bytes().first()? {
            b'"' => Some((ValueType::Text.code(), self.text()?)),
            b'[' => Some((ValueType::Array.code(), self.nested()?.to_owned())),
            b'{' => {
                let object = self.nested()?;
                let wrapped = |prefix: &str| {
                    let mut inner = Cursor(object.strip_prefix(prefix)?);
                    let text = inner.text()?;
                    (inner.0 == "}").then_some(text)
                };
                if let Some(text) = wrapped("{\"$b\":") {
                    return Some((ValueType::Bytes.code(), text));
                }
                if let Some(text) = wrapped("{\"$f\":") {
                    return Some((ValueType::Double.code(), text));
                }
                Some(spelled_out(object).unwrap_or_else(|| (ValueType::Map.code(), object.to_owned())))
            }
            _ => {
                let end = self.0.find([',', '}'])?;
                let word = self.split(end)?;
                let kind = match word {
                    "null" => return Some((ValueType::Empty.code(), String::new())),
                    "true" | "false" => ValueType::Bool,
                    _ if word.contains(['.', 'e', 'E']) => ValueType::Double,
                    _ => ValueType::Int,
                };
                Some((kind.code(), word.to_owned()))
            }
        }
    }

    /// An array or object as it stands.
    fn nested(&mut self) -> Option<&'a str> {
        let bytes = self.0.as_bytes();
        let (mut at, mut depth) = (0, 0_usize);
        loop {
            match bytes.get(at)? {
                b'"' => {
                    at += string_end(bytes.get(at..)?)?;
                    continue;
                }
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                return self.split(at);
            }
        }
    }
}

/// `{"$v":[type,"text"]}`.
fn spelled_out(object: &str) -> Option<(u8, String)> {
    let (kind, text) = object.strip_prefix("{\"$v\":[")?.split_once(',')?;
    let mut text = Cursor(text);
    let value = text.text()?;
    (text.0 == "]}").then_some((kind.parse().ok()?, value))
}

/// Just after the string that the bytes begin with.
fn string_end(bytes: &[u8]) -> Option<usize> {
    if bytes.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests;
