//! Reads the rows of one partition, unit by unit, in the order the plan gave them.
//!
//! With filters, the columns that they need are read first and the others only for rows that pass. A unit
//! that no row of can pass by its instants is not read at all; that is judged when its turn comes, because
//! a sort above may have narrowed its filter meanwhile. Under such a sort the rows that pass are read in
//! portions ([`Portions`]).

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{filter_record_batch, prep_null_mask_filter};
use arrow::datatypes::TimestampNanosecondType;
use datafusion::common::{DataFusionError, Result, internal_datafusion_err};
use datafusion::physical_expr::PhysicalExpr;
use daymark_segment::{Index, RowRanges};
use daymark_view::meta::{self, Partial};

use crate::scan::alone::Alone;
use crate::scan::layout::Layout;
use crate::scan::part::{Part, Unit};
use crate::scan::portions::{Order, Portions};
use crate::scan::threshold::{Instants, may_hold, must_hold};

/// Units in which rows are looked for together at most.
const UNITS: usize = 16;

/// What all scans of a query have read.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rows: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) segments: AtomicU64,
    /// Units that were left out because of their instants.
    pub(crate) skipped: AtomicU64,
    pub(crate) of_rows: AtomicU64,
    pub(crate) of_segments: AtomicU64,
    pub(crate) of_bytes: AtomicU64,
    /// Bytes of the rows that were read, and how many these may become.
    read: AtomicU64,
    read_max: Option<u64>,
    read_by: Mutex<BTreeSet<ReadBy>>,
    damage: Mutex<Vec<Partial>>,
}

/// How rows were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ReadBy {
    Index(Index),
    /// No index left out any.
    Scan,
}

impl Tally {
    /// A tally that stops its query once rows of more than this many bytes were read.
    pub(crate) fn limited(read_max: u64) -> Self {
        Self { read_max: Some(read_max), ..Self::default() }
    }

    /// Counts a part that lies in the range of a question.
    pub(crate) fn count_part(&self, part: &Part) {
        self.of_segments.fetch_add(u64::from(part.is_segment()), Ordering::Relaxed);
        self.of_bytes.fetch_add(part.bytes(), Ordering::Relaxed);
        if let Some(reason) = part.lacks() {
            self.damaged("segment", reason);
        }
    }

