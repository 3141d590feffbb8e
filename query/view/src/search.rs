//! The search grammar: what people type to find traces, log lines, spans of a trace and nodes of the map.
//!
//! One text becomes one [`Query`] ([`parse`]), which prints back to a text that says the same, and a text
//! under the caret tells what may stand there ([`complete()`]). The server, the command line and the UI read
//! it with this code alone. The grammar with examples: docs/search.md.

/// What may stand at the caret.
mod complete;
/// What a key can be compared with.
mod fit;
/// What can be asked about.
mod key;
/// From text to a tree.
mod parse;
/// From a tree back to text.
mod print;
/// Where one piece of a text ends and the next begins.
mod scan;
/// The same in SQL.
mod sql;
/// What a text means.
mod tree;
/// Values as people write them.
mod value;

pub use complete::{Completion, complete};
pub use key::{Domain, Field, FieldKind, Key, Level};
pub use parse::{SyntaxError, clauses, parse};
pub use sql::{condition, expression, quoted};
pub use tree::{Node, Op, Place, Query, Relation, Spans, Term, Test};
pub use value::Value;

#[cfg(test)]
mod tests;
