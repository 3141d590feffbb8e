//! A stretch of the feed, kept encoded, and repeated under new ids one stretch later each time. So any number
//! of spans can be streamed at memory speed from a few hundred megabytes, and no pass repeats an earlier one.

use crate::feed::Feed;
use crate::patch::{Marks, Pass};
use crate::profile::Profile;
use crate::request::{Request, Signal};
use crate::shop::Shop;
use crate::truth::{TraceTruth, Truth};

#[derive(Debug)]
pub struct Recording {
    requests: Vec<(Request, Marks)>,
    truth: Truth,
    roster: Vec<TraceTruth>,
    length: i64,
}

impl Recording {
    /// Records about `spans` spans spread evenly over `length` nanoseconds from `start`.
    pub fn new(seed: u64, profile: Profile, start: i64, length: i64, spans: u64) -> Self {
        let mean = mean_spans(&profile);
        let rate = spans as f64 / mean / (length as f64 / 1e9);
        let step = (length as f64 * profile.request_items as f64 / spans.max(1) as f64).ceil() as i64;
        let mut feed = Feed::new(Shop::new(seed, profile), start, rate).with_roster();
        let mut requests = Vec::new();
        let mut now = start;
        while now < start + length {
            now = (now + step.max(1)).min(start + length);
            requests.extend(feed.advance(now).into_iter().map(marked));
        }
        requests.extend(feed.finish().into_iter().map(marked));
        Self { requests, truth: feed.truth().clone(), roster: feed.roster().to_vec(), length }
    }

    /// What one pass adds to a store.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The traces of the first pass.
    pub fn roster(&self) -> &[TraceTruth] {
        &self.roster
    }

    /// The pass of a number; each begins where the one before ended.
    pub fn pass(&self, number: u64) -> Pass {
        let shift = self.length.saturating_mul(i64::try_from(number).unwrap_or(i64::MAX));
        Pass::new(number, shift)
    }

    /// The requests of a pass, in order of delivery, of the wanted signals.
    pub fn requests(&self, pass: Pass, signals: &[Signal]) -> impl Iterator<Item = Request> {
        let wanted = self.requests.iter().filter(move |(request, _)| signals.contains(&request.signal));
        wanted.map(move |(request, marks)| {
            let mut request = request.clone();
            marks.apply(&pass, &mut request.body);
            request
        })
    }
}

fn marked(request: Request) -> (Request, Marks) {
    let marks = Marks::of(request.signal, &request.body).expect("a request is encoded by its own schema");
    (request, marks)
}

/// The mean of the log-normal distribution, plus what the heavy tail adds.
fn mean_spans(profile: &Profile) -> f64 {
    let body = (profile.spans_mu + profile.spans_sigma.powi(2) / 2.0).exp();
    let tail = 100.0 * (profile.spans_max as f64 / 100.0).ln().max(1.0);
    body + profile.spans_tail * tail
}
