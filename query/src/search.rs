//! Searches of people as work for the SQL engine: candidates by what one row tells, then whole traces judged
//! and summed up.

/// Keys and values counted.
mod census;
/// Where a page ends.
mod cursor;
/// One question as several statements.
mod desk;
/// Two sets of traces path by path.
mod diff;
/// How two sets of spans differ.
mod explain;
/// Lines as rows of SQL.
mod export;
/// All spans of some traces.
mod facts;
/// The keys of lines, with their values.
mod fields;
/// A search taken apart into what rows, traces and relations tell.
mod formula;
/// Rows of one trace that match.
mod inside;
/// Log lines that match.
mod lines;
/// Where traces come from.
mod origins;
/// Patterns of lines.
mod patterns;
/// Spans and operations that match.
mod rows;
/// Traces that are like one.
mod similar;
/// What a set of spans is made of.
mod spans;
/// What a trace looks like in a list.
mod summary;
/// Traces that match.
mod traces;
/// The keys and values of spans.
mod values;
/// Why nothing was found.
mod why;
/// Pieces of SQL.
mod words;

pub(crate) use cursor::Cursor;
pub(crate) use desk::Desk;
pub(crate) use formula::is_like;
pub(crate) use summary::TraceFacts;
pub(crate) use traces::Searched;
pub(crate) use words::{between, check_expressions, instant, of_scope};
