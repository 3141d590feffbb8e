//! Trace and span ids as people paste them: every spelling that tools, headers and logs use.
//!
//! In comes text, out comes the id's bytes or the reason why the text is none. Headers are recognised by
//! their parts first (`traceparent`, `b3`, `uber-trace-id`, X-Ray); what remains is base64, decimal or hex.
//! Twenty digits or fewer that are not 16 characters long are decimal; all else must be hex.

use std::fmt;

use crate::id::{SpanId, TraceId};

/// The text names no id; says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpellingError {
    pub detail: String,
}

impl SpellingError {
    pub const HINT: &str = "write 32 or up to 16 hex digits, a UUID, a decimal 64-bit number, base64 of 16 bytes, \
                            or a traceparent, b3, uber-trace-id or X-Ray value";

    fn new(text: &str, what: impl fmt::Display) -> Self {
        const SHOWN: usize = 80;
        let shown: String = text.chars().take(SHOWN).collect();
        let more = if shown.len() < text.len() { "…" } else { "" };
        Self { detail: format!("\"{shown}{more}\" is not an id: {what}") }
    }
}

impl fmt::Display for SpellingError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.detail)
    }
}

impl std::error::Error for SpellingError {}

/// The trace id that a text spells.
pub fn trace_id(text: &str) -> Result<TraceId, SpellingError> {
    let text = text.trim();
    let id = match header(text)? {
        Some(id) => id,
        None => bare(text)?,
    };
    if id.is_zero() { Err(SpellingError::new(text, "all zeros")) } else { Ok(id) }
}

/// The span id that a text spells: up to 16 hex digits, or decimal as with trace ids.
pub fn span_id(text: &str) -> Result<SpanId, SpellingError> {
    let text = text.trim();
    let number = match decimal(text)? {
        Some(number) => number,
        None => low_hex(text, text.as_bytes())?,
    };
    if number == 0 { Err(SpellingError::new(text, "all zeros")) } else { Ok(SpanId(number.to_be_bytes())) }
}

/// The id inside a propagation header's value; none when the text has no header's form.
fn header(text: &str) -> Result<Option<TraceId>, SpellingError> {
    if let Some(root) = text.split(';').find_map(|part| part.trim().strip_prefix("Root=")) {
        return xray(text, root).map(Some);
    }
    let unescaped = text.replace("%3A", ":").replace("%3a", ":");
    if let Some((id, rest)) = unescaped.split_once(':') {
        if rest.split(':').count() != 3 {
            return Err(SpellingError::new(text, "an uber-trace-id has four parts between colons"));
        }
        return padded_hex(text, id.as_bytes()).map(Some);
    }
    let parts: Vec<&str> = text.split('-').collect();
    let widths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    match widths[..] {
        [1, 8, 24] => xray(text, text).map(Some),
        [2, 32, 16, 2, ..] => padded_hex(text, parts[1].as_bytes()).map(Some),
        [16 | 32, 16] | [16 | 32, 16, 1] | [16 | 32, 16, 1, 16] => {
            padded_hex(text, parts[0].as_bytes()).map(Some)
        }
        _ => Ok(None),
    }
}

/// `1-<8 hex>-<24 hex>`: version, seconds, the rest.
fn xray(text: &str, root: &str) -> Result<TraceId, SpellingError> {
    let parts: Vec<&str> = root.split('-').collect();
    match parts[..] {
        ["1", seconds, rest] if seconds.len() == 8 && rest.len() == 24 => {
            padded_hex(text, [seconds, rest].concat().as_bytes())
        }
        _ => Err(SpellingError::new(text, "an X-Ray id is 1-<8 hex digits>-<24 hex digits>")),
    }
}

fn bare(text: &str) -> Result<TraceId, SpellingError> {
    if let Some(bytes) = base64(text) {
        return Ok(TraceId(bytes));
    }
    if let Some(number) = decimal(text)? {
        return Ok(TraceId::from_low(number.to_be_bytes()));
    }
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    match digits.len() {
        32 => padded_hex(text, &digits),
        0..=16 => low_hex(text, &digits).map(|low| TraceId::from_low(low.to_be_bytes())),
        count => {
            hex(text, &digits)?;
            Err(SpellingError::new(text, format_args!("{count} hex digits instead of 32 or up to 16")))
        }
    }
}

/// A decimal 64-bit number; none when the text is not one by its form.
fn decimal(text: &str) -> Result<Option<u64>, SpellingError> {
    let is_decimal = (1..=20).contains(&text.len()) && text.len() != 16;
    if !is_decimal || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    match text.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(SpellingError::new(text, "the decimal number does not fit 64 bits")),
    }
}

/// One to 32 hex digits, padded on the left.
fn padded_hex(text: &str, digits: &[u8]) -> Result<TraceId, SpellingError> {
    match digits.len() {
        1..=32 => hex(text, digits).map(|number| TraceId(number.to_be_bytes())),
        count => Err(SpellingError::new(text, format_args!("{count} hex digits instead of 1 to 32"))),
    }
}

/// One to 16 hex digits.
fn low_hex(text: &str, digits: &[u8]) -> Result<u64, SpellingError> {
    let fits = (1..=16).contains(&digits.len());
    let number = hex(text, digits)?;
    match u64::try_from(number) {
        Ok(low) if fits => Ok(low),
        _ => Err(SpellingError::new(text, format_args!("{} hex digits instead of 1 to 16", digits.len()))),
    }
}

/// The number that hex digits write; of more than 32 the last 32 count.
fn hex(text: &str, digits: &[u8]) -> Result<u128, SpellingError> {
    digits.iter().try_fold(0_u128, |number, byte| match char::from(*byte).to_digit(16) {
        Some(digit) => Ok(number << 4 | u128::from(digit)),
        None => {
            let bad = text.chars().find(|sign| !sign.is_ascii_hexdigit() && *sign != '-').unwrap_or('-');
            Err(SpellingError::new(text, format_args!("'{}' is not a hex digit", bad.escape_default())))
        }
    })
}

/// Sixteen bytes in base64 with its padding, in the standard or the URL-safe alphabet.
fn base64(text: &str) -> Option<[u8; 16]> {
    let digits = text.as_bytes().strip_suffix(b"==").filter(|digits| digits.len() == 22)?;
    let number = digits
        .iter()
        .take(21)
        .try_fold(0_u128, |number, byte| Some(number << 6 | u128::from(sextet(*byte)?)))?;
    let last = sextet(digits[21])?;
    let tail_is_empty = last & 0b1111 == 0;
    tail_is_empty.then(|| (number << 2 | u128::from(last >> 4)).to_be_bytes())
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
