//! Sums that outlive their spans: a segment of `spans` without rows, whose sums are all that there is.
//!
//! Their files have names of their own, because nothing could make them anew.

use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use daymark_aggregate::{Aggregate, Sums, rolled};
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_vfs::Vfs;

use crate::aggregates::decode;
use crate::data::{DataWriter, small_file};
use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::index::Indexer;
use crate::layout;
use crate::meta::{Meta, Spec};
use crate::segment::Segment;
use crate::verify::proved;
use crate::write::write_described;

pub(crate) const FILES: [&str; 3] =
    ["rolled_red.parquet", "rolled_red_instances.parquet", "rolled_edges.parquet"];

fn file_of(aggregate: Aggregate) -> &'static str {
    match aggregate {
        Aggregate::Red => FILES[0],
        Aggregate::RedInstances => FILES[1],
        Aggregate::Edges => FILES[2],
    }
}

/// Writes the sums of some segments, in buckets of `step_s`, into the empty folder `dir`. Spans that still
/// wait for another half count as what is known of them now; sums that cannot be read are left out.
pub fn roll(fs: &dyn Vfs, dir: &Path, spec: &Spec, step_s: i32, segments: &[Arc<Segment>]) -> Result<Meta> {
    let spans = segments.iter().filter_map(|one| or_lost(one, one.open_spans()));
    let open: Vec<_> = spans.flatten().collect();
    let mut rest = Sums::default();
    rest.rest(&open, &[]);
    let mut folder = Folder::new(fs, dir);
    let indexer = Indexer::new((Table::Spans, spec.level), 0, &[], &[]);
    DataWriter::create(&folder, Table::Spans, spec.level, layout::schema(Table::Spans))?
        .finish(&mut folder)?;
    write_described(&mut folder, Table::Spans, &[], &[])?;
    for aggregate in Aggregate::ALL {
        let kept = segments.iter().filter_map(|one| or_lost(one, one.aggregate(aggregate)));
        let rows: Vec<RecordBatch> = kept.chain([aggregate.rows(&rest)?]).collect();
        folder.write(file_of(aggregate), &small_file(&rolled(aggregate, &rows, step_s)?)?)?;
    }
    let metas = || segments.iter().map(|one| one.meta());
    let first = metas().map(|meta| meta.time_min).min().unwrap_or_default();
    let last = metas().map(|meta| meta.time_max).max().unwrap_or_default();
    let time = (Nanos(first).floor(i64::from(step_s) * Nanos::SECOND).0, last);
    let meta = Meta { rolled_s: Some(step_s), ..Meta::new(spec, 0, time, Vec::new()) };
    indexer.write(&mut folder)?;
    folder.seal(meta)
}

/// A segment that is about to go takes with it what cannot be read.
fn or_lost<T>(segment: &Segment, read: Result<T>) -> Option<T> {
    let told = |error: &Error| {
        tracing::error!(%error, dir = %segment.dir().display(), "sums are lost with their spans");
    };
    read.inspect_err(told).ok()
}

/// The sums of a segment that has nothing else.
pub(crate) fn read(segment: &Segment, aggregate: Aggregate) -> Result<RecordBatch> {
    let name = file_of(aggregate);
    let bytes = proved(segment.dir(), segment.meta(), name);
    let bytes = bytes.map_err(|finding| Error::corrupt(&segment.dir().join(name), finding.what))?;
    decode(bytes, &aggregate.schema())
}
