//! Fixed answers about the server itself.

use daymark_model::time::Nanos;
use daymark_view::ask::{Answering, Ask};
use daymark_view::meta::Answer;
use daymark_view::query_id::QueryId;
use daymark_view::server::{AskServer, RejectedSample, SamplesAsk, Scopes, TestSpan};
use daymark_view::system::RunningQuery;

use super::{Canned, TRACE, ready};

impl AskServer for Canned {
    fn scopes(&self, _query_id: QueryId) -> Answering<'_, Answer<Scopes>> {
        ready(Ok(Answer::of(Scopes { env: vec!["prod".into()], ..Scopes::default() })))
    }

    fn rejected_samples(&self, ask: SamplesAsk) -> Answering<'_, Answer<Vec<RejectedSample>>> {
        self.remember(&ask);
        let sample = RejectedSample {
            time: Nanos(5),
            source: "otlp_http".into(),
            signal: "spans".into(),
            reason: "trace_id".into(),
            detail: "span 3 of the request: the trace id is zero".into(),
            bytes_shown: None,
            peer: None,
        };
        ready(Ok(Answer::of(vec![sample])))
    }

    fn test_span(&self, _query_id: QueryId) -> Answering<'_, Answer<TestSpan>> {
        ready(Ok(Answer::of(TestSpan { trace_id: TRACE })))
    }

    fn slow_queries(&self) -> Vec<RunningQuery> {
        self.queries().into_iter().map(|query| RunningQuery { state: "failed".into(), ..query }).collect()
    }
}
