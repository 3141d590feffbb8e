//! Questions about single traces, what is like them, and what sets of spans are made of.

use super::Answering;
use crate::meta::Answer;
use crate::resolve::{Hit, ResolveAsk};
use crate::skeleton::{Details, FindAsk, Found, RowsAsk, Skeleton, SkeletonAsk};

/// Part of [`super::Ask`].
pub trait AskTraces {
    /// Best first; empty when nothing is meant.
    fn resolve(&self, ask: ResolveAsk) -> Answering<'_, Answer<Vec<Hit>>>;

    fn skeleton(&self, ask: SkeletonAsk) -> Answering<'_, Answer<Skeleton>>;
    /// Like the next one, `Conflict` when the revision is not that of now.
    fn trace_rows(&self, ask: RowsAsk) -> Answering<'_, Answer<Details>>;
    fn find_in_trace(&self, ask: FindAsk) -> Answering<'_, Answer<Found>>;
}
