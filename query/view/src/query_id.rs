//! The id of one question: a ULID that the client may choose, by which the question is found in answers,
//! in the server's log and in the list of running queries.

use std::fmt;

use serde::{Deserialize, Serialize};

/// 26 characters of Crockford's base 32, upper case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QueryId(String);

impl QueryId {
    /// The id of a ULID's text in either case; none when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let upper = text.to_ascii_uppercase();
        let in_alphabet = |byte: u8| match byte {
            b'I' | b'L' | b'O' | b'U' => false,
            other => other.is_ascii_uppercase() || other.is_ascii_digit(),
        };
        let fits_128_bits = matches!(upper.bytes().next(), Some(b'0'..=b'7'));
        (upper.len() == 26 && fits_128_bits && upper.bytes().all(in_alphabet)).then_some(Self(upper))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QueryId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
