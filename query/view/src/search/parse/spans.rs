//! Spans of one trace that stand in relation to each other, and how many there are.

use super::{Parsed, Parser, SyntaxError};
use crate::search::key::Domain;
use crate::search::tree::{Node, Op, Relation, Spans};

impl Parser<'_> {
    /// `{ q } > { q }` and so on, each related to the spans that those before it find.
    pub(super) fn spans(&mut self) -> Parsed<Spans> {
        if self.domain != Domain::Traces {
            return Err(self
                .error_here("spans in relation to each other are searched among traces")
                .hint("put texts with brackets in quotes"));
        }
        let mut spans = self.braces()?;
        loop {
            self.scan.skip_space();
            let mut ahead = self.scan.clone();
            let is_absent = ahead.take("!");
            let Some(relation) = Relation::ALL.into_iter().find(|one| ahead.take(one.sign())) else {
                return Ok(spans);
            };
            self.scan = ahead;
            self.scan.skip_space();
            if self.scan.peek() != Some('{') {
                return Err(self.expected(&format!("{{ spans }} after {}", relation.sign())));
            }
            let right = Box::new(self.braces()?);
            spans = Spans::Related { left: Box::new(spans), relation, is_absent, right };
        }
    }

    fn braces(&mut self) -> Parsed<Spans> {
        self.bracket('{', '}', |parser| {
            if parser.scan.peek() == Some('}') {
                return Ok(Spans::Of(None));
            }
            Ok(Spans::Of(Some(Box::new(parser.or()?))))
        })
    }

    /// `count({ q }) > 3`.
    pub(super) fn count(&mut self) -> Parsed<Node> {
        self.scan.take("count");
        let of = self.bracket('(', ')', |parser| match parser.scan.peek() {
            Some('{') => parser.spans(),
            _ => Err(parser.expected("{ spans } to count")),
        })?;
        self.scan.skip_space();
        let at = self.scan.at();
        let op = self.scan.op().filter(|op| op.is_ordered() || matches!(op, Op::Is | Op::IsNot));
        let Some(op) = op else {
            return Err(SyntaxError::new(
                [at, self.scan.at().max(at + 1)],
                "expected a comparison of the count",
            )
            .hint("such as count({ status:error }) > 3"));
        };
        self.scan.skip_space();
        let at = self.scan.at();
        let value = self.value()?;
        let is_count = value.number().is_some_and(|number| number >= 0.0 && number.fract() == 0.0);
        if !is_count {
            return Err(SyntaxError::new([at, self.scan.at().max(at + 1)], "expected a whole number"));
        }
        Ok(Node::Count { of, op, value })
    }
}
