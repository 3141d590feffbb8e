//! Values as people write them: numbers with units, names, patterns, quoted texts.

use crate::duration;

const BYTES: [(&str, f64); 9] = [
    ("B", 1.0),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
];

/// A value or a word, with quotes taken off.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Value {
    pub text: String,
    /// What is quoted is a text and means itself: no number, no pattern.
    pub is_quoted: bool,
}

impl Value {
    pub fn quoted(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_quoted: true }
    }

    pub fn bare(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_quoted: false }
    }

    /// A word of the grammar in small letters.
    pub(super) fn is_lower_case_of(&self, word: &str) -> bool {
        !self.is_quoted && self.text != word && self.text.eq_ignore_ascii_case(word)
    }

    /// Nothing but a sign of a comparison or of joining, which means nothing alone.
    pub(super) fn is_sign(&self) -> bool {
        let is_sign = |next| "=!<>~:&|".contains(next);
        !self.is_quoted && !self.text.is_empty() && self.text.chars().all(is_sign)
    }

    /// A number as such, as a share (`5%` is 0.05), or as bytes (`4KiB` is 4096).
    pub fn number(&self) -> Option<f64> {
        if self.is_quoted {
            return None;
        }
        let read = |digits: &str| digits.parse::<f64>().ok().filter(|number| number.is_finite());
        let is_number = self.text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
        if !is_number {
            return None;
        }
        if let Some(digits) = self.text.strip_suffix('%') {
            return Some(read(digits)? / 100.0);
        }
        let with_unit =
            BYTES.iter().find_map(|(unit, size)| Some(read(self.text.strip_suffix(unit)?)? * size));
        with_unit.or_else(|| read(&self.text))
    }

    /// Nanoseconds; a number alone counts as them.
    pub fn duration(&self) -> Option<i64> {
        if self.is_quoted { None } else { duration::parse(&self.text).ok() }
    }

    pub fn boolean(&self) -> Option<bool> {
        match self.text.as_str() {
            "true" if !self.is_quoted => Some(true),
            "false" if !self.is_quoted => Some(false),
            _ => None,
        }
    }

    /// Whether a star stands for any text.
    pub fn is_pattern(&self) -> bool {
        !self.is_quoted && self.text.contains('*')
    }
}
