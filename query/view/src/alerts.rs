//! Alerts: rules, what they ask, the states they are in, what is told to whom, and the one trait by which all
//! of it is asked for.
//!
//! Whoever writes a rule, a silence or a channel is told the exact place of what is wrong: as a JSON pointer
//! here, as line and column by whoever reads files.

/// What can be asked of whoever watches.
mod ask;
/// Where notifications go.
pub mod channel;
/// Reading JSON strictly, with the place of everything that is wrong.
pub mod fields;
/// Who hears of an alert.
pub mod hearing;
/// What happened, and what was told of it.
pub mod history;
/// How it is kept.
pub mod kept;
/// Labels that must fit.
pub mod matcher;
/// Who is told what, and how often.
pub mod notify;
/// A rule over the past.
pub mod preview;
/// What is watched, and when it is bad.
pub mod rule;
/// Figures that rules are judged by.
pub mod sample;
/// What a rule asks about.
pub mod signal;
/// What nobody wants to hear.
pub mod silence;
/// How it stands.
pub mod state;

pub use ask::{AskAlerts, Tested};

use std::collections::BTreeMap;

/// What tells the groups of a rule apart, and what routes go by.
pub type Labels = BTreeMap<String, String>;
