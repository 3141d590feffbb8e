//! Questions about single traces, what is like them, and what sets of spans are made of.

use super::Answering;
use crate::diff::{Diff, DiffAsk, Similar, SimilarAsk};
use crate::fields::{FieldRow, FieldsAsk};
use crate::meta::Answer;
use crate::resolve::{Hit, ResolveAsk};
use crate::skeleton::{Details, FindAsk, Found, RowsAsk, Skeleton, SkeletonAsk};
use crate::spans::{
    Difference, ExplainAsk, Facet, FacetsAsk, Origins, OriginsAsk, SpanHeatmap, SpanHeatmapAsk,
};

/// Part of [`super::Ask`].
pub trait AskTraces {
    /// Best first; empty when nothing is meant.
    fn resolve(&self, ask: ResolveAsk) -> Answering<'_, Answer<Vec<Hit>>>;

    fn skeleton(&self, ask: SkeletonAsk) -> Answering<'_, Answer<Skeleton>>;
    /// Like the next one, `Conflict` when the revision is not that of now.
    fn trace_rows(&self, ask: RowsAsk) -> Answering<'_, Answer<Details>>;
    fn find_in_trace(&self, ask: FindAsk) -> Answering<'_, Answer<Found>>;

    fn diff(&self, ask: DiffAsk) -> Answering<'_, Answer<Diff>>;
    /// The same shape first.
    fn similar(&self, ask: SimilarAsk) -> Answering<'_, Answer<Vec<Similar>>>;

    fn span_fields(&self, ask: FieldsAsk) -> Answering<'_, Answer<Vec<FieldRow>>>;
    fn facets(&self, ask: FacetsAsk) -> Answering<'_, Answer<Vec<Facet>>>;
    fn span_heatmap(&self, ask: SpanHeatmapAsk) -> Answering<'_, Answer<SpanHeatmap>>;
    /// The largest difference first.
    fn explain(&self, ask: ExplainAsk) -> Answering<'_, Answer<Vec<Difference>>>;
    fn origins(&self, ask: OriginsAsk) -> Answering<'_, Answer<Origins>>;
}
