//! What a text means: a tree of terms.

use super::key::Key;
use super::value::Value;

/// Bytes of the text from which something was read: first, and one past the last.
pub type Place = [usize; 2];

/// A whole text. Without a node it asks for everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    pub node: Option<Node>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Two or more, none of them an `And`.
    And(Vec<Node>),
    /// Two or more, none of them an `Or`.
    Or(Vec<Node>),
    Not(Box<Node>),
    Term(Term),
    /// A trace has such spans.
    Spans(Spans),
    /// How many such spans a trace has.
    Count {
        of: Spans,
        op: Op,
        value: Value,
    },
}

/// One condition and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub test: Test,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// The key has a value.
    Exists(Key),
    Compare {
        key: Key,
        op: Op,
        value: Value,
    },
    /// The text that this kind of record is searched in holds the word or the phrase.
    Text(Value),
}

/// A set of spans of one trace.
#[derive(Clone, Debug, PartialEq)]
pub enum Spans {
    /// `{ q }`: those that match; without a node all of them.
    Of(Option<Box<Node>>),
    /// Those of the right side that stand so to one of the left side, or to none.
    Related { left: Box<Spans>, relation: Relation, is_absent: bool, right: Box<Spans> },
}

/// How a span of the right side stands to one of the left side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// `>`: it is a child.
    Child,
    /// `>>`: it is below.
    Descendant,
    /// `<`: it is the parent.
    Parent,
    /// `<<`: it is above.
    Ancestor,
    /// `~`: it has the same parent.
    Sibling,
}

impl Relation {
    /// The longer signs first.
    pub const ALL: [Self; 5] = [Self::Descendant, Self::Ancestor, Self::Child, Self::Parent, Self::Sibling];

    pub fn sign(self) -> &'static str {
        match self {
            Self::Child => ">",
            Self::Descendant => ">>",
            Self::Parent => "<",
            Self::Ancestor => "<<",
            Self::Sibling => "~",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// `:`: whatever the case, with `*` for any text.
    Like,
    Is,
    IsNot,
    Above,
    AtLeast,
    Below,
    AtMost,
    Matches,
    MatchesNot,
}

impl Op {
    /// The longer signs first.
    pub const ALL: [Self; 9] = [
        Self::IsNot,
        Self::MatchesNot,
        Self::AtLeast,
        Self::AtMost,
        Self::Like,
        Self::Is,
        Self::Above,
        Self::Below,
        Self::Matches,
    ];

    pub fn sign(self) -> &'static str {
        match self {
            Self::Like => ":",
            Self::Is => "=",
            Self::IsNot => "!=",
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Matches => "~",
            Self::MatchesNot => "!~",
        }
    }

    /// Whether it asks for an order.
    pub fn is_ordered(self) -> bool {
        matches!(self, Self::Above | Self::AtLeast | Self::Below | Self::AtMost)
    }

    /// Whether it asks for a regular expression.
    pub fn is_regex(self) -> bool {
        matches!(self, Self::Matches | Self::MatchesNot)
    }
}

impl Query {
    /// Every term, from left to right.
    pub fn terms(&self) -> Vec<&Term> {
        let mut terms = Vec::new();
        if let Some(node) = &self.node {
            node.collect(&mut terms);
        }
        terms
    }

    /// The keys of attributes and fields that the text names, each once.
    pub fn keys(&self) -> Vec<&Key> {
        let mut keys = Vec::new();
        for term in self.terms() {
            if let Test::Exists(key) | Test::Compare { key, .. } = &term.test
                && !keys.contains(&key)
            {
                keys.push(key);
            }
        }
        keys
    }
}

impl Node {
    fn collect<'a>(&'a self, terms: &mut Vec<&'a Term>) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.collect(terms)),
            Self::Not(inner) => inner.collect(terms),
            Self::Term(term) => terms.push(term),
            Self::Spans(spans) | Self::Count { of: spans, .. } => spans.collect(terms),
        }
    }
}

impl Spans {
    fn collect<'a>(&'a self, terms: &mut Vec<&'a Term>) {
        match self {
            Self::Of(node) => node.iter().for_each(|node| node.collect(terms)),
            Self::Related { left, right, .. } => {
                left.collect(terms);
                right.collect(terms);
            }
        }
    }
}
