//! The shop in time: from one tick to the next visits come in at a rate, and what is due leaves as requests.
//! After [`Feed::finish`] everything counted in the truth has been delivered.

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;

use crate::SECOND;
use crate::chance::Chance;
use crate::outbox::{Outbox, Parcel};
use crate::request::Request;
use crate::shop::{Shop, Trace};
use crate::truth::{TraceTruth, Truth};

#[derive(Debug)]
pub struct Feed {
    shop: Shop,
    /// Draws the arrivals, apart from the shop so that the rate does not change what happens in a trace.
    arrivals: Chance,
    /// Mean time between two traces.
    gap: f64,
    next_trace: i64,
    next_metrics: i64,
    spans: Outbox<Span>,
    lines: Outbox<LogRecord>,
    truth: Truth,
    roster: Option<Vec<TraceTruth>>,
}

impl Feed {
    /// Opens the shop at an instant; `rate` is traces per second. Seed, profile, start and rate decide every
    /// byte; a feed opened later has the same services and pods, and other ids.
    pub fn new(mut shop: Shop, start: i64, rate: f64) -> Self {
        let gap = SECOND as f64 / rate.max(1e-6);
        let mut arrivals = shop.begin(start);
        let next_trace = start + arrivals.gap(gap);
        let next_metrics = start + shop.profile().metrics_every;
        Self {
            shop,
            arrivals,
            gap,
            next_trace,
            next_metrics,
            spans: Outbox::new(),
            lines: Outbox::new(),
            truth: Truth::default(),
            roster: None,
        }
    }

    /// Also keeps what is known of each trace, for as long as the feed lives.
    pub fn with_roster(mut self) -> Self {
        self.roster = Some(Vec::new());
        self
    }

    pub fn shop(&self) -> &Shop {
        &self.shop
    }

    /// Counts of all that was made so far, delivered or not.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The traces so far, if they are kept.
    pub fn roster(&self) -> &[TraceTruth] {
        self.roster.as_deref().unwrap_or_default()
    }

    /// Spans and lines that are made and not yet delivered.
    pub fn waiting(&self) -> usize {
        self.spans.len() + self.lines.len()
    }

    /// Lives until an instant and delivers all that is due before it.
    pub fn advance(&mut self, now: i64) -> Vec<Request> {
        let mut requests = Vec::new();
        while self.next_trace.min(self.next_metrics) < now {
            if self.next_metrics <= self.next_trace {
                let parcels = self.shop.metrics(self.next_metrics, &mut self.truth);
                self.send_metrics(parcels, &mut requests);
                self.next_metrics += self.shop.profile().metrics_every;
            } else {
                let trace = self.shop.trace(self.next_trace);
                self.take(trace);
                self.next_trace += self.arrivals.gap(self.gap).max(1);
            }
        }
        self.send(now, &mut requests);
        requests
    }

    /// Nothing new comes in; all that still waits is delivered.
    pub fn finish(&mut self) -> Vec<Request> {
        let mut requests = Vec::new();
        self.send(i64::MAX, &mut requests);
        requests
    }

    fn take(&mut self, trace: Trace) {
        let truth = &mut self.truth;
        truth.traces += 1;
        truth.spans += u64::from(trace.truth.spans);
        truth.errors += u64::from(trace.truth.errors);
        truth.logs += trace.lines.len() as u64;
        truth.logs_traced += u64::from(trace.truth.lines);
        for call in &trace.calls {
            truth.call(&call.client, &call.server, call.failed);
        }
        if let Some(roster) = &mut self.roster {
            roster.push(trace.truth);
        }
        for mut parcel in trace.spans {
            let service = self.truth.service(&self.shop.fleet().service_of(parcel.pod).name);
            service.spans += 1;
            service.errors += u64::from(parcel.item.status.is_some());
            let (due, again, late) = self.shop.delivery(parcel.due);
            parcel.due = due;
            self.truth.late += u64::from(late);
            if let Some(due) = again {
                self.truth.duplicates += 1;
                self.spans.put(Parcel { due, ..parcel.clone() });
            }
            self.spans.put(parcel);
        }
        for parcel in trace.lines {
            self.truth.service(&self.shop.fleet().service_of(parcel.pod).name).logs += 1;
            self.lines.put(parcel);
        }
    }

    fn send(&mut self, until: i64, requests: &mut Vec<Request>) {
        let most = self.shop.profile().request_items;
        for parcels in shares(self.spans.take(until), most) {
            requests.push(Request::spans(self.shop.fleet(), parcels));
        }
        for parcels in shares(self.lines.take(until), most) {
            requests.push(Request::logs(self.shop.fleet(), parcels));
        }
    }

    /// Every metric of the shop has one data point.
    fn send_metrics(&self, parcels: Vec<Parcel<Metric>>, requests: &mut Vec<Request>) {
        for parcels in shares(parcels, self.shop.profile().request_items) {
            let points = parcels.len();
            requests.push(Request::metrics(self.shop.fleet(), parcels, points));
        }
    }
}

/// As few shares of about equal size as `most` allows.
fn shares<T>(all: Vec<T>, most: usize) -> impl Iterator<Item = Vec<T>> {
    let shares = all.len().div_ceil(most.max(1));
    let size = all.len().div_ceil(shares.max(1));
    let mut rest = all.into_iter();
    (0..shares).map(move |_| rest.by_ref().take(size).collect())
}
