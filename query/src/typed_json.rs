//! One value out of an object in typed JSON, as the text that attribute questions answer.

use serde_json::Value;

/// The attributes of a typed-JSON object; empty when the text is not one.
pub(crate) fn parse(json: &str) -> serde_json::Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

/// The text of one attribute of an object that is not parsed yet.
pub(crate) fn text_in(json: &str, key: &str) -> Option<String> {
    // Most objects that are asked for a key have none like it, and looking is much cheaper than parsing.
    let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
    let is_named = |name: &str| !is_plain(name) || json.contains(&format!("\"{name}\""));
    let outer = key.match_indices('.').filter_map(|(dot, _)| key.get(..dot));
    let may_have = is_named(key) || outer.into_iter().any(is_named);
    may_have.then(|| text(&parse(json), key)).flatten()
}

/// The text of an attribute: none when it is absent or empty.
pub(crate) fn text(attributes: &serde_json::Map<String, Value>, key: &str) -> Option<String> {
    text_of(find(attributes, key)?)
}

/// The text of a value: none when it is empty.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Object(map) if map.len() == 1 => match (map.get("$f"), map.get("$b")) {
            (Some(Value::String(text)), _) | (_, Some(Value::String(text))) => Some(text.clone()),
            _ => Some(Value::Object(map.clone()).to_string()),
        },
        other => Some(other.to_string()),
    }
}

/// The value of a key; of a key with dots also the one that lies so deep in objects: `user.id`.
fn find<'a>(object: &'a serde_json::Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).or_else(|| {
        key.match_indices('.').find_map(|(dot, _)| {
            let (outer, inner) = (key.get(..dot)?, key.get(dot + 1..)?);
            object.get(outer)?.as_object().and_then(|object| find(object, inner))
        })
    })
}

/// The number that an attribute's text is.
pub(crate) fn number(text: &str) -> Option<f64> {
    let is_decimal = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E'));
    if is_decimal || matches!(text, "NaN" | "Infinity" | "-Infinity") { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
