//! What became of the items of one body: counted, and the first refusal put in words for the sender.

use daymark_model::intake::Rejection;
use daymark_model::limits::BATCH_TEXT_BYTES;
use daymark_model::quality;
use daymark_model::reason::{Rejected, Tally};

use crate::transcode::Unread;

/// Grows item by item while a body is decoded. Every item is either accepted or rejected, once.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) tally: Tally,
    pub(crate) first_rejection: Option<Rejection>,
    /// The first item that JSON told wrongly.
    unread: Option<Unread>,
    text_bytes: usize,
}

impl Outcome {
    pub(crate) fn new(unread: Option<Unread>) -> Self {
        Self { unread, ..Self::default() }
    }

    /// A stored item, with what had to be changed in it.
    pub(crate) fn accept(&mut self, bits: u32) {
        self.tally.accepted += 1;
        if bits != 0 {
            quality::modifications(bits).for_each(|what| self.tally.modify(what));
        }
    }

    /// An item that is left out. `what` names it, `why` completes the sentence.
    pub(crate) fn reject(&mut self, reason: Rejected, what: &str, why: &str) {
        let index = self.tally.received();
        self.tally.reject(reason);
        let unread = self.unread.as_ref().filter(|unread| unread.index == index);
        let why = unread.map_or(why, |unread| &unread.why);
        self.first_rejection.get_or_insert_with(|| Rejection {
            reason,
            detail: format!("{what} {index} of the request: {why}"),
        });
    }

    /// Reserves room for the texts of a row: its own, and those it repeats from its scope and resource,
    /// by which a small body could grow without bound.
    pub(crate) fn reserve(&mut self, bytes: usize) -> Result<(), Reject> {
        self.text_bytes = self.text_bytes.saturating_add(bytes);
        if self.text_bytes > BATCH_TEXT_BYTES {
            return Err(Reject(Rejected::TooLargeRecord, "the rows of the request take too much room"));
        }
        Ok(())
    }
}

/// Why one item cannot be stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reject(pub(crate) Rejected, pub(crate) &'static str);

impl From<crate::wire::Malformed> for Reject {
    fn from(malformed: crate::wire::Malformed) -> Self {
        Self(Rejected::Decode, malformed.0)
    }
}
