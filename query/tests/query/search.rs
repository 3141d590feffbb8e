//! Searching traces: what each kind of term finds, orders, pages that stay whole while data comes in.

use std::collections::BTreeSet;

use daymark_model::time::Nanos;
use daymark_view::ask::Ask;
use daymark_view::error::{AskError, Code};
use daymark_view::range::Range;
use daymark_view::search::{Domain, parse};
use daymark_view::trace::Completeness;
use daymark_view::traces::{Area, TraceHit, TraceSort, TracesAsk, TracesFound, TracesMode};
use serde_json::json;

use crate::data::{NOON, SHORT_TRACE, Span, TRACE, spans};
use crate::place::{Place, query_id};

fn ask(q: &str) -> TracesAsk {
    TracesAsk {
        query_id: query_id(),
        query: parse(Domain::Traces, q).unwrap_or_else(|error| panic!("{q}: {error}")),
        range: Range { from: Nanos(NOON), to: Nanos(NOON + Nanos::HOUR) },
        scope: Vec::new(),
        area: None,
        sort: TraceSort::Newest,
        mode: TracesMode::Traces,
        limit: 50,
        cursor: None,
        count: false,
    }
}

impl Place {
    async fn traces(&self, ask: TracesAsk) -> Result<(Vec<TraceHit>, Option<String>, Option<u64>), AskError> {
        let answer = self.answerer.traces(ask).await?;
        let TracesFound::Traces(hits) = answer.data else { panic!("rows of traces") };
        Ok((hits, answer.meta.cursor, answer.meta.total))
    }

    /// The first letters of the ids found, in their order.
    async fn found(&self, q: &str) -> String {
        let (hits, ..) = self.traces(ask(q)).await.unwrap_or_else(|error| panic!("{q}: {error}"));
        hits.iter().map(|hit| hit.trace_id.to_string().remove(0)).collect()
    }
}

/// The id of a trace that begins with a letter.
fn id(letter: char) -> String {
    letter.to_string().repeat(32)
}

fn at(span: Span, pairs: serde_json::Value) -> Span {
    Span { attributes: pairs, ..span }
}

/// Four traces: a = web over payment over bank, b = web alone, c = payment without its caller, d = a fan-out.
async fn four() -> Place {
    let place = Place::empty().await;
    let (a, b, c, d) = (id('a'), id('b'), id('c'), id('d'));
    let web = [
        at(
            Span { duration: 900_000_000, ..Span::new(&a, 1, None, "POST /pay", 2, 0) },
            json!({"user.id": "U7"}),
        ),
        at(Span::new(&b, 2, None, "GET /users/{id}", 2, 1_000), json!({"user.id": "u8", "tries": 3})),
        Span { duration: 50_000_000, ..Span::new(&d, 3, None, "GET /feed", 2, 3_000) },
    ];
    let payment = [
        at(
            Span { duration: 800_000_000, is_error: true, ..Span::new(&a, 11, Some(1), "charge", 2, 10) },
            json!({"amount": 12.5, "tries": 5}),
        ),
        Span { is_error: true, ..Span::new(&c, 12, Some(0xdead), "refund", 2, 2_000) },
    ];
    let bank = [Span { duration: 700_000_000, ..Span::new(&a, 21, Some(11), "authorize", 2, 20) }];
    let feed: Vec<Span> =
        (31..36).map(|span| Span::new(&d, span, Some(3), "SELECT", 3, 3_000 + span as i64)).collect();
    place.send("spans", &spans("web", "prod", &web)).await;
    place.send("spans", &spans("payment", "prod", &payment)).await;
    place.store.flush().await.unwrap();
    place.send("spans", &spans("bank", "prod", &bank)).await;
    place.send("spans", &spans("web", "test", &feed)).await;
    place
}

