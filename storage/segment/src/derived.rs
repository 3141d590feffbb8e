//! What follows from the rows of a segment: every index, built anew. `verify` compares it with the files, and
//! [`rebuild`] writes those of them that are damaged.
//!
//! An index that is a function of the rows has its place in [`Derived::of`]: with it come its check and its
//! rebuilding.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use arrow::array::AsArray;
use arrow::datatypes::UInt64Type;
use daymark_model::rows;
use daymark_model::signal::Table;
use daymark_vfs::Vfs;

use crate::aggregates::BESIDE;
use crate::blooms::{ATTRIBUTE_BLOOMS, BloomsBuilder, key_hash};
use crate::data::DATA;
use crate::described::{RESOURCES, SERIES};
use crate::error::{Error, Result};
use crate::index::{Indexer, columns};
use crate::layout::block_rows;
use crate::meta::{META, Meta};
use crate::pages::{PAGES, encode_pages};
use crate::projection::{Projection, RowAttributes, column, holds_attributes, own_name};
use crate::ranges::RowRanges;
use crate::rolled;
use crate::segment::Segment;
use crate::texts::text_column;
use crate::value_sets::ValueSets;
use crate::verify::proved;

const BATCH_ROWS: usize = 8_192;

/// Whether a file of a folder follows from the others, or only serves to make those that do.
pub fn is_derived(file: &str) -> bool {
    ![META, DATA, RESOURCES, SERIES].contains(&file) && !rolled::FILES.contains(&file)
}

/// What the rows say.
pub(crate) struct Derived {
    /// The first and the last instant.
    pub(crate) time: (i64, i64),
    /// Ids that the rows name.
    pub(crate) resources: HashSet<u64>,
    pub(crate) series: HashSet<u64>,
    /// Index files by name, as they must be.
    pub(crate) files: Vec<(&'static str, Vec<u8>)>,
}

impl Derived {
    pub(crate) fn of(segment: &Segment) -> Result<Self> {
        let table = segment.table();
        let texts = text_column(table);
        let mut names = columns(table).to_vec();
        names.extend(texts);
        let has_resource = rows::schema(table).column_with_name("resource_id").is_some();
        let has_series = rows::schema(table).column_with_name("series_id").is_some();
        names.extend(has_resource.then_some("resource_id"));
        names.extend((has_series && !names.contains(&"series_id")).then_some("series_id"));
        let meta = segment.meta();
        let kind = (table, meta.level);
        let mut indexer = Indexer::new(kind, meta.rows as usize, segment.resources(), segment.series());
        let (mut resources, mut series) = (HashSet::new(), HashSet::new());
        let all = RowRanges::all(segment.meta().rows);
        for batch in segment.read(&Projection::columns(names), &all, BATCH_ROWS)? {
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
        let is_rolled = meta.rolled_s.is_some();
        let time = if is_rolled { (meta.time_min, meta.time_max) } else { indexer.time() };
        let (filters, set_values) = of_attributes(segment)?;
        indexer.cover(set_values);
        let mut files = indexer.encode()?;
        files.extend(filters.map(|filters| (ATTRIBUTE_BLOOMS, filters)));
        if table == Table::Spans && !is_rolled {
            let is_heard = !meta.files.contains_key(BESIDE) || proved(segment.dir(), meta, BESIDE).is_ok();
            if is_heard {
                files.extend(segment.summed(|summing| summing.files())?);
            }
        }
        Ok(Self { time, resources, series, files })
    }
}

/// The attribute Blooms of a segment that has them, and all values of its set, as the rows want them.
fn of_attributes(segment: &Segment) -> Result<(Option<Vec<u8>>, ValueSets)> {
    let Meta { own_columns: own, set_keys, .. } = segment.meta();
    let mut values = ValueSets::default();
    for key in set_keys {
        values.cover(&own_name(key, ""));
    }
    if !segment.meta().files.contains_key(ATTRIBUTE_BLOOMS) {
        return Ok((None, values));
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
    Ok((Some(blooms.encode()), values))
}

/// Writes the damaged files that follow from sound ones anew, by way of the folder `tmp`. Answers their names.
/// A file is only put in place when it is the one that `meta.json` names.
pub fn rebuild(fs: &dyn Vfs, dir: &Path, tmp: &Path) -> Result<Vec<String>> {
    let path = dir.join(META);
    let meta = Meta::parse(&path, &std::fs::read(&path).map_err(Error::io(&path))?)?;
    let damaged = |name: &str| meta.files.contains_key(name) && proved(dir, &meta, name).is_err();
    if !meta.files.keys().any(|name| is_derived(name) && damaged(name)) {
        return Ok(Vec::new());
    }
    let data = dir.join(DATA);
    proved(dir, &meta, DATA).map_err(|finding| Error::corrupt(&data, finding.what))?;
    let mut written = Vec::new();
    let mut restore = |name: &str, bytes: &[u8]| -> Result<()> {
        let fits = |file: &crate::meta::FileMeta| blake3::hash(bytes).to_hex().as_str() == file.blake3;
        if damaged(name) && meta.files.get(name).is_some_and(fits) {
            replace(fs, dir, tmp, name, bytes)?;
            written.push(name.to_owned());
        }
        Ok(())
    };
    if damaged(PAGES) {
        restore(PAGES, &encode_pages(&File::open(&data).map_err(Error::io(&data))?)?)?;
    }
    for (name, bytes) in Derived::of(&Segment::open(dir)?)?.files {
        restore(name, &bytes)?;
    }
    Ok(written)
}

/// Puts a whole and durable file in place of the one of that name.
fn replace(fs: &dyn Vfs, dir: &Path, tmp: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let (from, to) = (tmp.join(name), dir.join(name));
    let file = fs.create(&from).map_err(Error::io(&from))?;
    file.write_all_at(bytes, 0).and_then(|()| file.sync()).map_err(Error::io(&from))?;
    fs.rename(&from, &to).and_then(|()| fs.sync_dir(dir)).map_err(Error::io(&to))
}
