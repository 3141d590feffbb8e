//! The real binary, over its real sockets: started, fed, asked, killed, started again.
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect has failed")]

/// A server process in a folder of its own.
mod server;

/// Rules, and people who are told.
mod alerts;
/// What was sent is what is answered.
mod answers;
/// The command line, as a person types it.
mod command;
/// `kill -9` at any moment loses nothing that was acknowledged.
mod kill;
/// What the settings file allows is what the process does.
mod limits;
/// Daymark looked at with the tools of others.
mod outside;
/// Checked, repaired, copied, and started on damage.
mod proof;
/// Rubbish costs its sender, and nobody else.
mod rubbish;
