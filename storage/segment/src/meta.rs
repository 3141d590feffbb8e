//! What a segment is and which files prove it: `meta.json`, written last and checked first.
//!
//! The file ends with the blake3 of the bytes before it, so a flipped byte in it is found too. A catalog
//! that was lost is rebuilt from these files, so they name everything a catalog row needs.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

pub(crate) const META: &str = "meta.json";
const FORMAT: u32 = 1;
const SEAL: &str = ",\n\"blake3\":\"";

/// How far a segment has been merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Level {
    /// A flushed buffer: arrival order, lz4.
    L0,
    /// Sorted rows of a ten minute window.
    L1,
    /// Sorted rows of a two hour window.
    L2,
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level as Self
    }
}

impl TryFrom<u8> for Level {
    type Error = String;

    fn try_from(code: u8) -> std::result::Result<Self, String> {
        [Self::L0, Self::L1, Self::L2]
            .into_iter()
            .find(|level| u8::from(*level) == code)
            .ok_or_else(|| format!("no level {code}"))
    }
}

/// Log sequence numbers whose rows a segment holds, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LsnRange {
    pub from: u64,
    pub to: u64,
}

/// The instants a segment's rows were chosen by, the end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub from: i64,
    pub to: i64,
}

/// What the writer of a segment knows besides the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    pub table: Table,
    pub tenant: String,
    pub stream: String,
    pub level: Level,
    /// None at level 0 and for a file of stragglers.
    pub window: Option<Window>,
    /// Whether no more rows of the window are expected: then nothing waits for another half any more.
    pub is_final: bool,
    pub lsns: Vec<LsnRange>,
    pub arrival_min: Nanos,
    pub arrival_max: Nanos,
    /// The node that wrote it, as hex.
    pub node: String,
    /// Ids of the segments this one replaces.
    pub inputs: Vec<String>,
}

/// A column that holds one attribute key of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnColumn {
    pub key: String,
    /// The type code of its values.
    #[serde(rename = "type")]
    pub kind: u8,
    pub column: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMeta {
    pub bytes: u64,
    /// In hex.
    pub blake3: String,
}

/// What `meta.json` says. Times are nanoseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    pub format: u32,
    #[serde(with = "table_name")]
    pub table: Table,
    pub tenant: String,
    pub stream: String,
    pub level: Level,
    pub window: Option<Window>,
    pub rows: u32,
    pub time_min: i64,
    pub time_max: i64,
    pub arrival_min: i64,
    pub arrival_max: i64,
    pub lsns: Vec<LsnRange>,
    pub node: String,
    pub inputs: Vec<String>,
    pub own_columns: Vec<OwnColumn>,
    /// Attribute keys that stand in the set, and nowhere else.
    #[serde(default)]
    pub set_keys: Vec<String>,
    /// Of a segment that has no rows, only the sums of spans that are gone: the seconds of their buckets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_s: Option<i32>,
    /// Every file of the folder but `meta.json`, by name.
    pub files: BTreeMap<String, FileMeta>,
}

impl Meta {
    /// `time` is the first and the last instant of the rows.
    pub(crate) fn new(spec: &Spec, rows: u32, time: (i64, i64), own_columns: Vec<OwnColumn>) -> Self {
        Self {
            format: FORMAT,
            table: spec.table,
            tenant: spec.tenant.clone(),
            stream: spec.stream.clone(),
            level: spec.level,
            window: spec.window,
            rows,
            time_min: time.0,
            time_max: time.1,
            arrival_min: spec.arrival_min.0,
            arrival_max: spec.arrival_max.0,
            lsns: spec.lsns.clone(),
            node: spec.node.clone(),
            inputs: spec.inputs.clone(),
            own_columns,
            set_keys: Vec::new(),
            rolled_s: None,
            files: BTreeMap::new(),
        }
    }

    /// The first log number whose rows it holds.
    pub fn first_lsn(&self) -> Option<u64> {
        self.lsns.iter().map(|range| range.from).min()
    }

    /// Bytes of the folder without `meta.json`.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }

    /// Whether a row of that half-open range of time may be in the segment.
    pub fn overlaps(&self, time: &Range<i64>) -> bool {
        self.time_min < time.end && time.start <= self.time_max
    }

    pub(crate) fn to_text(&self) -> String {
        let body = serde_json::to_string_pretty(self).expect("plain fields with text keys always serialise");
        let body = body.trim_end().trim_end_matches('}').trim_end();
        format!("{body}{SEAL}{}\"}}\n", blake3::hash(body.as_bytes()))
    }

    pub(crate) fn parse(path: &Path, text: &[u8]) -> Result<Self> {
        let damaged = |what: &str| Error::corrupt(path, what);
        let text = std::str::from_utf8(text).map_err(|_| damaged("not UTF-8"))?;
        let (body, _) = text.rsplit_once(SEAL).ok_or_else(|| damaged("no checksum"))?;
        if format!("{body}{SEAL}{}\"}}\n", blake3::hash(body.as_bytes())) != text {
            return Err(damaged("its checksum does not fit"));
        }
        let meta: Self = serde_json::from_str(text).map_err(|error| damaged(&error.to_string()))?;
        if meta.format != FORMAT {
            return Err(Error::Input(format!("{}: format {} is not known", path.display(), meta.format)));
        }
        Ok(meta)
    }
}

mod table_name {
    use super::Table;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub(super) fn serialize<S: Serializer>(table: &Table, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(table.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Table, D::Error> {
        let name = String::deserialize(from)?;
        Table::from_name(&name).ok_or_else(|| D::Error::custom(format!("no table {name}")))
    }
}
