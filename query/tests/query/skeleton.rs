//! A trace as rows: the arrays against the trace itself, folds, contents of rows, searches, large and
//! twisted traces.

use std::time::Duration;

use daymark_view::ask::AskTraces;
use daymark_view::error::{AskError, Code};
use daymark_view::search::{Domain, parse};
use daymark_view::skeleton::{FindAsk, RowsAsk, Skeleton, SkeletonAsk, flag};
use serde_json::json;

use crate::data::{SHORT_TRACE, Span, TRACE, spans};
use crate::place::{Place, query_id, trace_id};

fn skeleton_ask(id: &str) -> SkeletonAsk {
    SkeletonAsk {
        query_id: query_id(),
        id: trace_id(id),
        episode: None,
        below: None,
        revision: None,
        rows_max: 250_000,
        span: None,
    }
}

impl Place {
    async fn skeleton(&self, id: &str) -> Skeleton {
        self.answerer.skeleton(skeleton_ask(id)).await.unwrap().data
    }

    async fn names_of(&self, id: &str, rows: Vec<u32>, rev: &str) -> Result<Vec<String>, AskError> {
        let ask = RowsAsk {
            query_id: query_id(),
            id: trace_id(id),
            episode: None,
            rows,
            revision: Some(rev.into()),
        };
        let found = self.answerer.trace_rows(ask).await?.data;
        Ok(found.spans.into_iter().map(|detail| format!("{} {}", detail.row, detail.span.name)).collect())
    }

    async fn rows_with(&self, id: &str, q: &str) -> Vec<u32> {
        let query = parse(Domain::InTrace, q).unwrap_or_else(|error| panic!("{q}: {error}"));
        let ask = FindAsk { query_id: query_id(), id: trace_id(id), episode: None, query, revision: None };
        let found =
            self.answerer.find_in_trace(ask).await.unwrap_or_else(|error| panic!("{q}: {error}")).data;
        let rows: Vec<u32> = found.ranges.iter().flat_map(|[from, to]| *from..*to).collect();
        assert_eq!((rows.len() as u64, found.by_service.values().sum::<u64>()), (found.count, found.count));
        rows
    }
}

/// Guarantee: the arrays say what the trace says, from buffers and from segments, and spans that came twice
/// are one row.
#[tokio::test(flavor = "multi_thread")]
async fn arrays_say_what_the_trace_says() {
    let place = Place::shop().await;
    for is_flushed in [false, true] {
        if is_flushed {
            place.store.flush().await.unwrap();
            for (signal, body) in crate::data::shop().into_iter().take(3) {
                let mut body = body;
                body["resourceSpans"].as_array_mut().unwrap().push(json!({"scopeSpans": []}));
                place.send(signal, &body).await;
            }
        }
        let made = place.skeleton(TRACE).await;
        let name = |row: usize| made.operations[made.op[row] as usize].as_str();
        assert_eq!((0..3).map(name).collect::<Vec<_>>(), ["POST /checkout", "load cart", "charge"]);
        let service = |row: usize| made.services[made.svc[row] as usize].as_str();
        assert_eq!((0..3).map(service).collect::<Vec<_>>(), ["web", "cart", "payment"]);
        assert_eq!((made.total, made.shown, made.error_count, made.log_count), (3, 3, 1, 2));
        assert_eq!(made.depth, [0, 1, 1]);
        assert_eq!(made.dstart, [0, 5_000_000, 20_000_000]);
        assert_eq!(made.dur, [90_000_000, 5_000_000, 60_000_000]);
        assert_eq!(made.kind_status, [8, 8, 10]);
        assert_eq!((&made.n_events[..], &made.n_logs[..]), (&[0, 0, 1][..], &[0, 0, 2][..]));
        let failed = flag::ERROR | flag::CRITICAL | flag::EVENTS | flag::LOGS;
        assert_eq!(made.flags, [flag::CRITICAL, flag::CRITICAL, failed]);
        let ms = 1_000_000;
        assert_eq!(
            made.crit,
            [
                [0, 0, 5 * ms],
                [1, 5 * ms, 10 * ms],
                [0, 10 * ms, 20 * ms],
                [2, 20 * ms, 80 * ms],
                [0, 80 * ms, 90 * ms]
            ]
        );
        assert_eq!(made.runs, Vec::<[u32; 2]>::new());
        let focus = SkeletonAsk {
            span: Some(daymark_model::id::SpanId(0xe1_u64.to_be_bytes())),
            ..skeleton_ask(TRACE)
        };
        assert_eq!(place.answerer.skeleton(focus).await.unwrap().data.focus_row, Some(1));
        assert_eq!(
            place.names_of(TRACE, vec![2, 0], &made.rev).await.unwrap(),
            ["2 charge", "0 POST /checkout"]
        );
    }
    let orphan = place.skeleton(&"f".repeat(32)).await;
    assert_eq!(
        (orphan.flags[0] & flag::MISSING_PARENT, orphan.missing_parents[0].children),
        (flag::MISSING_PARENT, 1)
    );
    let none = place.answerer.skeleton(skeleton_ask("12")).await.unwrap_err();
    assert_eq!((none.code(), none.problem().reason.is_some()), (Code::NotFound, true));
}

