//! Logs: from `LogRecord` messages to rows of the table `logs`.
//!
//! A log record is hardly ever refused: ids that are not valid are left out, a time that cannot be used is
//! replaced. Only one that cannot be read is rejected.

use arrow::array::RecordBatch;
use daymark_model::origin::Origin;
use daymark_model::quality;
use daymark_model::signal::Table;

use crate::any::Any;
use crate::attributes::Attributes;
use crate::envelope::{Head, Records};
use crate::foresight::{Foresight, Rest};
use crate::instant::{Instants, representable};
use crate::outcome::{Outcome, Reject};
use crate::wire::{Fields, Malformed, Value};

use body::Bodies;
use columns::Columns;
use told::{Ids, Told};

/// The body and its shape.
mod body;
/// The other columns of the table.
mod columns;
/// Ids that only attributes or the text tell.
mod told;

/// The rows of the log records of one body.
#[derive(Debug)]
pub(crate) struct Logs<'a> {
    pub(crate) outcome: Outcome,
    foresight: Foresight<'a>,
    instants: Instants,
    attributes: Attributes<'a>,
    bodies: Bodies,
    told: Told,
    columns: Columns,
}

/// The plain fields of a `LogRecord` message as they stand there.
#[derive(Debug, Default)]
struct Sent<'a> {
    time: u64,
    observed: u64,
    severity_number: u32,
    severity_text: &'a [u8],
    body: Any<'a>,
    dropped_attributes: u32,
    flags: u32,
    trace_id: &'a [u8],
    span_id: &'a [u8],
    event_name: &'a [u8],
}

/// What was made of them.
#[derive(Debug)]
struct Judged {
    time: i64,
    observed_delta: Option<i64>,
    dropped: u32,
    bits: u32,
    /// Of a record that was sent without any.
    told: Option<Ids>,
}

impl<'a> Records<'a> for Logs<'a> {
    fn enter(&mut self, head: Head) {
        self.columns.heads.enter(head);
    }

    fn record(&mut self, message: &'a [u8]) {
        match self.read(message) {
            Ok(bits) => self.outcome.accept(bits),
            Err(Reject(reason, why)) => self.outcome.reject(reason, "log record", why),
        }
        if let Some(rest) = self.foresight.read(message) {
            self.reserve(rest);
        }
    }
}

impl<'a> Logs<'a> {
    pub(crate) fn new(origin: &Origin, body: &'a [u8], outcome: Outcome) -> Self {
        Self {
            outcome,
            foresight: Foresight::of(body),
            instants: Instants::of(origin.received),
            attributes: Attributes::new(),
            bodies: Bodies::new(),
            told: Told::new(),
            columns: Columns::new(origin),
        }
    }

    pub(crate) fn finish(self) -> Option<(Table, RecordBatch)> {
        let batch = self.columns.finish(self.bodies.finish(), self.attributes.finish());
        batch.map(|batch| (Table::Logs, batch))
    }

    fn reserve(&mut self, rest: Rest) {
        self.attributes.reserve(rest);
        self.bodies.reserve(rest);
        self.columns.reserve(rest);
    }

    fn read(&mut self, message: &'a [u8]) -> Result<u32, Reject> {
        self.outcome.reserve(message.len() + self.columns.heads.repeated_bytes())?;
        let mut bits = self.columns.heads.bits();
        let mut sent = Sent::default();
        self.attributes.begin();
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                6 => self.attributes.take(value.bytes()?, &mut bits)?,
                _ => sent.take(number, value)?,
            }
        }
        let (time, observed_delta) = self.time(&sent, &mut bits);
        self.write(sent.body, &mut bits)?;
        let told = self.told(&sent);
        let judged = Judged { time, observed_delta, dropped: self.attributes.dropped(), bits, told };
        Ok(self.columns.push(&sent, &judged))
    }

    /// The ids that the attributes or the text just written tell, where none were sent.
    fn told(&mut self, sent: &Sent<'_>) -> Option<Ids> {
        if !sent.trace_id.is_empty() {
            return None;
        }
        let in_attributes = self.told.in_attributes(&self.attributes);
        in_attributes.or_else(|| self.told.in_text(self.bodies.last()))
    }

    /// The time of the event, else when it was observed, else when it was received; and how much later than
    /// that it was observed. A time that was sent but cannot be used is kept as an attribute.
    fn time(&mut self, sent: &Sent<'_>, bits: &mut u32) -> (i64, Option<i64>) {
        let told = if sent.time == 0 { sent.observed } else { sent.time };
        let time = self.instants.usable(told).unwrap_or_else(|| {
            if told != 0 {
                *bits |= quality::CLOCK_SKEW;
                self.attributes.keep_original_time(told);
            }
            self.instants.received
        });
        let delta = match representable(sent.observed) {
            Some(0) => None,
            Some(observed) => Some(observed.saturating_sub(time)),
            None => {
                *bits |= quality::CLOCK_SKEW;
                None
            }
        };
        (time, delta)
    }

    fn write(&mut self, body: Any<'a>, bits: &mut u32) -> Result<(), Malformed> {
        let written = self.attributes.write(bits).and_then(|()| self.bodies.write(body, bits));
        if written.is_err() {
            let rows = self.columns.heads.rows();
            self.attributes.truncate(rows);
            self.bodies.truncate(rows);
        }
        written
    }
}

impl<'a> Sent<'a> {
    fn take(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.time = value.fixed64()?,
            2 => self.severity_number = value.word()?,
            3 => self.severity_text = value.bytes()?,
            5 => self.body.merge(value.bytes()?)?,
            7 => self.dropped_attributes = value.word()?,
            8 => self.flags = value.fixed32()?,
            9 => self.trace_id = value.bytes()?,
            10 => self.span_id = value.bytes()?,
            11 => self.observed = value.fixed64()?,
            12 => self.event_name = value.bytes()?,
            _ => {}
        }
        Ok(())
    }
}
