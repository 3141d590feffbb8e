//! Turns OTLP request bodies into Arrow rows.
//!
//! A body is walked once to be counted and refused as a whole where it cannot be read, and decoded a second
//! time, record by record, where each mends or loses only itself. JSON is rewritten as protobuf first, so
//! there is one way from bytes to rows.

/// Attribute values and their limits.
mod any;
/// The attributes of a record.
mod attributes;
/// Growing Arrow columns.
mod columns;
/// Resource and scope, around the records.
mod envelope;
/// How much of a body is still to come.
mod foresight;
/// The columns of resource, scope and origin.
mod heads;
/// Times that can be stored.
mod instant;
/// JSON syntax, one token after the other.
mod json;
/// Log records to rows.
mod log;
/// Data points to rows, and their series.
mod metric;
/// The OTLP messages as tables.
mod otlp;
/// Accepted, rejected, modified.
mod outcome;
/// Whom a span called.
mod peer;
/// The weight of a sampled span.
mod sampling;
/// Severities that are told in words.
mod severity;
/// Spans to rows.
mod span;
/// Repaired and cut texts.
mod text;
/// OTLP/JSON rewritten as protobuf.
mod transcode;
/// The text form of attribute values.
pub mod typed_json;
/// Counting and refusing.
mod walk;
/// Protobuf, field by field, borrowed.
mod wire;

use std::borrow::Cow;

use daymark_model::intake::{Decode, Decoded, Unreadable};
use daymark_model::origin::Origin;
use daymark_model::signal::Signal;
use daymark_model::wire::Format;

use crate::log::Logs;
use crate::metric::Metrics;
use crate::outcome::Outcome;
use crate::span::Spans;
use crate::transcode::Unread;
use crate::wire::Malformed;

/// The decoder of OTLP, in protobuf and JSON.
#[derive(Clone, Copy, Debug, Default)]
pub struct OtlpDecode;

impl Decode for OtlpDecode {
    fn count(&self, signal: Signal, format: Format, body: &[u8]) -> Result<u32, Unreadable> {
        let (body, _) = protobuf(signal, format, body)?;
        walk::count(signal, &body).map_err(unreadable)
    }

    fn decode(
        &self,
        signal: Signal,
        format: Format,
        origin: &Origin,
        body: &[u8],
    ) -> Result<Decoded, Unreadable> {
        let (body, unread) = protobuf(signal, format, body)?;
        let outcome = Outcome::new(unread);
        let decoded = match signal {
            Signal::Spans => decode_spans(&body, origin, outcome),
            Signal::Logs => decode_logs(&body, origin, outcome),
            Signal::Metrics => decode_metrics(&body, origin, outcome),
        };
        decoded.map_err(unreadable)
    }
}

/// The body as protobuf, whatever it was written in.
fn protobuf(
    signal: Signal,
    format: Format,
    body: &[u8],
) -> Result<(Cow<'_, [u8]>, Option<Unread>), Unreadable> {
    match format {
        Format::OtlpProtobuf => Ok((Cow::Borrowed(body), None)),
        Format::OtlpJson => {
            transcode::protobuf(signal, body).map(|(body, unread)| (Cow::Owned(body), unread))
        }
    }
}

fn decode_spans(body: &[u8], origin: &Origin, outcome: Outcome) -> Result<Decoded, Malformed> {
    let mut spans = Spans::new(origin, body, outcome);
    let resources = envelope::walk(body, &mut spans)?;
    let Outcome { tally, first_rejection, .. } = std::mem::take(&mut spans.outcome);
    let rows = spans.finish().into_iter().collect();
    Ok(Decoded { rows, resources, series: Vec::new(), tally, first_rejection })
}

fn decode_logs(body: &[u8], origin: &Origin, outcome: Outcome) -> Result<Decoded, Malformed> {
    let mut logs = Logs::new(origin, body, outcome);
    let resources = envelope::walk(body, &mut logs)?;
    let Outcome { tally, first_rejection, .. } = std::mem::take(&mut logs.outcome);
    let rows = logs.finish().into_iter().collect();
    Ok(Decoded { rows, resources, series: Vec::new(), tally, first_rejection })
}

fn decode_metrics(body: &[u8], origin: &Origin, outcome: Outcome) -> Result<Decoded, Malformed> {
    let mut metrics = Metrics::new(origin, outcome);
    let resources = envelope::walk(body, &mut metrics)?;
    let metric::Finished { rows, series, outcome: Outcome { tally, first_rejection, .. } } = metrics.finish();
    Ok(Decoded { rows, resources, series, tally, first_rejection })
}

fn unreadable(malformed: Malformed) -> Unreadable {
    Unreadable { detail: format!("the body is not OTLP protobuf: {malformed}") }
}
