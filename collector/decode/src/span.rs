//! Spans: from `Span` messages to rows of the table `spans`.
//!
//! A span is read completely before its row is written, so that one that cannot be stored leaves no trace
//! but its count.

use arrow::array::RecordBatch;
use daymark_model::origin::Origin;
use daymark_model::quality;
use daymark_model::reason::Rejected;
use daymark_model::signal::Table;

use crate::attributes::Attributes;
use crate::columns::valid_id;
use crate::envelope::{Head, Records};
use crate::foresight::{Foresight, Rest};
use crate::instant::{Instants, representable};
use crate::outcome::{Outcome, Reject};
use crate::peer::Peers;
use crate::wire::{Fields, Malformed, Value};

use columns::Columns;
use events::Events;
use links::Links;

/// The columns of the table but the lists.
mod columns;
/// Events of spans.
mod events;
/// Links of spans.
mod links;

const CLIENT: u32 = 3;
const PRODUCER: u32 = 4;

const TRACE_ID: Reject = Reject(Rejected::TraceId, "its trace id is not 16 bytes, or zero");
const SPAN_ID: Reject = Reject(Rejected::SpanId, "its span id is not 8 bytes, or zero");
const PARENT_ID: Reject = Reject(Rejected::SpanId, "its parent span id is not 8 bytes");

/// The rows of the spans of one body.
#[derive(Debug)]
pub(crate) struct Spans<'a> {
    pub(crate) outcome: Outcome,
    foresight: Foresight<'a>,
    instants: Instants,
    peers: Peers,
    attributes: Attributes<'a>,
    events: Events<'a>,
    links: Links<'a>,
    columns: Columns,
}

/// The plain fields of a `Span` message as they stand there.
#[derive(Debug, Default)]
struct Sent<'a> {
    trace_id: &'a [u8],
    span_id: &'a [u8],
    trace_state: &'a [u8],
    parent_span_id: &'a [u8],
    flags: u32,
    name: &'a [u8],
    kind: u32,
    start: u64,
    end: u64,
    status_message: &'a [u8],
    status: u32,
    dropped_attributes: u32,
    dropped_events: u32,
    dropped_links: u32,
}

/// What was made of them.
#[derive(Debug)]
struct Judged<'a> {
    trace_id: &'a [u8; 16],
    span_id: &'a [u8; 8],
    parent_span_id: Option<&'a [u8; 8]>,
    start: i64,
    duration: i64,
    peer: Option<String>,
    bits: u32,
}

impl<'a> Records<'a> for Spans<'a> {
    fn enter(&mut self, head: Head) {
        self.columns.heads.enter(head);
    }

    fn record(&mut self, message: &'a [u8]) {
        match self.read(message) {
            Ok(bits) => self.outcome.accept(bits),
            Err(Reject(reason, why)) => self.outcome.reject(reason, "span", why),
        }
        if let Some(rest) = self.foresight.read(message) {
            self.reserve(rest);
        }
    }
}

impl<'a> Spans<'a> {
    pub(crate) fn new(origin: &Origin, body: &'a [u8], outcome: Outcome) -> Self {
        Self {
            outcome,
            foresight: Foresight::of(body),
            instants: Instants::of(origin.received),
            peers: Peers::default(),
            attributes: Attributes::new(),
            events: Events::new(),
            links: Links::new(),
            columns: Columns::new(origin),
        }
    }

    pub(crate) fn finish(self) -> Option<(Table, RecordBatch)> {
        let lists = [self.events.finish(), self.links.finish(), self.attributes.finish()];
        self.columns.finish(lists).map(|batch| (Table::Spans, batch))
    }

    fn reserve(&mut self, rest: Rest) {
        self.attributes.reserve(rest);
        self.events.reserve(rest);
        self.links.reserve(rest);
        self.columns.reserve(rest);
    }

    fn read(&mut self, message: &'a [u8]) -> Result<u32, Reject> {
        self.outcome.reserve(message.len() + self.columns.heads.repeated_bytes())?;
        let mut bits = self.columns.heads.bits();
        let sent = self.take(message, &mut bits)?;
        let trace_id = valid_id(sent.trace_id).ok_or(TRACE_ID)?;
        let span_id = valid_id(sent.span_id).ok_or(SPAN_ID)?;
        let parent_span_id = match sent.parent_span_id {
            [] | [0, 0, 0, 0, 0, 0, 0, 0] => None,
            other => Some(other.try_into().map_err(|_| PARENT_ID)?),
        };
        let (start, duration) = self.time(&sent, &mut bits);
        let is_call = matches!(sent.kind, CLIENT | PRODUCER);
        let peer = is_call.then(|| self.peers.find(&self.attributes)).flatten();
        self.write_lists(start, &mut bits)?;
        let judged = Judged { trace_id, span_id, parent_span_id, start, duration, peer, bits };
        let dropped = [self.attributes.dropped(), self.events.dropped(), self.links.dropped()];
        Ok(self.columns.push(&sent, &judged, dropped))
    }

    fn take(&mut self, message: &'a [u8], bits: &mut u32) -> Result<Sent<'a>, Malformed> {
        let mut sent = Sent::default();
        self.attributes.begin();
        self.events.begin();
        self.links.begin();
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                9 => self.attributes.take(value.bytes()?, bits)?,
                11 => self.events.take(value.bytes()?),
                13 => self.links.take(value.bytes()?),
                _ => sent.take(number, value)?,
            }
        }
        Ok(sent)
    }

    /// Start and duration; a start that cannot be used is kept as an attribute.
    fn time(&mut self, sent: &Sent<'_>, bits: &mut u32) -> (i64, i64) {
        let start = self.instants.usable(sent.start).unwrap_or_else(|| {
            *bits |= quality::CLOCK_SKEW;
            self.attributes.keep_original_time(sent.start);
            self.instants.received
        });
        let duration = match (representable(sent.start), representable(sent.end)) {
            (Some(0), Some(_)) => 0,
            (Some(from), Some(to)) if from <= to => to - from,
            (Some(_), Some(_)) => {
                *bits |= quality::NEGATIVE_DURATION;
                0
            }
            _ => {
                *bits |= quality::CLOCK_SKEW;
                0
            }
        };
        (start, duration)
    }

    fn write_lists(&mut self, start: i64, bits: &mut u32) -> Result<(), Malformed> {
        let written = self
            .attributes
            .write(bits)
            .and_then(|()| self.events.write(start, bits))
            .and_then(|()| self.links.write(bits));
        if written.is_err() {
            let rows = self.columns.heads.rows();
            self.attributes.truncate(rows);
            self.events.truncate(rows);
            self.links.truncate(rows);
        }
        written
    }
}

impl<'a> Sent<'a> {
    fn take(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.trace_id = value.bytes()?,
            2 => self.span_id = value.bytes()?,
            3 => self.trace_state = value.bytes()?,
            4 => self.parent_span_id = value.bytes()?,
            5 => self.name = value.bytes()?,
            6 => self.kind = value.word()?,
            7 => self.start = value.fixed64()?,
            8 => self.end = value.fixed64()?,
            10 => self.dropped_attributes = value.word()?,
            12 => self.dropped_events = value.word()?,
            14 => self.dropped_links = value.word()?,
            15 => self.take_status(value.bytes()?)?,
            16 => self.flags = value.fixed32()?,
            _ => {}
        }
        Ok(())
    }

    fn take_status(&mut self, message: &'a [u8]) -> Result<(), Malformed> {
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                2 => self.status_message = value.bytes()?,
                3 => self.status = value.word()?,
                _ => {}
            }
        }
        Ok(())
    }
}
