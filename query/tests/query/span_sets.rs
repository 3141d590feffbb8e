//! Sets of spans and traces side by side, each against plain code over the same spans.

use std::collections::{BTreeMap, BTreeSet};

use daymark_model::time::Nanos;
use daymark_view::ask::AskTraces;
use daymark_view::diff::{DiffAsk, Metric, Side, SimilarAsk};
use daymark_view::error::Code;
use daymark_view::fields::FieldsAsk;
use daymark_view::range::Range;
use daymark_view::search::{Domain, Key, parse};
use daymark_view::spans::{ExplainAsk, FacetsAsk, OriginsAsk, SpanHeatmapAsk, SpanSet};
use daymark_view::traces::Area;
use serde_json::json;

use crate::data::{NOON, Span, TRACE, spans};
use crate::place::{Place, query_id, trace_id};

const HOUR: Range = Range { from: Nanos(NOON), to: Nanos(NOON + Nanos::HOUR) };

fn set(q: &str) -> SpanSet {
    SpanSet { query: parse(Domain::Traces, q).unwrap(), range: HOUR, scope: Vec::new(), area: None }
}

/// Three hundred spans of two services with routes, users and amounts; calls to `/slow` take ten times as long.
fn many() -> Vec<(&'static str, Span)> {
    let span = |number: u64| {
        let service = if number.is_multiple_of(3) { "web" } else { "payment" };
        let is_slow = number.is_multiple_of(7);
        let route = if is_slow { "/slow" } else { ["/a", "/b", "/c", "/d"][number as usize % 4] };
        let mut pairs = json!({"http.route": route, "user.id": format!("u{number}"), "amount": number * 3, "session.id": format!("s{}", number / 3)});
        if number.is_multiple_of(5) {
            pairs["retry"] = json!(true);
        }
        let made =
            Span::new(&format!("{:032x}", number + 1), number + 1, None, "call", 2, number as i64 * 100);
        let duration = (1_000_000 + number as i64 * 1_000) * if is_slow { 10 } else { 1 };
        (service, Span { attributes: pairs, is_error: number.is_multiple_of(11), duration, ..made })
    };
    (0..300).map(span).collect()
}

async fn place_of_many() -> Place {
    let place = Place::empty().await;
    for service in ["web", "payment"] {
        let of_it: Vec<Span> =
            many().into_iter().filter(|(of, _)| *of == service).map(|(_, span)| span).collect();
        let (first, second) = of_it.split_at(of_it.len() / 2);
        place.send("spans", &spans(service, "prod", first)).await;
        place.store.flush().await.unwrap();
        place.send("spans", &spans(service, "prod", second)).await;
    }
    place
}

/// Guarantee: counts of values are exact, whatever is shown of them.
#[tokio::test(flavor = "multi_thread")]
async fn facets_are_exact() {
    let place = place_of_many().await;
    for (q, key, keeps) in [
        ("", "http.route", (|_: &str, _: &Span| true) as fn(&str, &Span) -> bool),
        ("service:web", "http.route", |service, _| service == "web"),
        ("status:error", "service", |_, span| span.is_error),
        ("retry:true", "amount", |_, span| span.attributes.get("retry").is_some()),
        ("", "resource.service.version", |_, _| true),
        ("", "nothing", |_, _| true),
    ] {
        let keys = vec![Key::of(Domain::Traces, key)];
        let ask = FacetsAsk { query_id: query_id(), set: set(q), keys, limit: 3 };
        let facet = place.answerer.facets(ask).await.unwrap().data.remove(0);
        let mut expected: BTreeMap<String, u64> = BTreeMap::new();
        for (service, span) in many().iter().filter(|(service, span)| keeps(service, span)) {
            let value = match key {
                "service" => (*service).to_owned(),
                "resource.service.version" => "1.2.0".into(),
                key => match span.attributes.get(key) {
                    Some(value) => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                    None => continue,
                },
            };
            *expected.entry(value).or_default() += 1;
        }
        assert_eq!(facet.distinct, expected.len() as u64, "{q} {key}");
        let shown: u64 = facet.values.iter().map(|value| value.count).sum();
        assert_eq!(shown + facet.other, expected.values().sum::<u64>(), "{q} {key}");
        let most = expected.values().copied().max().unwrap_or_default();
        assert_eq!(facet.values.first().map_or(0, |value| value.count), most, "{q} {key}");
        for value in &facet.values {
            assert_eq!(expected.get(&value.value), Some(&value.count), "{q} {key} {}", value.value);
        }
    }
    let keys = vec![Key::of(Domain::Traces, "trace.duration")];
    let refused =
        place.answerer.facets(FacetsAsk { query_id: query_id(), set: set(""), keys, limit: 3 }).await;
    assert_eq!(refused.unwrap_err().code(), Code::BadRequest);
    let keys = vec![Key::of(Domain::Traces, "service")];
    let ask = FacetsAsk { query_id: query_id(), set: set("trace.spans>1"), keys, limit: 3 };
    assert_eq!(place.answerer.facets(ask).await.unwrap_err().code(), Code::BadQuery);
}

