//! Whether the wall clock may decide what is old. After a jump of more than an hour it may not, until it
//! has gone on steadily for two looks ten minutes apart: a clock that is wrong for a moment deletes nothing.

use std::time::Duration;

use daymark_model::time::{Clock, Nanos};

const JUMP: i64 = Nanos::HOUR;
const APART: Duration = Duration::from_secs(600);
const CONFIRMATIONS: u32 = 2;

/// The wall clock held against the one that never jumps.
#[derive(Debug)]
pub(crate) struct Steady {
    /// A reading of both.
    wall: Nanos,
    elapsed: Duration,
    /// Confirmations that are still missing, and when the last one was.
    missing: u32,
    confirmed: Duration,
}

impl Steady {
    /// Of an earlier process only the newest arrival is known: it may not lie ahead, nor a long time back.
    pub(crate) fn since(newest_arrival: Option<Nanos>, clock: &dyn Clock) -> Self {
        let (now, elapsed) = (clock.now(), clock.elapsed());
        Self { wall: newest_arrival.unwrap_or(now), elapsed, missing: 0, confirmed: elapsed }
    }

    /// Looks at the clocks; whether the wall clock is to be trusted.
    pub(crate) fn trusts(&mut self, clock: &dyn Clock) -> bool {
        let (now, elapsed) = (clock.now(), clock.elapsed());
        let passed = i64::try_from(elapsed.saturating_sub(self.elapsed).as_nanos()).unwrap_or(i64::MAX);
        let expected = self.wall.plus(passed);
        if now.0.saturating_sub(expected.0).saturating_abs() > JUMP {
            tracing::warn!(%now, %expected, "the clock jumped; nothing expires until it has proved steady");
            *self = Self { wall: now, elapsed, missing: CONFIRMATIONS, confirmed: elapsed };
        } else if self.missing > 0 && elapsed.saturating_sub(self.confirmed) >= APART {
            self.missing -= 1;
            self.confirmed = elapsed;
        }
        self.missing == 0
    }
}

#[cfg(test)]
mod tests;
