//! Metrics: from `Metric` messages to one row for each data point, and the series they belong to.
//!
//! The four tables differ only in their values ([`Values`]); time, series and exemplars are handled here
//! once. A data point is read completely before its row is written.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use daymark_model::origin::Origin;
use daymark_model::quality;
use daymark_model::reason::Rejected;
use daymark_model::rows::{self, Series};
use daymark_model::signal::Table;

use crate::any::write_attributes;
use crate::envelope::{Head, Records};
use crate::instant::{Instants, representable};
use crate::outcome::{Outcome, Reject};
use crate::text;
use crate::wire::{Fields, Malformed, Value};

use exemplars::Exemplars;
use exp_histogram::ExpHistograms;
use head::{HeadColumns, Point};
use histogram::Histograms;
use number::Numbers;
use series::{Described, SeriesSet};
use summary::Summaries;

/// Exemplars of points.
mod exemplars;
/// Values of exponential histograms.
mod exp_histogram;
/// The columns that all points have.
mod head;
/// Values of histograms.
mod histogram;
/// Values of gauges and sums.
mod number;
/// What the points of one metric share, and the distinct series.
mod series;
/// Values of summaries.
mod summary;

/// The values of one kind of data point: read from its message, then written as the last columns of a row.
trait Values: Default {
    const TABLE: Table;
    /// Field numbers of attributes, exemplars (0 where there are none) and flags.
    const ATTRIBUTES: u32;
    const EXEMPLARS: u32;
    const FLAGS: u32;

    /// Forgets the last point.
    fn begin(&mut self);

    /// Takes a field that is none of the common ones.
    fn take(&mut self, number: u32, value: Value<'_>) -> Result<(), Malformed>;

    /// Writes a row. `recorded` is false where the sender says that there is no value.
    fn push(&mut self, recorded: bool);

    fn finish(self) -> Vec<ArrayRef>;
}

/// One of the four tables.
#[derive(Debug, Default)]
struct Points<V> {
    head: HeadColumns,
    values: V,
}

/// The rows of the data points of one body.
#[derive(Debug)]
pub(crate) struct Metrics<'a> {
    shared: Shared<'a>,
    head: Option<Head>,
    numbers: Points<Numbers>,
    histograms: Points<Histograms>,
    exp_histograms: Points<ExpHistograms>,
    summaries: Points<Summaries>,
    source: String,
}

/// What the tables have in common.
#[derive(Debug)]
struct Shared<'a> {
    outcome: Outcome,
    instants: Instants,
    series: SeriesSet,
    exemplars: Exemplars,
    point: Point<'a>,
    text: String,
}

/// All that came out of a body.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) rows: Vec<(Table, RecordBatch)>,
    pub(crate) series: Vec<Arc<Series>>,
    pub(crate) outcome: Outcome,
}

impl<'a> Records<'a> for Metrics<'a> {
    fn enter(&mut self, head: Head) {
        self.head = Some(head);
    }

    fn record(&mut self, message: &'a [u8]) {
        if let Err(malformed) = self.metric(message) {
            self.shared.outcome.reject(Rejected::Decode, "metric", malformed.0);
        }
    }
}

impl<'a> Metrics<'a> {
    pub(crate) fn new(origin: &Origin, outcome: Outcome) -> Self {
        Self {
            shared: Shared {
                outcome,
                instants: Instants::of(origin.received),
                series: SeriesSet::default(),
                exemplars: Exemplars::new(),
                point: Point::default(),
                text: String::new(),
            },
            head: None,
            numbers: Points::default(),
            histograms: Points::default(),
            exp_histograms: Points::default(),
            summaries: Points::default(),
            source: origin.source.clone(),
        }
    }

    pub(crate) fn finish(self) -> Finished {
        let tables = [
            self.numbers.finish(&self.source),
            self.histograms.finish(&self.source),
            self.exp_histograms.finish(&self.source),
            self.summaries.finish(&self.source),
            self.shared.exemplars.finish(),
        ];
        Finished {
            rows: tables.into_iter().flatten().collect(),
            series: self.shared.series.list,
            outcome: self.shared.outcome,
        }
    }

