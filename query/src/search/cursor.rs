//! Where a page ends, so that the next one repeats nothing and leaves nothing out, whatever comes in
//! meanwhile: the range that the first page resolved, an instant, and what was shown already.
//!
//! A trace that grows may move before that instant; it still has the spans that had put it behind, and what
//! was shown is not shown again.

use std::collections::HashSet;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use daymark_model::time::Nanos;
use daymark_view::error::{AskError, Code};
use daymark_view::range::Range;
use xxhash_rust::xxh3::xxh3_64;

const WORD: usize = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Of all pages. Ends such as `-1h` move from one to the next.
    pub(crate) range: Range,
    /// Nothing lies before it.
    pub(crate) bound: i64,
    shown: HashSet<u64>,
}

impl Cursor {
    /// The first page of an order.
    pub(crate) fn start(range: Range, bound: i64) -> Self {
        Self { range, bound, shown: HashSet::new() }
    }

    /// The cursor of a text that [`Self::text`] gave for the same question.
    pub(crate) fn read(text: &str, question: &str) -> Result<Self, AskError> {
        let bad = || {
            AskError::new(Code::BadCursor, "the cursor belongs to another question or is damaged")
                .hint("search again without it")
        };
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
        let (words, rest) = bytes.as_chunks::<WORD>();
        let [question_of, from, to, bound, shown @ ..] = words else { return Err(bad()) };
        if !rest.is_empty() || u64::from_le_bytes(*question_of) != xxh3_64(question.as_bytes()) {
            return Err(bad());
        }
        let instant = |word: &[u8; WORD]| i64::from_le_bytes(*word);
        let range = Range { from: Nanos(instant(from)), to: Nanos(instant(to)) };
        let shown = shown.iter().map(|word| u64::from_le_bytes(*word)).collect();
        Ok(Self { range, bound: instant(bound), shown })
    }

    pub(crate) fn text(&self, question: &str) -> String {
        let mut shown: Vec<u64> = self.shown.iter().copied().collect();
        shown.sort_unstable();
        let instants = [self.range.from.0, self.range.to.0, self.bound].map(|instant| instant as u64);
        let words = [xxh3_64(question.as_bytes())].into_iter().chain(instants).chain(shown);
        BASE64_URL_SAFE_NO_PAD.encode(words.flat_map(u64::to_le_bytes).collect::<Vec<u8>>())
    }

    pub(crate) fn has_shown(&self, id: &[u8]) -> bool {
        self.shown.contains(&xxh3_64(id))
    }

    pub(crate) fn show(&mut self, id: &[u8]) {
        self.shown.insert(xxh3_64(id));
    }

    pub(crate) fn shown(&self) -> usize {
        self.shown.len()
    }

    /// Makes a page of rows that never move, which `place` says the bound and the name of: leaves out what was
    /// shown and what is too much, and says whether there is more. Of what lies before the new bound nothing can
    /// come again.
    pub(crate) fn turn<T>(
        &mut self,
        rows: &mut Vec<T>,
        limit: usize,
        place: impl Fn(&T) -> (i64, Vec<u8>),
    ) -> bool {
        rows.retain(|row| !self.has_shown(&place(row).1));
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        for (bound, name) in rows.iter().map(place) {
            if bound != self.bound {
                self.bound = bound;
                self.shown.clear();
            }
            self.show(&name);
        }
        has_more
    }
}

#[cfg(test)]
mod tests {
    use daymark_view::range::Range;

    use super::Cursor;

    #[test]
    fn a_cursor_goes_there_and_back() {
        let mut cursor = Cursor::start(Range::ALL, 42);
        cursor.show(b"one");
        let text = cursor.text("q");
        assert_eq!(Cursor::read(&text, "q"), Ok(cursor));
        assert!(Cursor::read(&text, "other").is_err());
        assert!(Cursor::read(text.trim_end_matches(char::is_alphanumeric), "q").is_err());
        assert!(Cursor::read("!", "q").is_err());
    }
}
