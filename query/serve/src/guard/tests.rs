//! Which hosts and origins may ask what.

use axum::body::Body;
use axum::extract::Request;
use daymark_view::error::Code;

use super::Guard;

fn request(method: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::builder().method(method).uri("/api/v1/sql");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

#[test]
fn hosts_of_a_loopback_listener() {
    let guard = Guard { is_loopback: true, hosts: vec!["daymark.example".into()] };
    let cases = [
        ("127.0.0.1:4300", true),
        ("localhost", true),
        ("LocalHost:4300", true),
        ("shop.localhost:4300", true),
        ("[::1]:4300", true),
        ("10.0.0.7", true),
        ("daymark.example:80", true),
        ("evil.example", false),
        ("localhost.evil.example", false),
        ("127.0.0.1.evil.example", false),
    ];
    for (host, allowed) in cases {
        let refused = guard.check(&request("GET", &[("host", host)])).err();
        assert_eq!(
            refused.as_ref().map(|error| error.code()),
            (!allowed).then_some(Code::Forbidden),
            "{host}"
        );
    }
    let open = Guard { is_loopback: false, hosts: Vec::new() };
    assert!(open.check(&request("GET", &[("host", "daymark.example")])).is_ok());
    assert!(open.check(&request("GET", &[])).is_err());
}

#[test]
fn origins_of_changes() {
    let guard = Guard { is_loopback: true, hosts: Vec::new() };
    const HOST: (&str, &str) = ("host", "localhost:4300");
    type Headers = &'static [(&'static str, &'static str)];
    let cases: [(&str, Headers, bool); 9] = [
        ("POST", &[HOST], true),
        ("POST", &[HOST, ("origin", "http://localhost:4300")], true),
        ("POST", &[HOST, ("origin", "http://localhost:3000")], false),
        ("DELETE", &[HOST, ("origin", "https://evil.example")], false),
        ("POST", &[HOST, ("origin", "null")], false),
        ("POST", &[HOST, ("sec-fetch-site", "cross-site")], false),
        ("POST", &[HOST, ("sec-fetch-site", "same-origin")], true),
        ("POST", &[HOST, ("origin", "https://proxy.example"), ("sec-fetch-site", "same-origin")], true),
        ("GET", &[HOST, ("origin", "https://evil.example")], true),
    ];
    for (method, headers, allowed) in cases {
        assert_eq!(guard.check(&request(method, headers)).is_ok(), allowed, "{method} {headers:?}");
    }
}
