//! A living shop, made from a seed: the load of every benchmark and the life behind `daymark demo`.
//!
//! In goes a seed, a [`Profile`] and instants; out come OTLP request bodies and the exact answers a store
//! must give for them. Nothing here reads a clock, a file or a socket, so the same seed and instants make
//! the same bytes on every machine.

/// Attributes of spans by what they do.
mod attribute;
/// Who works in the shop: roles, their operations, stores and neighbours.
mod cast;
/// The only source of randomness, and its shapes.
mod chance;
/// Why a single request failed.
mod failure;
/// What breaks, when, and for how long.
mod fault;
/// The shop in time: what is sent from one tick to the next.
mod feed;
/// The running copies: services, operations, queues and pods with their resources.
mod fleet;
/// What the services write into their logs.
mod line;
/// What the pods count, as all five kinds of metric.
mod metric;
/// What waits for its time of delivery.
mod outbox;
/// Where the ids and instants of an encoded request are, and how a repeat gets new ones.
mod patch;
/// The knobs: how large the shop is and what it does wrong.
mod profile;
/// A stretch of the feed, kept encoded and repeated as often as a load needs.
mod recording;
/// One export as a client sends it.
mod request;
/// The shop itself: traces, log lines and metrics on demand.
mod shop;
/// A node of the tree as an OTLP span.
mod span;
/// The shape of one trace: who called whom, when, and what failed.
mod tree;
/// The exact counts that answers are compared with.
mod truth;

pub use cast::{Protocol, Role};
pub use fault::{Effect, Episode, Fault, Faults};
pub use feed::Feed;
pub use fleet::{Fleet, Operation, Pod, Queue, Service};
pub use outbox::Parcel;
pub use patch::{Marks, Pass};
pub use profile::Profile;
pub use recording::Recording;
pub use request::{Request, Signal};
pub use shop::{Call, Shop, Trace};
pub use truth::{EdgeTruth, ServiceTruth, TraceTruth, Truth};

/// Nanoseconds of a second.
pub const SECOND: i64 = 1_000_000_000;
/// Nanoseconds of a millisecond.
pub const MILLISECOND: i64 = 1_000_000;