/// Guarantee: each kind of term finds what it says, newest first, in buffers and in segments alike.
#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_term_finds_what_it_says() {
    let place = four().await;
    let cases = [
        ("", "dcba"),
        ("service:PAYMENT", "ca"),
        ("service:pay*", "ca"),
        ("service=Payment", ""),
        ("service:payment status:error name:charge", "a"),
        ("service:web status:error", ""),
        ("status:error OR name:\"GET /feed\"", "dca"),
        ("-service:web", "ca"),
        ("name:/users/{id}*", ""),
        ("name:*/users/{id}", "b"),
        ("user.id:u7", "a"),
        ("user.id=u7", ""),
        ("user.id=U7", "a"),
        ("tries>3", "a"),
        ("tries=3", "b"),
        ("exists(amount)", "a"),
        ("span.amount>=12.5", "a"),
        ("resource.service.name:bank", "a"),
        ("duration>500ms", "a"),
        ("duration>500ms service:web", "a"),
        ("env:test", "d"),
        ("name~^GET", "db"),
        ("charge", "a"),
        ("broke", "ca"),
        ("trace:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a"),
        ("trace.spans>2", "da"),
        ("trace.errors=1 service:web", "a"),
        ("trace.duration>=900ms", "a"),
        ("trace.root_service:web -trace.root_name:get*", "a"),
        ("trace.completeness:missing_root", "c"),
        ("trace.errors=0 OR name:refund", "dcb"),
        ("{ service:web } > { service:payment }", "a"),
        ("{ service:web } > { service:bank }", ""),
        ("{ service:web } >> { service:bank }", "a"),
        ("{ service:bank } << { service:web }", "a"),
        ("{ service:bank } < { service:payment }", "a"),
        ("{ name:SELECT } ~ { name:SELECT }", "d"),
        ("{ service:payment } !> {} service:payment", "ca"),
        ("{ kind:server } !< { status:error }", "c"),
        ("count({ name:SELECT }) >= 5", "d"),
        ("count({ name:SELECT }) < 5", "cba"),
        ("count({ service:web } > {}) = 5", "d"),
        ("{ service:web } > { service:payment } > { service:bank }", "a"),
    ];
    for (q, expected) in cases {
        assert_eq!(place.found(q).await, expected, "{q}");
    }
    place.store.settle().await.unwrap();
    for (q, expected) in cases {
        assert_eq!(place.found(q).await, expected, "settled: {q}");
    }
}

/// Guarantee: a row tells of the whole trace, also of spans that do not match or lie outside the range.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_tells_of_the_whole_trace() {
    let place = four().await;
    let mut narrow = ask("service:bank");
    narrow.range.from = Nanos(NOON + 15_000_000);
    let (hits, ..) = place.traces(narrow).await.unwrap();
    let hit = &hits[0];
    assert_eq!((hit.root_service.as_str(), hit.root_name.as_str()), ("web", "POST /pay"));
    assert_eq!((hit.start, hit.duration_ns), (Nanos(NOON), 900_000_000));
    assert_eq!((hit.span_count, hit.error_count, hit.completeness), (3, 1, Completeness::Complete));
    assert_eq!((hit.matched.count, hit.matched.span_ids[0].to_string().as_str()), (1, "0000000000000015"));
    let own: Vec<_> = hit.services.iter().map(|share| (share.service.as_str(), share.self_ns)).collect();
    assert_eq!(own, [("bank", 700_000_000), ("payment", 100_000_000), ("web", 100_000_000)]);
    assert_eq!(hit.top.as_ref().map(|top| top.name.as_str()), Some("authorize"));

    let shop = Place::shop().await;
    let (hits, ..) = shop.traces(ask("charge")).await.unwrap();
    assert_eq!((hits[0].trace_id.to_string().as_str(), hits[0].log_count), (TRACE, 2));
    assert_eq!(shop.found(&format!("trace_id:{}", SHORT_TRACE.trim_start_matches('0'))).await, "0");
}

