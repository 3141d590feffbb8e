//! `GET /bootstrap`, `GET /ledger/samples`, `POST /system/test-span` and `POST /system/client-errors`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use daymark_model::limits;
use daymark_model::reason::Rejected;
use daymark_view::error::{AskError, Code};
use daymark_view::meta::Answer;
use daymark_view::server::{Badges, Bootstrap, Build, ClientErrorBody, Limits, SamplesAsk, User};
use http::StatusCode;

use crate::answer::{Refusal, envelope, tagged_by};
use crate::asked::Asked;
use crate::body;
use crate::params::not_one_of;
use crate::router::Site;

/// What everybody may as long as nobody has to say who they are.
const SCOPES: [&str; 7] = ["ingest", "ingest_rum", "query", "sql", "alerts", "config", "admin"];

pub(crate) async fn bootstrap(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let scopes = site.ask.scopes(asked.query_id.clone()).await?.data;
    let alerts_firing = match &site.alerts {
        Some(alerts) => Some(alerts.status().await?.firing),
        None => None,
    };
    let (query, wide) = (&site.limits, |number: usize| number as u64);
    let begin = Bootstrap {
        user: User { name: "admin".into(), role: "admin".into(), scopes: SCOPES.map(str::to_owned).to_vec() },
        auth: "off".into(),
        features: Vec::new(),
        scopes,
        limits: Limits {
            query_time_ms: u64::try_from(query.wall.as_millis()).unwrap_or(u64::MAX),
            rows: wide(query.rows),
            rows_streamed: wide(query.rows_streamed),
            scanned_bytes: query.scanned_bytes,
            memory_bytes: wide(query.memory_bytes),
            trace_spans: wide(query.trace_spans),
            body_bytes: wide(limits::API_BODY_BYTES),
            sql_text_bytes: wide(limits::SQL_TEXT_BYTES),
        },
        server_time: None,
        build: Build { version: env!("CARGO_PKG_VERSION").into(), commit: None },
        default_tz: "UTC".into(),
        languages: vec!["en".into(), "ko".into()],
        badges: Badges { alerts_firing, ..Badges::default() },
    };
    // That time goes on is no news.
    let told = Bootstrap { server_time: Some(site.now()), ..begin.clone() };
    tagged_by(&site, &asked, &begin, Answer::of(told)).await
}

pub(crate) async fn samples(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["source", "signal", "reason"], &[])?;
    let reason = params.text("reason");
    if let Some(reason) = reason.as_ref().filter(|reason| Rejected::from_name(reason).is_none()) {
        let known = Rejected::ALL.iter().map(|reason| reason.name());
        return Err(not_one_of("reason", reason, known).into());
    }
    let ask = SamplesAsk {
        query_id: asked.query_id.clone(),
        source: params.text("source"),
        signal: params.signal()?,
        reason,
    };
    let answer = site.ask.rejected_samples(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn test_span(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let answer = site.ask.test_span(asked.query_id.clone()).await?;
    envelope(&site, &asked, answer, 1).await
}

pub(crate) async fn client_errors(
    State(site): State<Arc<Site>>,
    asked: Asked,
    request: Request,
) -> Result<StatusCode, Refusal> {
    asked.params(&[], &[])?;
    let body: ClientErrorBody = body::json(&site, request, &ClientErrorBody::KEYS).await?;
    let ClientErrorBody { build, url, message, stack } = body;
    if [&build, &url, &message, &stack].into_iter().map(String::len).sum::<usize>() > ClientErrorBody::BYTES {
        let detail = format!("an error is told in more than {} bytes", ClientErrorBody::BYTES);
        return Err(AskError::new(Code::TooLarge, detail).into());
    }
    if !site.client_errors.count(site.clock.elapsed()) {
        return Err(AskError::new(Code::RateLimited, "too many errors were told lately").into());
    }
    tracing::warn!(build, url, message, stack, "a page failed in a browser");
    Ok(StatusCode::NO_CONTENT)
}
