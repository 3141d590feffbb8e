//! Which nodes and edges a search means.
//!
//! What a node or an edge cannot tell is neither true nor false: it is found by no term about it, and by no
//! negation of one.

use daymark_view::error::{AskError, Code};
use daymark_view::map::{MapEdge, MapNode};
use daymark_view::search::{Field, Key, Node, Op, Query, Test, Value};
use daymark_view::services::ServiceRow;
use regex::Regex;

/// A search for nodes and edges, with its expressions made once.
#[derive(Debug)]
pub(super) struct Finder {
    node: Option<Node>,
    expressions: Vec<(String, Regex)>,
}

/// What something tells about a field.
enum Told {
    Texts(Vec<String>),
    Number(f64),
    Flag(bool),
}

impl Finder {
    pub(super) fn of(query: &Query) -> Result<Self, AskError> {
        let mut expressions = Vec::new();
        for term in query.terms() {
            if let Test::Compare { key: Key::Attribute { .. }, .. } | Test::Exists(Key::Attribute { .. }) =
                &term.test
            {
                let bad = AskError::new(Code::BadQuery, "the map is not searched by attributes");
                return Err(
                    bad.hint("service, ns, env, version, rate, err, p50, p95, p99, proto, idle, mtls")
                );
            }
            if let Test::Compare { op, value, .. } = &term.test
                && op.is_regex()
            {
                let made = Regex::new(&value.text)
                    .map_err(|error| AskError::new(Code::BadQuery, format!("not an expression: {error}")))?;
                expressions.push((value.text.clone(), made));
            }
        }
        if query.node.as_ref().is_some_and(has_spans) {
            return Err(AskError::new(Code::BadQuery, "the map is not searched by spans in relation"));
        }
        Ok(Self { node: query.node.clone(), expressions })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.node.is_none()
    }

    pub(super) fn finds_node(&self, node: &MapNode, row: Option<&ServiceRow>) -> bool {
        let texts = |text: Option<String>| text.map(|text| Told::Texts(vec![text]));
        let nanos = |ns: Option<u64>| ns.map(|ns| Told::Number(ns as f64));
        let told = |field: Field| match field {
            Field::Service => texts(Some(node.id.clone())),
            Field::Namespace => texts(row.and_then(|row| row.namespace.clone())),
            Field::Env => texts(row.and_then(|row| row.env.clone())),
            Field::Version => (!node.versions.is_empty()).then(|| Told::Texts(node.versions.clone())),
            Field::Rate => Some(Told::Number(node.rate)),
            Field::ErrorRate => node.error_rate.map(Told::Number),
            Field::P50 => nanos(node.p50_ns),
            Field::P95 => nanos(node.p95_ns),
            Field::P99 => nanos(node.p99_ns),
            Field::Idle => Some(Told::Flag(node.count == 0)),
            _ => None,
        };
        self.node.as_ref().is_some_and(|query| self.holds(query, &told, &node.id) == Some(true))
    }

    pub(super) fn finds_edge(&self, edge: &MapEdge) -> bool {
        let nanos = |ns: Option<u64>| ns.map(|ns| Told::Number(ns as f64));
        let told = |field: Field| match field {
            Field::Rate => Some(Told::Number(edge.rate)),
            Field::ErrorRate => edge.error_rate.map(Told::Number),
            Field::P50 => nanos(edge.p50_ns),
            Field::P95 => nanos(edge.p95_ns),
            Field::P99 => nanos(edge.p99_ns),
            Field::Mtls => edge.mtls.map(|share| Told::Flag(share > 0.0)),
            Field::Protocol => edge.protocol.clone().map(|protocol| Told::Texts(vec![protocol])),
            _ => None,
        };
        self.node.as_ref().is_some_and(|query| self.holds(query, &told, "") == Some(true))
    }

    fn holds(&self, node: &Node, told: &dyn Fn(Field) -> Option<Told>, name: &str) -> Option<bool> {
        match node {
            Node::And(parts) => {
                parts.iter().try_fold(true, |all, part| Some(all & self.holds(part, told, name)?))
            }
            Node::Or(parts) => {
                let mut parts = parts.iter().map(|part| self.holds(part, told, name));
                parts
                    .clone()
                    .any(|part| part == Some(true))
                    .then_some(true)
                    .or_else(|| parts.all(|part| part.is_some()).then_some(false))
            }
            Node::Not(inner) => self.holds(inner, told, name).map(|holds| !holds),
            Node::Term(term) => match &term.test {
                Test::Exists(Key::Field(field)) => Some(told(*field).is_some()),
                Test::Compare { key: Key::Field(field), op, value } => {
                    told(*field).map(|told| self.compare(&told, *op, value))
                }
                Test::Text(_) if name.is_empty() => None,
                Test::Text(word) => Some(name.to_lowercase().contains(&word.text.to_lowercase())),
                _ => None,
            },
            Node::Spans(_) | Node::Count { .. } => None,
        }
    }

    fn compare(&self, told: &Told, op: Op, value: &Value) -> bool {
        match told {
            Told::Flag(flag) => {
                let is_same = value.boolean() == Some(*flag);
                if op == Op::IsNot { !is_same } else { is_same }
            }
            Told::Number(number) => {
                let wanted = value.duration().map(|ns| ns as f64).filter(|_| value.number().is_none());
                let Some(wanted) = wanted.or_else(|| value.number()) else { return false };
                match op {
                    Op::Above => *number > wanted,
                    Op::AtLeast => *number >= wanted,
                    Op::Below => *number < wanted,
                    Op::AtMost => *number <= wanted,
                    Op::IsNot => (*number - wanted).abs() > f64::EPSILON,
                    _ => (*number - wanted).abs() <= f64::EPSILON,
                }
            }
            Told::Texts(texts) => {
                let any = |is_one: &dyn Fn(&str) -> bool| texts.iter().any(|text| is_one(text));
                match op {
                    Op::Is => any(&|text| text == value.text),
                    Op::IsNot => !any(&|text| text == value.text),
                    Op::Matches => any(&|text| self.matches(&value.text, text)),
                    Op::MatchesNot => !any(&|text| self.matches(&value.text, text)),
                    _ if value.is_pattern() => any(&|text| is_like(&value.text, text)),
                    _ => any(&|text| text.to_lowercase() == value.text.to_lowercase()),
                }
            }
        }
    }

    fn matches(&self, expression: &str, text: &str) -> bool {
        let made = self.expressions.iter().find(|(known, _)| known == expression);
        made.is_some_and(|(_, made)| made.is_match(text))
    }
}

fn has_spans(node: &Node) -> bool {
    match node {
        Node::And(parts) | Node::Or(parts) => parts.iter().any(has_spans),
        Node::Not(inner) => has_spans(inner),
        Node::Term(_) => false,
        Node::Spans(_) | Node::Count { .. } => true,
    }
}

/// Whether a text is like a pattern, in which a star stands for any text, whatever the case.
pub(crate) fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some((_, behind)) = rest.split_once(piece) else { return false };
        rest = behind;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, is_found) in [
            ("pay*", "Payment", true),
            ("*ment", "payment", true),
            ("p*y*t", "payment", true),
            ("p*y*x", "payment", false),
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(is_like(pattern, text), is_found, "{pattern} {text}");
        }
    }
}
