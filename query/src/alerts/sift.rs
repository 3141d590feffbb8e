//! A search over rows of sums: which of them count. Only what the sums can tell is asked here.

use daymark_view::error::{AskError, Code};
use daymark_view::search::{Domain, Field, Key, Node, Op, Query, Test, Value, parse};
use regex::Regex;

use crate::map::is_like;

/// A search with its expressions made once.
#[derive(Debug)]
pub(super) struct Sift {
    node: Option<Node>,
    expressions: Vec<(String, Regex)>,
}

impl Sift {
    pub(super) fn of(q: &str) -> Result<Self, AskError> {
        let query = parse(Domain::Traces, q)?;
        let mut expressions = Vec::new();
        for term in query.terms() {
            if let Test::Compare { op, value, .. } = &term.test
                && op.is_regex()
            {
                let made = Regex::new(&value.text)
                    .map_err(|error| AskError::new(Code::BadQuery, format!("not an expression: {error}")))?;
                expressions.push((value.text.clone(), made));
            }
        }
        Ok(Self { node: query.node, expressions })
    }

    /// Whether a row counts; `told` gives its value of a field.
    pub(super) fn has<'r>(&self, told: impl Fn(Field) -> Option<&'r str> + Copy) -> bool {
        self.node.as_ref().is_none_or(|node| self.holds(node, told) == Some(true))
    }

    /// None where the row cannot tell, as in SQL.
    fn holds<'r>(&self, node: &Node, told: impl Fn(Field) -> Option<&'r str> + Copy) -> Option<bool> {
        match node {
            Node::And(parts) => Some(parts.iter().all(|part| self.holds(part, told) == Some(true))),
            Node::Or(parts) => Some(parts.iter().any(|part| self.holds(part, told) == Some(true))),
            // What is not known of a row is not so.
            Node::Not(inner) => Some(self.holds(inner, told) != Some(true)),
            Node::Term(term) => match &term.test {
                Test::Exists(Key::Field(field)) => Some(told(*field).is_some()),
                Test::Compare { key: Key::Field(field), op, value } => {
                    told(*field).map(|text| self.compare(text, *op, value))
                }
                _ => None,
            },
            Node::Spans(_) | Node::Count { .. } => None,
        }
    }

    fn compare(&self, text: &str, op: Op, value: &Value) -> bool {
        let matches = || {
            let made = self.expressions.iter().find(|(known, _)| *known == value.text);
            made.is_some_and(|(_, made)| made.is_match(text))
        };
        match op {
            Op::Is => text == value.text,
            Op::IsNot => text != value.text,
            Op::Matches => matches(),
            Op::MatchesNot => !matches(),
            _ if value.is_pattern() => is_like(&value.text, text),
            _ => text.to_lowercase() == value.text.to_lowercase(),
        }
    }
}

/// Whether a query asks for words, for spans in relation, or for an order among texts, which rows of sums cannot
/// tell.
pub(super) fn has_texts(query: &Query) -> bool {
    fn relates(node: &Node) -> bool {
        match node {
            Node::And(parts) | Node::Or(parts) => parts.iter().any(relates),
            Node::Not(inner) => relates(inner),
            Node::Term(_) => false,
            Node::Spans(_) | Node::Count { .. } => true,
        }
    }
    let is_other = |test: &Test| match test {
        Test::Text(_) => true,
        Test::Compare { op, .. } => op.is_ordered(),
        Test::Exists(_) => false,
    };
    query.node.as_ref().is_some_and(relates) || query.terms().iter().any(|term| is_other(&term.test))
}
