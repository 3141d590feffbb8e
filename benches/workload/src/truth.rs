//! The exact answers: what a store must count once everything made has been delivered and repeats have
//! collapsed. Kept while the load is made, so nothing has to be derived from the bytes afterwards.

use std::collections::BTreeMap;
use std::ops::AddAssign;

/// Sums over a stretch of life.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    pub traces: u64,
    /// Spans, each once.
    pub spans: u64,
    /// Spans sent a second time; not part of `spans`.
    pub duplicates: u64,
    /// Spans delivered minutes after their end.
    pub late: u64,
    /// Spans with status error.
    pub errors: u64,
    pub logs: u64,
    /// Lines that carry a trace id.
    pub logs_traced: u64,
    /// Metric data points by kind of metric.
    pub points: BTreeMap<&'static str, u64>,
    pub exemplars: u64,
    pub services: BTreeMap<String, ServiceTruth>,
    /// Calls by client and server; the server of a call that nobody answered is the peer's name.
    pub edges: BTreeMap<(String, String), EdgeTruth>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceTruth {
    pub spans: u64,
    pub errors: u64,
    pub logs: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EdgeTruth {
    pub calls: u64,
    /// Calls whose called side, or the calling one where there is no other, has status error.
    pub errors: u64,
}

/// What is known of one trace, to ask for it later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceTruth {
    pub id: [u8; 16],
    /// The start of its first span by the clock of nobody: without skew.
    pub start: i64,
    pub spans: u32,
    pub errors: u32,
    pub lines: u32,
    /// The number of its order, and how many of its spans carry it as `app.order.id`.
    pub order: u64,
    pub order_spans: u32,
}

impl Truth {
    pub fn points(&self) -> u64 {
        self.points.values().sum()
    }

    /// The truth after `times` repeats of the same stretch under other ids.
    pub fn times(&self, times: u64) -> Self {
        let mut all = self.clone();
        for sum in [&mut all.traces, &mut all.spans, &mut all.duplicates, &mut all.late, &mut all.errors] {
            *sum *= times;
        }
        for sum in [&mut all.logs, &mut all.logs_traced, &mut all.exemplars] {
            *sum *= times;
        }
        all.points.values_mut().for_each(|sum| *sum *= times);
        for service in all.services.values_mut() {
            service.spans *= times;
            service.errors *= times;
            service.logs *= times;
        }
        for edge in all.edges.values_mut() {
            edge.calls *= times;
            edge.errors *= times;
        }
        all
    }

    pub(crate) fn service(&mut self, name: &str) -> &mut ServiceTruth {
        if !self.services.contains_key(name) {
            self.services.insert(name.to_owned(), ServiceTruth::default());
        }
        self.services.get_mut(name).expect("it was inserted above")
    }

    pub(crate) fn call(&mut self, client: &str, server: &str, failed: bool) {
        let edge = self.edges.entry((client.to_owned(), server.to_owned())).or_default();
        edge.add_assign(EdgeTruth { calls: 1, errors: failed.into() });
    }
}

impl AddAssign for EdgeTruth {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.errors += other.errors;
    }
}
