//! Which time a row is stored under, when the sender's cannot be used.
//!
//! Any past is accepted. A time that is missing, further ahead than [`FUTURE`] or beyond the year 2262 is
//! replaced by the time of receipt.

use daymark_model::limits::FUTURE;
use daymark_model::time::Nanos;

/// Judges the times of one body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instants {
    pub(crate) received: i64,
    latest: i64,
}

impl Instants {
    pub(crate) fn of(received: Nanos) -> Self {
        let ahead = i64::try_from(FUTURE.as_nanos()).expect("ten minutes fit");
        Self { received: received.0, latest: received.plus(ahead).0 }
    }

    /// The time as sent, if a row can be stored under it.
    pub(crate) fn usable(self, time: u64) -> Option<i64> {
        representable(time).filter(|time| *time != 0 && *time <= self.latest)
    }
}

/// The time as sent, if it lies before the end of our calendar.
pub(crate) fn representable(time: u64) -> Option<i64> {
    i64::try_from(time).ok()
}
