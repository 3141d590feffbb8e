//! One rule with its groups: what evaluations have made of them. The same for now and for the past.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use daymark_model::time::Nanos;
use daymark_view::alerts::Labels;
use daymark_view::alerts::rule::Rule;
use daymark_view::alerts::state::State;

use crate::judge::{Seen, judge};
use crate::machine::{Alert, step};
use crate::reading::Reading;

/// Values of a group that are shown as a small picture.
const SPARK: usize = 40;
/// Groups of which little is bad are remembered for so long.
const REMEMBERED: i64 = Nanos::HOUR;

/// What is known of a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    pub alert: Option<Alert>,
    /// When there was something to judge for the last time.
    pub seen: Option<Nanos>,
    pub spark: VecDeque<Option<f64>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    /// It is known which groups there were lately.
    pub is_warm: bool,
    pub groups: BTreeMap<Labels, Group>,
}

/// A group that changed its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub at: Nanos,
    pub group: Labels,
    pub from: State,
    pub to: State,
    pub value: Option<f64>,
    pub count: u64,
    /// As it was before, when it is over.
    pub ended: Option<Alert>,
}

impl Book {
    /// Judges every group at an instant; what changed, by group.
    pub fn evaluate(&mut self, rule: &Rule, reading: &Reading, at: Nanos, is_blind: bool) -> Vec<Change> {
        let mut changes = Vec::new();
        for labels in self.judged(rule, reading) {
            let group = self.groups.entry(labels.clone()).or_default();
            let seen = Seen {
                now: Reading::find(&reading.now, &labels),
                then: Reading::find(&reading.then, &labels),
            };
            let before = group.alert.as_ref().map_or(State::Ok, |alert| alert.state);
            let judged = judge(rule, seen, before == State::Firing, is_blind);
            let next = step(rule, group.alert.as_ref(), group.seen, judged, at);
            let after = next.as_ref().map_or(State::Ok, |alert| alert.state);
            if seen.now.is_some() {
                group.seen = Some(at);
            }
            group.spark.push_back(judged.value);
            while group.spark.len() > SPARK {
                group.spark.pop_front();
            }
            let ended = std::mem::replace(&mut group.alert, next).filter(|_| after == State::Ok);
            if before != after {
                let (value, count) = (judged.value, judged.count);
                changes.push(Change { at, group: labels, from: before, to: after, value, count, ended });
            }
        }
        self.forget(rule, at);
        changes
    }

    /// Groups that there is something to say of: those that were sampled and those that are known.
    fn judged(&self, rule: &Rule, reading: &Reading) -> BTreeSet<Labels> {
        let sampled = reading.now.iter().chain(&reading.then).map(|sample| sample.labels.clone());
        let mut all: BTreeSet<Labels> = sampled.chain(self.groups.keys().cloned()).collect();
        if rule.signal.is_counted() && rule.signal.by().is_empty() {
            all.insert(Labels::new());
        }
        all
    }

    fn forget(&mut self, rule: &Rule, at: Nanos) {
        let reach = memory(rule);
        self.groups.retain(|_, group| {
            let is_recent = group.seen.is_some_and(|seen| at.0.saturating_sub(seen.0) <= reach);
            group.alert.is_some() || is_recent
        });
    }
}

/// For how long groups are remembered that are well and no longer there.
pub fn memory(rule: &Rule) -> i64 {
    let silent = rule.no_data.map_or(0, |no_data| no_data.after_ns.saturating_mul(2));
    let counted = rule.signal.is_counted() && rule.condition.op.is_downward();
    silent.max(if counted { REMEMBERED } else { 0 })
}
