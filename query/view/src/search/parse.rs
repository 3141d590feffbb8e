//! From text to a tree, or to an error that says where, what was expected, and what to write instead.

use std::fmt;

use super::fit::fits;
use super::key::{Domain, FieldKind, Key};
use super::scan::Scan;
use super::tree::{Node, Op, Place, Query, Term, Test};
use super::value::Value;
use crate::error::{AskError, Code};

/// Spans that stand in relation to each other.
mod spans;

/// Bytes of a text, terms in it, and brackets in brackets.
const TEXT_MAX: usize = 16 << 10;
const TERMS_MAX: usize = 256;
const DEPTH_MAX: usize = 32;

/// Why a text says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    pub detail: String,
    pub hint: Option<String>,
    /// The bytes at fault.
    pub place: Place,
}

impl SyntaxError {
    fn new(place: Place, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), hint: None, place }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.detail)
    }
}

impl std::error::Error for SyntaxError {}

impl From<SyntaxError> for AskError {
    fn from(error: SyntaxError) -> Self {
        let [from, to] = error.place;
        let problem = Self::new(Code::BadQuery, error.detail).span(from, to);
        match error.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}

type Parsed<T> = Result<T, SyntaxError>;

/// The meaning of a text; of an empty one: everything.
pub fn parse(domain: Domain, text: &str) -> Parsed<Query> {
    if text.len() > TEXT_MAX {
        return Err(SyntaxError::new([TEXT_MAX, text.len()], format!("more than {TEXT_MAX} bytes")));
    }
    let mut parser = Parser { domain, scan: Scan::new(text), terms: 0, depth: 0 };
    parser.scan.skip_space();
    if parser.scan.is_done() {
        return Ok(Query::default());
    }
    let node = parser.or()?;
    match parser.scan.peek() {
        None => Ok(Query { node: Some(node) }),
        Some(left) => {
            let at = parser.scan.at();
            Err(SyntaxError::new([at, at + left.len_utf8()], format!("a {left} that nothing opened"))
                .hint("put texts with brackets in quotes"))
        }
    }
}

/// The parts of a text that must all hold, each with its place: what can be left out one at a time.
pub fn clauses(domain: Domain, text: &str) -> Parsed<Vec<(Node, Place)>> {
    let Some(whole) = parse(domain, text)?.node else { return Ok(Vec::new()) };
    let mut parser = Parser { domain, scan: Scan::new(text), terms: 0, depth: 0 };
    parser.scan.skip_space();
    let start = parser.scan.at();
    let mut clauses = Vec::new();
    while !parser.scan.is_done() {
        let from = parser.scan.at();
        let node = parser.unary()?;
        clauses.push((node, [from, parser.scan.at()]));
        parser.scan.skip_space();
        if parser.scan.take_word("AND") {
            parser.scan.skip_space();
        }
        if parser.scan.clone().take_word("OR") {
            return Ok(vec![(whole, [start, text.trim_end().len()])]);
        }
    }
    Ok(clauses)
}

struct Parser<'a> {
    domain: Domain,
    scan: Scan<'a>,
    terms: usize,
    depth: usize,
}

/// Several as one, those of the same kind inside them taken apart.
fn joined(mut parts: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    if parts.len() == 1 { parts.remove(0) } else { join(parts) }
}

