//! Whose data a request is about: a header names the tenant, and each tenant has a router of its own, so no
//! route can mix them up.

use std::sync::Arc;

use axum::Router;
use daymark_view::error::{AskError, Code};
use http::{HeaderMap, HeaderName};

/// The header that other products of the field use, too.
const TENANT: HeaderName = HeaderName::from_static("x-scope-orgid");

/// A router for each tenant that may be asked about.
#[derive(Clone, Debug)]
pub(crate) struct Tenants {
    default: Router,
    others: Arc<[(String, Router)]>,
}

impl Tenants {
    pub(crate) fn new(default: Router, others: Vec<(String, Router)>) -> Self {
        Self { default, others: others.into() }
    }

    /// The router of the tenant that is named; the default one, which refuses other names, when it is not
    /// among them.
    pub(crate) fn named(&self, headers: &HeaderMap) -> Router {
        let name = name(headers).unwrap_or_default();
        let other = self.others.iter().find(|(other, _)| other.as_bytes() == name);
        other.map_or(&self.default, |(_, router)| router).clone()
    }
}

/// Refuses a request that names another tenant than the one that answers.
pub(crate) fn check(headers: &HeaderMap, answering: &str) -> Result<(), AskError> {
    match name(headers) {
        Some(name) if name != answering.as_bytes() => {
            let detail = format!("there is no tenant \"{}\" for you", name.escape_ascii());
            Err(AskError::new(Code::Forbidden, detail).hint("leave the header X-Scope-OrgID out"))
        }
        _ => Ok(()),
    }
}

fn name(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get(TENANT).map(|name| name.as_bytes())
}