/// Guarantee: fields are listed with their levels and values.
#[tokio::test(flavor = "multi_thread")]
async fn fields_are_listed() {
    let place = place_of_many().await;
    let ask = |search: &str| FieldsAsk {
        query_id: query_id(),
        query: parse(Domain::Traces, "service:web").unwrap(),
        range: HOUR,
        scope: Vec::new(),
        search: search.into(),
        limit: 100,
        cursor: None,
    };
    let rows = place.answerer.span_fields(ask("")).await.unwrap().data;
    let row = |key: &str| rows.iter().find(|row| row.key == key).unwrap_or_else(|| panic!("{key}"));
    assert_eq!((row("http.route").count, row("http.route").distinct), (100, 5));
    assert_eq!((row("user.id").distinct, row("retry").count), (100, 20));
    assert_eq!(row("service").top[0].value, "web");
    assert_eq!(row("resource.host.cpus").top[0].value, "8");
    assert_eq!(row("scope.team").count, 100);
    let some = place.answerer.span_fields(ask("route")).await.unwrap().data;
    assert_eq!(some.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["http.route"]);
}

/// Guarantee: every span lies in exactly one cell, and that is the right one.
#[tokio::test(flavor = "multi_thread")]
async fn heatmaps_are_exact() {
    let place = place_of_many().await;
    let ask = SpanHeatmapAsk { query_id: query_id(), set: set("service:payment"), cells_x: 50, cells_y: 12 };
    let made = place.answerer.span_heatmap(ask).await.unwrap().data;
    let all: Vec<Span> =
        many().into_iter().filter(|(service, _)| *service == "payment").map(|(_, span)| span).collect();
    for (column, cells) in made.counts.iter().enumerate() {
        for (row, count) in cells.iter().enumerate() {
            let from = made.t0.0 + made.step_ns * column as i64;
            let inside = |span: &&Span| {
                (from..from + made.step_ns).contains(&span.start)
                    && (made.bounds_ns[row]..made.bounds_ns[row + 1]).contains(&span.duration)
            };
            let of_cell: Vec<&Span> = all.iter().filter(inside).collect();
            assert_eq!(*count, of_cell.len() as u64);
            assert_eq!(made.errors[column][row], of_cell.iter().filter(|span| span.is_error).count() as u64);
        }
    }
    assert_eq!(made.counts.iter().flatten().sum::<u64>(), 200);
    let longest = all.iter().max_by_key(|span| span.duration).unwrap();
    assert!(made.exemplars.iter().any(|one| one.trace_id == trace_id(&longest.trace)));
    let none = SpanHeatmapAsk { query_id: query_id(), set: set("service:nobody"), cells_x: 5, cells_y: 5 };
    let none = place.answerer.span_heatmap(none).await.unwrap().data;
    assert_eq!((none.counts.len(), none.bounds_ns.len()), (5, 0));
}

