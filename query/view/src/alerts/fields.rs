//! Reads a JSON object strictly: unknown keys, wrong types and wrong values are all told, each with its place
//! and with what may have been meant.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::duration::{self, BadDuration};
use crate::error::{AskError, Code};
use crate::nearest::nearest;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer of the value, or of the key that should not be there.
    pub pointer: String,
    pub detail: String,
    pub hint: Option<String>,
}

impl Fault {
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<Fault> for AskError {
    fn from(fault: Fault) -> Self {
        let error = Self::new(Code::BadRequest, fault.detail).pointer(fault.pointer);
        match fault.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// An object that is being read.
#[derive(Debug)]
pub struct Fields<'v> {
    map: &'v Map<String, Value>,
    at: String,
    pub faults: Vec<Fault>,
}

/// The pointer of a key below another.
pub fn below(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

impl<'v> Fields<'v> {
    /// An object at a place; only some keys may be in it.
    pub fn of(value: &'v Value, at: &str, keys: &[&str]) -> Result<Self, Fault> {
        let Value::Object(map) = value else {
            return Err(Fault::new(at, format!("{} is not an object", shown(value))));
        };
        let mut fields = Self { map, at: at.to_owned(), faults: Vec::new() };
        for key in map.keys().filter(|key| !keys.contains(&key.as_str())) {
            let fault = Fault::new(below(at, key), format!("there is no key \"{key}\" here"));
            fields.faults.push(match nearest(key, keys.iter().copied()) {
                Some(meant) => fault.hint(format!("did you mean \"{meant}\"?")),
                None => fault.hint(format!("known: {}", keys.join(", "))),
            });
        }
        Ok(fields)
    }

    /// What was read, unless something was wrong.
    pub fn done<T>(self, value: T) -> Result<T, Vec<Fault>> {
        if self.faults.is_empty() { Ok(value) } else { Err(self.faults) }
    }

    pub fn place(&self, key: &str) -> String {
        below(&self.at, key)
    }

    /// The value of a key; null is as if it were not there.
    pub fn get(&self, key: &str) -> Option<&'v Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    pub fn fault(&mut self, key: &str, detail: impl Into<String>, hint: impl Into<String>) {
        let fault = Fault::new(self.place(key), detail).hint(hint);
        self.faults.push(fault);
    }

    /// Notes what is wrong with a value.
    pub fn checked<T>(&mut self, read: Result<T, Vec<Fault>>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(faults) => {
                self.faults.extend(faults);
                None
            }
        }
    }

    fn wrong(&mut self, key: &str, value: &Value, expected: &str) {
        self.fault(key, format!("{} is not {expected}", shown(value)), format!("write {expected}"));
    }

    fn missing(&mut self, key: &str) {
        let fault = Fault::new(self.at.clone(), format!("\"{key}\" is not given"));
        self.faults.push(fault);
    }

    pub fn text(&mut self, key: &str) -> Option<String> {
        match self.get(key)? {
            Value::String(text) => Some(text.clone()),
            other => {
                self.wrong(key, other, "a text");
                None
            }
        }
    }

    /// A text that must be there and not be empty.
    pub fn needed(&mut self, key: &str) -> String {
        match self.get(key) {
            None => self.missing(key),
            Some(Value::String(text)) if text.trim().is_empty() => self.fault(key, "it is empty", "give one"),
            Some(_) => return self.text(key).unwrap_or_default(),
        }
        String::new()
    }

    /// Nanoseconds.
    pub fn duration(&mut self, key: &str) -> Option<i64> {
        let value = self.get(key)?;
        // Nobody who writes 10 means nanoseconds.
        let has_unit = |text: &&String| *text == "0" || !text.ends_with(|last: char| last.is_ascii_digit());
        let read = match value {
            Value::String(text) => Some(text).filter(has_unit).and_then(|text| duration::parse(text).ok()),
            Value::Number(number) => number.as_i64().filter(|ns| *ns >= 0),
            _ => None,
        };
        if read.is_none() {
            let detail = format!("{} is not a duration", shown(value));
            self.fault(key, detail, BadDuration::HINT);
        }
        read
    }

    pub fn number(&mut self, key: &str) -> Option<f64> {
        let value = self.get(key)?;
        let number = value.as_f64().filter(|number| number.is_finite());
        if number.is_none() {
            self.wrong(key, value, "a number");
        }
        number
    }

    pub fn needed_number(&mut self, key: &str) -> f64 {
        if self.get(key).is_none() {
            self.missing(key);
        }
        self.number(key).unwrap_or_default()
    }

    pub fn count(&mut self, key: &str) -> Option<u64> {
        let value = self.get(key)?;
        let count = value.as_u64();
        if count.is_none() {
            self.wrong(key, value, "a whole number that is not negative");
        }
        count
    }

    pub fn flag(&mut self, key: &str) -> Option<bool> {
        let value = self.get(key)?;
        let flag = value.as_bool();
        if flag.is_none() {
            self.wrong(key, value, "true or false");
        }
        flag
    }

    pub fn texts(&mut self, key: &str) -> Option<Vec<String>> {
        let value = self.get(key)?;
        let texts = value.as_array().and_then(|list| {
            list.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        if texts.is_none() {
            self.wrong(key, value, "a list of texts");
        }
        texts
    }

    pub fn text_map(&mut self, key: &str) -> BTreeMap<String, String> {
        let Some(value) = self.get(key) else { return BTreeMap::new() };
        let Value::Object(map) = value else {
            self.wrong(key, value, "an object of texts");
            return BTreeMap::new();
        };
        let mut texts = BTreeMap::new();
        for (name, value) in map {
            match value {
                Value::String(text) => drop(texts.insert(name.clone(), text.clone())),
                other => {
                    let place = below(&self.place(key), name);
                    self.faults.push(Fault::new(place, format!("{} is not a text", shown(other))));
                }
            }
        }
        texts
    }

    /// One of some words.
    pub fn word<T: Copy>(&mut self, key: &str, known: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        if let Some((_, value)) = known.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let words = || known.iter().map(|(word, _)| *word);
        let hint = match nearest(&text, words()) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("one of {}", words().collect::<Vec<_>>().join(", ")),
        };
        self.fault(key, format!("\"{text}\" is not known here"), hint);
        None
    }

    pub fn needed_word<T: Copy>(&mut self, key: &str, known: &[(&str, T)], otherwise: T) -> T {
        if self.get(key).is_none() {
            self.missing(key);
        }
        self.word(key, known).unwrap_or(otherwise)
    }

    /// The elements of a list, each read by itself.
    pub fn list<T>(
        &mut self,
        key: &str,
        read: impl Fn(&Value, &str) -> Result<T, Vec<Fault>>,
    ) -> Option<Vec<T>> {
        let value = self.get(key)?;
        let Value::Array(list) = value else {
            self.wrong(key, value, "a list");
            return None;
        };
        let place = self.place(key);
        let mut all = Vec::new();
        for (at, one) in list.iter().enumerate() {
            let read = read(one, &format!("{place}/{at}"));
            all.extend(self.checked(read));
        }
        Some(all)
    }
}

/// A value as it is named in a fault: short.
pub(crate) fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.split_at(end).0),
        None => text,
    }
}
