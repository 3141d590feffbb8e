//! Pieces of SQL that every search is made of.

use daymark_model::time::Nanos;
use daymark_view::error::{AskError, Code};
use daymark_view::search::{Query, Test, quoted};
use daymark_view::services::{Scope, ScopeKey};
use regex::RegexBuilder;

use crate::services::attribute_of;

/// What a regular expression may become.
const EXPRESSION_BYTES: usize = 1 << 20;

/// Refuses regular expressions that are none or are too large, each at its place.
pub(crate) fn check_expressions(query: &Query) -> Result<(), AskError> {
    for term in query.terms() {
        let Test::Compare { op, value, .. } = &term.test else { continue };
        if !op.is_regex() {
            continue;
        }
        let detail = match RegexBuilder::new(&value.text).size_limit(EXPRESSION_BYTES).build() {
            Ok(_) => continue,
            Err(regex::Error::CompiledTooBig(_)) => {
                format!("the regular expression is too big: it becomes more than {EXPRESSION_BYTES} bytes")
            }
            // The last line says what is wrong; those before it repeat the expression.
            Err(error) => {
                let text = error.to_string();
                let last = text.lines().last().unwrap_or_default();
                format!("no regular expression: {}", last.trim_start_matches("error: "))
            }
        };
        let [from, to] = term.place;
        return Err(AskError::new(Code::BadQuery, detail).span(from, to));
    }
    Ok(())
}

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