    fn metric(&mut self, message: &'a [u8]) -> Result<(), Malformed> {
        let Some(head) = &self.head else { return Ok(()) };
        let (mut name, mut description, mut unit): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
        let mut data = Vec::new();
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                1 => name = value.bytes()?,
                2 => description = value.bytes()?,
                3 => unit = value.bytes()?,
                5 | 7 | 9 | 10 | 11 => data.push((number, value.bytes()?)),
                _ => {}
            }
        }
        let mut bits = head.bits;
        let name = text::limited(name, &mut bits);
        let description = text::limited(description, &mut bits);
        let unit = text::limited(unit, &mut bits);
        for (number, data) in data {
            let mut described = Described::of(head, [&name, &description, &unit], bits);
            match number {
                5 => self.numbers.read_all(data, described.kind("gauge"), &mut self.shared)?,
                7 => self.numbers.read_all(data, described.kind("sum"), &mut self.shared)?,
                9 => self.histograms.read_all(data, described.kind("histogram"), &mut self.shared)?,
                10 => {
                    self.exp_histograms.read_all(data, described.kind("exp_histogram"), &mut self.shared)?
                }
                _ => self.summaries.read_all(data, described.kind("summary"), &mut self.shared)?,
            }
        }
        Ok(())
    }
}

impl<V: Values> Points<V> {
    /// Reads a `Gauge`, `Sum`, `Histogram`, `ExponentialHistogram` or `Summary` message.
    fn read_all<'a>(
        &mut self,
        data: &'a [u8],
        metric: &mut Described<'_>,
        shared: &mut Shared<'a>,
    ) -> Result<(), Malformed> {
        metric.take_temporality(data)?;
        let mut fields = Fields::of(data);
        while let Some((number, value)) = fields.next()? {
            if number == 1 {
                match self.read(value.bytes()?, metric, shared) {
                    Ok(bits) => shared.outcome.accept(bits),
                    Err(Reject(reason, why)) => shared.outcome.reject(reason, "data point", why),
                }
            }
        }
        Ok(())
    }

    fn read<'a>(
        &mut self,
        message: &'a [u8],
        metric: &Described<'_>,
        shared: &mut Shared<'a>,
    ) -> Result<u32, Reject> {
        shared.outcome.reserve(message.len() + metric.repeated_bytes())?;
        let mut bits = metric.bits;
        shared.point.begin();
        self.values.begin();
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                2 => shared.point.start = value.fixed64()?,
                3 => shared.point.time = value.fixed64()?,
                _ if number == V::FLAGS => shared.point.flags = value.word()?,
                _ if number == V::ATTRIBUTES => shared.point.attributes.push(value.bytes()?),
                _ if number == V::EXEMPLARS => shared.point.exemplars.push(value.bytes()?),
                _ => self.values.take(number, value)?,
            }
        }
        let (start, time) = times(&shared.point, shared.instants, &mut bits);
        shared.text.clear();
        write_attributes(&shared.point.attributes, &mut shared.text, &mut bits)?;
        let id = metric.series_id(&shared.text);
        shared.exemplars.write(&shared.point.exemplars, metric, (id, time), &mut bits)?;
        shared.series.insert(id, metric, &shared.text);
        self.head.push(id, start, time, shared.point.flags);
        self.values.push(shared.point.flags & NO_RECORDED_VALUE == 0);
        Ok(bits)
    }

    fn finish(self, source: &str) -> Option<(Table, RecordBatch)> {
        let mut columns = self.head.finish(source)?;
        columns.extend(self.values.finish());
        let batch = RecordBatch::try_new(rows::schema(V::TABLE), columns);
        Some((V::TABLE, batch.expect("the columns are equally long and stand in the order of the schema")))
    }
}

const NO_RECORDED_VALUE: u32 = 1;

/// The start of the accumulation, where it is known, and the time of the point.
fn times(point: &Point<'_>, instants: Instants, bits: &mut u32) -> (Option<i64>, i64) {
    let time = instants.usable(point.time).unwrap_or_else(|| {
        *bits |= quality::CLOCK_SKEW;
        instants.received
    });
    let start = representable(point.start);
    if start.is_none() {
        *bits |= quality::CLOCK_SKEW;
    }
    (start.filter(|start| *start != 0), time)
}
