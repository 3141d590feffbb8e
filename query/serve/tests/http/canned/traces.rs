//! Fixed answers to questions about traces.

use daymark_model::time::Nanos;
use daymark_view::ask::{Answering, AskTraces};
use daymark_view::diff::{Diff, DiffAsk, SideSum, Similar, SimilarAsk};
use daymark_view::error::{AskError, Code};
use daymark_view::fields::{FieldRow, FieldsAsk};
use daymark_view::meta::Answer;
use daymark_view::resolve::{Hit, ResolveAsk};
use daymark_view::skeleton::{Details, FindAsk, Found, RowsAsk, Skeleton, SkeletonAsk};
use daymark_view::spans::{
    Difference, ExplainAsk, Facet, FacetsAsk, Origins, OriginsAsk, SpanHeatmap, SpanHeatmapAsk,
};
use daymark_view::trace::{Completeness, Episode};

use super::{Canned, TRACE, ready, trace};

fn skeleton() -> Skeleton {
    Skeleton {
        rev: "a91c".into(),
        trace_id: TRACE,
        start: Nanos(5),
        duration_ns: 7,
        total: 1,
        shown: 1,
        focus_row: None,
        root: None,
        error_count: 0,
        log_count: 0,
        completeness: Completeness::Complete,
        aliases: Vec::new(),
        episode: Episode { n: 1, of: 1 },
        tier: "internal".into(),
        peers: Vec::new(),
        peer: vec![0],
        services: vec!["web".into()],
        operations: vec!["GET /".into()],
        depth: vec![0],
        dstart: vec![0],
        dur: vec![7],
        svc: vec![0],
        op: vec![0],
        kind_status: vec![8],
        flags: vec![2],
        n_events: vec![0],
        n_logs: vec![0],
        agg: Vec::new(),
        runs: Vec::new(),
        missing_parents: Vec::new(),
        skew: Vec::new(),
        crit: vec![[0, 0, 7]],
    }
}

impl AskTraces for Canned {
    fn resolve(&self, ask: ResolveAsk) -> Answering<'_, Answer<Vec<Hit>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Vec::new())))
    }

    fn skeleton(&self, ask: SkeletonAsk) -> Answering<'_, Answer<Skeleton>> {
        self.remember(&ask);
        ready(Ok(Answer::of(skeleton())))
    }

    fn trace_rows(&self, ask: RowsAsk) -> Answering<'_, Answer<Details>> {
        self.remember(&ask);
        let stale = AskError::new(Code::Conflict, "the trace has other rows");
        ready(match ask.revision.as_deref() {
            None | Some("a91c") => Ok(Answer::of(Details {
                rev: "a91c".into(),
                resources: trace().resources,
                spans: vec![daymark_view::skeleton::Detail { row: 4, span: trace().spans.remove(0) }],
            })),
            _ => Err(stale.moved("a91c", Some(vec![Some(0), None]))),
        })
    }

    fn find_in_trace(&self, ask: FindAsk) -> Answering<'_, Answer<Found>> {
        self.remember(&ask);
        let by_service = [("web".to_owned(), 2)].into();
        ready(Ok(Answer::of(Found { rev: "a91c".into(), ranges: vec![[1, 3]], count: 2, by_service })))
    }

    fn diff(&self, ask: DiffAsk) -> Answering<'_, Answer<Diff>> {
        self.remember(&ask);
        let (a, b) = (SideSum::default(), SideSum::default());
        ready(Ok(Answer::of(Diff { a, b, tree: Vec::new(), whole: Vec::new() })))
    }

    fn similar(&self, ask: SimilarAsk) -> Answering<'_, Answer<Vec<Similar>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Vec::new())))
    }

    fn span_fields(&self, ask: FieldsAsk) -> Answering<'_, Answer<Vec<FieldRow>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Vec::new())))
    }

    fn facets(&self, ask: FacetsAsk) -> Answering<'_, Answer<Vec<Facet>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Vec::new())))
    }

    fn span_heatmap(&self, ask: SpanHeatmapAsk) -> Answering<'_, Answer<SpanHeatmap>> {
        self.remember(&ask);
        ready(Ok(Answer::of(SpanHeatmap::default())))
    }

    fn explain(&self, ask: ExplainAsk) -> Answering<'_, Answer<Vec<Difference>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Vec::new())))
    }

    fn origins(&self, ask: OriginsAsk) -> Answering<'_, Answer<Origins>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Origins::default())))
    }
}
