//! Whose sums count: those of the scope of a question.

use std::collections::HashSet;
use std::sync::Arc;

use daymark_aggregate::{Aggregate, Owner};
use daymark_model::rows::Resource;
use daymark_model::signal::Signal;
use daymark_view::error::{AskError, Code};
use daymark_view::services::{Scope, ScopeKey};

use super::reader::Reader;
use super::rows::RedRow;
use crate::senders::Sender;
use crate::services::attribute_of;

#[derive(Debug)]
pub(crate) struct Whose<'a> {
    scope: &'a [Scope],
    /// The owners that have what the scope wants of attributes; none when it wants nothing of them.
    owners: Option<HashSet<Owner>>,
}

impl<'a> Whose<'a> {
    pub(crate) fn of(scope: &'a [Scope], reader: &Reader) -> Self {
        let wanted: Vec<&Scope> = scope.iter().filter(|scope| attribute_of(scope.key).is_some()).collect();
        if wanted.is_empty() {
            return Self { scope, owners: None };
        }
        let has_all = |resource: &&Arc<Resource>| {
            let sender = Sender::new(resource, Signal::Spans, (0, 0));
            wanted.iter().all(|scope| fits(&sender, scope))
        };
        let owners = reader.span_resources().filter(has_all);
        Self { scope, owners: Some(owners.map(|resource| Owner::from(resource.as_ref())).collect()) }
    }

    /// A scope that rows of every table can tell.
    pub(crate) fn of_names(scope: &'a [Scope]) -> Result<Self, AskError> {
        if scope.iter().any(|scope| attribute_of(scope.key).is_some()) {
            let told = AskError::new(Code::BadRequest, "these sums are not kept by cluster or team");
            return Err(told.hint("env:… and ns:… narrow them"));
        }
        Ok(Self { scope, owners: None })
    }

    pub(crate) fn is_by_attributes(&self) -> bool {
        self.owners.is_some()
    }

    /// The table whose figures count: only instances tell two owners of one service apart.
    pub(crate) fn table(&self) -> Aggregate {
        if self.is_by_attributes() { Aggregate::RedInstances } else { Aggregate::Red }
    }

    pub(crate) fn has(&self, row: &RedRow<'_>) -> bool {
        self.has_names(row.namespace, row.env)
            && self.owners.as_ref().is_none_or(|owners| owners.contains(&row.owner()))
    }

    pub(crate) fn has_names(&self, namespace: Option<&str>, env: Option<&str>) -> bool {
        self.scope.iter().all(|Scope { key, value }| match key {
            ScopeKey::Env => env == Some(value.as_str()),
            ScopeKey::Namespace => namespace == Some(value.as_str()),
            ScopeKey::Cluster | ScopeKey::Team => true,
        })
    }

    pub(crate) fn has_resource(&self, resource: &Resource) -> bool {
        self.has_names(resource.namespace.as_deref(), resource.env.as_deref())
            && self.owners.as_ref().is_none_or(|owners| owners.contains(&Owner::from(resource)))
    }

    pub(crate) fn has_sender(&self, sender: &Sender) -> bool {
        self.scope.iter().all(|scope| fits(sender, scope))
    }
}

fn fits(sender: &Sender, Scope { key, value }: &Scope) -> bool {
    let known = match key {
        ScopeKey::Env => sender.resource.env.as_ref(),
        ScopeKey::Namespace => sender.resource.namespace.as_ref(),
        _ => return attribute_of(*key).and_then(|key| sender.attribute(key)).as_ref() == Some(value),
    };
    known == Some(value)
}
