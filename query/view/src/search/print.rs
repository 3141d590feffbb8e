//! From a tree back to text: the shortest that reads as the same tree.

use std::fmt::{self, Display, Formatter};

use super::key::Key;
use super::scan::Scan;
use super::tree::{Node, Op, Query, Spans, Term, Test};
use super::value::Value;

impl Display for Query {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match &self.node {
            Some(node) => node.fmt(out),
            None => Ok(()),
        }
    }
}

impl Display for Node {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => list(parts, " ", out),
            Self::Or(parts) => list(parts, " OR ", out),
            Self::Not(inner) => {
                out.write_str("-")?;
                within(inner, out)
            }
            Self::Term(term) => term.fmt(out),
            Self::Spans(spans) => spans.fmt(out),
            Self::Count { of, op, value } => write!(out, "count({of}) {} {}", op.sign(), value.text),
        }
    }
}

fn list(parts: &[Node], between: &str, out: &mut Formatter<'_>) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            out.write_str(between)?;
        }
        within(part, out)?;
    }
    Ok(())
}

/// A part of something larger.
fn within(node: &Node, out: &mut Formatter<'_>) -> fmt::Result {
    match node {
        Node::And(_) | Node::Or(_) => write!(out, "({node})"),
        other => other.fmt(out),
    }
}

impl Display for Term {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        self.test.fmt(out)
    }
}

impl Display for Test {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(key) => write!(out, "exists({key})"),
            Self::Compare { key, op, value } => {
                write!(out, "{key}{}", op.sign())?;
                let is_bare =
                    !value.is_quoted && reads_alone(&value.text) && !begins_otherwise(&value.text, *op);
                written(value, is_bare, out)
            }
            Self::Text(value) => {
                // As a word it must not read as anything else.
                let mut scan = Scan::new(&value.text);
                let is_word = !value.is_quoted
                    && !value.is_sign()
                    && reads_alone(&value.text)
                    && scan.key().is_none()
                    && !value.text.starts_with(['-', '(', '{', '<', '>', '~', '!'])
                    && !["OR", "AND", "NOT"].iter().any(|word| value.text.eq_ignore_ascii_case(word))
                    && !["exists(", "count("].iter().any(|start| value.text.starts_with(start));
                written(value, is_word, out)
            }
        }
    }
}

/// Whether a text is one piece without quotes.
fn reads_alone(text: &str) -> bool {
    let mut scan = Scan::new(text);
    !text.is_empty() && scan.bare().is_ok_and(|value| value.text == text)
}

/// Whether a value's first letter would belong to the sign before it, or open a list.
fn begins_otherwise(text: &str, op: Op) -> bool {
    let joined = format!("{}{text}", op.sign());
    text.starts_with('(')
        || Scan::new(&joined).op() != Some(op)
        || (op == Op::Is && text.starts_with(['=', '~']))
}

fn written(value: &Value, is_bare: bool, out: &mut Formatter<'_>) -> fmt::Result {
    if is_bare { out.write_str(&value.text) } else { quoted(&value.text, out) }
}

fn quoted(text: &str, out: &mut Formatter<'_>) -> fmt::Result {
    write!(out, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Display for Key {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let text = self.text();
        let mut scan = Scan::new(&text);
        let is_plain = scan.name().is_some_and(|name| name == text) && !text.starts_with('"');
        if is_plain { out.write_str(&text) } else { quoted(&text, out) }
    }
}

impl Display for Spans {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(None) => out.write_str("{}"),
            Self::Of(Some(node)) => write!(out, "{{ {node} }}"),
            Self::Related { left, relation, is_absent, right } => {
                let not = if *is_absent { "!" } else { "" };
                write!(out, "{left} {not}{} {right}", relation.sign())
            }
        }
    }
}