/// Guarantee: rows are found by what their spans say and by where they stand.
#[tokio::test(flavor = "multi_thread")]
async fn rows_are_found() {
    let place = Place::shop().await;
    for is_merged in [false, true] {
        if is_merged {
            place.store.settle().await.unwrap();
        }
        for (q, expected) in [
            ("", &[0, 1, 2][..]),
            ("status:error", &[2]),
            ("service:web OR name:load*", &[0, 1]),
            ("amount>1000", &[2]),
            ("bank", &[2]),
            ("depth=1", &[1, 2]),
            ("self>20ms", &[0, 2]),
            ("crit", &[0, 1, 2]),
            ("-crit", &[]),
            ("row>=1 -row=2", &[1]),
            ("duration>80ms OR kind:client", &[0]),
        ] {
            assert_eq!(place.rows_with(TRACE, q).await, expected, "{q}");
        }
    }
}

/// Scenario: a trace grows while its rows are on a screen.
/// Guarantee: rows of the old revision are refused with where they went.
#[tokio::test(flavor = "multi_thread")]
async fn stale_rows_are_refused() {
    let place = Place::shop().await;
    let old = place.skeleton(TRACE).await.rev;
    let late = Span::new(TRACE, 0xe0, Some(0xa1), "check user", 2, 1);
    place.send("spans", &spans("auth", "prod", &[late])).await;
    let refused = place.names_of(TRACE, vec![1], &old).await.unwrap_err();
    assert_eq!(refused.code(), Code::Conflict);
    assert_eq!(refused.problem().map, Some(vec![Some(0), Some(2), Some(3)]));
    let current = place.skeleton(TRACE).await.rev;
    assert_eq!(refused.problem().current, Some(json!(current)));
    assert_eq!(place.names_of(TRACE, vec![1], &current).await.unwrap(), ["1 check user"]);
    let unknown = place.names_of(TRACE, vec![1], "ffff").await.unwrap_err();
    assert_eq!((unknown.code(), unknown.problem().map.clone()), (Code::Conflict, None));
    let beyond = place.names_of(TRACE, vec![4], &current).await.unwrap_err();
    assert_eq!(beyond.code(), Code::BadRequest);
    assert_ne!(place.skeleton(SHORT_TRACE).await.rev, current);
}

/// A root with a hundred groups of `below` spans each, of which one fails.
fn groups(id: &str, below: u64) -> Vec<Span> {
    let mut all = vec![Span { duration: 1_000_000_000, ..Span::new(id, 1, None, "batch", 2, 0) }];
    for group in 0..100 {
        let top = 1_000 * (group + 1);
        let at = group as i64 * 10;
        all.push(Span { duration: 9_000_000, ..Span::new(id, top, Some(1), "group", 1, at) });
        all.extend((1..=below).map(|span| Span {
            duration: 1_000_000,
            is_error: group == 7 && span == 1,
            ..Span::new(id, top + span, Some(top), "item", 1, at + span as i64 % 8)
        }));
    }
    all
}

