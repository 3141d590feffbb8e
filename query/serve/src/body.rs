//! JSON bodies: read whole within a size and a time, unknown keys refused with the nearest known one.

use axum::extract::Request;
use daymark_model::limits;
use daymark_view::error::{AskError, Code};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::params::unknown;
use crate::router::Site;

/// Reads a JSON object whose keys are all in `known`.
pub(crate) async fn json<T: DeserializeOwned>(
    site: &Site,
    request: Request,
    known: &[&str],
) -> Result<T, AskError> {
    let fields = object(site, request).await?;
    if let Some(key) = fields.keys().find(|key| !known.contains(&key.as_str())) {
        let pointer = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
        return Err(unknown("key", key, known.iter().copied()).pointer(pointer));
    }
    serde_json::from_value(Value::Object(fields)).map_err(bad)
}

#[expect(clippy::needless_pass_by_value, reason = "used as a map_err function")]
fn bad(error: serde_json::Error) -> AskError {
    AskError::new(Code::BadRequest, format!("the body is wrong: {error}"))
}

/// Reads a JSON object of any keys.
pub(crate) async fn object(site: &Site, request: Request) -> Result<Map<String, Value>, AskError> {
    check_type(request.headers())?;
    let body = request.into_body();
    if body.size_hint().lower() > limits::API_BODY_BYTES as u64 {
        return Err(too_large());
    }
    let whole = Limited::new(body, limits::API_BODY_BYTES).collect();
    let bytes = match tokio::time::timeout(site.body_read, whole).await {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large()),
        Ok(Err(_)) => return Err(AskError::new(Code::BadRequest, "the request body broke off")),
        Err(_) => return Err(AskError::new(Code::BadRequest, "the request body came too slowly")),
    };
    match serde_json::from_slice(&bytes).map_err(bad)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(AskError::new(Code::BadRequest, "the body is not a JSON object")),
    }
}

fn too_large() -> AskError {
    let limit = limits::API_BODY_BYTES;
    AskError::new(Code::TooLarge, format!("the request body is larger than {limit} bytes"))
}

fn check_type(headers: &HeaderMap) -> Result<(), AskError> {
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(AskError::new(Code::UnsupportedType, "the request body must not be compressed"));
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let media = kind.split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = format!("the request body is \"{media}\", not JSON");
    Err(AskError::new(Code::UnsupportedType, detail).hint("send Content-Type: application/json"))
}
