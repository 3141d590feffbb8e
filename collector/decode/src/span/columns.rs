//! The columns of the table `spans`, in the order of `daymark_model::rows`.
//!
//! A row is pushed as a whole after all that can fail has succeeded, so the columns are always equally long.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, UInt32Array};
use daymark_model::origin::Origin;
use daymark_model::rows;
use daymark_model::signal::Table;
use daymark_model::span_kind::SpanKind;

use super::{Judged, Sent};
use crate::columns::{Dictionary, Ids, Text, Words, instants};
use crate::foresight::Rest;
use crate::heads::Heads;
use crate::sampling::adjusted_count;
use crate::text;

const STATUSES: [&str; 3] = ["unset", "ok", "error"];

#[derive(Debug)]
pub(super) struct Columns {
    pub(super) heads: Heads,
    trace_id: Ids<16>,
    span_id: Ids<8>,
    parent_span_id: Ids<8>,
    trace_state: Text,
    flags: Vec<u32>,
    name: Dictionary,
    kind: Words<6>,
    start: Vec<i64>,
    duration: Vec<i64>,
    status: Words<3>,
    status_message: Text,
    dropped: [Vec<u32>; 3],
    peer: Dictionary,
    quality: Vec<u32>,
    adjusted_count: Vec<f64>,
}

impl Columns {
    pub(super) fn new(origin: &Origin) -> Self {
        Self {
            heads: Heads::new(origin),
            trace_id: Ids::new(),
            span_id: Ids::new(),
            parent_span_id: Ids::new(),
            trace_state: Text::new(),
            flags: Vec::new(),
            name: Dictionary::new(),
            kind: Words::new(SpanKind::NAMES),
            start: Vec::new(),
            duration: Vec::new(),
            status: Words::new(STATUSES),
            status_message: Text::new(),
            dropped: [Vec::new(), Vec::new(), Vec::new()],
            peer: Dictionary::new(),
            quality: Vec::new(),
            adjusted_count: Vec::new(),
        }
    }

    pub(super) fn reserve(&mut self, rest: Rest) {
        self.heads.reserve(rest);
        self.trace_id.reserve(rest);
        self.span_id.reserve(rest);
        self.parent_span_id.reserve(rest);
        self.trace_state.reserve(rest);
        self.name.reserve(rest);
        self.kind.reserve(rest);
        [&mut self.start, &mut self.duration].into_iter().for_each(|column| rest.reserve(column));
        self.status.reserve(rest);
        self.status_message.reserve(rest);
        self.dropped.iter_mut().for_each(|column| rest.reserve(column));
        self.peer.reserve(rest);
        [&mut self.flags, &mut self.quality].into_iter().for_each(|column| rest.reserve(column));
        rest.reserve(&mut self.adjusted_count);
    }

    /// Adds a row and gives back its final quality bits.
    pub(super) fn push(&mut self, sent: &Sent<'_>, judged: &Judged<'_>, dropped: [u32; 3]) -> u32 {
        let mut bits = judged.bits;
        self.heads.push();
        self.trace_id.push(judged.trace_id);
        self.span_id.push(judged.span_id);
        self.parent_span_id.push_option(judged.parent_span_id);
        self.push_trace_state(sent.trace_state, &mut bits);
        self.flags.push(sent.flags);
        let name = self.name.intern_bytes(sent.name, &mut bits);
        self.name.push(name);
        self.kind.push(sent.kind);
        self.start.push(judged.start);
        self.duration.push(judged.duration);
        self.status.push(sent.status);
        self.status_message.push_bytes(sent.status_message, &mut bits);
        let told = [sent.dropped_attributes, sent.dropped_events, sent.dropped_links];
        for (column, (told, ours)) in self.dropped.iter_mut().zip(told.into_iter().zip(dropped)) {
            column.push(told.saturating_add(ours));
        }
        let peer = self.peer.intern_option(judged.peer.as_deref());
        self.peer.push_option(peer);
        self.quality.push(bits);
        bits
    }

    /// The batch; none when there are no rows. `lists` are events, links and attributes.
    pub(super) fn finish(self, lists: [ArrayRef; 3]) -> Option<RecordBatch> {
        if self.quality.is_empty() {
            return None;
        }
        let heads = self.heads.finish();
        let [events, links, attributes] = lists;
        let [dropped_attributes, dropped_events, dropped_links] =
            self.dropped.map(|column| Arc::new(UInt32Array::from(column)));
        let columns: Vec<ArrayRef> = vec![
            self.trace_id.finish(),
            self.span_id.finish(),
            self.parent_span_id.finish(),
            Arc::new(self.trace_state.finish()),
            Arc::new(UInt32Array::from(self.flags)),
            heads.service,
            self.name.finish(),
            self.kind.finish(),
            instants(self.start, None),
            Arc::new(Int64Array::from(self.duration)),
            self.status.finish(),
            Arc::new(self.status_message.finish()),
            heads.scope_name,
            heads.scope_version,
            heads.resource_id,
            events,
            links,
            dropped_attributes,
            dropped_events,
            dropped_links,
            self.peer.finish(),
            heads.source,
            heads.tier,
            heads.stream,
            Arc::new(UInt32Array::from(self.quality)),
            Arc::new(Float64Array::from(self.adjusted_count)),
            heads.scope_attributes,
            heads.schema_url,
            attributes,
        ];
        let batch = RecordBatch::try_new(rows::schema(Table::Spans), columns);
        Some(batch.expect("the columns are equally long and stand in the order of the schema"))
    }

    fn push_trace_state(&mut self, sent: &[u8], bits: &mut u32) {
        if sent.is_empty() {
            self.trace_state.push_option(None);
            self.adjusted_count.push(1.0);
        } else {
            let state = text::limited(sent, bits);
            self.trace_state.push(&state);
            self.adjusted_count.push(adjusted_count(&state));
        }
    }
}
