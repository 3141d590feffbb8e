//! Pieces of SQL that every search is made of.

use daymark_model::time::Nanos;
use daymark_view::search::quoted;
use daymark_view::services::{Scope, ScopeKey};

use crate::services::attribute_of;

/// An instant in SQL.
pub(crate) fn instant(nanos: i64) -> String {
    format!("arrow_cast({nanos}, 'Timestamp(Nanosecond, Some(\"UTC\"))')")
}

/// A half-open range of a column of instants.
pub(crate) fn between(column: &str, from: Nanos, to: Nanos) -> String {
    format!("{column} >= {} AND {column} < {}", instant(from.0), instant(to.0))
}

pub(crate) fn of_scope(scope: &Scope) -> String {
    let value = quoted(&scope.value);
    match scope.key {
        ScopeKey::Env => format!("env = {value}"),
        ScopeKey::Namespace => format!("namespace = {value}"),
        ScopeKey::Cluster | ScopeKey::Team => {
            format!("attr('resource.{}') = {value}", attribute_of(scope.key).unwrap_or_default())
        }
    }
}
