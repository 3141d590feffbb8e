//! What sums are told apart by, besides their bucket. The order is that of the rows.

use crate::span::{Kind, Label, Owner, Span, StatusClass};

/// Who calls a root.
const USER: &str = "user";

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RedKey {
    pub(crate) service: String,
    pub(crate) namespace: Option<String>,
    pub(crate) env: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) is_entry: bool,
    pub(crate) status_class: StatusClass,
    pub(crate) peer: Option<String>,
    /// No column: failed spans have rows of their own, so that their durations are known, too.
    pub(crate) is_error: bool,
}

impl RedKey {
    pub(crate) fn of(owner: &Owner, label: &Label, is_entry: bool) -> Self {
        Self {
            service: owner.service.clone(),
            namespace: owner.namespace.clone(),
            env: owner.env.clone(),
            version: owner.version.clone(),
            name: label.name.clone(),
            kind: label.kind,
            is_entry,
            status_class: label.status_class,
            peer: label.peer.clone(),
            is_error: label.is_error,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct EdgeKey {
    pub(crate) client: String,
    pub(crate) server: String,
    pub(crate) server_kind: &'static str,
    pub(crate) is_messaging: bool,
    pub(crate) operation: String,
    pub(crate) namespace: Option<String>,
    pub(crate) env: Option<String>,
}

impl EdgeKey {
    /// `label` is that of the called half if it is there.
    pub(crate) fn of(
        client: Option<&Span>,
        server: Option<&Span>,
        label: &Label,
        is_messaging: bool,
    ) -> Self {
        let of = server.or(client).map(|half| &half.owner);
        Self {
            client: client.map_or(USER, |client| &client.owner.service).to_owned(),
            server: match server {
                Some(server) => server.owner.service.clone(),
                None => label.peer.clone().unwrap_or_default(),
            },
            server_kind: if server.is_some() { "service" } else { label.target.name() },
            is_messaging,
            operation: label.name.clone(),
            namespace: server.and_then(|server| server.owner.namespace.clone()),
            env: of.and_then(|owner| owner.env.clone()),
        }
    }
}
