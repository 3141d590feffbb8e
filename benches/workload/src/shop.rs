//! The shop itself: asked for a trace at an instant it answers with all spans and log lines of that trace,
//! each with the pod that sends it and the time of its delivery, and with the calls that were made.

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;

use crate::attribute::{Scene, Story};
use crate::cast::Protocol;
use crate::chance::Chance;
use crate::fault::Faults;
use crate::fleet::Fleet;
use crate::line;
use crate::metric::{Report, Tally};
use crate::outbox::Parcel;
use crate::profile::Profile;
use crate::span::{Context, Place};
use crate::tree::{Growth, Node, Work};
use crate::truth::{TraceTruth, Truth};
use crate::{MILLISECOND, SECOND};

/// How many nodes fail because of one that does, itself included.
const SPREAD: f64 = 1.2;

#[derive(Debug)]
pub struct Shop {
    profile: Profile,
    fleet: Fleet,
    faults: Faults,
    chance: Chance,
    tallies: Vec<Option<Tally>>,
    /// The last message of each queue, for consumers that take several at once.
    last_sent: Vec<Option<Context>>,
    /// Lines owed to spans, and lines without ids owed to lines with them.
    owed: f64,
    owed_idle: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pub truth: TraceTruth,
    pub spans: Vec<Parcel<Span>>,
    /// Lines with its id, and those that services wrote meanwhile without one.
    pub lines: Vec<Parcel<LogRecord>>,
    pub calls: Vec<Call>,
}

/// One call from a service to another, or to a peer that sends no spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub client: String,
    pub server: String,
    pub failed: bool,
}

impl Shop {
    pub fn new(seed: u64, profile: Profile) -> Self {
        let mut chance = Chance::new(seed);
        let fleet = Fleet::new(&profile, &mut chance);
        let faults = if profile.faults { Faults::bad_day() } else { Faults::none() };
        Self {
            tallies: vec![None; fleet.pods.len()],
            last_sent: vec![None; fleet.queues.len()],
            owed: 0.0,
            owed_idle: 0.0,
            profile,
            fleet,
            faults,
            chance,
        }
    }

    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Begins a life at an instant: the fleet stays, what happens in it and all ids are other than in a life
    /// begun at another instant. Returns the course of arrivals, which the rate must not mix with the rest.
    pub(crate) fn begin(&mut self, at: i64) -> Chance {
        let arrivals = self.chance.fork(at.cast_unsigned());
        self.chance = arrivals.fork(1);
        arrivals
    }

    /// Everything one visit, call or timer causes from an instant on.
    pub fn trace(&mut self, at: i64) -> Trace {
        let trace_id = self.chance.id16();
        let story = self.story();
        let nodes = self.grow(at);
        let mut trace = Trace {
            truth: TraceTruth {
                id: trace_id,
                start: at,
                spans: u32::try_from(nodes.len()).unwrap_or(u32::MAX),
                errors: 0,
                lines: 0,
                order: story.order.0,
                order_spans: 0,
            },
            spans: Vec::with_capacity(nodes.len()),
            lines: Vec::new(),
            calls: self.calls(&nodes),
        };
        for node in &nodes {
            self.tell(node, &nodes, &story, &mut trace);
            self.count(node, trace_id, at);
        }
        trace
    }

    /// What every pod that is no browser reports at an instant.
    pub fn metrics(&mut self, at: i64, truth: &mut Truth) -> Vec<Parcel<Metric>> {
        let mut parcels = Vec::new();
        for pod in 0..self.fleet.pods.len() {
            if self.fleet.service_of(pod).role.protocol == Protocol::Browser {
                continue;
            }
            let start = at - self.profile.metrics_every;
            let tally = self.tallies[pod].get_or_insert_with(|| Tally::new(start));
            let Report { metrics, points, exemplars } = tally.report(at, &mut self.chance);
            truth.exemplars += exemplars;
            for (kind, points) in points {
                *truth.points.entry(kind).or_default() += points;
            }
            parcels.extend(metrics.into_iter().map(|item| Parcel {
                due: at,
                pod,
                scope: "shop.meter",
                item,
            }));
        }
        parcels
    }

    /// When a parcel whose last instant is `end` is sent, and when a second time.
    pub(crate) fn delivery(&mut self, end: i64) -> (i64, Option<i64>, bool) {
        let late = self.chance.hit(self.profile.late);
        let wait = if late { self.chance.between(130 * SECOND, 600 * SECOND) } else { 0 };
        let again = self.chance.hit(self.profile.duplicates);
        let again = again.then(|| end + wait + self.chance.between(SECOND, 30 * SECOND));
        (end + wait, again, late)
    }

    fn story(&mut self) -> Story {
        Story {
            user: self.chance.rank(self.profile.users),
            order: self.chance.token(),
            session: self.chance.token(),
            sku: self.chance.rank(20_000),
        }
    }

