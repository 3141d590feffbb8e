//! Where one piece of a text ends and the next begins.
//!
//! Words and values may hold balanced brackets (`/users/{id}`, `get()`), so that routes and method names need
//! no quotes; a closing bracket that none opened ends them.

use super::tree::{Op, Place};
use super::value::Value;

/// The rest of a text.
#[derive(Clone, Debug)]
pub(super) struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest().is_empty()
    }

    /// Whether white space or the end follows.
    pub(super) fn is_at_gap(&self) -> bool {
        self.peek().is_none_or(char::is_whitespace)
    }

    pub(super) fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Takes a sign if it is next.
    pub(super) fn take(&mut self, sign: &str) -> bool {
        let is_next = self.rest().starts_with(sign);
        if is_next {
            self.at += sign.len();
        }
        is_next
    }

    /// Takes a word of the grammar if it is next and stands alone.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let after = self.rest().strip_prefix(word);
        let is_alone = after.is_some_and(|after| {
            after.chars().next().is_none_or(|next| next.is_whitespace() || "(){}\"-".contains(next))
        });
        is_alone && self.take(word)
    }

    /// Takes a comparison sign.
    pub(super) fn op(&mut self) -> Option<Op> {
        Op::ALL.into_iter().find(|op| self.take(op.sign()))
    }

    /// Takes the name of a key when a comparison follows it.
    pub(super) fn key(&mut self) -> Option<(String, Place)> {
        let mut ahead = self.clone();
        let name = ahead.name()?;
        // An address is a text, not a key with a value.
        if ahead.rest().starts_with("://") {
            return None;
        }
        ahead.clone().op()?;
        let place = [self.at, ahead.at];
        *self = ahead;
        Some((name, place))
    }

    /// Takes a name: in quotes, or from a letter on.
    pub(super) fn name(&mut self) -> Option<String> {
        if self.peek() == Some('"') {
            return self.quoted().ok().map(|value| value.text).filter(|name| !name.is_empty());
        }
        let starts = |first: char| first.is_alphabetic() || "_@$".contains(first);
        self.peek().filter(|first| starts(*first))?;
        let is_part = |next: char| next.is_alphanumeric() || "_.-/@$".contains(next);
        let len = self.rest().find(|next| !is_part(next)).unwrap_or(self.rest().len());
        let name = self.rest().get(..len)?.to_owned();
        self.at += len;
        Some(name)
    }

    /// Takes a text in quotes; the place of the opening one when none closes it.
    pub(super) fn quoted(&mut self) -> Result<Value, Place> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((at, next)) = chars.next() {
            match next {
                '"' => {
                    self.at = start + at + 1;
                    return Ok(Value::quoted(text));
                }
                // A backslash before anything else is one: regular expressions are full of them.
                '\\' => match chars.next_if(|(_, escaped)| "\"\\".contains(*escaped)) {
                    Some((_, escaped)) => text.push(escaped),
                    None => text.push('\\'),
                },
                other => text.push(other),
            }
        }
        Err([start, self.text.len()])
    }

    /// Takes a word or a value without quotes, an empty one where none begins; the place of a bracket in it
    /// that nothing closes.
    pub(super) fn bare(&mut self) -> Result<Value, Place> {
        let start = self.at;
        let mut open = Vec::new();
        let mut len = self.rest().len();
        for (at, next) in self.rest().char_indices() {
            let is_end = match next {
                '(' | '{' => {
                    open.push((if next == '(' { ')' } else { '}' }, at));
                    false
                }
                ')' | '}' => open.pop_if(|(close, _)| *close == next).is_none(),
                '"' => true,
                other => other.is_whitespace(),
            };
            if is_end {
                len = at;
                break;
            }
        }
        if let Some((_, at)) = open.last() {
            return Err([start + at, start + at + 1]);
        }
        self.at += len;
        Ok(Value::bare(self.text.get(start..self.at).unwrap_or_default()))
    }
}
