//! Rules by their cases, what is refused of them, and what hostile texts and addresses come to.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect has failed")]

/// Where notifications may go.
mod addresses;
/// States and their timing, from text files.
mod cases;
/// Files of rules.
mod rules;
/// Texts with places to fill in.
mod templates;
