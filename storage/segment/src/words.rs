//! From words and phrases to the rows whose text may have them: `words.rows`, `words.idx`, `tokens.bf`.
//!
//! A word stands in the shape of a text or is touched by one of its variables (`daymark_model::parts`). So
//! the rows that may have it are those of the shapes that have it, and those of the blocks whose filter may
//! have it. The files are read when they are asked, not kept in memory: such questions are rare, and a read
//! is cheap next to the rows it saves.

/// Collecting them.
mod build;
/// Shapes by their words.
mod postings;
/// Rows by shapes.
mod shapes;
/// What blocks cannot have.
mod tokens;
