//! The last rejected of each kind, so that a sender's mistake can be looked at. Kept in memory only.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use daymark_model::intake::{Attempt, Rejection};
use daymark_model::origin::Origin;
use daymark_model::reason::Rejected;
use daymark_model::signal::Signal;
use daymark_model::time::Nanos;

use crate::store::Store;

/// Samples of one kind, and kinds.
const EACH: usize = 10;
const KINDS: usize = 1_000;

/// Something that was not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub time: Nanos,
    pub source: String,
    pub signal: Signal,
    pub reason: Rejected,
    /// In words for the sender.
    pub detail: String,
    /// Who sent it, where the request did not become a batch.
    pub peer: Option<String>,
}

/// A tenant, a source, a signal and a reason.
type Kind = (String, String, Signal, Rejected);

#[derive(Debug, Default)]
pub(crate) struct Samples(Mutex<BTreeMap<Kind, VecDeque<Sample>>>);

impl Samples {
    /// A request that did not become a batch.
    pub(crate) fn add_attempt(&self, attempt: &Attempt) {
        let peer = attempt.peer.map(|peer| peer.to_string());
        self.add(&attempt.origin, attempt.signal, (attempt.reason, &attempt.detail), peer);
    }

    /// The first item of a batch that was left out.
    pub(crate) fn add_rejection(&self, origin: &Origin, signal: Signal, rejection: &Rejection) {
        self.add(origin, signal, (rejection.reason, &rejection.detail), None);
    }

    fn add(&self, origin: &Origin, signal: Signal, (reason, detail): (Rejected, &str), peer: Option<String>) {
        let kind = (origin.tenant.clone(), origin.source.clone(), signal, reason);
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kinds.len() >= KINDS && !kinds.contains_key(&kind) {
            return;
        }
        let source = origin.source.clone();
        let sample = Sample { time: origin.received, source, signal, reason, detail: detail.into(), peer };
        let samples = kinds.entry(kind).or_default();
        samples.push_front(sample);
        samples.truncate(EACH);
    }

    fn of(&self, tenant: &str) -> Vec<Sample> {
        let kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_tenant = kinds.iter().filter(|((known, ..), _)| known == tenant);
        of_tenant.flat_map(|(_, samples)| samples).cloned().collect()
    }
}

impl Store {
    /// The last ten rejected of each source, signal and reason, since the start.
    pub fn rejected_samples(&self, tenant: &str) -> Vec<Sample> {
        self.inner.samples.of(tenant)
    }
}
