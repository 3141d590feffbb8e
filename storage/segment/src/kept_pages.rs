//! Dictionary pages kept unpacked between reads, within a bound that all segments share.
//!
//! Every read of a column begins with its dictionary, however few rows it asks for, so that unpacking
//! dictionaries is most of the work of a small read. What is kept was checked when it came from the disk.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use parquet::column::page::Page;

use crate::pages::PageFile;

/// The address of an open file, which nothing else gets while a weak reference to it is held, and where in
/// the file the page lies.
type Key = (usize, u64);

struct KeptPage {
    _file: Weak<PageFile>,
    page: Page,
    /// Since it was last passed over.
    was_asked: bool,
}

#[derive(Default)]
struct Held {
    pages: HashMap<Key, KeptPage>,
    /// In the order in which they are let go.
    turns: VecDeque<Key>,
    bytes: usize,
}

pub struct KeptPages {
    bytes_max: usize,
    held: Mutex<Held>,
}

impl fmt::Debug for KeptPages {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("KeptPages").field("bytes_max", &self.bytes_max).finish_non_exhaustive()
    }
}

impl KeptPages {
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, held: Mutex::default() }
    }

    /// What all pages take.
    pub fn bytes(&self) -> usize {
        self.held().bytes
    }

    pub(crate) fn get(&self, file: &Arc<PageFile>, offset: u64) -> Option<Page> {
        let mut held = self.held();
        let kept = held.pages.get_mut(&(Arc::as_ptr(file).addr(), offset))?;
        kept.was_asked = true;
        Some(kept.page.clone())
    }

    /// Keeps a page, and lets go of others that were not asked for lately.
    pub(crate) fn put(&self, file: &Arc<PageFile>, offset: u64, page: &Page) {
        let (key, bytes) = ((Arc::as_ptr(file).addr(), offset), page.buffer().len());
        let mut held = self.held();
        if bytes > self.bytes_max || held.pages.contains_key(&key) {
            return;
        }
        held.make_room(self.bytes_max - bytes);
        held.bytes += bytes;
        held.turns.push_back(key);
        let kept = KeptPage { _file: Arc::downgrade(file), page: page.clone(), was_asked: false };
        held.pages.insert(key, kept);
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn make_room(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max {
            let Some(key) = self.turns.pop_front() else { return };
            match self.pages.get_mut(&key) {
                Some(kept) if kept.was_asked => {
                    kept.was_asked = false;
                    self.turns.push_back(key);
                }
                _ => self.bytes -= self.pages.remove(&key).map_or(0, |kept| kept.page.buffer().len()),
            }
        }
    }
}
