//! The bodies of answers: what an export achieved, or a `google.rpc.Status` with its details, each in
//! protobuf and in the JSON form of the same message.
//!
//! The messages are few and small, so they are written out here instead of generated. A full success is the
//! empty message.

use std::time::Duration;

use bytes::Bytes;
use daymark_model::limits::{EXPORT_ANSWER_BYTES, KIB};
use daymark_model::signal::Signal;
use daymark_model::wire::Format;
use prost::Message;
use serde_json::{Map, Value, json};

/// What is kept of a message to a sender. Escaped in JSON a byte becomes six at most.
const MESSAGE_BYTES: usize = 64 * KIB;
const _: () = assert!(6 * MESSAGE_BYTES + KIB <= EXPORT_ANSWER_BYTES);

const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";
const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

/// What became of an accepted export: the content of `Export{Trace,Logs,Metrics}ServiceResponse`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) rejected: u64,
    pub(crate) message: Option<String>,
}

/// What a refusal says: the content of `google.rpc.Status`.
#[derive(Debug)]
pub(crate) struct Problem<'a> {
    pub(crate) code: i32,
    pub(crate) message: &'a str,
    /// Carries `BadRequest` details.
    pub(crate) sender_is_wrong: bool,
    /// Carries `RetryInfo` details.
    pub(crate) retry_after: Option<Duration>,
}

/// The message shortened to what an answer may carry.
pub(crate) fn trimmed(message: &str, bytes: usize) -> &str {
    message.get(..message.floor_char_boundary(bytes)).unwrap_or(message)
}

impl Accepted {
    pub(crate) fn encode(&self, signal: Signal, format: Format) -> Bytes {
        match format {
            Format::OtlpProtobuf => self.to_protobuf().encode_to_vec().into(),
            Format::OtlpJson => self.to_json(signal).to_string().into(),
        }
    }

    fn is_full(&self) -> bool {
        self.rejected == 0 && self.message.is_none()
    }

    fn message(&self) -> &str {
        trimmed(self.message.as_deref().unwrap_or_default(), MESSAGE_BYTES)
    }

    fn to_protobuf(&self) -> ExportAnswer {
        let partial = PartialSuccess {
            rejected: i64::try_from(self.rejected).unwrap_or(i64::MAX),
            message: self.message().to_owned(),
        };
        ExportAnswer { partial_success: (!self.is_full()).then_some(partial) }
    }

    fn to_json(&self, signal: Signal) -> Value {
        if self.is_full() {
            return json!({});
        }
        let rejected = match signal {
            Signal::Spans => "rejectedSpans",
            Signal::Logs => "rejectedLogRecords",
            Signal::Metrics => "rejectedDataPoints",
        };
        let mut partial = Map::new();
        partial.insert(rejected.into(), self.rejected.to_string().into());
        partial.insert("errorMessage".into(), self.message().into());
        json!({ "partialSuccess": partial })
    }
}

impl Problem<'_> {
    pub(crate) fn encode(&self, format: Format) -> Bytes {
        match format {
            Format::OtlpProtobuf => self.to_protobuf().encode_to_vec().into(),
            Format::OtlpJson => self.to_json().to_string().into(),
        }
    }

    fn to_protobuf(&self) -> Status {
        let message = trimmed(self.message, MESSAGE_BYTES).to_owned();
        let mut details = Vec::new();
        if self.sender_is_wrong {
            let violation = FieldViolation { field: "request".into(), description: message.clone() };
            let bad = BadRequest { field_violations: vec![violation] };
            details.push(Any { type_url: BAD_REQUEST.into(), value: bad.encode_to_vec() });
        }
        if let Some(delay) = self.retry_after {
            let delay = ProtoDuration {
                seconds: i64::try_from(delay.as_secs()).unwrap_or(i64::MAX),
                nanos: i32::try_from(delay.subsec_nanos()).unwrap_or_default(),
            };
            let info = RetryInfo { retry_delay: Some(delay) };
            details.push(Any { type_url: RETRY_INFO.into(), value: info.encode_to_vec() });
        }
        Status { code: self.code, message, details }
    }

    fn to_json(&self) -> Value {
        let message = trimmed(self.message, MESSAGE_BYTES);
        let mut details = Vec::new();
        if self.sender_is_wrong {
            let violation = json!({ "field": "request", "description": message });
            details.push(json!({ "@type": BAD_REQUEST, "fieldViolations": [violation] }));
        }
        if let Some(delay) = self.retry_after {
            let delay = format!("{}.{:09}s", delay.as_secs(), delay.subsec_nanos());
            details.push(json!({ "@type": RETRY_INFO, "retryDelay": delay }));
        }
        json!({ "code": self.code, "message": message, "details": details })
    }
}

#[derive(Clone, PartialEq, Message)]
struct ExportAnswer {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(string, tag = "2")]
    message: String,
}

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    field_violations: Vec<FieldViolation>,
}

#[derive(Clone, PartialEq, Message)]
struct FieldViolation {
    #[prost(string, tag = "1")]
    field: String,
    #[prost(string, tag = "2")]
    description: String,
}

#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<ProtoDuration>,
}

#[derive(Clone, PartialEq, Message)]
struct ProtoDuration {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

#[cfg(test)]
mod tests;
