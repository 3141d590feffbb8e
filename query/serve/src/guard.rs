//! Who may ask. A page of another site can make a browser send requests here, so whatever changes something
//! must come from our own pages or from no page at all; and a name that someone else controls must not lead
//! to a loopback listener (DNS rebinding).

use std::net::{IpAddr, Ipv6Addr};

use axum::extract::Request;
use daymark_view::error::{AskError, Code};
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method};

#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) is_loopback: bool,
    /// Further names a loopback listener answers to.
    pub(crate) hosts: Vec<String>,
}

impl Guard {
    pub(crate) fn check(&self, request: &Request) -> Result<(), AskError> {
        let Some(authority) = authority(request) else {
            return Err(AskError::new(Code::BadRequest, "the request names no host"));
        };
        if self.is_loopback && !self.knows(authority) {
            let detail = format!("\"{authority}\" is not a name of this server");
            return Err(AskError::new(Code::Forbidden, detail).hint("ask by address or as localhost"));
        }
        let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
        if !safe && is_foreign(request.headers(), authority) {
            let detail = "a page of another origin may not change anything here";
            return Err(AskError::new(Code::Forbidden, detail));
        }
        Ok(())
    }

    /// An address cannot be rebound, a name can.
    fn knows(&self, authority: &str) -> bool {
        let name = host_of(authority).to_ascii_lowercase();
        let is_address = name.parse::<IpAddr>().is_ok() || bracketed(&name).is_some();
        let is_local = name == "localhost" || name.ends_with(".localhost");
        is_address || is_local || self.hosts.iter().any(|host| host.eq_ignore_ascii_case(&name))
    }
}

/// Host and port as the client named them: HTTP/2 puts them into the URI.
fn authority(request: &Request) -> Option<&str> {
    let named = request.uri().authority().map(|authority| authority.as_str());
    named.or_else(|| request.headers().get(HOST)?.to_str().ok())
}

fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn bracketed(name: &str) -> Option<Ipv6Addr> {
    name.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// Whether a browser says that the request comes from a page that is not ours. Where it says so itself, it
/// knows better than a comparison of names, which a proxy may have changed.
fn is_foreign(headers: &HeaderMap, authority: &str) -> bool {
    match headers.get("sec-fetch-site").map(|value| value.as_bytes()) {
        Some(b"same-origin" | b"none") => return false,
        Some(_) => return true,
        None => {}
    }
    headers.get(ORIGIN).is_some_and(|origin| {
        let own = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        !own.is_some_and(|(_, host)| host.eq_ignore_ascii_case(authority))
    })
}

#[cfg(test)]
mod tests;
