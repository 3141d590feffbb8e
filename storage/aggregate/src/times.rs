//! What is summed: durations of spans, and calls.

use crate::adjusted::Adjusted;
use crate::sketch::Sketch;
use crate::span::Span;

/// Sums of durations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times {
    pub(crate) count: u64,
    pub(crate) errors: u64,
    pub(crate) adjusted: Adjusted,
    pub(crate) sum: u64,
    pub(crate) min: u64,
    pub(crate) max: u64,
    pub(crate) sketch: Sketch,
}

impl Times {
    pub(crate) fn add(&mut self, span: &Span) {
        self.min = if self.count == 0 { span.duration } else { self.min.min(span.duration) };
        self.max = self.max.max(span.duration);
        self.count += 1;
        self.errors += u64::from(span.label.is_error);
        self.adjusted.add(span.adjusted);
        self.sum = self.sum.saturating_add(span.duration);
        self.sketch.add(span.duration);
    }
}

/// Sums of calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    pub(crate) count: u64,
    pub(crate) errors: u64,
    pub(crate) client_sum: u64,
    pub(crate) client: Sketch,
    pub(crate) server_sum: u64,
    pub(crate) server: Sketch,
    pub(crate) queue_sum: Option<u64>,
    pub(crate) mtls: u64,
}

impl Calls {
    /// Adds a call by both of its halves, as far as there are two.
    pub(crate) fn add(&mut self, client: Option<&Span>, server: Option<&Span>, is_messaging: bool) {
        let halves = || [server, client].into_iter().flatten();
        self.count += 1;
        self.errors += u64::from(halves().next().is_some_and(|span| span.label.is_error));
        if let Some(client) = client {
            self.client_sum = self.client_sum.saturating_add(client.duration);
            self.client.add(client.duration);
        }
        if let Some(server) = server {
            self.server_sum = self.server_sum.saturating_add(server.duration);
            self.server.add(server.duration);
        }
        if let (true, Some(client), Some(server)) = (is_messaging, client, server) {
            let waited = u64::try_from(server.start.saturating_sub(client.end())).unwrap_or_default();
            self.queue_sum = Some(self.queue_sum.unwrap_or_default().saturating_add(waited));
        }
        self.mtls += u64::from(halves().any(|half| half.label.is_mtls));
    }
}
