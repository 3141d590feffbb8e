//! What failed in browsers: counted, told to the log, and not more often than a log can bear.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use daymark_model::figure::{Figure, Figures};

/// So many are told in this time.
const MOST: u32 = 60;
const WINDOW: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(crate) struct ClientErrors(Mutex<Count>);

#[derive(Debug, Default)]
struct Count {
    all: u64,
    /// When the window began, on the clock's `elapsed`.
    since: Duration,
    inside: u32,
}

impl ClientErrors {
    /// Counts one; false when there are too many to be told.
    pub(crate) fn count(&self, now: Duration) -> bool {
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(count.since) >= WINDOW {
            (count.since, count.inside) = (now, 0);
        }
        count.all += 1;
        count.inside += 1;
        count.inside <= MOST
    }
}

impl Figures for ClientErrors {
    fn figures(&self) -> Vec<Figure> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner).all;
        vec![Figure::counter("daymark_client_errors_total", "Failures that browsers told.", all as f64)]
    }
}
