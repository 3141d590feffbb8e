//! Checking a folder offline: bytes against checksums, indexes against rows, ids against what they name.
//!
//! One flipped byte anywhere in the folder is a finding.

use std::collections::HashSet;
use std::path::Path;

use crate::derived::Derived;
use crate::described::{RESOURCES, SERIES};
use crate::error::{Error, Result};
use crate::meta::{META, Meta};
use crate::segment::Segment;

/// Something that is wrong with a file of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The name of the file in the folder.
    pub file: String,
    pub what: String,
}

impl Finding {
    fn new(file: &str, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), what: what.into() }
    }

    fn of(file: &str, error: &Error) -> Self {
        Self::new(file, error.to_string())
    }
}

/// The bytes of a file, if they are those that were written.
pub(crate) fn proved(dir: &Path, meta: &Meta, name: &str) -> std::result::Result<Vec<u8>, Finding> {
    let expected = meta.files.get(name).ok_or_else(|| Finding::new(name, "not listed in meta.json"))?;
    let bytes = std::fs::read(dir.join(name)).map_err(|error| Finding::new(name, error.to_string()))?;
    if blake3::hash(&bytes).to_hex().as_str() != expected.blake3 {
        return Err(Finding::new(name, "its checksum does not fit"));
    }
    Ok(bytes)
}

/// Everything that is wrong with a segment folder; nothing when it is whole.
pub fn verify(dir: &Path) -> Vec<Finding> {
    let path = dir.join(META);
    let meta = std::fs::read(&path).map_err(Error::io(&path)).and_then(|text| Meta::parse(&path, &text));
    let meta = match meta {
        Ok(meta) => meta,
        Err(error) => return vec![Finding::of(META, &error)],
    };
    let mut findings = strangers(dir, &meta);
    findings.extend(meta.files.keys().filter_map(|name| proved(dir, &meta, name).err()));
    match Segment::open(dir) {
        Ok(segment) => {
            findings
                .extend(segment.file().check_all().iter().map(|error| Finding::of(crate::data::DATA, error)));
            match check_rows(&segment) {
                Ok(more) => findings.extend(more),
                Err(error) => findings.push(Finding::of(crate::data::DATA, &error)),
            }
        }
        Err(error) => findings.push(Finding::of(crate::data::DATA, &error)),
    }
    findings
}

/// Files that no one wrote.
fn strangers(dir: &Path, meta: &Meta) -> Vec<Finding> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => return vec![Finding::new("", error.to_string())],
    };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let strange = names.filter(|name| name != META && !meta.files.contains_key(name));
    strange.map(|name| Finding::new(&name, "not listed in meta.json")).collect()
}

/// Compares the folder with what its rows say.
fn check_rows(segment: &Segment) -> Result<Vec<Finding>> {
    let mut derived = Derived::of(segment)?;
    let mut findings = Vec::new();
    if derived.time != (segment.meta().time_min, segment.meta().time_max) {
        findings.push(Finding::new(META, "names other times than the rows have"));
    }
    for (name, expected) in derived.files {
        if std::fs::read(segment.dir().join(name)).ok() != Some(expected) {
            findings.push(Finding::new(name, "does not fit the rows"));
        }
    }
    derived.resources.extend(segment.series().iter().map(|one| one.resource_id));
    for one in segment.resources() {
        derived.resources.remove(&one.id);
    }
    for one in segment.series() {
        derived.series.remove(&one.id);
    }
    let unresolved = |file: &str, ids: &HashSet<u64>| {
        ids.iter().next().map(|id| {
            Finding::new(file, format!("lacks {} ids of the rows, {id:016x} among them", ids.len()))
        })
    };
    findings.extend(unresolved(RESOURCES, &derived.resources));
    findings.extend(unresolved(SERIES, &derived.series));
    Ok(findings)
}
