//! Why a request is refused, and how that is said: [`Kind::row`] is the one table from the reason to the
//! gRPC code, the HTTP status, the hint when to come again and the word in the ledger.
//!
//! The codes decide whether clients lose data: a sender drops a batch after 400, 413 or INVALID_ARGUMENT
//! and resends it after 503 or UNAVAILABLE; RESOURCE_EXHAUSTED asks for a resend only with a hint.

use std::time::Duration;

use bytes::Bytes;
use daymark_model::intake::Refused;
use daymark_model::limits::KIB;
use daymark_model::reason::Rejected;
use daymark_model::time::Nanos;
use daymark_model::wire::Format;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use tonic::Code;

use crate::status::{Problem, trimmed};

/// gRPC carries its message in headers, which clients limit to a few KiB.
const GRPC_MESSAGE_BYTES: usize = KIB;

/// A request that was not taken, in words for its sender.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) kind: Kind,
    pub(crate) detail: String,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    NoSuchPath,
    Method,
    ContentType,
    Encoding,
    Unreadable,
    TooLarge,
    Bomb,
    TooSlow,
    Busy { reason: Rejected, retry_after: Duration },
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) grpc: Code,
    pub(crate) http: StatusCode,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) ledger: Rejected,
}

impl Kind {
    pub(crate) fn row(self) -> Row {
        use Rejected::{Decode, RateLimit, RatioGuard, TenantSuspended, TooLargeRequest};
        let (grpc, http, retry_after, ledger) = match self {
            Self::NoSuchPath => (Code::Unimplemented, StatusCode::NOT_FOUND, None, Decode),
            Self::Method => (Code::Unimplemented, StatusCode::METHOD_NOT_ALLOWED, None, Decode),
            Self::ContentType => (Code::Unimplemented, StatusCode::UNSUPPORTED_MEDIA_TYPE, None, Decode),
            Self::Encoding => (Code::Unimplemented, StatusCode::UNSUPPORTED_MEDIA_TYPE, None, Decode),
            Self::Unreadable => (Code::InvalidArgument, StatusCode::BAD_REQUEST, None, Decode),
            Self::TooLarge => (Code::ResourceExhausted, StatusCode::PAYLOAD_TOO_LARGE, None, TooLargeRequest),
            Self::Bomb => (Code::ResourceExhausted, StatusCode::PAYLOAD_TOO_LARGE, None, RatioGuard),
            Self::TooSlow => (Code::DeadlineExceeded, StatusCode::REQUEST_TIMEOUT, None, Decode),
            Self::Busy { reason: reason @ (RateLimit | TenantSuspended), retry_after } => {
                (Code::ResourceExhausted, StatusCode::TOO_MANY_REQUESTS, Some(retry_after), reason)
            }
            Self::Busy { reason, retry_after } => {
                (Code::Unavailable, StatusCode::SERVICE_UNAVAILABLE, Some(retry_after), reason)
            }
        };
        Row { grpc, http, retry_after, ledger }
    }
}

impl Refusal {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    pub(crate) fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(Kind::Unreadable, detail)
    }

    /// The answer over HTTP, in the encoding of the request.
    pub(crate) fn to_http(&self, format: Format) -> Response<Full<Bytes>> {
        let row = self.kind.row();
        let mut response = Response::new(Full::new(self.problem(&self.detail).encode(format)));
        *response.status_mut() = row.http;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, content_type(format));
        if let Some(delay) = row.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(delay)));
        }
        response
    }

    /// The answer over gRPC.
    pub(crate) fn to_grpc(&self) -> tonic::Status {
        let row = self.kind.row();
        let message = trimmed(&self.detail, GRPC_MESSAGE_BYTES);
        let problem = self.problem(message);
        let has_details = problem.sender_is_wrong || problem.retry_after.is_some();
        let details = if has_details { problem.encode(Format::OtlpProtobuf) } else { Bytes::new() };
        tonic::Status::with_details(row.grpc, message, details)
    }

    fn problem<'a>(&self, message: &'a str) -> Problem<'a> {
        let row = self.kind.row();
        Problem {
            code: row.grpc.into(),
            message,
            sender_is_wrong: self.kind == Kind::Unreadable,
            retry_after: row.retry_after,
        }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        match refused {
            Refused::Busy { reason, retry_after } => Self::new(Kind::Busy { reason, retry_after }, detail),
            Refused::Unreadable { .. } => Self::unreadable(detail),
        }
    }
}

/// The content type of a format.
pub(crate) fn content_type(format: Format) -> HeaderValue {
    HeaderValue::from_static(match format {
        Format::OtlpProtobuf => "application/x-protobuf",
        Format::OtlpJson => "application/json",
    })
}

/// One to five seconds, spread by the clock so that senders shed together do not come back together.
pub(crate) fn spread_retry(now: Nanos) -> Duration {
    let spread = now.0.unsigned_abs() / Nanos::MICROSECOND.unsigned_abs() % 4_001;
    Duration::from_millis(1_000 + spread)
}

/// `Retry-After` knows whole seconds only; coming early would be in vain.
fn whole_seconds(delay: Duration) -> u64 {
    delay.as_secs() + u64::from(delay.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests;
