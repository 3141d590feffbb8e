//! Which type is chosen for what clients send.

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue};

use super::{JSON, NDJSON, choose};

#[test]
fn the_best_offer() {
    let cases = [
        ("", Some(JSON)),
        ("*/*", Some(JSON)),
        ("application/*", Some(JSON)),
        ("application/x-ndjson", Some(NDJSON)),
        ("application/x-ndjson, */*", Some(NDJSON)),
        ("application/json, application/x-ndjson", Some(JSON)),
        ("application/json;q=0.5, application/x-ndjson", Some(NDJSON)),
        ("text/html, application/xhtml+xml, */*;q=0.8", Some(JSON)),
        ("application/json;q=0, */*", Some(NDJSON)),
        ("Application/JSON; charset=utf-8", Some(JSON)),
        ("text/html", None),
        ("application/json;q=0", None),
    ];
    for (accept, expected) in cases {
        let mut headers = HeaderMap::new();
        if !accept.is_empty() {
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
        }
        assert_eq!(choose(&headers, &[JSON, NDJSON]).ok(), expected, "{accept}");
    }
}
