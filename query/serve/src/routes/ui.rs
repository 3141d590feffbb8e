//! The web UI: its files, and the one page that all its places begin with.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use daymark_view::error::{AskError, Code};
use http::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, Method, Uri};

use crate::answer::Refusal;
use crate::options::UiFile;
use crate::router::{BASE, Site};

/// A year: the path changes with the contents.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// What no call stands for: a file of the UI, or a place in it that the browser finds by itself.
pub(crate) async fn file(
    State(site): State<Arc<Site>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().trim_start_matches('/');
    let path = path.strip_prefix(&site.base_path).unwrap_or(path).trim_start_matches('/');
    let is_asked = method == Method::GET || method == Method::HEAD;
    if let Some(found) = site.ui.filter(|_| is_asked).and_then(|ui| (ui.find)(path)) {
        return sent(found, &headers);
    }
    let is_call = path.starts_with(BASE.trim_start_matches('/')) || path.starts_with("assets/");
    let page = (is_asked && !is_call).then(|| page(&site, &headers)).flatten();
    page.unwrap_or_else(|| {
        Refusal(AskError::new(Code::NotFound, "there is no such path").hint("GET / lists the calls"))
            .into_response()
    })
}

/// The page of the UI for whoever wants HTML, its links relative to where a proxy mounts it.
pub(crate) fn page(site: &Site, headers: &HeaderMap) -> Option<Response> {
    let wants = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let index = site.ui.filter(|_| wants.contains("text/html")).and_then(|ui| (ui.find)("index.html"))?;
    let forwarded = headers.get("x-forwarded-prefix").and_then(|prefix| prefix.to_str().ok());
    let prefix = forwarded.unwrap_or(&site.base_path).trim_matches('/');
    let is_path = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte));
    let base = if prefix.is_empty() || !is_path { "/".into() } else { format!("/{prefix}/") };
    let text = String::from_utf8_lossy(index.plain).replacen(
        "<base href=\"/\">",
        &format!("<base href=\"{base}\">"),
        1,
    );
    let mut response = Response::new(text.into());
    let set = response.headers_mut();
    set.insert(CONTENT_TYPE, HeaderValue::from_static(index.media_type));
    set.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Some(response)
}

fn sent(file: UiFile, headers: &HeaderMap) -> Response {
    let takes = headers.get(ACCEPT_ENCODING).and_then(|takes| takes.to_str().ok()).unwrap_or_default();
    let is_taken =
        |name: &str| takes.split(',').any(|one| one.split(';').next().is_some_and(|one| one.trim() == name));
    let packed = [("br", file.brotli), ("gzip", file.gzip)]
        .into_iter()
        .find_map(|(name, bytes)| Some((name, bytes.filter(|_| is_taken(name))?)));
    let mut response =
        Response::new(Bytes::from_static(packed.map_or(file.plain, |(_, bytes)| bytes)).into());
    let set = response.headers_mut();
    set.insert(CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    set.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some((name, _)) = packed {
        set.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    if file.is_immutable {
        set.insert(CACHE_CONTROL, FOR_EVER);
    }
    response
}