    /// Counts a part of which rows are read.
    pub(crate) fn count_read(&self, part: &Part, rows: usize) {
        self.segments.fetch_add(u64::from(part.is_segment()), Ordering::Relaxed);
        self.bytes.fetch_add(part.bytes(), Ordering::Relaxed);
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// Counts rows that are about to be read.
    pub(crate) fn read(&self, part: &Part, rows: usize) -> Result<()> {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
        let bytes = part.bytes_of(rows);
        let read = self.read.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        match self.read_max.filter(|max| read > *max) {
            Some(max) => Err(DataFusionError::ResourcesExhausted(format!(
                "the query read more than {max} bytes; narrow the range of time"
            ))),
            None => Ok(()),
        }
    }

    /// Notes how rows of a part were found.
    pub(crate) fn read_by(&self, by: ReadBy) {
        self.read_by.lock().unwrap_or_else(PoisonError::into_inner).insert(by);
    }

    /// What told which rows to read, by name.
    pub(crate) fn told_by(&self) -> Option<Box<meta::ReadBy>> {
        let all = self.read_by.lock().unwrap_or_else(PoisonError::into_inner);
        let name = |by: &ReadBy| match by {
            ReadBy::Index(index) => index.name(),
            ReadBy::Scan => "scan",
        };
        let names: Vec<String> = all.iter().map(|by| name(by).to_owned()).collect();
        (!names.is_empty()).then(|| Box::new(meta::ReadBy(names)))
    }

    /// What could not be read.
    pub(crate) fn partial(&self) -> Vec<Partial> {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn damaged(&self, what: &str, reason: String) {
        let mut damage = self.damage.lock().unwrap_or_else(PoisonError::into_inner);
        let partial = Partial { what: what.into(), reason };
        if !damage.contains(&partial) {
            damage.push(partial);
        }
    }
}

/// Conditions, and what has to be read to judge them.
#[derive(Clone, Debug)]
pub(crate) struct Conditions {
    /// Over the columns of `layout`.
    pub(crate) all: Vec<Arc<dyn PhysicalExpr>>,
    /// For each condition what it says of the values of an attribute, where that is all it is over.
    pub(crate) alone: Vec<Option<Alone>>,
    pub(crate) layout: Layout,
}

/// Conditions over a scan's columns.
#[derive(Clone, Debug)]
pub(crate) struct Filters {
    /// Those on the instant alone, under a sort by it: few rows of a block are left once that is known.
    pub(crate) early: Option<Conditions>,
    /// The others, over the columns of all.
    pub(crate) others: Conditions,
    /// Where the scan's columns stand among those of `others`, when all do: nothing else has to be read.
    pub(crate) covers: Option<Vec<usize>>,
}

/// What the partitions of a scan share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) parts: Arc<[Part]>,
    pub(crate) layout: Layout,
    pub(crate) filters: Option<Filters>,
    /// That of a sort above which takes only some rows, else as they lie.
    pub(crate) order: Order,
    pub(crate) time: &'static str,
    pub(crate) tally: Arc<Tally>,
}

impl Conditions {
    /// Reads what the conditions are over, and hands the rows on that all of them hold for, batch by batch.
    pub(crate) fn pass(
        &self,
        part: &Part,
        rows: &RowRanges,
        mut each: impl FnMut(RecordBatch, Vec<u32>) -> Result<()>,
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut numbers = rows.rows();
        for stored in part.read(self.layout.projection(), rows)? {
            let mut stored = stored?;
            let mut left: Vec<u32> = numbers.by_ref().take(stored.num_rows()).collect();
            let mut is_judged = vec![false; self.all.len()];
            for (alone, is_judged) in self.alone.iter().zip(&mut is_judged) {
                let Some(alone) = alone else { continue };
                let Some(mask) = alone.mask(&stored, part)? else { continue };
                *is_judged = true;
                if mask.true_count() < left.len() {
                    stored = filter_record_batch(&stored, &mask)?;
                    left = kept(&left, &mask);
                }
            }
            let mut batch = self.layout.assemble(&stored, part)?;
            let conditions = self.all.iter().zip(is_judged);
            for (condition, _) in conditions.filter(|(_, is_judged)| !is_judged) {
                let mask = condition.evaluate(&batch)?.into_array(batch.num_rows())?;
                let mask = mask.as_boolean();
                let mask = if mask.null_count() > 0 { prep_null_mask_filter(mask) } else { mask.clone() };
                if mask.true_count() < left.len() {
                    batch = filter_record_batch(&batch, &mask)?;
                    left = kept(&left, &mask);
                }
            }
            each(batch, left)?;
        }
        Ok(())
    }
}

impl Filters {
    /// `is_in_time` tells that the early ones hold for all of the rows.
    pub(crate) fn pass(
        &self,
        part: &Part,
        rows: &RowRanges,
        is_in_time: bool,
        each: impl FnMut(RecordBatch, Vec<u32>) -> Result<()>,
    ) -> Result<()> {
        let early = self.early.as_ref().filter(|early| !is_in_time && !early.all.is_empty());
        let Some(early) = early else { return self.others.pass(part, rows, each) };
        let mut left = RowRanges::default();
        early.pass(part, rows, |_, rows| {
            rows.into_iter().for_each(|row| left.push(row..row + 1));
            Ok(())
        })?;
        self.others.pass(part, &left, each)
    }
}

impl Shared {
    /// Whether rows of these instants can pass.
    fn may_hold(&self, block: Instants) -> bool {
        let Some(filters) = &self.filters else { return true };
        let early = filters.early.iter().flat_map(|early| &early.all);
        early.chain(&filters.others.all).all(|condition| may_hold(condition, self.time, block))
    }

