//! The columns of the table `logs`, in the order of `daymark_model::rows`.
//!
//! A row is pushed as a whole after all that can fail has succeeded, so the columns are always equally long.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Builder, RecordBatch, UInt8Array, UInt32Array};
use daymark_model::origin::Origin;
use daymark_model::rows;
use daymark_model::signal::Table;

use super::{Ids as Told, Judged, Sent};
use crate::columns::{Dictionary, Ids, instants, valid_id};
use crate::foresight::Rest;
use crate::heads::Heads;
use crate::severity;
use crate::text;

#[derive(Debug)]
pub(super) struct Columns {
    pub(super) heads: Heads,
    time: Vec<i64>,
    observed_delta: Int64Builder,
    severity_number: Vec<u8>,
    severity_text: Dictionary,
    trace_id: Ids<16>,
    span_id: Ids<8>,
    flags: Vec<u32>,
    event_name: Dictionary,
    dropped_attributes: Vec<u32>,
    quality: Vec<u32>,
}

impl Columns {
    pub(super) fn new(origin: &Origin) -> Self {
        Self {
            heads: Heads::new(origin),
            time: Vec::new(),
            observed_delta: Int64Builder::new(),
            severity_number: Vec::new(),
            severity_text: Dictionary::new(),
            trace_id: Ids::new(),
            span_id: Ids::new(),
            flags: Vec::new(),
            event_name: Dictionary::new(),
            dropped_attributes: Vec::new(),
            quality: Vec::new(),
        }
    }

    pub(super) fn reserve(&mut self, rest: Rest) {
        self.heads.reserve(rest);
        rest.reserve(&mut self.time);
        rest.reserve(&mut self.severity_number);
        self.severity_text.reserve(rest);
        self.trace_id.reserve(rest);
        self.span_id.reserve(rest);
        self.event_name.reserve(rest);
        [&mut self.flags, &mut self.dropped_attributes, &mut self.quality]
            .into_iter()
            .for_each(|column| rest.reserve(column));
    }

    /// Adds a row and gives back its final quality bits.
    pub(super) fn push(&mut self, sent: &Sent<'_>, judged: &Judged) -> u32 {
        let mut bits = judged.bits;
        self.heads.push();
        self.time.push(judged.time);
        self.observed_delta.append_option(judged.observed_delta);
        let severity_text = text::limited(sent.severity_text, &mut bits);
        self.severity_number.push(severity::number(sent.severity_number, &severity_text));
        self.severity_text.push_text(&severity_text);
        self.push_ids(sent, judged.told.as_ref());
        self.flags.push(sent.flags);
        self.event_name.push_text(&text::limited(sent.event_name, &mut bits));
        self.dropped_attributes.push(sent.dropped_attributes.saturating_add(judged.dropped));
        self.quality.push(bits);
        bits
    }

    /// The batch; none when there are no rows.
    pub(super) fn finish(mut self, body: [ArrayRef; 3], attributes: ArrayRef) -> Option<RecordBatch> {
        if self.quality.is_empty() {
            return None;
        }
        let heads = self.heads.finish();
        let [body, body_kind, template_id] = body;
        let columns: Vec<ArrayRef> = vec![
            instants(self.time, None),
            Arc::new(self.observed_delta.finish()),
            Arc::new(UInt8Array::from(self.severity_number)),
            self.severity_text.finish(),
            heads.service,
            body,
            body_kind,
            self.trace_id.finish(),
            self.span_id.finish(),
            Arc::new(UInt32Array::from(self.flags)),
            self.event_name.finish(),
            heads.scope_name,
            heads.scope_version,
            heads.resource_id,
            Arc::new(UInt32Array::from(self.dropped_attributes)),
            template_id,
            heads.source,
            heads.tier,
            heads.stream,
            Arc::new(UInt32Array::from(self.quality)),
            heads.scope_attributes,
            heads.schema_url,
            attributes,
        ];
        let batch = RecordBatch::try_new(rows::schema(Table::Logs), columns);
        Some(batch.expect("the columns are equally long and stand in the order of the schema"))
    }

    /// An id that is not valid leaves the record without any.
    fn push_ids(&mut self, sent: &Sent<'_>, told: Option<&Told>) {
        if let Some((trace_id, span_id)) = told {
            self.trace_id.push(&trace_id.0);
            self.span_id.push_option(span_id.as_ref().map(|id| &id.0));
            return;
        }
        let (trace_id, span_id) = (valid_id(sent.trace_id), valid_id(sent.span_id));
        let invalid = |sent: &[u8], valid: bool| !sent.is_empty() && !valid;
        let broken = invalid(sent.trace_id, trace_id.is_some()) || invalid(sent.span_id, span_id.is_some());
        self.trace_id.push_option(trace_id.filter(|_| !broken));
        self.span_id.push_option(span_id.filter(|_| !broken));
    }
}
