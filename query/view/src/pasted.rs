//! What a pasted text names: an id in any spelling, a header, a log line or an address that holds one, or
//! else a name.
//!
//! The spellings themselves are those of [`daymark_model::spelling`]; here they are found inside other text.
//! A word before an id (`trace_id=`, `"spanId":`, `/trace/`) says what the id is of.

use daymark_model::id::{SpanId, TraceId};
use daymark_model::spelling;
use serde::{Deserialize, Serialize};

use crate::logs::LogId;

/// Bytes of a text that are read.
pub const TEXT_MAX: usize = 8 << 10;
/// Ids of each kind that one text may name.
const IDS_MAX: usize = 8;
const NAME_MAX: usize = 200;

/// How a text was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    TraceId,
    ShortId,
    Uuid,
    Decimal,
    Base64,
    Traceparent,
    B3,
    UberTraceId,
    XRay,
    LogId,
    Url,
    LogLine,
    Name,
}

impl Form {
    /// Whether the form alone tells an id from other text.
    fn is_header(self) -> bool {
        matches!(self, Self::Traceparent | Self::B3 | Self::UberTraceId | Self::XRay)
    }
}

/// What a text may mean, the likeliest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub form: Form,
    pub trace_ids: Vec<TraceId>,
    pub span_ids: Vec<SpanId>,
    pub log_id: Option<LogId>,
    /// To look up among names.
    pub name: Option<String>,
}

/// An id and how likely it was meant: 0 is the likeliest.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    form: Form,
    trace: Option<TraceId>,
    span: Option<SpanId>,
    rank: u8,
}

/// What the word before an id says it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Trace,
    Span,
    Other,
}

/// Reads a text. There is always a reading: at least that as a name.
pub fn read(text: &str) -> Reading {
    let text = text.trim();
    let bare = text.trim_matches(|sign: char| "\"'`<>()[]{},;|".contains(sign)).trim();
    let as_name = || {
        let is_name = !bare.is_empty() && bare.len() <= NAME_MAX && !bare.contains('\n');
        is_name.then(|| bare.to_owned())
    };
    let none =
        Reading { form: Form::Name, trace_ids: Vec::new(), span_ids: Vec::new(), log_id: None, name: None };
    if let Some(log_id) = LogId::parse(bare) {
        return Reading { form: Form::LogId, log_id: Some(log_id), ..none };
    }
    if let Some(whole) = spelled(bare) {
        // A few hex digits may as well be a word.
        let name = if whole.form == Form::ShortId && bare.len() < 16 { as_name() } else { None };
        let mut span_ids: Vec<SpanId> = whole.span.into_iter().collect();
        if whole.form == Form::ShortId {
            span_ids.extend(spelling::span_id(bare));
        }
        return Reading {
            form: whole.form,
            trace_ids: whole.trace.into_iter().collect(),
            span_ids,
            name,
            ..none
        };
    }
    let mut found = inside(text);
    found.sort_by_key(|candidate| candidate.rank);
    let (mut trace_ids, mut span_ids) = (Vec::new(), Vec::new());
    for candidate in &found {
        push(&mut trace_ids, candidate.trace);
        push(&mut span_ids, candidate.span);
    }
    if found.is_empty() {
        return Reading { name: as_name(), ..none };
    }
    let is_url = bare.starts_with("http://") || bare.starts_with("https://");
    let form = if is_url { Form::Url } else { header(text).unwrap_or(Form::LogLine) };
    Reading { form, trace_ids, span_ids, ..none }
}

fn push<T: PartialEq>(ids: &mut Vec<T>, id: Option<T>) {
    if let Some(id) = id.filter(|id| ids.len() < IDS_MAX && !ids.contains(id)) {
        ids.push(id);
    }
}

/// The form of a text that is one header, or those of b3 in parts, and nothing else.
fn header(text: &str) -> Option<Form> {
    let form = |line: &str| {
        let name = line.split_once(':')?.0.trim().to_lowercase();
        match name.as_str() {
            "traceparent" => Some(Form::Traceparent),
            "uber-trace-id" => Some(Form::UberTraceId),
            "x-amzn-trace-id" => Some(Form::XRay),
            name if name == "b3" || name.starts_with("x-b3-") => Some(Form::B3),
            _ => None,
        }
    };
    let mut forms = text.lines().filter(|line| !line.trim().is_empty()).map(form);
    let first = forms.next()??;
    forms.all(|other| other == Some(first)).then_some(first)
}

