//! What was gathered lately, for the same question over the same parts: pages that refresh ask again and
//! again, and while no spans come in, nothing has changed.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::calls::{CallKey, Calls};
use super::figures::Figures;
use super::operations::OperationKey;
use crate::scan::part::Part;
use crate::scan::reader::Tally;
use crate::services::gathered::Service;
use crate::sums::origin::Origin;

/// What each kind may take.
const KEPT_BYTES: usize = 48 << 20;

#[derive(Debug, Default)]
pub(crate) struct Recent {
    pub(crate) services: Kept<HashMap<String, Service>>,
    pub(crate) calls: Kept<BTreeMap<CallKey, Calls>>,
    pub(crate) operations: Kept<HashMap<OperationKey, Figures>>,
}

/// Answers by parts and question, the newest last.
#[derive(Debug)]
pub(crate) struct Kept<T>(Mutex<VecDeque<Entry<T>>>);

#[derive(Debug)]
struct Entry<T> {
    parts: Vec<Origin>,
    key: String,
    value: Arc<T>,
    bytes: usize,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Kept<T> {
    pub(crate) fn find(&self, parts: &[Part], key: &str) -> Option<Arc<T>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let places = || parts.iter().filter_map(Origin::of).map(|origin| origin.place());
        let is_same =
            |entry: &&Entry<T>| entry.key == key && entry.parts.iter().map(Origin::place).eq(places());
        entries.iter().find(is_same).map(|entry| Arc::clone(&entry.value))
    }

    /// Keeps an answer that lacks nothing, and lets go of older ones.
    pub(crate) fn keep(&self, parts: &[Part], key: String, value: &Arc<T>, bytes: usize, tally: &Tally) {
        if bytes > KEPT_BYTES || !tally.partial().is_empty() {
            return;
        }
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| entry.parts.iter().all(Origin::is_alive));
        let mut used = bytes + entries.iter().map(|entry| entry.bytes).sum::<usize>();
        while used > KEPT_BYTES {
            let Some(oldest) = entries.pop_front() else { break };
            used -= oldest.bytes;
        }
        let parts = parts.iter().filter_map(Origin::of).collect();
        entries.push_back(Entry { parts, key, value: Arc::clone(value), bytes });
    }
}