impl Parser<'_> {
    fn or(&mut self) -> Parsed<Node> {
        let mut parts = Vec::new();
        loop {
            match self.and()? {
                Node::Or(more) => parts.extend(more),
                part => parts.push(part),
            }
            if !self.scan.take_word("OR") {
                return Ok(joined(parts, Node::Or));
            }
            self.scan.skip_space();
        }
    }

    fn and(&mut self) -> Parsed<Node> {
        let mut parts = Vec::new();
        loop {
            match self.unary()? {
                Node::And(more) => parts.extend(more),
                part => parts.push(part),
            }
            self.scan.skip_space();
            if self.scan.take_word("AND") {
                self.scan.skip_space();
                continue;
            }
            let is_over = matches!(self.scan.peek(), None | Some(')' | '}'));
            if is_over || self.scan.clone().take_word("OR") {
                return Ok(joined(parts, Node::And));
            }
        }
    }

    fn unary(&mut self) -> Parsed<Node> {
        let is_not = self.scan.take_word("NOT");
        if is_not {
            self.scan.skip_space();
        }
        if is_not || self.scan.take("-") {
            if self.scan.is_at_gap() {
                return Err(self.expected("a term to exclude"));
            }
            return self.nested(Self::unary).map(|node| Node::Not(Box::new(node)));
        }
        self.atom()
    }

    fn atom(&mut self) -> Parsed<Node> {
        match self.scan.peek() {
            Some('(') => {
                let node = self.bracket('(', ')', |parser| parser.or())?;
                Ok(node)
            }
            Some('{') => Ok(Node::Spans(self.spans()?)),
            Some('"') => match self.scan.key() {
                Some(key) => self.compare(key),
                None => self.text(),
            },
            None | Some(')' | '}') => Err(self.expected("a term")),
            _ if self.scan.clone().take_word("OR") || self.scan.clone().take_word("AND") => {
                Err(self.expected("a term before it").hint("a word that reads OR or AND goes in quotes"))
            }
            _ if self.scan.rest().starts_with("exists(") => self.exists(),
            _ if self.scan.rest().starts_with("count(") => self.count(),
            _ => match self.scan.key() {
                Some(key) => self.compare(key),
                None => self.text(),
            },
        }
    }

    /// What stands in brackets.
    fn bracket<T>(
        &mut self,
        open: char,
        close: char,
        inside: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        let start = self.scan.at();
        self.scan.take(&open.to_string());
        self.scan.skip_space();
        let node = self.nested(inside)?;
        self.scan.skip_space();
        if self.scan.take(&close.to_string()) {
            return Ok(node);
        }
        match self.scan.peek() {
            None => Err(SyntaxError::new([start, start + 1], format!("a {open} that nothing closes"))),
            Some(_) => Err(self.expected(&format!("a {close}"))),
        }
    }

    fn nested<T>(&mut self, inside: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error_here(&format!("more than {DEPTH_MAX} brackets inside each other")));
        }
        let node = inside(self);
        self.depth -= 1;
        node
    }

    fn term(&mut self, test: Test, from: usize) -> Parsed<Node> {
        self.terms += 1;
        let place = [from, self.scan.at()];
        if self.terms > TERMS_MAX {
            return Err(SyntaxError::new(place, format!("more than {TERMS_MAX} terms")));
        }
        Ok(Node::Term(Term { test, place }))
    }

    fn value(&mut self) -> Parsed<Value> {
        if self.scan.peek() == Some('"') {
            let unclosed = |[from, to]: Place| SyntaxError::new([from, to], "a quote that nothing closes");
            return self.scan.quoted().map_err(unclosed);
        }
        self.scan.bare().map_err(|place| {
            SyntaxError::new(place, "a bracket that nothing closes").hint("put texts with brackets in quotes")
        })
    }

    /// A word or a phrase; the name of a flag is its key.
    fn text(&mut self) -> Parsed<Node> {
        let from = self.scan.at();
        let value = self.value()?;
        if value.text.is_empty() {
            let what = if value.is_quoted { "a phrase without words" } else { "no word and no key" };
            return Err(SyntaxError::new([from, self.scan.at().max(from + 1)], what));
        }
        if let Some(word) = ["AND", "OR", "NOT"].into_iter().find(|word| value.is_lower_case_of(word)) {
            let detail = format!("{} is no word to look for", value.text);
            return Err(SyntaxError::new([from, self.scan.at()], detail)
                .hint(format!("write {word}; a word to be found goes in quotes")));
        }
        if value.is_sign() {
            let hint = match value.text.as_str() {
                "&&" | "&" => "terms side by side must all hold: leave it out, or write AND",
                "||" | "|" => "write OR",
                _ => "no spaces around a comparison: status=error; a sign to be found goes in quotes",
            };
            let detail = format!("{} stands alone", value.text);
            return Err(SyntaxError::new([from, self.scan.at()], detail).hint(hint));
        }
        let flag = match Key::of(self.domain, &value.text) {
            Key::Field(field) if field.kind() == FieldKind::Flag && !value.is_quoted => Some(field),
            _ => None,
        };
        let test = match flag {
            Some(field) => Test::Compare { key: Key::Field(field), op: Op::Like, value: Value::bare("true") },
            None if self.domain == Domain::Metrics => {
                let place = [from, self.scan.at()];
                return Err(SyntaxError::new(place, "series have no text to find words in")
                    .hint("name a key: service:cart, http.route=\"/checkout\""));
            }
            None => Test::Text(value),
        };
        self.term(test, from)
    }

    fn exists(&mut self) -> Parsed<Node> {
        let from = self.scan.at();
        self.scan.take("exists");
        let name = self.bracket('(', ')', |parser| {
            parser.scan.name().ok_or_else(|| parser.expected("the name of a key"))
        })?;
        self.term(Test::Exists(Key::of(self.domain, &name)), from)
    }

    fn compare(&mut self, (name, place): (String, Place)) -> Parsed<Node> {
        let key = Key::of(self.domain, &name);
        let op = self.scan.op().unwrap_or(Op::Like);
        if let (Op::Is, Some(sign @ ('=' | '~'))) = (op, self.scan.peek()) {
            let at = self.scan.at();
            let meant = if sign == '=' { "=" } else { "~" };
            let detail = format!("={sign} is no comparison");
            return Err(SyntaxError::new([at - 1, at + 1], detail).hint(format!("write {meant}")));
        }
        if self.scan.peek() == Some('(') {
            return self.any_of(&key, op, place[0]);
        }
        self.one(&key, op, place[0])
    }

    /// `key:(a OR b)`.
    fn any_of(&mut self, key: &Key, op: Op, from: usize) -> Parsed<Node> {
        if !matches!(op, Op::Like | Op::Is | Op::IsNot) {
            let detail = format!("{} takes one value, not a list", op.sign());
            return Err(SyntaxError::new([from, self.scan.at() + 1], detail));
        }
        let parts = self.bracket('(', ')', |parser| {
            let mut parts = Vec::new();
            loop {
                let at = parser.scan.at();
                parts.push(parser.one(key, op, at)?);
                parser.scan.skip_space();
                if !parser.scan.take_word("OR") {
                    return Ok(parts);
                }
                parser.scan.skip_space();
            }
        })?;
        Ok(joined(parts, if op == Op::IsNot { Node::And } else { Node::Or }))
    }

    fn one(&mut self, key: &Key, op: Op, from: usize) -> Parsed<Node> {
        let at = self.scan.at();
        let value = self.value()?;
        if value.text.is_empty() && !value.is_quoted {
            let error = self.expected(&format!("a value after {}{}", key.text(), op.sign()));
            return Err(if self.scan.is_done() { error } else { error.hint("no space before the value") });
        }
        let place = [at, self.scan.at()];
        if let Err(misfit) = fits(key, op, &value, self.domain) {
            return Err(SyntaxError { detail: misfit.detail, hint: misfit.hint, place });
        }
        self.term(Test::Compare { key: key.clone(), op, value }, from)
    }

    fn expected(&self, what: &str) -> SyntaxError {
        self.error_here(&format!("expected {what}"))
    }

    fn error_here(&self, detail: &str) -> SyntaxError {
        let at = self.scan.at();
        let len = self.scan.peek().map_or(0, char::len_utf8);
        SyntaxError::new([at, at + len], detail)
    }
}