/// Guarantee: a trace that is too large is folded, what is hidden is told exactly, and each fold can be opened.
#[tokio::test(flavor = "multi_thread")]
async fn large_traces_are_folded() {
    let place = Place::empty().await;
    place.send("spans", &spans("web", "prod", &groups(TRACE, 20))).await;
    let whole = place.skeleton(TRACE).await;
    assert_eq!((whole.total, whole.shown, whole.agg.len()), (2_101, 2_101, 0));
    let small =
        place.answerer.skeleton(SkeletonAsk { rows_max: 141, ..skeleton_ask(TRACE) }).await.unwrap().data;
    assert_eq!((small.total, small.shown), (2_101, 141));
    let hidden: u64 = small.agg.iter().map(|fold| fold.count).sum();
    assert_eq!(hidden, 2_101 - 141);
    // The failed one is among what is shown.
    let failed = small.flags.iter().filter(|flags| **flags & flag::ERROR != 0).count() as u64;
    assert_eq!(failed + small.agg.iter().map(|fold| fold.errors).sum::<u64>(), 1);
    assert_eq!(small.flags.iter().filter(|flags| **flags & flag::AGGREGATE != 0).count(), small.agg.len());
    // Rows are those of the whole trace.
    let mut rows = Vec::new();
    for (at, [place, row]) in small.runs.iter().enumerate() {
        let end = small.runs.get(at + 1).map_or(small.shown, |[next, _]| *next);
        rows.extend((*place..end).map(|place_of| row + place_of - place));
    }
    for (at, row) in rows.iter().enumerate() {
        assert_eq!((small.dur[at], small.depth[at]), (whole.dur[*row as usize], whole.depth[*row as usize]));
    }
    let fold = &small.agg[0];
    let open =
        SkeletonAsk { below: Some(fold.row), revision: Some(small.rev.clone()), ..skeleton_ask(TRACE) };
    let below = place.answerer.skeleton(open).await.unwrap().data;
    assert_eq!(below.shown as u64, fold.count);
    assert_eq!(below.runs, [[0, fold.row + 1]]);
    // A fan that is wider than the limit, with a row in focus at its end.
    let ask = SkeletonAsk {
        rows_max: 10,
        span: Some(daymark_model::id::SpanId(100_020_u64.to_be_bytes())),
        ..skeleton_ask(TRACE)
    };
    let narrow = place.answerer.skeleton(ask).await.unwrap().data;
    let focus = narrow.focus_row.unwrap();
    assert!(narrow.runs.iter().any(|[_, row]| *row <= focus) && narrow.shown == 10);
    assert_eq!(narrow.agg.iter().map(|fold| fold.count).sum::<u64>(), 2_091);
}

/// Guarantee: rings, spans that are their own parent, and fifty thousand spans in a chain are answered.
#[tokio::test(flavor = "multi_thread")]
async fn twisted_traces_are_answered() {
    let place = Place::empty().await;
    let ring = "a".repeat(32);
    let twisted = [
        Span::new(&ring, 1, Some(3), "one", 1, 0),
        Span::new(&ring, 2, Some(1), "two", 1, 1),
        Span::new(&ring, 3, Some(2), "three", 1, 2),
        Span::new(&ring, 4, Some(4), "own", 1, 3),
    ];
    place.send("spans", &spans("web", "prod", &twisted)).await;
    assert_eq!(place.skeleton(&ring).await.depth, [0, 1, 2, 0]);
    assert_eq!(place.rows_with(&ring, "depth>0").await, [1, 2]);

    let chain = "b".repeat(32);
    for part in 0..10_u64 {
        let all: Vec<Span> = (part * 5_000 + 1..=part * 5_000 + 5_000)
            .map(|at| Span::new(&chain, at, (at > 1).then(|| at - 1), "step", 1, at as i64))
            .collect();
        place.send("spans", &spans("web", "prod", &all)).await;
    }
    place.store.flush().await.unwrap();
    place.wait(Duration::from_secs(60));
    let made = place.skeleton(&chain).await;
    assert_eq!((made.shown, made.depth[49_999], made.crit.len()), (50_000, 49_999, 5));
    assert_eq!(place.rows_with(&chain, "row>=49998").await, [49_998, 49_999]);
    assert_eq!(place.names_of(&chain, vec![49_999], &made.rev).await.unwrap(), ["49999 step"]);
}