/// Guarantee: every order is what it says.
#[tokio::test(flavor = "multi_thread")]
async fn every_order_is_what_it_says() {
    let place = four().await;
    let cases = [
        (TraceSort::Newest, "dcba"),
        (TraceSort::Oldest, "abcd"),
        (TraceSort::Slowest, "adbc"),
        (TraceSort::MostSpans, "dabc"),
        (TraceSort::MostErrors, "acbd"),
    ];
    for (sort, expected) in cases {
        let (hits, ..) = place.traces(TracesAsk { sort, ..ask("") }).await.unwrap();
        let found: String = hits.iter().map(|hit| hit.trace_id.to_string().remove(0)).collect();
        assert_eq!(found, expected, "{sort:?}");
    }
}

/// Scenario: very many traces are candidates, and few or none of them match as a whole.
/// Guarantee: they are looked through in few large steps, each of which reads what it needs once.
#[tokio::test(flavor = "multi_thread")]
async fn traces_that_hardly_ever_match_are_looked_through_once() {
    const TRACES: u64 = 6_000;
    let place = Place::empty().await;
    let span = |number: u64| {
        let span =
            Span::new(&format!("{:032x}", number + 1), number + 1, None, "GET /", 2, number as i64 / 3);
        let duration = if number == 5 { 2 * Nanos::SECOND } else { span.duration };
        Span { duration, ..span }
    };
    place.send("spans", &spans("web", "prod", &(0..TRACES).map(span).collect::<Vec<_>>())).await;
    place.store.settle().await.unwrap();
    for (q, matches) in [("trace.duration>1s", 1), ("trace.spans>30", 0), ("count({ kind:server }) > 20", 0)]
    {
        let answer = place.answerer.traces(ask(q)).await.unwrap();
        let TracesFound::Traces(hits) = &answer.data else { panic!("{q}: {answer:?}") };
        assert_eq!(hits.len(), matches, "{q}");
        // Each step reads the candidates that are left and then their traces.
        assert!(answer.meta.scanned.rows < TRACES * 10, "{q}: {:?}", answer.meta.scanned);
    }
}

/// Scenario: pages of a search are asked for while new traces come and old ones grow.
/// Guarantee: nothing comes twice, and nothing that was there at the first page is left out.
#[tokio::test(flavor = "multi_thread")]
async fn pages_stay_whole_while_data_comes_in() {
    let place = Place::empty().await;
    let name = |number: u64| format!("{:032x}", number + 1);
    let first: Vec<Span> = (0..40)
        .map(|number| Span::new(&name(number), number + 1, None, "GET /", 2, number as i64 / 3))
        .collect();
    place.send("spans", &spans("web", "prod", &first)).await;
    for sort in [TraceSort::Newest, TraceSort::Oldest, TraceSort::Slowest, TraceSort::MostSpans] {
        let (mut cursor, mut seen, mut pages) = (None, Vec::new(), 0);
        loop {
            // The ends of a range such as `-1h` move with the clock.
            let moved = pages as i64 * Nanos::SECOND;
            let range = Range { from: Nanos(NOON + moved), to: Nanos(NOON + Nanos::HOUR + moved) };
            let page = TracesAsk { sort, range, limit: 7, cursor, ..ask("service:web") };
            let (hits, next, _) = place.traces(page).await.unwrap();
            seen.extend(hits.into_iter().map(|hit| hit.trace_id.to_string()));
            pages += 1;
            // A new trace, and a span that moves a trace to the front.
            let number = 1_000 + pages;
            let more = [
                Span::new(&name(number), number + 1, None, "GET /", 2, 100),
                Span::new(&name(39 - pages), number + 2, None, "GET /again", 2, 200 + pages as i64),
            ];
            place.send("spans", &spans("web", "prod", &more)).await;
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        let unique: BTreeSet<&String> = seen.iter().collect();
        assert_eq!(unique.len(), seen.len(), "{sort:?}: twice");
        for number in 0..40 {
            assert!(unique.contains(&name(number)), "{sort:?}: {number} is left out");
        }
    }
    let other = TracesAsk { cursor: Some("AAAA".into()), ..ask("") };
    assert_eq!(place.traces(other).await.unwrap_err().code(), Code::BadCursor);
}

/// Guarantee: spans and operations can be listed too; what they cannot be searched by is told.
#[tokio::test(flavor = "multi_thread")]
async fn spans_and_operations_are_listed() {
    let place = four().await;
    let mode = |mode, q: &str| TracesAsk { mode, count: true, ..ask(q) };
    let answer = place.answerer.traces(mode(TracesMode::Spans, "exists(tries)")).await.unwrap();
    let TracesFound::Spans(rows) = &answer.data else { panic!("spans") };
    assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["GET /users/{id}", "charge"]);
    assert_eq!(serde_json::to_value(&rows[1].attributes).unwrap(), json!({"tries": 5}));
    assert_eq!(answer.meta.total, Some(2));

    let answer = place.answerer.traces(mode(TracesMode::Operations, "")).await.unwrap();
    let TracesFound::Operations(rows) = &answer.data else { panic!("operations") };
    assert_eq!((rows[0].name.as_str(), rows[0].count), ("SELECT", 5));
    assert_eq!(answer.meta.total, Some(7));
    let charge = rows.iter().find(|row| row.name == "charge").unwrap();
    assert_eq!((charge.errors, charge.error_rate, charge.p50_ns), (1, Some(1.0), Some(800_000_000)));

    let refused = place.answerer.traces(mode(TracesMode::Operations, "trace.spans>1")).await.unwrap_err();
    assert_eq!(refused.code(), Code::BadQuery);
}

