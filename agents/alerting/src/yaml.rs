//! YAML as JSON values, with the line and column of everything in it.
//!
//! Rules are judged as JSON; who reads a file turns the pointer of a fault into a place. Anchors, tags and
//! repeated keys are refused: a file of rules means one thing.

use std::collections::HashMap;

use daymark_view::alerts::fields::below;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span};
use serde_json::{Map, Value};

/// Lists in lists in lists.
const DEPTH_MAX: usize = 32;

/// Both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl From<Marker> for Place {
    fn from(mark: Marker) -> Self {
        Self { line: mark.line(), column: mark.col() + 1 }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    pub place: Place,
    pub detail: String,
}

impl From<ScanError> for YamlError {
    fn from(error: ScanError) -> Self {
        Self { place: (*error.marker()).into(), detail: error.info().to_owned() }
    }
}

/// A document, and where each value in it stands.
#[derive(Clone, Debug, Default)]
pub struct Document {
    pub value: Value,
    places: HashMap<String, Place>,
}

impl Document {
    /// Where the value of a pointer stands, or the nearest one around it.
    pub fn place(&self, pointer: &str) -> Place {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.get(pointer) {
                return *place;
            }
            match pointer.rsplit_once('/') {
                Some((around, _)) => pointer = around,
                None => return Place { line: 1, column: 1 },
            }
        }
    }
}

/// Reads the one document of a text.
pub fn read(text: &str) -> Result<Document, YamlError> {
    let mut reader = Reader { events: Parser::new_from_str(text), places: HashMap::new() };
    let mut document = Document::default();
    let mut has_one = false;
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::DocumentStart(_) if has_one => {
                return Err(wrong(span, "there is a second document: one file, one document"));
            }
            Event::DocumentStart(_) => {
                let (event, span) = reader.expected(span)?;
                document.value = reader.value(event, span, "", 0)?;
                has_one = true;
            }
            _ => {}
        }
    }
    document.places = reader.places;
    Ok(document)
}

struct Reader<'t> {
    events: Parser<'t, saphyr_parser::StrInput<'t>>,
    places: HashMap<String, Place>,
}

type Read<T> = Result<T, YamlError>;

impl<'t> Reader<'t> {
    fn next(&mut self) -> Read<Option<(Event<'t>, Span)>> {
        Ok(self.events.next().transpose()?)
    }

    fn expected(&mut self, after: Span) -> Read<(Event<'t>, Span)> {
        self.next()?.ok_or_else(|| wrong(after, "the file ends too early"))
    }

    fn value(&mut self, event: Event<'t>, span: Span, at: &str, depth: usize) -> Read<Value> {
        self.places.entry(at.to_owned()).or_insert_with(|| span.start.into());
        if depth > DEPTH_MAX {
            return Err(wrong(span, "this is nested too deeply"));
        }
        match event {
            Event::Scalar(text, style, 0, None) => Ok(scalar(&text, style)),
            Event::SequenceStart(0, None) => self.list(span, at, depth),
            Event::MappingStart(0, None) => self.object(span, at, depth),
            Event::Alias(_) => Err(wrong(span, "aliases are not read: write it out")),
            _ => Err(wrong(span, "anchors and tags are not read: write it out")),
        }
    }

    fn list(&mut self, mut span: Span, at: &str, depth: usize) -> Read<Value> {
        let mut list = Vec::new();
        loop {
            let (event, next) = self.expected(span)?;
            if event == Event::SequenceEnd {
                return Ok(Value::Array(list));
            }
            let value = self.value(event, next, &format!("{at}/{}", list.len()), depth + 1)?;
            list.push(value);
            span = next;
        }
    }

    fn object(&mut self, mut span: Span, at: &str, depth: usize) -> Read<Value> {
        let mut map = Map::new();
        loop {
            let (event, next) = self.expected(span)?;
            let key = match event {
                Event::MappingEnd => return Ok(Value::Object(map)),
                Event::Scalar(key, _, 0, None) => key.into_owned(),
                _ => return Err(wrong(next, "a key is a plain text")),
            };
            let pointer = below(at, &key);
            // A fault about a key that should not be there points at the key.
            self.places.insert(pointer.clone(), next.start.into());
            let (event, value_at) = self.expected(next)?;
            let is_nested = matches!(event, Event::MappingStart(..) | Event::SequenceStart(..));
            if !is_nested {
                self.places.insert(pointer.clone(), next.start.into());
            }
            let value = self.value(event, value_at, &pointer, depth + 1)?;
            if map.insert(key.clone(), value).is_some() {
                return Err(wrong(next, &format!("\"{key}\" is there twice")));
            }
            span = value_at;
        }
    }
}

fn wrong(span: Span, detail: &str) -> YamlError {
    YamlError { place: span.start.into(), detail: detail.to_owned() }
}

/// The core schema: plain texts may be null, flags or numbers; quoted ones are texts.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return text.into();
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => true.into(),
        "false" | "False" | "FALSE" => false.into(),
        _ => number(text).unwrap_or_else(|| text.into()),
    }
}

fn number(text: &str) -> Option<Value> {
    let is_number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    if !is_number {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    Some(number.into())
}