/// Guarantee: what makes slow spans slow comes first, what is the same in both scores nothing, and names of
/// few spans are left out.
#[tokio::test(flavor = "multi_thread")]
async fn differences_are_explained() {
    let place = place_of_many().await;
    let slow = Area { range: HOUR, min_ns: 9_000_000, max_ns: i64::MAX };
    let selection = SpanSet { area: Some(slow), ..set("") };
    let ask = ExplainAsk { query_id: query_id(), baseline: None, selection: selection.clone() };
    let found = place.answerer.explain(ask).await.unwrap().data;
    assert_eq!((found[0].key.as_str(), found[0].score), ("http.route", 1.0));
    assert_eq!((&found[0].selection[0].value, found[0].selection[0].share), (&json!("/slow"), 1.0));
    let score = |key: &str| found.iter().find(|row| row.key == key).map(|row| row.score);
    assert_eq!((score("name"), score("user.id")), (Some(0.0), None));
    // Three spans have each of them: that the sides have others is chance.
    assert_eq!(score("session.id"), None);
    let amount = found.iter().find(|row| row.key == "amount").unwrap();
    assert!(amount.selection.iter().all(|share| share.value["ge"].is_number()));
    let total: f64 = amount.selection.iter().map(|share| share.share).sum();
    assert!((total - 1.0).abs() < 1e-9, "{total}");

    let same = ExplainAsk { query_id: query_id(), baseline: Some(set("")), selection: set("") };
    assert!(place.answerer.explain(same).await.unwrap().data.iter().all(|row| row.score == 0.0));
    let nothing = ExplainAsk { query_id: query_id(), baseline: None, selection: set("") };
    assert_eq!(place.answerer.explain(nothing).await.unwrap_err().code(), Code::BadRequest);
}

/// A root with `calls` to a database, of a version.
fn shaped(id: &str, calls: u64, duration_ms: i64) -> Vec<Span> {
    let mut all = vec![Span {
        duration: duration_ms * 1_000_000,
        attributes: json!({"http.route": "/x", "calls": calls}),
        ..Span::new(id, 1, None, "GET /x", 2, 0)
    }];
    all.extend((0..calls).map(|call| Span {
        duration: 1_000_000,
        ..Span::new(id, 10 + call, Some(1), "SELECT", 3, 1 + call as i64 * 2)
    }));
    all
}

/// Guarantee: two traces, and two sets, are laid over each other path by path with their sums.
#[tokio::test(flavor = "multi_thread")]
async fn traces_are_laid_side_by_side() {
    let place = Place::empty().await;
    let (a, b) = ("a".repeat(32), "b".repeat(32));
    let mut with_more = shaped(&b, 4, 30);
    with_more.push(Span { duration: 2_000_000, ..Span::new(&b, 99, Some(1), "render", 1, 20) });
    place.send("spans", &spans("web", "prod", &shaped(&a, 2, 20))).await;
    place.send("spans", &spans("web", "test", &with_more)).await;
    let two = DiffAsk {
        query_id: query_id(),
        a: Side::Trace(trace_id(&a)),
        b: Side::Trace(trace_id(&b)),
        metric: Metric::Count,
    };
    let diff = place.answerer.diff(two).await.unwrap().data;
    assert_eq!((diff.a.spans, diff.b.spans, diff.a.duration_ns), (3.0, 6.0, 20e6));
    let names: Vec<String> = diff
        .tree
        .iter()
        .map(|row| row.path.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join("/"))
        .collect();
    assert_eq!(names, ["GET /x", "GET /x/SELECT", "GET /x/render"]);
    let calls = &diff.tree[1];
    assert_eq!((calls.a.unwrap().count, calls.b.unwrap().count), (2.0, 4.0));
    assert_eq!((diff.tree[2].a, diff.tree[2].b.unwrap().self_ns), (None, 2e6));
    let root = &diff.tree[0];
    assert_eq!((root.a.unwrap().self_ns, root.b.unwrap().self_ns), (18e6, 24e6));
    assert_eq!(root.attributes.len(), 1);
    assert_eq!((root.attributes[0].key.as_str(), &root.attributes[0].b), ("calls", &json!(4)));
    let env = diff.whole.iter().find(|one| one.key == "web deployment.environment.name").unwrap();
    assert_eq!((&env.a, &env.b), (&json!("prod"), &json!("test")));

    let side = |q: &str| Side::Set { query: parse(Domain::Traces, q).unwrap(), range: HOUR };
    let sets = DiffAsk { query_id: query_id(), a: side(""), b: side("env:test"), metric: Metric::Duration };
    let diff = place.answerer.diff(sets).await.unwrap().data;
    assert_eq!((diff.a.traces, diff.a.spans, diff.b.traces), (2, 4.5, 1));
    let calls = diff.tree.iter().find(|row| row.path.len() == 2 && row.path[1].name == "SELECT").unwrap();
    assert_eq!((calls.a.unwrap().count, calls.b.unwrap().count), (3.0, 4.0));

    let similar = SimilarAsk { query_id: query_id(), id: trace_id(&a), range: None, limit: 5 };
    place.send("spans", &spans("web", "prod", &shaped(&"c".repeat(32), 9, 70))).await;
    let similar = place.answerer.similar(similar).await.unwrap().data;
    let told: Vec<_> =
        similar.iter().map(|one| (one.trace.trace_id.to_string().remove(0), one.likeness)).collect();
    assert_eq!(told, [('c', 1.0), ('b', 2.0 / 3.0)]);
    let none =
        DiffAsk { query_id: query_id(), a: Side::Trace(trace_id("12")), b: side(""), metric: Metric::Own };
    assert_eq!(place.answerer.diff(none).await.unwrap_err().code(), Code::NotFound);
}

