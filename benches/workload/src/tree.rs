//! The shape of one trace: a tree of a given number of nodes that tells who did what for whom, from when to
//! when, and what failed. What a node looks like as a span or a log line is decided elsewhere.
//!
//! Every node but the first has an earlier node as its parent, and a child begins no earlier than its parent.

use crate::MILLISECOND;
use crate::cast::{GATEWAY, Protocol, WEB};
use crate::chance::Chance;
use crate::failure::Failure;
use crate::fault::Faults;
use crate::fleet::Fleet;

const MICROSECOND: i64 = 1_000;
/// Calls deeper than this are not made, so the longest chain stays readable.
const DEPTH: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// A page that a person looks at.
    Page,
    /// Started by a timer.
    Job,
    /// Answers a call.
    Serve,
    /// Works on a message of a queue.
    Consume(usize),
    /// Calls an operation of a service.
    Call {
        service: usize,
        operation: usize,
    },
    /// Calls someone else's address.
    External(&'static str),
    Statement,
    Cache,
    /// Puts a message into a queue.
    Publish(usize),
    Inner,
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) parent: Option<usize>,
    pub(crate) service: usize,
    pub(crate) pod: usize,
    /// The operation of the service in which this happens.
    pub(crate) operation: usize,
    pub(crate) work: Work,
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) span_id: [u8; 8],
    pub(crate) failure: Option<Failure>,
    /// Whether the failure began here.
    pub(crate) thrown: bool,
}

pub(crate) struct Growth<'a> {
    pub(crate) fleet: &'a Fleet,
    pub(crate) faults: &'a Faults,
    pub(crate) chance: &'a mut Chance,
    pub(crate) staging: bool,
    /// How often a node fails by itself.
    pub(crate) errors: f64,
    /// Whether this trace has something left to do much later.
    pub(crate) straddles: bool,
    pub(crate) nodes: Vec<Node>,
}

/// Where a piece of the tree begins, and how many nodes it may have.
#[derive(Clone, Copy)]
struct Branch {
    parent: Option<usize>,
    start: i64,
    budget: usize,
    depth: usize,
}

