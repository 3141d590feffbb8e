//! Traces that others recorded: every query of Jaeger's storage test answered exactly, and the trees, counts
//! and services of Zipkin's and DeathStarBench's traces as their own files tell them.
//!
//! They lie outside the project; without `DAYMARK_FIXTURES` there is nothing to do.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;

use daymark_model::time::Nanos;
use daymark_view::ask::{Ask, AskTraces};
use daymark_view::instant;
use daymark_view::range::Range;
use daymark_view::search::{Domain, parse};
use daymark_view::skeleton::SkeletonAsk;
use daymark_view::traces::{TraceSort, TracesAsk, TracesFound, TracesMode};
use serde_json::{Value, json};

use crate::place::{Place, query_id, trace_id};

/// A folder of recordings; none when they are not there.
#[expect(clippy::print_stderr, reason = "says why the test has nothing to do")]
fn recordings(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("DAYMARK_FIXTURES").map(|all| PathBuf::from(all).join(name));
    let found = folder.filter(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("left out: no recordings of {name} (DAYMARK_FIXTURES)");
    }
    found
}

fn json_of(path: &PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn files(folder: &PathBuf) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

fn trace_ids(otlp: &Value) -> BTreeSet<String> {
    let each = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let scopes = each(otlp, "resourceSpans").into_iter().flat_map(|resource| each(&resource, "scopeSpans"));
    let spans = scopes.flat_map(|scope| each(&scope, "spans"));
    spans.map(|span| span["traceId"].as_str().unwrap().to_owned()).collect()
}

/// Jaeger's question in the search grammar: a tag may stand on any level.
fn grammar(query: &Value) -> String {
    let mut terms = vec![format!("service={}", query["ServiceName"])];
    if query["OperationName"] != json!("") {
        terms.push(format!("name={}", query["OperationName"]));
    }
    for (bound, sign) in [("DurationMin", ">="), ("DurationMax", "<=")] {
        if query[bound] != json!(0) {
            terms.push(format!("duration{sign}{}", query[bound]));
        }
    }
    for (key, value) in query["Tags"].as_object().into_iter().flatten() {
        let levels = ["span", "event", "link", "scope", "resource"];
        let any: Vec<String> = levels.iter().map(|level| format!("{level}.{key}={value}")).collect();
        terms.push(format!("({})", any.join(" OR ")));
    }
    terms.join(" ")
}

/// Guarantee: each query of Jaeger's storage test finds the traces it must find and no others, from buffers
/// and from merged segments.
#[tokio::test(flavor = "multi_thread")]
async fn queries_of_jaeger_are_answered_exactly() {
    let Some(folder) = recordings("jaeger-storage") else { return };
    let place = Place::empty().await;
    let mut known = BTreeMap::new();
    for file in files(&folder.join("traces")) {
        let body = json_of(&file);
        place.send("spans", &body).await;
        known.insert(file.file_stem().unwrap().to_str().unwrap().to_owned(), trace_ids(&body));
    }
    let queries = json_of(&folder.join("queries.json"));
    assert_eq!(queries.as_array().unwrap().len(), 25);
    for is_merged in [false, true] {
        if is_merged {
            place.store.settle().await.unwrap();
        }
        for case in queries.as_array().unwrap() {
            let query = &case["Query"];
            let instant = |key: &str| instant::parse(query[key].as_str().unwrap(), Nanos(0)).unwrap();
            let q = grammar(query);
            let ask = TracesAsk {
                query_id: query_id(),
                query: parse(Domain::Traces, &q).unwrap_or_else(|error| panic!("{q}: {error}")),
                range: Range { from: instant("StartTimeMin"), to: instant("StartTimeMax") },
                scope: Vec::new(),
                area: None,
                sort: TraceSort::Newest,
                mode: TracesMode::Traces,
                limit: 1_000,
                cursor: None,
                count: false,
            };
            let TracesFound::Traces(hits) = place.answerer.traces(ask).await.unwrap().data else {
                panic!("traces")
            };
            let found: BTreeSet<String> = hits.iter().map(|hit| hit.trace_id.to_string()).collect();
            let names =
                case["ExpectedFixtures"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
            let expected: BTreeSet<String> = names.flat_map(|name| known[name].clone()).collect();
            assert_eq!(found, expected, "{}: {q}", case["Caption"]);
        }
    }
}

/// A span as both sides tell it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    service: String,
    name: String,
    kind: String,
    start: i64,
}

/// A span of a recording.
#[derive(Clone, Debug)]
struct Recorded {
    id: String,
    parent: Option<String>,
    told: Told,
    duration: i64,
}

impl Recorded {
    fn of_zipkin(span: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let micros = |value: &Value| value.as_i64().unwrap_or_default() * 1_000;
        let service = text(&span["localEndpoint"]["serviceName"]);
        let kind = text(&span["kind"]).to_lowercase();
        Self {
            id: text(&span["id"]),
            parent: span["parentId"].as_str().map(str::to_owned),
            told: Told {
                service: if service.is_empty() { "unknown_service".into() } else { service },
                name: text(&span["name"]),
                kind: if kind.is_empty() { "unspecified".into() } else { kind },
                start: micros(&span["timestamp"]),
            },
            duration: micros(&span["duration"]),
        }
    }

    fn otlp(&self, trace: &str) -> Value {
        let kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"];
        json!({
            "traceId": format!("{trace:0>32}"),
            "spanId": self.id,
            "parentSpanId": self.parent,
            "name": self.told.name,
            "kind": kinds.iter().position(|kind| *kind == self.told.kind),
            "startTimeUnixNano": self.told.start.to_string(),
            "endTimeUnixNano": (self.told.start + self.duration).to_string(),
        })
    }
}

async fn send(place: &Place, trace: &str, spans: &[Recorded]) {
    for span in spans {
        let service = json!([{"key": "service.name", "value": {"stringValue": span.told.service}}]);
        let service = if span.told.service == "unknown_service" { json!([]) } else { service };
        let body = json!({"resourceSpans": [{
            "resource": {"attributes": service},
            "scopeSpans": [{"spans": [span.otlp(trace)]}],
        }]});
        place.send("spans", &body).await;
    }
}

/// By Zipkin's rule: what serves a call is under the half that made it, what it called under what served it.
fn parent_of(at: usize, spans: &[Recorded]) -> Option<usize> {
    let span = &spans[at];
    let of_id = |id: &str| (0..spans.len()).filter(|other| spans[*other].id == id).collect::<Vec<_>>();
    let is_call = |other: &usize| ["client", "producer"].contains(&spans[*other].told.kind.as_str());
    if ["server", "consumer"].contains(&span.told.kind.as_str())
        && let Some(caller) = of_id(&span.id).into_iter().find(is_call)
    {
        return Some(caller);
    }
    let parents = of_id(span.parent.as_deref()?);
    let of_same = parents.iter().filter(|other| spans[**other].told.service == span.told.service);
    let served = of_same.clone().find(|other| !is_call(other));
    served.or_else(|| of_same.clone().next()).or(parents.first()).copied()
}

/// Guarantee: Zipkin's traces, whose client and server share ids, are shown with the caller above the called,
/// every span once.
#[tokio::test(flavor = "multi_thread")]
async fn traces_of_zipkin_have_their_trees() {
    let Some(folder) = recordings("zipkin-traces") else { return };
    let place = Place::empty().await;
    let mut compared = 0;
    for file in files(&folder) {
        let body = json_of(&file);
        let trace = body[0]["traceId"].as_str().unwrap().to_owned();
        let mut spans: Vec<Recorded> = body.as_array().unwrap().iter().map(Recorded::of_zipkin).collect();
        spans.sort_by(|a, b| (a.told.start, &a.id).cmp(&(b.told.start, &b.id)));
        send(&place, &trace, &spans).await;
        let answered = place.trace(&trace).await.unwrap();
        let told = |span: &daymark_view::trace::Span| Told {
            service: span.service.clone(),
            name: span.name.clone(),
            kind: span.kind.clone(),
            start: span.start.0,
        };
        let parent = |span: &daymark_view::trace::Span| {
            let above = answered.spans.iter().find(|other| Some(other.span_id) == span.parent_span_id);
            above.map(told)
        };
        let mut found: Vec<(Told, Option<Told>)> =
            answered.spans.iter().map(|span| (told(span), parent(span))).collect();
        let mut expected: Vec<(Told, Option<Told>)> = (0..spans.len())
            .map(|at| (spans[at].told.clone(), parent_of(at, &spans).map(|up| spans[up].told.clone())))
            .collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{}", file.display());
        let services: BTreeSet<&String> = spans.iter().map(|span| &span.told.service).collect();
        assert_eq!(answered.services.iter().collect::<BTreeSet<_>>(), services);
        assert_eq!(answered.span_count, spans.len() as u64);
        compared += spans.len();
        let ask = SkeletonAsk {
            query_id: query_id(),
            id: trace_id(&trace),
            episode: None,
            below: None,
            revision: None,
            rows_max: 1_000,
            span: None,
        };
        assert_eq!(place.answerer.skeleton(ask).await.unwrap().data.total as usize, spans.len());
    }
    assert_eq!(compared, 252);
    let born = place.trace("978883983d506fa5").await.unwrap().born.unwrap();
    assert_eq!((born.by, born.service.as_str()), (daymark_view::trace::Birth::Service, "unknown_service"));
    // Its server was 94 ms behind, which its clock tells.
    let skewed = place.trace("1e223ff1f80f1c69").await.unwrap();
    let offsets: Vec<_> = skewed.skew.iter().map(|skew| (skew.service.as_str(), skew.offset_ns)).collect();
    assert_eq!(offsets, [("serviceb", -65_922_000)]);
}

/// Guarantee: traces of DeathStarBench have the depths that Jaeger gives them.
#[tokio::test(flavor = "multi_thread")]
async fn traces_of_deathstarbench_have_their_trees() {
    let Some(folder) = recordings("deathstarbench") else { return };
    let place = Place::empty().await;
    let packed = std::fs::File::open(folder.join("jaeger-ui-traces.json.gz")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    for trace in all["data"].as_array().unwrap() {
        let id = trace["traceID"].as_str().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let recorded = |span: &Value| Recorded {
            id: text(&span["spanID"]),
            parent: span["references"][0]["spanID"].as_str().map(str::to_owned),
            told: Told {
                service: text(&trace["processes"][span["processID"].as_str().unwrap()]["serviceName"]),
                name: text(&span["operationName"]),
                kind: "unspecified".into(),
                start: span["startTime"].as_i64().unwrap() * 1_000,
            },
            duration: span["duration"].as_i64().unwrap() * 1_000,
        };
        let spans: Vec<Recorded> = trace["spans"].as_array().unwrap().iter().map(recorded).collect();
        send(&place, id, &spans).await;
        let ask = SkeletonAsk {
            query_id: query_id(),
            id: trace_id(id),
            episode: None,
            below: None,
            revision: None,
            rows_max: 1_000,
            span: None,
        };
        let made = place.answerer.skeleton(ask).await.unwrap().data;
        assert_eq!((made.total, made.services.len(), made.missing_parents.len()), (33, 12, 0));
        let mut found: Vec<(u64, &str, i64)> = (0..33)
            .map(|row| {
                (u64::from(made.depth[row]), made.operations[made.op[row] as usize].as_str(), made.dur[row])
            })
            .collect();
        let mut expected: Vec<(u64, &str, i64)> = (trace["spans"].as_array().unwrap().iter())
            .map(|span| {
                let depth = span["depth"].as_u64().unwrap();
                (depth, span["operationName"].as_str().unwrap(), span["duration"].as_i64().unwrap() * 1_000)
            })
            .collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{id}");
    }
}
