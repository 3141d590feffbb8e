//! How large the shop is, how it behaves and what it does wrong. Every knob is a plain number, so that a
//! result can be published with the profile that led to it.

use crate::{MILLISECOND, SECOND};

#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Services; beyond the cast of twenty, further cells of the same cast are opened.
    pub services: usize,
    pub pods: usize,
    /// Operations of a service.
    pub operations: usize,
    /// Spans of a trace: exp(N(mu, sigma)).
    pub spans_mu: f64,
    pub spans_sigma: f64,
    /// Share of traces from the heavy tail, 100 spans and more.
    pub spans_tail: f64,
    pub spans_max: usize,
    /// Attributes of a span: rarely more than the least.
    pub attributes_min: usize,
    pub attributes_max: usize,
    /// Users, of whom few come often.
    pub users: usize,
    /// Share of spans with status error while nothing is broken.
    pub errors: f64,
    /// Log lines for each span, and the share of them that carries its ids.
    pub lines_per_span: f64,
    pub lines_traced: f64,
    /// Share of spans that are delivered minutes after their end.
    pub late: f64,
    /// Share of spans that are sent twice.
    pub duplicates: f64,
    /// Pods' clocks are off by up to this much either way.
    pub skew: i64,
    /// Share of traces that have something left to do ten minutes and more later.
    pub straddling: f64,
    /// Whether the script of faults runs.
    pub faults: bool,
    /// Time between two metric exports of a pod.
    pub metrics_every: i64,
    /// Items of a request at most.
    pub request_items: usize,
}

impl Profile {
    /// A shop to look at: a dozen services, small traces, and something is always about to break.
    pub fn shop() -> Self {
        Self {
            services: 14,
            pods: 3,
            operations: 6,
            spans_tail: 1.0 / 20_000.0,
            spans_max: 2_000,
            straddling: 0.002,
            faults: true,
            users: 2_000,
            request_items: 1_000,
            ..Self::bench()
        }
    }

    /// The load of every measurement.
    pub fn bench() -> Self {
        Self {
            services: 20,
            pods: 6,
            operations: 14,
            spans_mu: 2.1,
            spans_sigma: 0.6,
            spans_tail: 1.0 / 4_000.0,
            spans_max: 10_000,
            attributes_min: 12,
            attributes_max: 40,
            users: 100_000,
            errors: 0.01,
            lines_per_span: 1.0,
            lines_traced: 0.6,
            late: 0.005,
            duplicates: 0.001,
            skew: 50 * MILLISECOND,
            straddling: 0.05,
            faults: false,
            metrics_every: 10 * SECOND,
            request_items: 2_000,
        }
    }

    /// The bench load without repeats, lateness and skew, for tests that want bare numbers.
    pub fn tidy() -> Self {
        Self { late: 0.0, duplicates: 0.0, skew: 0, straddling: 0.0, ..Self::bench() }
    }
}
