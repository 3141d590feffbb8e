//! The answers of [`AskServer`].

use std::collections::BTreeSet;

use bytes::Bytes;
use daymark_model::id::TraceId;
use daymark_model::intake::{Admitted, Intake};
use daymark_model::origin::{Origin, Tier};
use daymark_model::signal::{Signal, Table};
use daymark_model::wire::{Encoding, Format};
use daymark_storage::samples::Sample;
use daymark_view::ask::Answering;
use daymark_view::error::{AskError, Code};
use daymark_view::meta::Answer;
use daymark_view::query_id::QueryId;
use daymark_view::server::{AskServer, RejectedSample, SamplesAsk, Scopes, TestSpan};
use daymark_view::services::ScopeKey;
use daymark_view::system::RunningQuery;
use serde_json::json;
use xxhash_rust::xxh3::xxh3_128;

use super::Answerer;
use crate::services::attribute_of;
use crate::typed_json;

/// The source of spans that people send to try the way.
const TEST_SOURCE: &str = "daymark_test";
const TEST_SERVICE: &str = "daymark-test";
/// Values of one scope that are told.
const VALUES: usize = 1_000;

impl Answerer {
    /// What the resources of all parts tell, without reading rows.
    fn known_scopes(&self) -> Scopes {
        let version = self.store.version();
        let mut seen = BTreeSet::new();
        let mut values: [BTreeSet<String>; 4] = Default::default();
        for part in Table::ALL.into_iter().flat_map(|table| self.parts(&version, table)) {
            for resource in part.resources().iter().filter(|resource| seen.insert(resource.id)) {
                let attributes = typed_json::parse(&resource.attributes);
                for (key, values) in ScopeKey::ALL.into_iter().zip(&mut values) {
                    values.extend(match key {
                        ScopeKey::Env => resource.env.clone(),
                        ScopeKey::Namespace => resource.namespace.clone(),
                        ScopeKey::Cluster | ScopeKey::Team => {
                            attribute_of(key).and_then(|key| typed_json::text(&attributes, key))
                        }
                    });
                }
            }
        }
        let [env, ns, cluster, team] = values.map(|values| values.into_iter().take(VALUES).collect());
        Scopes { env, ns, cluster, team }
    }

    async fn send_test_span(&self, query_id: &QueryId) -> Result<Answer<TestSpan>, AskError> {
        let now = self.store.clock().now();
        let trace_id = TraceId(xxh3_128(format!("{query_id} {now}").as_bytes()).to_be_bytes());
        let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
        let body = json!({"resourceSpans": [{
            "resource": {"attributes": [text("service.name", TEST_SERVICE)]},
            "scopeSpans": [{"scope": {"name": "daymark"}, "spans": [{
                "traceId": trace_id.to_string(),
                "spanId": "000000000000d0e5",
                "name": "test",
                "kind": 1,
                "startTimeUnixNano": now.to_string(),
                "endTimeUnixNano": now.plus(1_000_000).to_string(),
                "attributes": [text("daymark.query_id", query_id.as_str())],
            }]}],
        }]});
        let body = Bytes::from(body.to_string());
        let batch = Admitted {
            origin: Origin {
                source: TEST_SOURCE.into(),
                tier: Tier::Internal,
                tenant: self.options.tenant.clone(),
                received: now,
            },
            signal: Signal::Spans,
            format: Format::OtlpJson,
            encoding: Encoding::Identity,
            payload: body.clone(),
            body,
            items: 1,
        };
        let sent = self.store.submit(batch).await;
        sent.map_err(|refused| AskError::new(Code::Unavailable, refused.to_string()))?;
        Ok(Answer::of(TestSpan { trace_id }))
    }

    fn samples(&self, ask: &SamplesAsk) -> Vec<RejectedSample> {
        let mut samples = self.store.rejected_samples(&self.options.tenant);
        samples.retain(|sample| {
            ask.source.as_ref().is_none_or(|source| *source == sample.source)
                && ask.signal.is_none_or(|signal| signal == sample.signal)
                && ask.reason.as_ref().is_none_or(|reason| reason == sample.reason.name())
        });
        samples.sort_by_key(|sample| std::cmp::Reverse(sample.time));
        samples.truncate(10);
        samples.into_iter().map(sample).collect()
    }
}

fn sample(sample: Sample) -> RejectedSample {
    RejectedSample {
        time: sample.time,
        source: sample.source,
        signal: sample.signal.name().into(),
        reason: sample.reason.name().into(),
        detail: sample.detail,
        bytes_shown: None,
        peer: sample.peer,
    }
}

impl AskServer for Answerer {
    fn scopes(&self, _query_id: QueryId) -> Answering<'_, Answer<Scopes>> {
        Box::pin(async { Ok(Answer::of(self.known_scopes())) })
    }

    fn rejected_samples(&self, ask: SamplesAsk) -> Answering<'_, Answer<Vec<RejectedSample>>> {
        Box::pin(async move { Ok(Answer::of(self.samples(&ask))) })
    }

    fn test_span(&self, query_id: QueryId) -> Answering<'_, Answer<TestSpan>> {
        Box::pin(async move { self.send_test_span(&query_id).await })
    }

    fn slow_queries(&self) -> Vec<RunningQuery> {
        self.runner.running.slow()
    }
}
