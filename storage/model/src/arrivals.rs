//! What comes in, as the listeners see it: for whoever sets up a sender and wonders whether it arrives.

use std::fmt;
use std::net::IpAddr;

use crate::reason::Rejected;
use crate::signal::Signal;
use crate::time::Nanos;

/// Since the start, unless told otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    /// Items of each of the last sixty whole seconds, oldest first.
    pub per_second: Vec<u64>,
    pub doors: Vec<Door>,
    pub senders: Vec<Sender>,
    pub refused: Vec<RefusedSender>,
}

/// What came in at one door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    pub source: String,
    pub signal: Signal,
    pub items: u64,
    pub last: Nanos,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    pub peer: IpAddr,
    pub signals: Vec<Signal>,
    pub last: Nanos,
}

/// Requests of one sender that did not become batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedSender {
    pub peer: IpAddr,
    pub source: String,
    pub reason: Rejected,
    pub count: u64,
    pub last: Nanos,
}

/// Whoever takes requests in.
pub trait Arrivals: Send + Sync + fmt::Debug {
    fn arrived(&self) -> Arrived;
}
