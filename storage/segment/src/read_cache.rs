//! What reads have in common, kept between them within a bound that all segments share: unpacked dictionary
//! pages, and index files; and what unpacks pages.
//!
//! Every read of a column begins with its dictionary, however few rows it asks for, so that unpacking
//! dictionaries is most of the work of a small read. What is kept was checked when it came from the disk.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use parquet::column::page::Page;

use crate::codecs::Codecs;
use crate::error::Result;
use crate::pages::PageFile;

/// So many reads at once are usual.
const SPARE_CODECS: usize = 8;

/// The address of the open rows of a segment, which nothing else gets while a weak reference to them is
/// held, and what of the segment it is.
type Key = (usize, What);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    /// The page that lies there.
    Page(u64),
    File(&'static str),
}

#[derive(Clone)]
enum Content {
    Page(Page),
    File(Bytes),
}

impl Content {
    fn bytes(&self) -> usize {
        match self {
            Self::Page(page) => page.buffer().len(),
            Self::File(bytes) => bytes.len(),
        }
    }
}

struct Kept {
    _segment: Weak<PageFile>,
    content: Content,
    /// Since it was last passed over.
    was_asked: bool,
}

#[derive(Default)]
struct Held {
    all: HashMap<Key, Kept>,
    /// In the order in which they are let go.
    turns: VecDeque<Key>,
    bytes: usize,
}

pub struct ReadCache {
    bytes_max: usize,
    held: Mutex<Held>,
    spare: Mutex<Vec<Codecs>>,
}

impl fmt::Debug for ReadCache {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ReadCache").field("bytes_max", &self.bytes_max).finish_non_exhaustive()
    }
}

impl ReadCache {
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, held: Mutex::default(), spare: Mutex::default() }
    }

    /// What everything in it takes.
    pub fn bytes(&self) -> usize {
        self.held().bytes
    }

    /// A page that was put in.
    pub(crate) fn page(&self, segment: &Arc<PageFile>, offset: u64) -> Option<Page> {
        match self.get(segment, What::Page(offset))? {
            Content::Page(page) => Some(page),
            Content::File(_) => None,
        }
    }

    pub(crate) fn put_page(&self, segment: &Arc<PageFile>, offset: u64, page: &Page) {
        self.put(segment, What::Page(offset), Content::Page(page.clone()));
    }

    /// The bytes of an index file, which `read` gives when they are not here.
    pub(crate) fn file(
        &self,
        segment: &Arc<PageFile>,
        name: &'static str,
        read: impl FnOnce() -> Result<Bytes>,
    ) -> Result<Bytes> {
        if let Some(Content::File(bytes)) = self.get(segment, What::File(name)) {
            return Ok(bytes);
        }
        let bytes = read()?;
        self.put(segment, What::File(name), Content::File(bytes.clone()));
        Ok(bytes)
    }

    pub(crate) fn lend(&self) -> Codecs {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    pub(crate) fn take_back(&self, codecs: Codecs) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE_CODECS {
            spare.push(codecs);
        }
    }

    fn get(&self, segment: &Arc<PageFile>, what: What) -> Option<Content> {
        let mut held = self.held();
        let kept = held.all.get_mut(&(Arc::as_ptr(segment).addr(), what))?;
        kept.was_asked = true;
        Some(kept.content.clone())
    }

    /// Keeps something, and lets go of others that were not asked for lately.
    fn put(&self, segment: &Arc<PageFile>, what: What, content: Content) {
        let (key, bytes) = ((Arc::as_ptr(segment).addr(), what), content.bytes());
        let mut held = self.held();
        if bytes > self.bytes_max || held.all.contains_key(&key) {
            return;
        }
        held.make_room(self.bytes_max - bytes);
        held.bytes += bytes;
        held.turns.push_back(key);
        held.all.insert(key, Kept { _segment: Arc::downgrade(segment), content, was_asked: false });
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn make_room(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max {
            let Some(key) = self.turns.pop_front() else { return };
            match self.all.get_mut(&key) {
                Some(kept) if kept.was_asked => {
                    kept.was_asked = false;
                    self.turns.push_back(key);
                }
                _ => self.bytes -= self.all.remove(&key).map_or(0, |kept| kept.content.bytes()),
            }
        }
    }
}
