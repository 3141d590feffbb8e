//! What is searched, as the address has it, and the questions that come of it.

use daymark_model::id::TraceId;
use daymark_view::search::Domain;
use daymark_view::spans::SpanSetBody;
use daymark_view::traces::{Area, AreaBody, TraceSort, TracesBody, TracesMode};
use daymark_viz::address::Address;
use daymark_viz::{clause, heat};
use leptos::prelude::*;

use crate::net::Question;
use crate::shell::Shell;
use crate::words::Word;

pub(super) const MODES: [(&str, TracesMode, Word); 3] = [
    ("traces", TracesMode::Traces, Word::TracesModeTraces),
    ("spans", TracesMode::Spans, Word::TracesModeSpans),
    ("operations", TracesMode::Operations, Word::TracesModeOperations),
];

pub(super) const SORTS: [(&str, TraceSort, Word); 6] = [
    ("newest", TraceSort::Newest, Word::TracesSortNewest),
    ("oldest", TraceSort::Oldest, Word::TracesSortOldest),
    ("slowest", TraceSort::Slowest, Word::TracesSortSlowest),
    ("fastest", TraceSort::Fastest, Word::TracesSortFastest),
    ("most_spans", TraceSort::MostSpans, Word::TracesSortSpans),
    ("most_errors", TraceSort::MostErrors, Word::TracesSortErrors),
];

/// Traces that can be picked for comparison.
const PICKS: usize = 2;

#[derive(Clone, Copy)]
pub(super) struct Search {
    shell: Shell,
    pub(super) q: Memo<String>,
    pub(super) sort: Memo<TraceSort>,
    mode: Memo<Option<String>>,
    pub(super) area: Memo<Option<Area>>,
    pub(super) picks: Memo<Vec<String>>,
    /// The query where single spans can tell all of it, and nothing is wrong with it.
    pub(super) of_spans: Memo<Option<String>>,
}

impl Search {
    pub(super) fn new(shell: Shell) -> Self {
        let q = shell.address.param("q");
        let q = Memo::new(move |_| q.get().unwrap_or_default());
        let sort = shell.address.param("sort");
        let drawn = shell.address.param("box");
        Self {
            shell,
            q,
            sort: Memo::new(move |_| {
                let sort = sort.get().unwrap_or_default();
                SORTS.iter().find(|(name, ..)| *name == sort).map(|(_, sort, _)| *sort).unwrap_or_default()
            }),
            mode: shell.address.param("mode"),
            area: Memo::new(move |_| drawn.get().as_deref().and_then(heat::read)),
            picks: shell.address.params("pick"),
            of_spans: Memo::new(move |_| {
                q.with(|q| (!clause::is_bad(Domain::Traces, q) && clause::tells_spans(q)).then(|| q.clone()))
            }),
        }
    }

    pub(super) fn mode_name(self) -> &'static str {
        self.mode.with(|mode| {
            MODES
                .iter()
                .find(|(name, ..)| Some(*name) == mode.as_deref())
                .map_or("traces", |(name, ..)| *name)
        })
    }

    /// Spans have neither spans nor errors to be sorted by.
    pub(super) fn can_sort(self, word: Word) -> bool {
        self.mode_name() == "traces" || !matches!(word, Word::TracesSortSpans | Word::TracesSortErrors)
    }

    fn body(self, mode: TracesMode) -> TracesBody {
        let range = self.shell.range();
        let sort = self.sort.get();
        let has_sort = match mode {
            TracesMode::Traces => true,
            TracesMode::Spans => !matches!(sort, TraceSort::MostSpans | TraceSort::MostErrors),
            TracesMode::Operations => false,
        };
        TracesBody {
            q: self.q.get(),
            from: Some(range.from.0.to_string()),
            to: Some(range.to.0.to_string()),
            scope: self.shell.scope(),
            area: self.area.get().map(area_body),
            sort: if has_sort { sort } else { TraceSort::default() },
            mode,
            limit: None,
            cursor: None,
            count: false,
        }
    }

    pub(super) fn page(self, mode: TracesMode, cursor: Option<String>) -> Option<Question> {
        Some(Question::post("traces/search", &TracesBody { cursor, ..self.body(mode) }))
    }

    /// How many there are, without any of them.
    pub(super) fn counting(self, mode: TracesMode) -> Option<Question> {
        // Neither is answered: what cannot be read, and spans counted by what no single span tells.
        let is_refused = mode != TracesMode::Traces && self.is_of_traces();
        if is_refused || self.q.with(|q| clause::is_bad(Domain::Traces, q)) {
            return None;
        }
        let body = TracesBody { limit: Some(1), count: true, sort: TraceSort::default(), ..self.body(mode) };
        Some(Question::post("traces/search", &body))
    }

    /// Some of the query speaks of whole traces.
    pub(super) fn is_of_traces(self) -> bool {
        self.q.with(|q| !clause::is_bad(Domain::Traces, q) && !clause::tells_spans(q))
    }

    /// Spans that match, for questions about sets of spans.
    pub(super) fn set(self) -> SpanSetBody {
        let range = self.shell.range();
        SpanSetBody {
            q: self.q.with(|q| clause::of_spans(q)),
            from: Some(range.from.0.to_string()),
            to: Some(range.to.0.to_string()),
            area: self.area.get().map(area_body),
        }
    }

    pub(super) fn choose(self, area: Option<Area>) {
        self.shell.address.set("box", &area.map(|area| heat::written(&area)).unwrap_or_default());
    }

    /// Adds a clause, or takes it away where the query has it.
    pub(super) fn toggle(self, clause: &str) {
        let q = self.q.with_untracked(|q| clause::toggled(Domain::Traces, q, clause));
        self.shell.address.set("q", &q);
    }

    pub(super) fn has(self, clause: &str) -> bool {
        self.q.with(|q| clause::has(Domain::Traces, q, clause))
    }

    /// A trace, with the search that it was found by.
    pub(super) fn link(self, id: TraceId, span: Option<String>) -> String {
        let here = self.shell.address.get();
        let mut there = here.to_page(["traces", &id.to_string()]);
        for key in ["q", "sort", "box"] {
            there = there.with(key, here.get(key).unwrap_or_default());
        }
        there.with("span", &span.unwrap_or_default()).to_string()
    }

    /// Picks a trace for comparison, or takes it back; the latest two are kept.
    pub(super) fn pick(self, id: TraceId) {
        let id = id.to_string();
        let address = self.shell.address.now();
        let mut picks: Vec<String> = address.all("pick").map(Into::into).collect();
        match picks.iter().position(|known| *known == id) {
            Some(at) => drop(picks.remove(at)),
            None => picks.push(id),
        }
        let late = picks.len().saturating_sub(PICKS);
        let address =
            picks.drain(late..).fold(address.without("pick"), |address, pick| address.and("pick", &pick));
        self.shell.address.replace(address);
    }

    pub(super) fn is_picked(self, id: TraceId) -> bool {
        self.picks.with(|picks| picks.iter().any(|known| *known == id.to_string()))
    }

    /// The two picks side by side.
    pub(super) fn comparison(self) -> Option<Address> {
        let picks = self.picks.get();
        let [a, b] = picks.as_slice() else { return None };
        let there = self.shell.link(["compare"]);
        Some(there.with("a", &format!("trace:{a}")).with("b", &format!("trace:{b}")))
    }
}

pub(super) fn area_body(area: Area) -> AreaBody {
    AreaBody {
        from: Some(area.range.from.0.to_string()),
        to: Some(area.range.to.0.to_string()),
        min_ns: Some(area.min_ns),
        max_ns: Some(area.max_ns),
    }
}
