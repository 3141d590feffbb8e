//! What was gathered lately, for the same question over the same version: pages that refresh ask again and
//! again, and while nothing comes in, nothing has changed.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use daymark_storage::version::Version;

use super::calls::{CallKey, Calls};
use crate::scan::reader::Tally;
use crate::services::gathered::Service;

/// What each kind may take.
const KEPT_BYTES: usize = 48 << 20;

#[derive(Debug, Default)]
pub(crate) struct Recent {
    pub(crate) services: Kept<HashMap<String, Service>>,
    pub(crate) calls: Kept<BTreeMap<CallKey, Calls>>,
}

/// Answers by version and question, the newest last.
#[derive(Debug)]
pub(crate) struct Kept<T>(Mutex<VecDeque<Entry<T>>>);

#[derive(Debug)]
struct Entry<T> {
    version: Weak<Version>,
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
    pub(crate) fn find(&self, version: &Arc<Version>, key: &str) -> Option<Arc<T>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |entry: &&Entry<T>| {
            std::ptr::eq(entry.version.as_ptr(), Arc::as_ptr(version)) && entry.key == key
        };
        entries.iter().find(is_same).map(|entry| Arc::clone(&entry.value))
    }

    /// Keeps an answer that lacks nothing, and lets go of older ones.
    pub(crate) fn keep(
        &self,
        version: &Arc<Version>,
        key: String,
        value: &Arc<T>,
        bytes: usize,
        tally: &Tally,
    ) {
        if bytes > KEPT_BYTES || !tally.partial().is_empty() {
            return;
        }
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| entry.version.strong_count() > 0);
        let mut used = bytes + entries.iter().map(|entry| entry.bytes).sum::<usize>();
        while used > KEPT_BYTES {
            let Some(oldest) = entries.pop_front() else { break };
            used -= oldest.bytes;
        }
        entries.push_back(Entry { version: Arc::downgrade(version), key, value: Arc::clone(value), bytes });
    }
}
