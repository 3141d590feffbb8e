//! Segments that no merge takes any more, because a read of them failed its checksum. They go on answering
//! what they can; merged, the rest of their rows would be lost for good, and no other segment of their table
//! would ever be merged.

use std::sync::PoisonError;

use crate::error::Error;
use crate::merge::Group;
use crate::store::Inner;
use crate::version::Shelved;

impl Inner {
    /// Notes the segment that an error names; false when it names none of these.
    pub(crate) fn is_spoiled_by(&self, error: &Error, inputs: &[Shelved]) -> bool {
        let Error::Segment(daymark_segment::Error::Corrupt { file, .. }) = error else { return false };
        let named = |one: &&Shelved| file.starts_with(one.segment.dir());
        let Some(one) = inputs.iter().find(named) else { return false };
        tracing::error!(segment = %one.segment.dir().display(), %error, "a damaged segment is not merged any more");
        let is_news = self.spoiled.lock().unwrap_or_else(PoisonError::into_inner).insert(one.id.to_string());
        self.note_debt();
        is_news
    }

    /// Groups without the segments that no merge can take.
    pub(crate) fn sound(&self, mut groups: Vec<Group>) -> Vec<Group> {
        groups.iter_mut().for_each(|group| group.segments.retain(|one| self.can_be_merged(one)));
        groups
    }

    /// Whether a merge would carry all rows of the segment, and what describes them.
    fn can_be_merged(&self, one: &Shelved) -> bool {
        let lacks = one.segment.damage().iter().any(|found| !daymark_segment::is_derived(&found.file));
        !lacks && !self.spoiled.lock().unwrap_or_else(PoisonError::into_inner).contains(one.id.as_ref())
    }
}