    /// The filters of a unit; none where all rows pass by their instants.
    fn filters(&self, unit: &Unit) -> Option<&Filters> {
        let block = Instants { min: unit.time_min, max: unit.time_max };
        self.filters.as_ref().filter(|filters| {
            let early = filters.early.iter().flat_map(|early| &early.all);
            !early.chain(&filters.others.all).all(|condition| must_hold(condition, self.time, block))
        })
    }

    /// Whether the early filters hold for all rows of a unit by their instants.
    fn is_in_time(&self, unit: &Unit) -> bool {
        let block = Instants { min: unit.time_min, max: unit.time_max };
        let early = self.filters.iter().flat_map(|filters| &filters.early);
        early.flat_map(|early| &early.all).all(|condition| must_hold(condition, self.time, block))
    }

    /// The part of a unit that is about to be read, and the rows that can pass by their instants; none when no
    /// row can.
    fn begin<'a>(&self, unit: &'a Unit) -> Result<Option<(&Part, Cow<'a, RowRanges>)>> {
        let Some(part) = self.parts.get(unit.part) else { return Ok(None) };
        let rows = self.rows_of(unit);
        if rows.is_empty() {
            self.tally.skipped.fetch_add(1, Ordering::Relaxed);
            return Ok(None);
        }
        self.tally.read(part, rows.count())?;
        Ok(Some((part, rows)))
    }

    fn rows_of<'a>(&self, unit: &'a Unit) -> Cow<'a, RowRanges> {
        if self.may_hold(Instants { min: unit.time_min, max: unit.usual_max }) {
            return Cow::Borrowed(&unit.rows);
        }
        let later = Instants { min: unit.usual_max, max: unit.time_max };
        if unit.late.is_empty() || !self.may_hold(later) {
            return Cow::Owned(RowRanges::default());
        }
        let late = unit.late.iter().filter(|(_, at)| self.may_hold(Instants { min: *at, max: *at }));
        Cow::Owned(late.map(|(row, _)| *row).collect())
    }
}