impl Growth<'_> {
    /// A tree of `budget` nodes that begins at an instant: at a browser, at the gateway or at a timer.
    pub(crate) fn grow(mut self, at: i64, budget: usize) -> Vec<Node> {
        let later = usize::from(self.straddles && budget >= 2);
        let root = Branch { parent: None, start: at, budget: budget.max(1) - later, depth: 0 };
        if budget >= 3 && self.chance.hit(0.6) {
            self.page(root);
        } else if self.chance.hit(0.7) {
            let operation = self.operation(GATEWAY);
            self.serve(GATEWAY, operation, Work::Serve, root);
        } else {
            let service = GATEWAY + 1 + self.chance.below(self.fleet.services.len() - 2);
            let service = service.min(self.fleet.services.len() - 1);
            let operation = self.operation(service);
            self.serve(service, operation, Work::Job, root);
        }
        if later > 0 {
            self.follow_up();
        }
        self.nodes
    }

    /// What the last service to work on the trace does ten minutes and more after it.
    fn follow_up(&mut self) {
        let parent =
            self.nodes.iter().rposition(|node| matches!(node.work, Work::Serve | Work::Job)).unwrap_or(0);
        let Node { service, operation, end, .. } = self.nodes[parent];
        let start = end + self.chance.between(600_000 * MILLISECOND, 1_200_000 * MILLISECOND);
        let branch = Branch { parent: Some(parent), start, budget: 1, depth: 0 };
        self.serve(service, operation, Work::Job, branch);
    }

    fn page(&mut self, branch: Branch) {
        let web = self.browser();
        let operation = self.operation(web);
        let me = self.push(web, operation, Work::Page, branch);
        let mut left = branch.budget - 1;
        let mut cursor = branch.start + self.chance.around(20 * MILLISECOND, 0.5);
        while left > 0 {
            let share = if left < 4 { left } else { 2 + self.chance.below(left - 1) };
            let inside = Branch { parent: Some(me), start: cursor, budget: share, depth: 1 };
            cursor = if share >= 2 && !self.fleet.services[web].calls.is_empty() {
                self.call(web, operation, inside)
            } else {
                self.leaf(web, operation, Work::Inner, inside)
            };
            left -= share;
        }
        let end = cursor + self.chance.around(15 * MILLISECOND, 0.6);
        self.finish(me, end);
    }

    /// A service at work on one request, message or timer; returns when it is done.
    fn serve(&mut self, service: usize, operation: usize, work: Work, branch: Branch) -> i64 {
        let me = self.push(service, operation, work, branch);
        let role = self.fleet.services[service].role;
        let own = self.chance.around(1_500 * MICROSECOND, 0.7) + self.faults.delay(role.name, branch.start);
        let share = self.errors + self.faults.errors(role.name, branch.start);
        if self.chance.hit(share) {
            let cause = *self.chance.pick(&Failure::OWN);
            self.throw(me, cause);
        }
        let mut left = branch.budget - 1;
        let mut cursor = branch.start + own;
        let mut latest = cursor;
        while left > 0 {
            let inside = Branch { parent: Some(me), start: cursor, budget: left, depth: branch.depth + 1 };
            let before = self.nodes.len();
            let end = self.step(service, operation, inside);
            left -= self.nodes.len() - before;
            latest = latest.max(end);
            if !self.chance.hit(0.2) {
                cursor = latest;
            }
        }
        let end = latest + self.chance.around(300 * MICROSECOND, 0.6);
        self.finish(me, end)
    }

    /// One thing a service does within its work.
    fn step(&mut self, service: usize, operation: usize, branch: Branch) -> i64 {
        let here = &self.fleet.services[service];
        let (calls, role) = (!here.calls.is_empty(), here.role);
        let queue = (!here.publishes.is_empty()).then(|| *self.chance.pick(&here.publishes));
        let weights = [
            if calls && branch.budget >= 2 && branch.depth < DEPTH { 5 } else { 0 },
            if role.sql.is_some() { 5 } else { 0 },
            if role.cache { 3 } else { 0 },
            if queue.is_some() && branch.depth < DEPTH { 7 } else { 0 },
            if role.external.is_some() { 2 } else { 0 },
            2,
        ];
        let leaf = Branch { budget: 1, ..branch };
        match (self.weighted(&weights), queue, role.external) {
            (0, ..) => {
                let least = (branch.budget / 2).max(2);
                let share = least + self.chance.below(branch.budget - least + 1);
                self.call(service, operation, Branch { budget: share, ..branch })
            }
            (1, ..) => self.leaf(service, operation, Work::Statement, leaf),
            (2, ..) => self.leaf(service, operation, Work::Cache, leaf),
            (3, Some(queue), _) => self.publish(service, operation, queue, branch),
            (4, _, Some(address)) => self.leaf(service, operation, Work::External(address), leaf),
            _ => self.leaf(service, operation, Work::Inner, leaf),
        }
    }

    /// Both halves of a call and all that it causes; the budget is at least two.
    fn call(&mut self, from: usize, operation: usize, branch: Branch) -> i64 {
        let calls = &self.fleet.services[from].calls;
        let service = calls[self.chance.rank(calls.len())];
        let called = self.operation(service);
        let me = self.push(from, operation, Work::Call { service, operation: called }, branch);
        let far = self.fleet.services[from].role.protocol == Protocol::Browser;
        let network = self.chance.around(if far { 18 * MILLISECOND } else { 350 * MICROSECOND }, 0.4);
        let server = self.nodes.len();
        let inside = Branch {
            parent: Some(me),
            start: branch.start + network,
            budget: branch.budget - 1,
            depth: branch.depth + 1,
        };
        let end = self.serve(service, called, Work::Serve, inside) + network;
        if self.nodes[server].failure.is_some() {
            self.nodes[me].failure = Some(Failure::Upstream);
        }
        self.finish(me, end)
    }

    /// A message and, if there is room, the work of those who wait for it. The publisher does not wait.
    fn publish(&mut self, service: usize, operation: usize, queue: usize, branch: Branch) -> i64 {
        let leaf = Branch { budget: 1, ..branch };
        let me = self.nodes.len();
        let end = self.leaf(service, operation, Work::Publish(queue), leaf);
        let subscribers = &self.fleet.queues[queue].subscribers;
        if branch.budget >= 2 && !subscribers.is_empty() {
            let consumer = *self.chance.pick(subscribers);
            let called = self.operation(consumer);
            let budget = 1 + self.chance.below(branch.budget - 1);
            let start = end + self.waits(queue, end);
            let inside = Branch { parent: Some(me), start, budget, depth: branch.depth + 1 };
            self.serve(consumer, called, Work::Consume(queue), inside);
        }
        end
    }

    fn waits(&mut self, queue: usize, at: i64) -> i64 {
        let name = &self.fleet.queues[queue].name;
        self.chance.around(6 * MILLISECOND, 0.8) + self.faults.delay(name, at)
    }

    fn leaf(&mut self, service: usize, operation: usize, work: Work, branch: Branch) -> i64 {
        let role = self.fleet.services[service].role;
        let me = self.push(service, operation, work, branch);
        let took = match work {
            Work::Statement => {
                self.chance.around(1_200 * MICROSECOND, 0.8)
                    * self.faults.database_times(role.name, branch.start)
            }
            Work::Cache => self.chance.around(250 * MICROSECOND, 0.5),
            Work::External(_) => self.chance.around(45 * MILLISECOND, 0.5),
            Work::Publish(_) => self.chance.around(900 * MICROSECOND, 0.5),
            _ => self.chance.around(200 * MICROSECOND, 0.9),
        };
        if work != Work::Inner && self.chance.hit(self.errors) {
            let cause = *self.chance.pick(&Failure::REMOTE);
            self.throw(me, cause);
        }
        self.finish(me, branch.start + took.max(1))
    }

    fn push(&mut self, service: usize, operation: usize, work: Work, branch: Branch) -> usize {
        let same = branch.parent.map(|parent| &self.nodes[parent]).filter(|parent| parent.service == service);
        let pod = match same {
            Some(parent) if !matches!(work, Work::Serve | Work::Consume(_)) => parent.pod,
            _ => self.fleet.pod(service, self.staging, self.chance),
        };
        self.nodes.push(Node {
            parent: branch.parent,
            service,
            pod,
            operation,
            work,
            start: branch.start,
            end: branch.start,
            span_id: self.chance.id8(),
            failure: None,
            thrown: false,
        });
        self.nodes.len() - 1
    }

    fn throw(&mut self, node: usize, failure: Failure) {
        self.nodes[node].failure = Some(failure);
        self.nodes[node].thrown = true;
    }

    /// Ends a node; half of those who relied on a failed one fail with it.
    fn finish(&mut self, node: usize, end: i64) -> i64 {
        self.nodes[node].end = end;
        let (failed, parent, work) =
            (self.nodes[node].failure, self.nodes[node].parent, self.nodes[node].work);
        let waited = !matches!(work, Work::Serve | Work::Consume(_));
        if let (Some(_), Some(parent), true) = (failed, parent, waited)
            && self.nodes[parent].failure.is_none()
            && self.chance.hit(0.5)
        {
            self.nodes[parent].failure = Some(Failure::Upstream);
        }
        end
    }

    fn operation(&mut self, service: usize) -> usize {
        self.chance.rank(self.fleet.services[service].operations.len())
    }

    /// A web front end of any cell.
    fn browser(&mut self) -> usize {
        let fronts: Vec<usize> = (WEB..self.fleet.services.len())
            .filter(|&service| self.fleet.services[service].role.protocol == Protocol::Browser)
            .collect();
        *self.chance.pick(&fronts)
    }

    fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut drawn = self.chance.below(weights.iter().sum());
        weights
            .iter()
            .position(|&weight| {
                let here = drawn < weight;
                drawn = drawn.saturating_sub(weight);
                here
            })
            .unwrap_or(weights.len() - 1)
    }
}
