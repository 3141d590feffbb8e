//! Figures that rules are judged by.

use std::fmt;

use super::Labels;
use super::signal::Signal;
use crate::ask::Answering;
use crate::query_id::QueryId;
use crate::range::Range;

/// Whoever can tell them. One question for many windows: evaluating now and evaluating the past are the same.
pub trait Sampler: Send + Sync + fmt::Debug {
    /// For each window its groups, in the order of their labels. A group without rows is not there.
    fn sample(&self, ask: SampleAsk) -> Answering<'_, Vec<Vec<Sample>>>;

    /// For questions that are asked one after the other about the same moment: what several of them look at is
    /// read once, and stays as it was then.
    fn for_round(&self) -> Box<dyn Sampler + '_>;
}

#[derive(Clone, Debug, PartialEq)]
pub struct SampleAsk {
    pub query_id: QueryId,
    pub signal: Signal,
    pub windows: Vec<Range>,
}

/// A group in a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub labels: Labels,
    /// None where nothing can be said, such as the share of errors of no requests.
    pub value: Option<f64>,
    /// What the value was made of, for `min_count`; rows, requests, lines.
    pub count: u64,
}