#[derive(Debug)]
pub(crate) struct Reader {
    shared: Arc<Shared>,
    units: VecDeque<Unit>,
    portions: Portions,
    /// Units in which rows are looked for together.
    at_once: usize,
    ready: VecDeque<RecordBatch>,
    /// Rows that may still be given.
    left: usize,
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>, units: Vec<Unit>, limit: Option<usize>) -> Self {
        let portions = Portions::new(shared.order);
        let left = limit.unwrap_or(usize::MAX);
        Self { shared, units: units.into(), portions, at_once: 1, ready: VecDeque::new(), left }
    }

    /// Reads a unit, or a portion of the rows of several units. False when nothing is left.
    fn read(&mut self) -> Result<bool> {
        let shared = Arc::clone(&self.shared);
        match &shared.filters {
            Some(filters) if shared.order != Order::Stored => self.read_portion(filters),
            _ => {
                let Some(unit) = self.units.pop_front() else { return Ok(false) };
                self.or_damaged(|reader| reader.read_unit(&unit))?;
                Ok(true)
            }
        }
    }

    /// Leaves out what is damaged, and tells it.
    fn or_damaged(&mut self, read: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        match read(self) {
            Err(error) if is_damage(&error) => {
                self.shared.tally.damaged("segment", error.strip_backtrace());
                Ok(())
            }
            done => done,
        }
    }

    fn read_portion(&mut self, filters: &Filters) -> Result<bool> {
        let shared = Arc::clone(&self.shared);
        self.portions.retain(|at| shared.may_hold(Instants { min: at, max: at }));
        while !self.portions.is_full() && !self.units.is_empty() {
            if let Some((at, rows, is_in_time)) = self.next_rows()?
                && let Some(part) = shared.parts.get(at)
            {
                self.or_damaged(|reader| reader.find((at, part), filters, &rows, is_in_time))?;
            }
        }
        let portion = self.portions.take();
        let is_some = !portion.is_empty();
        for (part, rows) in portion {
            if let Some(part) = shared.parts.get(part) {
                self.or_damaged(|reader| reader.take(part, &rows))?;
            }
        }
        Ok(is_some)
    }

    /// The rows of the next units of one part, of those in which rows may pass: of few as long as the sort has
    /// no row to compare with, then of more and more. Tells whether all of them hold by their instants.
    fn next_rows(&mut self) -> Result<Option<(usize, RowRanges, bool)>> {
        let shared = Arc::clone(&self.shared);
        let mut found: Option<(usize, Vec<Range<u32>>)> = None;
        let (mut left, mut are_in_time) = (self.at_once, true);
        while left > 0 {
            let part = found.as_ref().map(|(part, _)| *part);
            let is_next = |unit: &mut Unit| part.is_none_or(|part| unit.part == part);
            let Some(unit) = self.units.pop_front_if(is_next) else { break };
            if let Some((_, rows)) = shared.begin(&unit)? {
                left -= 1;
                are_in_time = are_in_time && shared.is_in_time(&unit);
                let (_, ranges) = found.get_or_insert_with(|| (unit.part, Vec::new()));
                ranges.extend_from_slice(rows.as_slice());
            }
        }
        self.at_once = (self.at_once * 2).min(UNITS);
        Ok(found.map(|(part, mut ranges)| {
            ranges.sort_unstable_by_key(|range| range.start);
            (part, ranges.into_iter().collect(), are_in_time)
        }))
    }

    fn find(
        &mut self,
        (at, part): (usize, &Part),
        filters: &Filters,
        rows: &RowRanges,
        is_in_time: bool,
    ) -> Result<()> {
        let time = self.shared.time;
        filters.pass(part, rows, is_in_time, |batch, rows| {
            let times = batch.column_by_name(time);
            let times = times.and_then(|times| times.as_primitive_opt::<TimestampNanosecondType>());
            let times = times.ok_or_else(|| internal_datafusion_err!("{time} is not among the filters"))?;
            self.portions.add(at, rows.into_iter().zip(times.values().iter().copied()));
            Ok(())
        })
    }

    fn read_unit(&mut self, unit: &Unit) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let Some((part, rows)) = shared.begin(unit)? else { return Ok(()) };
        let Some(filters) = shared.filters(unit) else { return self.take(part, &rows) };
        let mut passed = Vec::new();
        filters.pass(part, &rows, false, |batch, rows| {
            match &filters.covers {
                Some(columns) => self.push(&batch.project(columns)?),
                None => passed.extend(rows),
            }
            Ok(())
        })?;
        self.take(part, &passed.into_iter().collect())
    }

    /// Gives a batch, or as much of it as may still be given.
    fn push(&mut self, batch: &RecordBatch) {
        let rows = batch.num_rows().min(self.left);
        self.left -= rows;
        if rows > 0 {
            self.ready.push_back(batch.slice(0, rows));
        }
    }

    /// Reads the visible columns of rows that passed.
    fn take(&mut self, part: &Part, rows: &RowRanges) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        for stored in part.read(self.shared.layout.projection(), rows)? {
            let batch = self.shared.layout.assemble(&stored?, part)?;
            self.push(&batch);
            if self.left == 0 {
                break;
            }
        }
        Ok(())
    }
}

impl Iterator for Reader {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Some(Ok(batch));
            }
            if self.left == 0 {
                return None;
            }
            match self.read() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.left = 0;
                    return Some(Err(error));
                }
            }
        }
    }
}

/// Bytes on disk that fail their checksum: the rest is answered, and told to be partial.
pub(crate) fn is_damage(error: &DataFusionError) -> bool {
    match error {
        DataFusionError::External(inner) => {
            inner.downcast_ref::<daymark_segment::Error>().is_some_and(daymark_segment::Error::is_corrupt)
        }
        _ => false,
    }
}

fn kept(rows: &[u32], mask: &BooleanArray) -> Vec<u32> {
    mask.values().set_indices().filter_map(|at| rows.get(at).copied()).collect()
}
