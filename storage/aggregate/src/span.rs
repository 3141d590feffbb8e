//! What the sums need to know of a span: no more than a hundred bytes, with all texts shared.

use std::hash::Hash;
use std::sync::Arc;

use daymark_model::rows::Resource;
pub use daymark_model::span_kind::SpanKind as Kind;

/// Whose span it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner {
    pub service: String,
    pub namespace: Option<String>,
    pub env: Option<String>,
    pub version: Option<String>,
    pub instance: Option<String>,
}

impl From<&Resource> for Owner {
    fn from(resource: &Resource) -> Self {
        Self {
            service: resource.service.clone(),
            namespace: resource.namespace.clone(),
            env: resource.env.clone(),
            version: resource.version.clone(),
            instance: resource.instance.clone(),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatusClass {
    #[default]
    Unset,
    Ok,
    Error,
    /// The hundreds of an HTTP status.
    Http(u8),
    /// The code of a gRPC status.
    Grpc(u8),
}

/// What the attributes of a calling span say of the called one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    #[default]
    External,
    Database,
    Queue,
}

impl Target {
    pub const ALL: [Self; 3] = [Self::External, Self::Database, Self::Queue];

    pub fn name(self) -> &'static str {
        match self {
            Self::External => "external",
            Self::Database => "database",
            Self::Queue => "queue",
        }
    }
}

/// What spans of one operation share.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    pub name: String,
    pub kind: Kind,
    pub status_class: StatusClass,
    pub is_error: bool,
    pub peer: Option<String>,
    pub target: Target,
    /// It has the id of the span that called it.
    pub is_shared: bool,
    pub is_mtls: bool,
}

/// The same over borrowed texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LabelRef<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: Kind,
    pub(crate) status_class: StatusClass,
    pub(crate) is_error: bool,
    pub(crate) peer: Option<&'a str>,
    pub(crate) target: Target,
    pub(crate) is_shared: bool,
    pub(crate) is_mtls: bool,
}

impl Label {
    fn by_ref(&self) -> LabelRef<'_> {
        let Self { kind, status_class, is_error, target, is_shared, is_mtls, .. } = *self;
        let (name, peer) = (self.name.as_str(), self.peer.as_deref());
        LabelRef { name, kind, status_class, is_error, peer, target, is_shared, is_mtls }
    }
}

impl Hash for Label {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.by_ref().hash(state);
    }
}

impl LabelRef<'_> {
    pub(crate) fn to_label(self) -> Label {
        let Self { kind, status_class, is_error, target, is_shared, is_mtls, .. } = self;
        let (name, peer) = (self.name.to_owned(), self.peer.map(str::to_owned));
        Label { name, kind, status_class, is_error, peer, target, is_shared, is_mtls }
    }
}

impl hashbrown::Equivalent<Arc<Label>> for LabelRef<'_> {
    fn equivalent(&self, label: &Arc<Label>) -> bool {
        *self == label.by_ref()
    }
}

/// Trace and span id.
pub type SpanKey = ([u8; 16], [u8; 8]);

#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    pub trace: [u8; 16],
    pub id: [u8; 8],
    pub parent: Option<[u8; 8]>,
    pub owner: Arc<Owner>,
    pub label: Arc<Label>,
    pub start: i64,
    pub duration: u64,
    pub adjusted: f64,
    /// A span that it called was found.
    pub is_answered: bool,
}

impl Span {
    pub fn key(&self) -> SpanKey {
        (self.trace, self.id)
    }

    /// What tells spans apart, as something that can be sorted by.
    pub fn order(&self) -> impl Ord {
        let said = (self.start, self.duration, self.parent, self.label.as_ref(), self.owner.as_ref());
        (self.key(), said, self.adjusted.to_bits(), self.is_answered)
    }

    /// Whether one of both can be parent, child or other half of the other.
    pub(crate) fn is_near(&self, other: &Self) -> bool {
        self.id == other.id || self.parent == Some(other.id) || other.parent == Some(self.id)
    }

    pub(crate) fn is_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.owner, &other.owner) || self.owner.service == other.owner.service
    }

    /// Nobody answers but the database itself, so its caller waits for no called span.
    pub(crate) fn calls_database(&self) -> bool {
        self.label.kind.is_exit() && self.label.peer.is_some() && self.label.target == Target::Database
    }

    /// Whether a called span would make a difference.
    pub(crate) fn awaits_answer(&self) -> bool {
        let is_call = self.label.kind.is_exit() && self.label.peer.is_some();
        is_call && self.label.target != Target::Database && !self.is_answered
    }

    /// The end, as far as instants go.
    pub(crate) fn end(&self) -> i64 {
        self.start.saturating_add_unsigned(self.duration)
    }
}
