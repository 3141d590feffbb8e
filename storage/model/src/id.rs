//! Ids as fixed bytes, so that no two of them are mixed up and none is compared as text.

use std::fmt;

/// A trace id. 64-bit ids are left-padded with zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(pub [u8; 16]);

impl TraceId {
    /// The half that 64-bit and 128-bit spellings of one id share.
    pub fn low_bytes(self) -> [u8; 8] {
        let [_, _, _, _, _, _, _, _, low @ ..] = self.0;
        low
    }

    /// Whether the id fits 64 bits, so that its upper half was padding.
    pub fn is_short(self) -> bool {
        self.0[..8] == [0; 8]
    }

    /// The id of eight bytes, padded on the left.
    pub fn from_low(low: [u8; 8]) -> Self {
        let mut id = [0; 16];
        id[8..].copy_from_slice(&low);
        Self(id)
    }

    /// All zero is what OTLP calls invalid.
    pub fn is_zero(self) -> bool {
        self.0 == [0; 16]
    }
}

/// A span id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(pub [u8; 8]);

impl SpanId {
    /// All zero is what OTLP calls invalid.
    pub fn is_zero(self) -> bool {
        self.0 == [0; 8]
    }
}

/// Log sequence number: the order in which request bodies were admitted. The first is 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

impl Lsn {
    /// The number after this one.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The number before this one; none is below 0.
    pub fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

/// A log line by the place of its batch in the log and its number in the batch; without a number, all lines
/// of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineAt {
    pub lsn: Lsn,
    pub line: Option<u64>,
}

impl LineAt {
    /// The place that [`fmt::Display`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (lsn, line) = match text.split_once('.') {
            Some((lsn, line)) => (lsn, Some(line.parse().ok()?)),
            None => (text, None),
        };
        Some(Self { lsn: Lsn(lsn.parse().ok()?), line })
    }
}

impl fmt::Display for LineAt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "{}.{line}", self.lsn),
            None => self.lsn.fmt(out),
        }
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

fn write_hex(bytes: &[u8], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
}

impl fmt::Display for TraceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, out)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, out)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
