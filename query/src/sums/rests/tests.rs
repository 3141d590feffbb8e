//! What is kept goes with its part.

use std::sync::Arc;

use daymark_decode::OtlpDecode;
use daymark_model::intake::{Admitted, Intake};
use daymark_model::origin::{DEFAULT_TENANT, Origin, Tier};
use daymark_model::signal::{Signal, Table};
use daymark_model::time::{Clock, ManualClock, Nanos};
use daymark_model::wire::{Encoding, Format};
use daymark_segment::ReadCache;
use daymark_storage::{Options, Store};

use super::{Others, Part, Rest, Rests};

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

#[tokio::test(flavor = "multi_thread")]
async fn kept_spans_go_with_their_part() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let now = Nanos(1_769_860_800_000_000_000 + Nanos::MINUTE);
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(now));
    let fs = Arc::new(daymark_vfs::RealFs);
    let store = Store::open(Options::at(dir.path()), fs, Arc::new(OtlpDecode), clock).await?;
    store.replayed().await;
    let origin = Origin {
        source: "otlp_http".into(),
        tier: Tier::Internal,
        tenant: DEFAULT_TENANT.into(),
        received: now,
    };
    let batch = Admitted {
        origin,
        signal: Signal::Spans,
        format: Format::OtlpJson,
        encoding: Encoding::Identity,
        items: 1,
        payload: BODY.into(),
        body: BODY.into(),
    };
    store.submit(batch).await?;
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
