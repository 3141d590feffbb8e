//! Alerts: rules are evaluated on time, their states kept with every change, and people told at least once.
//!
//! Rules ask through [`Sampler`](daymark_view::alerts::sample::Sampler), what must not be forgotten is kept
//! through [`Keep`](daymark_view::keep::Keep). Evaluation is arithmetic over what was sampled ([`book`]), the
//! same for now and for the past. A round writes states, events and what is to be delivered in one change, so
//! that a crash loses none of them and repeats at most what was being sent.

/// Which addresses may be called.
pub mod address;
/// What can be asked and changed.
mod answers;
/// What is known right now.
mod board;
/// One rule with its groups.
pub mod book;
/// What is told beside an alert.
mod context;
/// Rules that come with Daymark.
pub mod defaults;
/// Telling, until it is told.
mod deliver;
/// Rules in files.
pub mod files;
/// The name of a group.
pub mod fingerprint;
/// An outside address hears that all is well.
mod heartbeat;
/// Whether a group is bad in a window.
pub mod judge;
/// Addresses of the UI.
mod links;
/// From one evaluation to the next.
pub mod machine;
/// E-mails.
mod mail;
/// What a notification says.
mod message;
/// What the binary decides.
mod options;
/// Calls to addresses that people wrote down.
mod outbound;
/// A rule over the past.
mod preview;
/// What a rule is judged by.
pub mod reading;
/// One round of evaluations.
mod round;
/// One message to one channel.
mod send;
/// Texts with places to fill in.
pub mod template;
/// Evaluating on time.
mod watch;
/// YAML with places.
pub mod yaml;

pub use options::{Options, Smtp, SmtpTls};
pub use watch::Alerting;
