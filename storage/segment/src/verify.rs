//! Checking a folder offline: bytes against checksums, indexes against rows, ids against what they name.
//!
//! One flipped byte anywhere in the folder is a finding.

use std::collections::HashSet;
use std::path::Path;

use arrow::array::AsArray;
use arrow::datatypes::UInt64Type;
use daymark_model::rows;

use crate::blooms::{ATTRIBUTE_BLOOMS, BloomsBuilder, key_hash};
use crate::described::{RESOURCES, SERIES};
use crate::error::{Error, Result};
use crate::index::{Indexer, columns};
use crate::layout::block_rows;
use crate::meta::{META, Meta};
use crate::projection::{Projection, RowAttributes, column, holds_attributes, own_name};
use crate::ranges::RowRanges;
use crate::segment::Segment;
use crate::texts::text_column;
use crate::value_sets::ValueSets;

const BATCH_ROWS: usize = 8_192;

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

/// Builds the indexes anew from the rows and compares them with the files.
fn check_rows(segment: &Segment) -> Result<Vec<Finding>> {
    let table = segment.table();
    let texts = text_column(table);
    let mut names = columns(table).to_vec();
    names.extend(texts);
    let has_resource = rows::schema(table).column_with_name("resource_id").is_some();
    let has_series = rows::schema(table).column_with_name("series_id").is_some();
    names.extend(has_resource.then_some("resource_id"));
    names.extend((has_series && !names.contains(&"series_id")).then_some("series_id"));
    let mut indexer = Indexer::new(
        (table, segment.meta().level),
        segment.meta().rows as usize,
        segment.resources(),
        segment.series(),
    );
    let (mut resources, mut series) = (HashSet::new(), HashSet::new());
    for batch in
        segment.read(&Projection::columns(names), &RowRanges::all(segment.meta().rows), BATCH_ROWS)?
    {
        let batch = batch?;
        indexer.add(&batch)?;
        if let Some(texts) = texts {
            indexer.add_texts(column(&batch, texts)?)?;
        }
        if has_resource {
            resources.extend(column(&batch, "resource_id")?.as_primitive::<UInt64Type>().values());
        }
        if has_series {
            series.extend(column(&batch, "series_id")?.as_primitive::<UInt64Type>().values());
        }
    }
    let mut findings = Vec::new();
    if indexer.time() != (segment.meta().time_min, segment.meta().time_max) {
        findings.push(Finding::new(META, "names other times than the rows have"));
    }
    let (filters, set_values) = of_attributes(segment)?;
    indexer.cover(set_values);
    for (name, expected) in indexer.encode()? {
        if std::fs::read(segment.dir().join(name)).ok() != Some(expected) {
            findings.push(Finding::new(name, "does not fit the rows"));
        }
    }
    resources.extend(segment.series().iter().map(|one| one.resource_id));
    for one in segment.resources() {
        resources.remove(&one.id);
    }
    for one in segment.series() {
        series.remove(&one.id);
    }
    let unresolved = |file: &str, ids: &HashSet<u64>| {
        ids.iter().next().map(|id| {
            Finding::new(file, format!("lacks {} ids of the rows, {id:016x} among them", ids.len()))
        })
    };
    if segment.meta().files.contains_key(ATTRIBUTE_BLOOMS)
        && std::fs::read(segment.dir().join(ATTRIBUTE_BLOOMS)).ok() != Some(filters)
    {
        findings.push(Finding::new(ATTRIBUTE_BLOOMS, "does not fit the rows"));
    }
    findings.extend(unresolved(RESOURCES, &resources));
    findings.extend(unresolved(SERIES, &series));
    Ok(findings)
}

/// The attribute Blooms, and all values of the set, as the rows want them.
fn of_attributes(segment: &Segment) -> Result<(Vec<u8>, ValueSets)> {
    let Meta { own_columns: own, set_keys, .. } = segment.meta();
    let mut values = ValueSets::default();
    for key in set_keys {
        values.cover(&own_name(key, ""));
    }
    if !segment.meta().files.contains_key(ATTRIBUTE_BLOOMS) {
        return Ok((Vec::new(), values));
    }
    let mut blooms = BloomsBuilder::new(block_rows(segment.table()));
    let wants = |name: &str| holds_attributes(own, name);
    for batch in segment.stored(wants, &RowRanges::all(segment.meta().rows), BATCH_ROWS)? {
        let batch = batch?;
        let attributes = RowAttributes::of(&batch, own)?;
        let own_hashes: Vec<_> = attributes.own_keys().map(|(key, _)| key_hash(key)).collect();
        let listed_hashes: Vec<_> = attributes.listed_keys().map(key_hash).collect();
        for row in 0..batch.num_rows() {
            attributes
                .own_of(row)
                .for_each(|(number, attribute)| blooms.attribute(own_hashes[number], attribute));
            for attribute in attributes.set_of(row) {
                blooms.attribute(key_hash(attribute.key), attribute);
                if let Some(text) = attribute.text() {
                    values.cover(&own_name(attribute.key, "")).insert(text.to_owned());
                }
            }
            attributes
                .listed_of(row)
                .for_each(|(number, attribute)| blooms.attribute(listed_hashes[number], attribute));
            blooms.end_row();
        }
    }
    Ok((blooms.encode(), values))
}