/// A text that is one id and nothing else.
fn spelled(text: &str) -> Option<Candidate> {
    let unescaped = text.replace("%3A", ":").replace("%3a", ":");
    let text = unescaped.as_str();
    let parts: Vec<&str> = text.split('-').collect();
    let widths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let (form, span) = match widths[..] {
        _ if text.contains("Root=") => (Form::XRay, part_after(text, "Parent=")),
        _ if text.contains(':') => (Form::UberTraceId, text.split(':').nth(1)),
        [1, 8, 24] => (Form::XRay, None),
        [2, 32, 16, 2, ..] => (Form::Traceparent, parts.get(2).copied()),
        [16 | 32, 16] | [16 | 32, 16, 1] | [16 | 32, 16, 1, 16] => (Form::B3, parts.get(1).copied()),
        [8, 4, 4, 4, 12] => (Form::Uuid, None),
        [24] if text.ends_with("==") => (Form::Base64, None),
        [1..=20] if text.len() != 16 && text.bytes().all(|digit| digit.is_ascii_digit()) => {
            (Form::Decimal, None)
        }
        [32] if is_hex(text) => (Form::TraceId, None),
        [1..=16] if is_hex(text) => (Form::ShortId, None),
        _ => return None,
    };
    let trace = spelling::trace_id(text).ok()?;
    let span = span.and_then(|span| spelling::span_id(span).ok());
    Some(Candidate { form, trace: Some(trace), span, rank: 0 })
}

/// What follows a mark, up to the next part of the header.
fn part_after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark).map(|(_, rest)| rest.split(';').next().unwrap_or(rest).trim())
}

/// The ids inside a text.
fn inside(text: &str) -> Vec<Candidate> {
    let text = text.replace("%3A", ":").replace("%3a", ":");
    let mut found = Vec::new();
    let mut label = Label::Other;
    let mut before = String::new();
    for piece in pieces(&text) {
        match piece {
            Piece::Between(sign) => before.push_str(sign),
            Piece::Word(word) => {
                let is_named = before.contains(['=', '/', '"', '\'', ':']) || before.ends_with(": ");
                word_ids(word, if is_named { label } else { Label::Other }, &mut found);
                label = label_of(word);
                before.clear();
                if word.ends_with(':') {
                    before.push(':');
                }
            }
        }
    }
    for token in text.split(|sign: char| sign.is_whitespace() || "\"',".contains(sign)) {
        if token.len() == 24 && token.ends_with("==") {
            found.extend(spelled(token).map(|candidate| Candidate { rank: 1, ..candidate }));
        }
    }
    found
}

enum Piece<'a> {
    Word(&'a str),
    Between(&'a str),
}

/// Words, which may hold the signs of ids and of names, and what stands between them.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let is_part = |sign: char| sign.is_alphanumeric() || "-_:.".contains(sign);
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_word = is_part(rest.chars().next()?);
        let end = rest.find(|sign| is_part(sign) != is_word).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        let has_name = piece.chars().any(char::is_alphanumeric);
        Some(if is_word && has_name { Piece::Word(piece) } else { Piece::Between(piece) })
    })
}

fn label_of(word: &str) -> Label {
    let name: String = word.chars().filter(|sign| sign.is_alphanumeric()).collect::<String>().to_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if name == "tr" || ends(&["traceid", "trace", "traces", "traceparent"]) {
        Label::Trace
    } else if name == "sp" || ends(&["spanid", "span", "parentid", "parent", "transactionid"]) {
        Label::Span
    } else {
        Label::Other
    }
}

/// The ids of a word, under the label of the word before it.
fn word_ids(word: &str, mut label: Label, found: &mut Vec<Candidate>) {
    /// A shorter first part of four between colons is an instant or an address.
    const UBER_MIN: usize = 12;
    let word = word.trim_matches(|sign| "-:._".contains(sign));
    let as_whole = spelled(word).filter(|candidate| match candidate.form {
        Form::UberTraceId => word.find(':').is_some_and(|first| first >= UBER_MIN),
        Form::Uuid => true,
        form => form.is_header(),
    });
    if let Some(whole) = as_whole {
        let rank = if whole.form == Form::Uuid && label != Label::Trace { 2 } else { 0 };
        found.push(Candidate { rank, ..whole });
        return;
    }
    let mut value = word;
    if let Some((name, rest)) = word.rsplit_once(':') {
        (label, value) = (label_of(name), rest);
    }
    for piece in value.split(['-', '.', '_']) {
        found.extend(plain(piece, label));
    }
}

/// An id without signs in it.
fn plain(text: &str, label: Label) -> Option<Candidate> {
    let is_hex = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !is_hex {
        return None;
    }
    let trace = |form, rank| {
        let trace = spelling::trace_id(text).ok()?;
        Some(Candidate { form, trace: Some(trace), span: None, rank })
    };
    let span = |rank| {
        let span = spelling::span_id(text).ok()?;
        Some(Candidate { form: Form::ShortId, trace: None, span: Some(span), rank })
    };
    let is_decimal = text.len() != 16 && text.bytes().all(|digit| digit.is_ascii_digit());
    match (text.len(), label) {
        (32, Label::Trace) => trace(Form::TraceId, 0),
        (32, _) => trace(Form::TraceId, 1),
        (1..=20, Label::Trace) if is_decimal => trace(Form::Decimal, 0),
        (1..=16, Label::Trace) => trace(Form::ShortId, 0),
        (1..=20, Label::Span) => span(0),
        (16, Label::Other) => {
            let span = spelling::span_id(text).ok();
            trace(Form::ShortId, 3).map(|candidate| Candidate { span, ..candidate })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
