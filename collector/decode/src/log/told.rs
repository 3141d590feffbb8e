//! The trace of a line that was sent without one, as its attributes or its text tell: what loggers write that
//! know the ids but not OTLP's fields for them.
//!
//! Only what is named a trace id is taken, or stands where Spring writes it: any other run of hex digits may
//! be a checksum.

use daymark_model::attribute::ValueType;
use daymark_model::id::{SpanId, TraceId};
use daymark_model::spelling;
use memchr::memchr_iter;
use memchr::memmem::Finder;

use crate::any::Any;
use crate::attributes::Attributes;

/// A trace, and the span in it if that is told too.
pub(super) type Ids = (TraceId, Option<SpanId>);

/// What a name of a trace id is made of, without what stands between its words.
const TRACE_NAMES: [&str; 7] = [
    "traceid",
    "oteltraceid",
    "ddtraceid",
    "xb3traceid",
    "traceparent",
    "awsxraytraceid",
    "logginggoogleapiscomtrace",
];
const SPAN_NAMES: [&str; 5] = ["spanid", "otelspanid", "ddspanid", "xb3spanid", "logginggoogleapiscomspanid"];
/// Characters between a name and its value.
const BETWEEN: usize = 5;
/// Brackets that are looked into, and how far.
const BRACKETS: usize = 4;
const BRACKET_BYTES: usize = 160;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Trace,
    Span,
}

/// Finds ids, remembering which interned keys name them.
#[derive(Debug)]
pub(super) struct Told {
    keys: Vec<Option<Named>>,
    text: String,
    trace: [Finder<'static>; 2],
    span: [Finder<'static>; 2],
}

impl Told {
    pub(super) fn new() -> Self {
        Self {
            keys: Vec::new(),
            text: String::new(),
            trace: [Finder::new("race"), Finder::new("RACE")],
            span: [Finder::new("pan"), Finder::new("PAN")],
        }
    }

    /// What the attributes say that were just taken.
    pub(super) fn in_attributes(&mut self, attributes: &Attributes<'_>) -> Option<Ids> {
        for id in self.keys.len()..attributes.keys().words() {
            self.keys.push(named(attributes.keys().word(id as i32)));
        }
        let of = |named| {
            let found = attributes.record().iter().find(|(key, _)| self.keys[*key as usize] == Some(named));
            found.map(|(_, value)| *value)
        };
        let (trace, span) = (of(Named::Trace)?, of(Named::Span));
        let trace = self.stored(trace).and_then(in_value)?;
        let span = span.and_then(|value| spelling::span_id(self.stored(value)?).ok());
        Some((trace, span))
    }

    fn stored(&mut self, value: Any<'_>) -> Option<&str> {
        self.text.clear();
        let kind = value.store(&mut self.text, &mut 0).ok()?;
        matches!(kind, ValueType::Text | ValueType::Int).then_some(self.text.as_str())
    }

    /// What a text says.
    pub(super) fn in_text(&self, text: &str) -> Option<Ids> {
        let by_name = after(text, &self.trace, b'T').find_map(|rest| in_value(value_of(rest)?));
        by_name.map_or_else(
            || in_brackets(text),
            |trace| {
                let span = after(text, &self.span, b'S').find_map(|rest| {
                    let value = value_of(rest).filter(|value| value.len() == 16)?;
                    spelling::span_id(value).ok()
                });
                Some((trace, span))
            },
        )
    }
}

/// What a key names, if any id.
fn named(key: &str) -> Option<Named> {
    let letters = key.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
    let bare: Vec<u8> = letters.collect();
    let is = |name: &&str| name.as_bytes() == bare;
    if TRACE_NAMES.iter().any(&is) {
        return Some(Named::Trace);
    }
    SPAN_NAMES.iter().any(is).then_some(Named::Span)
}

/// What follows each word in a text: the word is its first letter and what the finders look for, and is not the
/// end of another word.
fn after<'t>(text: &'t str, finders: &'t [Finder<'static>; 2], first: u8) -> impl Iterator<Item = &'t str> {
    let found = finders
        .iter()
        .flat_map(move |finder| finder.find_iter(text.as_bytes()).map(move |at| (at, finder.needle().len())));
    found.filter_map(move |(at, len)| {
        let before = text.as_bytes().get(..at)?;
        let (letter, before) = before.split_last()?;
        let is_end = letter.is_ascii_lowercase() && before.last().is_some_and(u8::is_ascii_lowercase);
        (letter.eq_ignore_ascii_case(&first) && !is_end).then(|| text.get(at + len..)).flatten()
    })
}

/// The value behind a name whose first word was just read.
fn value_of(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix(['_', '-', '.', ' ']).unwrap_or(rest);
    let is_id = rest.get(..2).is_some_and(|two| two.eq_ignore_ascii_case("id"));
    let rest = match rest.strip_prefix("parent") {
        Some(rest) => rest,
        None if is_id => rest.get(2..)?,
        None => rest,
    };
    let start = rest.bytes().position(|byte| byte.is_ascii_alphanumeric()).filter(|at| *at <= BETWEEN)?;
    let (between, value) = rest.split_at(start);
    if !between.bytes().all(|byte| b"\"'`\\:= ([{<>".contains(&byte)) {
        return None;
    }
    let end = value.bytes().position(|byte| !byte.is_ascii_alphanumeric() && byte != b'-');
    value.get(..end.unwrap_or(value.len()))
}

/// The trace id that a value spells in full: a short number after the word may be anything.
fn in_value(value: &str) -> Option<TraceId> {
    let value = value.rsplit_once("traces/").map_or(value, |(_, id)| id);
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let is_full =
        matches!(value.len(), 16 | 32 | 35 | 36 | 55) || (is_number && (17..=20).contains(&value.len()));
    is_full.then(|| spelling::trace_id(value).ok()).flatten()
}

/// `[service,trace,span]` and `[trace-span]`.
fn in_brackets(text: &str) -> Option<Ids> {
    memchr_iter(b'[', text.as_bytes()).take(BRACKETS).find_map(|at| {
        let rest = text.get(at + 1..)?;
        let end = rest.bytes().take(BRACKET_BYTES).position(|byte| byte == b']')?;
        let inside = rest.get(..end)?;
        let parts: Vec<&str> = inside.split(',').map(str::trim).collect();
        let (trace, span) = match parts[..] {
            [_, trace, span, ..] => (trace, span),
            [one] => one.split_once('-')?,
            _ => return None,
        };
        let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_pair = matches!(trace.len(), 16 | 32) && span.len() == 16 && is_hex(trace) && is_hex(span);
        is_pair.then(|| Some((spelling::trace_id(trace).ok()?, spelling::span_id(span).ok()))).flatten()
    })
}

#[cfg(test)]
mod tests;
