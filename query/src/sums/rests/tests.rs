//! What is kept goes with its part, and tells what is told without it.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, UInt64Type};
use arrow::util::display::array_value_to_string;
use daymark_decode::OtlpDecode;
use daymark_model::intake::{Admitted, Intake};
use daymark_model::origin::{DEFAULT_TENANT, Origin, Tier};
use daymark_model::signal::{Signal, Table};
use daymark_model::time::{Clock, ManualClock, Nanos};
use daymark_model::wire::{Encoding, Format};
use daymark_segment::ReadCache;
use daymark_storage::{Options, Store};

use super::super::rest::tables;
use super::{Others, Part, Rest, Rests, Tables, Tally};

const BODY: &str = r#"{"resourceSpans": [{"resource": {"attributes": [{"key": "service.name",
    "value": {"stringValue": "web"}}]}, "scopeSpans": [{"spans": [{"traceId": "0af7651916cd43dd8448eb211c80319c",
    "spanId": "00000000000000a1", "parentSpanId": "00000000000000a0", "name": "GET", "kind": 2,
    "startTimeUnixNano": "1769860800000000000", "endTimeUnixNano": "1769860800005000000"}]}]}]}"#;

fn parts(store: &Store) -> Vec<Part> {
    Part::all(&store.version(), DEFAULT_TENANT, Table::Spans, &Arc::new(ReadCache::new(0)))
}

/// Waits until nothing keeps a rest; the store may let go of its part a little later.
async fn until_gone(rests: &Rests, rest: &Arc<Rest>) {
    while Arc::strong_count(rest) > 1 {
        rests.release();
        tokio::task::yield_now().await;
    }
}

fn batch(body: &str, now: Nanos) -> Admitted {
    let origin = Origin {
        source: "otlp_http".into(),
        tier: Tier::Internal,
        tenant: DEFAULT_TENANT.into(),
        received: now,
    };
    Admitted {
        origin,
        signal: Signal::Spans,
        format: Format::OtlpJson,
        encoding: Encoding::Identity,
        items: 1,
        payload: body.to_owned().into(),
        body: body.to_owned().into(),
    }
}

async fn open(dir: &std::path::Path, now: Nanos) -> Result<Store, Box<dyn std::error::Error>> {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(now));
    let fs = Arc::new(daymark_vfs::RealFs);
    let store = Store::open(Options::at(dir), fs, Arc::new(OtlpDecode), clock).await?;
    store.replayed().await;
    Ok(store)
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_spans_go_with_their_part() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let now = Nanos(1_769_860_800_000_000_000 + Nanos::MINUTE);
    let store = open(dir.path(), now).await?;
    store.submit(batch(BODY, now)).await?;
    let rests = Rests::default();
    let rest = |part: &Part| rests.rest(part).map(Option::unwrap);
    let chunk = rest(&parts(&store)[0])?;
    assert_eq!(chunk.spans().len(), 1);
    assert!(Arc::ptr_eq(&chunk, &rest(&parts(&store)[0])?), "taken once");
    store.flush().await?;
    let open = rest(&parts(&store)[0])?;
    assert_eq!((open.spans().len(), Arc::ptr_eq(&chunk, &open)), (1, false), "it waits for its parent");
    until_gone(&rests, &chunk).await;
    assert_eq!(Arc::strong_count(&open), 2, "its segment is there");
    store.close().await?;
    drop(store);
    until_gone(&rests, &open).await;
    Ok(())
}

/// Spans of some traces with parents of any request, those of a request of one service.
fn forest(request: u64, random: &mut impl FnMut(u64) -> u64) -> String {
    let spans: Vec<String> = (0..520)
        .map(|number| {
            let (id, trace) = (1 + request * 1_000 + number, random(90));
            let parent = 1 + random(6) * 1_000 + random(520);
            let kind = random(6);
            let at = 1_769_860_800_000_000_000 + random(60_000_000_000);
            let status = if random(5) == 0 { 2 } else { 0 };
            format!(
                r#"{{"traceId": "{trace:032x}", "spanId": "{id:016x}", "parentSpanId": "{parent:016x}",
                "name": "work {kind}", "kind": {kind}, "startTimeUnixNano": "{at}", "endTimeUnixNano": "{}",
                "status": {{"code": {status}}}, "attributes": [{{"key": "peer.service",
                "value": {{"stringValue": "c"}}}}]}}"#,
                at + 1_000_000,
            )
        })
        .collect();
    let service = ["a", "b", "c"][request as usize % 3];
    format!(
        r#"{{"resourceSpans": [{{"resource": {{"attributes": [{{"key": "service.name",
        "value": {{"stringValue": "{service}"}}}}]}}, "scopeSpans": [{{"spans": [{}]}}]}}]}}"#,
        spans.join(",")
    )
}

/// Count and errors of each row, by what tells it apart.
fn counts(tables: &[Tables]) -> BTreeMap<String, (u64, u64)> {
    let mut all: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for rows in tables.iter().flat_map(|tables| tables.iter()) {
        let schema = rows.schema();
        let is_key = |kind: &DataType| {
            matches!(kind, DataType::Dictionary(..) | DataType::Boolean | DataType::Timestamp(..))
        };
        let number = |name: &str, row: usize| {
            rows.column_by_name(name).unwrap().as_primitive::<UInt64Type>().value(row)
        };
        for row in 0..rows.num_rows() {
            let fields =
                schema.fields().iter().zip(rows.columns()).filter(|(field, _)| is_key(field.data_type()));
            let key: Vec<String> = fields
                .map(|(field, column)| {
                    format!("{}={}", field.name(), array_value_to_string(column, row).unwrap())
                })
                .collect();
            let sum = all.entry(key.join(" ")).or_default();
            *sum = (sum.0 + number("count", row), sum.1 + number("errors", row));
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_in_groups_are_those_of_all_spans_at_once() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let now = Nanos(1_769_860_800_000_000_000 + Nanos::MINUTE);
    let store = open(dir.path(), now).await?;
    let rests = Rests::default();
    let mut state = 5_u64;
    let mut random = move |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    for request in 0..6 {
        store.submit(batch(&forest(request, &mut random), now)).await?;
        let parts = parts(&store);
        assert_eq!(parts.len() as u64, request + 1, "each request is a chunk");
        let told = rests.of_chunks(&parts, &Tally::default())?;
        assert_eq!(told.len() as u64, request + 1, "all but the newest are groups");
        let chunks = parts.iter().map(|part| rests.rest(part)).collect::<Result<Vec<_>, _>>()?;
        let spans = chunks.iter().flatten().flat_map(|rest| rest.spans());
        let whole = tables(spans, [])?;
        assert_eq!(counts(&told), counts(&[whole]), "after request {request}");
    }
    // What is flushed is told by its segment.
    store.flush().await?;
    let parts = parts(&store);
    assert!(
        rests
            .of_chunks(&parts, &Tally::default())?
            .iter()
            .all(|told| counts(std::slice::from_ref(told)).is_empty())
    );
    store.close().await?;
    Ok(())
}