/// Scenario: a client keeps its id for half an hour; a clock is behind; a parent never comes.
/// Guarantee: episodes are told apart everywhere, and the overview of origins names all of it.
#[tokio::test(flavor = "multi_thread")]
async fn origins_are_told() {
    let place = Place::shop().await;
    let id = "c".repeat(32);
    let later = 20 * 60_000;
    let twice = [
        Span::new(&id, 1, None, "GET /first", 2, 0),
        Span::new(&id, 2, Some(1), "work", 1, 1),
        Span::new(&id, 3, None, "GET /second", 2, later),
    ];
    place.send("spans", &spans("web", "prod", &twice)).await;
    let line = crate::data::logs(
        "web",
        &[(1, 9, "first", Some(&id), json!({})), (later + 1, 9, "second", Some(&id), json!({}))],
    );
    place.send("logs", &line).await;
    let behind = "d".repeat(32);
    let caller = Span { duration: 40_000_000, ..Span::new(&behind, 1, None, "call", 3, 1_000) };
    place.send("spans", &spans("web", "prod", &[caller])).await;
    let called = Span { duration: 20_000_000, ..Span::new(&behind, 2, Some(1), "serve", 2, 500) };
    place.send("spans", &spans("bank", "prod", &[called])).await;

    let newest = place.trace(&id).await.unwrap();
    assert_eq!((newest.episode.n, newest.episode.of, newest.span_count, newest.log_count), (2, 2, 1, 1));
    let first = place.episode(&id, Some(1)).await.unwrap();
    assert_eq!((first.span_count, first.log_count, first.duration_ns), (2, 1, 6_000_000));
    assert_eq!(place.episode(&id, Some(3)).await.unwrap_err().code(), Code::NotFound);
    let logs = place.logs_of_episode(&id, Some(1)).await;
    assert_eq!(logs, ["first"]);
    assert_eq!(place.logs_of_episode(&id, None).await, ["second"]);

    let ask = OriginsAsk { query_id: query_id(), range: HOUR, scope: Vec::new() };
    let origins = place.answerer.origins(ask).await.unwrap().data;
    let tiers: Vec<_> = origins.tiers.iter().map(|tier| (tier.tier.as_str(), tier.count)).collect();
    assert_eq!(tiers, [("internal", 5)]);
    let reused: BTreeSet<_> =
        origins.reused.iter().map(|one| (one.trace_id.to_string(), one.episodes)).collect();
    assert_eq!(reused, [(id, 2)].into());
    let missing: Vec<_> =
        origins.missing_parent.iter().map(|one| (one.service.as_str(), one.count)).collect();
    assert_eq!(missing, [("payment", 1)]);
    assert_eq!(origins.skew.counts.iter().flatten().sum::<u64>(), 1);
    assert_eq!(origins.skew.exemplars[0].duration_ns, 510_000_000);
    assert_eq!(place.trace(TRACE).await.unwrap().episode.of, 1);
}
