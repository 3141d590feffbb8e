//! A series as a search and a grouping see it: its labels by key, and whether it is what is asked for.
//!
//! The answers are those that the same search gives in SQL, row by row, judged once for each series.

use std::cell::OnceCell;

use daymark_model::rows::{Resource, Series};
use daymark_view::error::{AskError, Code};
use daymark_view::search::{Domain, Key, Level, Node, Op, Query, Test, Value};
use daymark_view::services::{Scope, ScopeKey};
use regex::Regex;
use serde_json::{Map, Value as Json};

use crate::search::is_like;
use crate::services::attribute_of;
use crate::typed_json;

type Attributes = Map<String, Json>;

/// What a series tells of itself beside its attributes.
pub(super) const COLUMNS: [&str; 9] =
    ["service", "namespace", "instance", "env", "version", "scope_name", "type", "unit", "temporality"];

#[derive(Debug)]
pub(super) struct Sight<'a> {
    pub(super) series: &'a Series,
    pub(super) resource: Option<&'a Resource>,
    own: OnceCell<Attributes>,
    of_resource: OnceCell<Attributes>,
}

impl<'a> Sight<'a> {
    pub(super) fn of(series: &'a Series, resource: Option<&'a Resource>) -> Self {
        Self { series, resource, own: OnceCell::new(), of_resource: OnceCell::new() }
    }

    pub(super) fn own(&self) -> &Attributes {
        self.own.get_or_init(|| typed_json::parse(&self.series.attributes))
    }

    pub(super) fn of_resource(&self) -> &Attributes {
        let json = self.resource.map_or("{}", |resource| resource.attributes.as_str());
        self.of_resource.get_or_init(|| typed_json::parse(json))
    }

    pub(super) fn column(&self, name: &str) -> Option<&'a str> {
        let (series, resource) = (self.series, self.resource);
        match name {
            "service" => Some(resource.map_or("unknown_service", |resource| resource.service.as_str())),
            "namespace" => resource?.namespace.as_deref(),
            "instance" => resource?.instance.as_deref(),
            "env" => resource?.env.as_deref(),
            "version" => resource?.version.as_deref(),
            "scope_name" => series.scope_name.as_deref(),
            "type" => Some(series.kind),
            "unit" => series.unit.as_deref(),
            "temporality" => Some(series.temporality),
            _ => None,
        }
    }

    /// The value of a key as `by` names it.
    pub(super) fn label(&self, key: &str) -> Option<String> {
        self.text(&Key::of(Domain::Metrics, key))
    }

    fn text(&self, key: &Key) -> Option<String> {
        match key {
            Key::Field(field) => self.column(field.name()).map(str::to_owned),
            Key::Attribute { level: Level::Resource, name } => typed_json::text(self.of_resource(), name),
            Key::Attribute { level: Level::Scope, name } => {
                let json = self.series.scope_attributes.as_deref()?;
                typed_json::text_in(json, name)
            }
            Key::Attribute { name, .. } => typed_json::text(self.own(), name)
                .or_else(|| typed_json::text(self.of_resource(), name))
                .or_else(|| self.column(name).map(str::to_owned)),
        }
    }

    pub(super) fn is_in(&self, scope: &Scope) -> bool {
        let known = match scope.key {
            ScopeKey::Env => self.column("env").map(str::to_owned),
            ScopeKey::Namespace => self.column("namespace").map(str::to_owned),
            ScopeKey::Cluster | ScopeKey::Team => {
                attribute_of(scope.key).and_then(|key| typed_json::text(self.of_resource(), key))
            }
        };
        known.as_deref() == Some(scope.value.as_str())
    }
}

/// A search that series are judged by.
#[derive(Debug)]
pub(super) enum Wanted {
    All(Vec<Wanted>),
    Any(Vec<Wanted>),
    Not(Box<Wanted>),
    Exists(Key),
    Compare { key: Key, op: Op, value: Value, regex: Option<Regex> },
}

impl Wanted {
    pub(super) fn of(query: &Query) -> Result<Self, AskError> {
        query.node.as_ref().map_or(Ok(Self::All(Vec::new())), Self::of_node)
    }

    fn of_node(node: &Node) -> Result<Self, AskError> {
        let each = |parts: &[Node]| parts.iter().map(Self::of_node).collect::<Result<Vec<_>, _>>();
        Ok(match node {
            Node::And(parts) => Self::All(each(parts)?),
            Node::Or(parts) => Self::Any(each(parts)?),
            Node::Not(inner) => Self::Not(Box::new(Self::of_node(inner)?)),
            Node::Term(term) => match &term.test {
                Test::Exists(key) => Self::Exists(key.clone()),
                Test::Compare { key, op, value } => {
                    let compiled = op.is_regex().then(|| Regex::new(&value.text)).transpose();
                    let [from, to] = term.place;
                    let bad =
                        |error: regex::Error| AskError::new(Code::BadQuery, error.to_string()).span(from, to);
                    let regex = compiled.map_err(bad)?;
                    Self::Compare { key: key.clone(), op: *op, value: value.clone(), regex }
                }
                Test::Text(_) => return Err(of_spans("words")),
            },
            Node::Spans(_) | Node::Count { .. } => return Err(of_spans("{ } terms")),
        })
    }

    pub(super) fn holds(&self, sight: &Sight<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(sight)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(sight)),
            Self::Not(inner) => !inner.holds(sight),
            Self::Exists(key) => sight.text(key).is_some(),
            Self::Compare { key, op, value, regex } => {
                let is_attribute = matches!(key, Key::Attribute { .. });
                compares(sight.text(key).as_deref(), *op, value, regex.as_ref(), is_attribute)
            }
        }
    }
}

fn of_spans(what: &str) -> AskError {
    AskError::new(Code::BadQuery, format!("series cannot be searched by {what}"))
}

/// As the condition in SQL judges it; a label that is not there is another value.
fn compares(text: Option<&str>, op: Op, value: &Value, regex: Option<&Regex>, is_attribute: bool) -> bool {
    let wanted = value.text.as_str();
    let Some(text) = text else { return matches!(op, Op::IsNot | Op::MatchesNot) };
    let is_whole = is_attribute && value.number().is_some_and(|number| number.fract() == 0.0);
    let is_number = || is_whole && wanted.parse::<i64>().is_ok() && text.strip_suffix(".0") == Some(wanted);
    match op {
        Op::Like if value.is_pattern() => is_like(&text.to_lowercase(), &wanted.to_lowercase()),
        Op::Like => text.to_lowercase() == wanted.to_lowercase() || is_number(),
        Op::Is => text == wanted || is_number(),
        Op::IsNot => text != wanted,
        Op::Matches => regex.is_some_and(|regex| regex.is_match(text)),
        Op::MatchesNot => !regex.is_some_and(|regex| regex.is_match(text)),
        Op::Above | Op::AtLeast | Op::Below | Op::AtMost => {
            let wanted = value.number().or_else(|| value.duration().map(|nanos| nanos as f64));
            let Some((known, wanted)) = typed_json::number(text).zip(wanted) else { return false };
            match op {
                Op::Above => known > wanted,
                Op::AtLeast => known >= wanted,
                Op::Below => known < wanted,
                _ => known <= wanted,
            }
        }
    }
}