/// Guarantee: spans can be listed by what only their whole trace tells, page by page like all at once.
#[tokio::test(flavor = "multi_thread")]
async fn spans_are_listed_by_what_their_traces_tell() {
    let place = four().await;
    let cases = [
        ("trace.spans>2 service:web", "SELECT SELECT SELECT SELECT SELECT feed pay"),
        ("{service:web} >> {service:bank}", "authorize"),
        ("{service:bank} << {service:web}", "pay"),
        ("trace.errors>9", ""),
    ];
    for (q, expected) in cases {
        for limit in [1, 3, 50] {
            let (mut names, mut cursor) = (Vec::new(), None);
            loop {
                let ask = TracesAsk { mode: TracesMode::Spans, limit, cursor, ..ask(q) };
                let answer = place.answerer.traces(ask).await.unwrap();
                let TracesFound::Spans(rows) = answer.data else { panic!("spans") };
                names.extend(rows.iter().map(|row| row.name.rsplit('/').next().unwrap().to_owned()));
                cursor = answer.meta.cursor;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(names.join(" "), expected, "{q} by {limit}");
        }
    }
}

/// Guarantee: a service is looked up in the index whatever the case of its name.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_looked_up_in_any_case() {
    let place = four().await;
    place.store.settle().await.unwrap();
    let scanned = |q: &str| {
        let ask = TracesAsk { mode: TracesMode::Spans, ..ask(q) };
        async { place.answerer.traces(ask).await.unwrap().meta.scanned.rows }
    };
    assert_eq!(scanned("service:NOBODY").await, 0);
    assert_eq!(scanned("service:nobody name:charge").await, 0);
    let (exact, any_case) = (scanned("service=payment").await, scanned("service:Payment").await);
    assert!(exact == any_case && exact > 0, "{exact} rows, {any_case} in any case");
}

/// Guarantee: a box of the heatmap holds the spans of its instants and durations, and counts are exact.
#[tokio::test(flavor = "multi_thread")]
async fn a_box_and_a_count_are_exact() {
    let place = four().await;
    let area = Area {
        range: Range { from: Nanos(NOON), to: Nanos(NOON + 15_000_000) },
        min_ns: 750_000_000,
        max_ns: 850_000_000,
    };
    let (hits, _, total) =
        place.traces(TracesAsk { area: Some(area), count: true, ..ask("") }).await.unwrap();
    assert_eq!((hits.len(), hits[0].matched.count, total), (1, 1, Some(1)));
}