    fn grow(&mut self, at: i64) -> Vec<Node> {
        let profile = &self.profile;
        let budget = if self.chance.hit(profile.spans_tail) {
            100.0 / (1.0 - self.chance.unit())
        } else {
            self.chance.log_normal(profile.spans_mu, profile.spans_sigma)
        };
        let budget = (budget.round() as usize).clamp(1, profile.spans_max);
        let staging = self.chance.hit(0.05);
        let straddles = self.chance.hit(profile.straddling);
        let growth = Growth {
            fleet: &self.fleet,
            faults: &self.faults,
            chance: &mut self.chance,
            staging,
            errors: profile.errors / SPREAD,
            straddles,
            nodes: Vec::with_capacity(budget),
        };
        growth.grow(at, budget)
    }

    /// The span of a node and the lines written meanwhile.
    fn tell(&mut self, node: &Node, nodes: &[Node], story: &Story, trace: &mut Trace) {
        let trace_id = trace.truth.id;
        let parent = node.parent.map(|parent| &nodes[parent]);
        let place = Place {
            trace_id,
            parent,
            links: self.links(node, parent, trace_id),
            attributes_min: self.profile.attributes_min,
            attributes_max: self.profile.attributes_max,
        };
        let scene = Scene { fleet: &self.fleet, story, node };
        let span = scene.span(&place, &mut self.chance);
        trace.truth.errors += u32::from(node.failure.is_some());
        trace.truth.order_spans +=
            u32::from(span.attributes.iter().any(|attribute| attribute.key == "app.order.id"));
        trace.spans.push(Parcel { due: node.end, pod: node.pod, scope: scene.scope(), item: span });

        self.owed += self.profile.lines_per_span * self.profile.lines_traced;
        let mut lines = Vec::new();
        if let Some(failure) = node.failure.filter(|_| node.thrown) {
            lines.push(scene.error(failure, trace_id, &mut self.chance));
        }
        while self.owed - lines.len() as f64 >= 1.0 {
            lines.push(scene.line(trace_id, &mut self.chance));
        }
        self.owed -= lines.len() as f64;
        trace.truth.lines += u32::try_from(lines.len()).unwrap_or(u32::MAX);
        for (logger, item) in lines {
            trace.lines.push(Parcel { due: node.end, pod: node.pod, scope: logger, item });
            self.idle(node.end, trace);
        }
    }

    /// Keeps the share of lines without ids.
    fn idle(&mut self, at: i64, trace: &mut Trace) {
        let traced = self.profile.lines_traced.max(f64::MIN_POSITIVE);
        self.owed_idle += (1.0 - traced) / traced;
        while self.owed_idle >= 1.0 {
            self.owed_idle -= 1.0;
            let pod = self.chance.below(self.fleet.pods.len());
            let at = at - self.chance.between(0, 500 * MILLISECOND);
            let (scope, item) = line::idle(&self.fleet, pod, at, &mut self.chance);
            trace.lines.push(Parcel { due: at, pod, scope, item });
        }
    }

    /// A consumer links to its own message, and now and then to an earlier one it took along.
    fn links(&mut self, node: &Node, parent: Option<&Node>, trace_id: [u8; 16]) -> Vec<Context> {
        match (node.work, parent) {
            (Work::Publish(queue), _) => {
                self.last_sent[queue] = Some(Context { trace_id, span_id: node.span_id });
                Vec::new()
            }
            (Work::Consume(queue), Some(sender)) => {
                let own = Context { trace_id, span_id: sender.span_id };
                let other = self.last_sent[queue].filter(|&other| other != own && self.chance.hit(0.3));
                std::iter::once(own).chain(other).collect()
            }
            _ => Vec::new(),
        }
    }

    fn count(&mut self, node: &Node, trace_id: [u8; 16], at: i64) {
        let tally = self.tallies[node.pod].get_or_insert_with(|| Tally::new(at));
        let took = node.end - node.start;
        match node.work {
            Work::Serve | Work::Consume(_) => {
                let context = Context { trace_id, span_id: node.span_id };
                tally.request(took, node.failure.is_some(), node.end, context);
            }
            Work::Statement => tally.statement(took),
            _ => {}
        }
    }

    /// A call is a node whose parent belongs to another service, or one that went to somebody silent.
    fn calls(&self, nodes: &[Node]) -> Vec<Call> {
        let name = |node: &Node| self.fleet.services[node.service].name.clone();
        let mut answered = vec![false; nodes.len()];
        let mut calls = Vec::new();
        for node in nodes {
            let Some(parent) = node.parent.filter(|&parent| nodes[parent].service != node.service) else {
                continue;
            };
            answered[parent] = true;
            let (client, server) = (name(&nodes[parent]), name(node));
            calls.push(Call { client, server, failed: node.failure.is_some() });
        }
        for (node, _) in nodes.iter().zip(answered).filter(|(_, answered)| !answered) {
            if let Some(server) = self.peer(node) {
                calls.push(Call { client: name(node), server, failed: node.failure.is_some() });
            }
        }
        calls
    }

    /// Who was called without answering by a span of its own.
    fn peer(&self, node: &Node) -> Option<String> {
        match node.work {
            Work::Statement => {
                self.fleet.services[node.service].database.as_ref().map(|name| format!("postgresql:{name}"))
            }
            Work::Cache => Some("redis:0".to_owned()),
            Work::Publish(queue) => Some(self.fleet.queues[queue].name.clone()),
            Work::External(address) => Some(format!("{address}:443")),
            _ => None,
        }
    }
}
