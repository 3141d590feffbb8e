//! What is known right now: rules, what evaluations made of their groups, and who wants to hear of what. All of
//! it is in the catalog as well; this is what it says.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use daymark_model::time::Nanos;
use daymark_view::alerts::Labels;
use daymark_view::alerts::channel::Channel;
use daymark_view::alerts::history::{DeliveryState, Muted};
use daymark_view::alerts::kept::{Gap, KeptDelivery, KeptState, Watch};
use daymark_view::alerts::matcher::Matcher;
use daymark_view::alerts::notify::Notify;
use daymark_view::alerts::rule::{KnownRule, Route, Rule};
use daymark_view::alerts::silence::Silence;
use daymark_view::alerts::state::{BadFile, Heartbeat};
use daymark_view::range::Range;
use daymark_view::stored::Stored;
use regex::Regex;

use crate::book::Book;
use crate::files::Look;

/// After a start, senders need a moment to come back.
const SETTLES: i64 = 30 * Nanos::SECOND;

#[derive(Debug, Default)]
pub(crate) struct Board {
    pub(crate) rules: BTreeMap<String, Arc<KnownRule>>,
    /// What the folder of rules looked like when it was read.
    pub(crate) files: Option<Look>,
    /// Files that cannot be read, or not wholly.
    pub(crate) bad_files: Vec<BadFile>,
    pub(crate) books: HashMap<String, Book>,
    /// When a rule was evaluated for the last time, and why it failed.
    pub(crate) last: HashMap<String, Nanos>,
    pub(crate) failing: BTreeMap<String, String>,
    /// By fingerprint.
    pub(crate) states: BTreeMap<String, KeptState>,
    pub(crate) silences: Vec<Stored<Silence>>,
    pub(crate) channels: Vec<Stored<Channel>>,
    pub(crate) notify: (u64, Notify),
    pub(crate) watch: Watch,
    /// By id, and so by time.
    pub(crate) pending: BTreeMap<String, KeptDelivery>,
    /// When something was sent to a channel for a group.
    pub(crate) sent: HashMap<(String, String), Nanos>,
    pub(crate) heartbeat: Option<Heartbeat>,
    pub(crate) last_round: Option<Nanos>,
    /// When old events were dropped.
    pub(crate) swept: i64,
    expressions: HashMap<String, Option<Regex>>,
}

impl Board {
    /// Whether an expression matches the whole of a text. One that is none matches nothing.
    fn matches(&mut self, expression: &str, text: &str) -> bool {
        let made = self
            .expressions
            .entry(expression.to_owned())
            .or_insert_with(|| Regex::new(&format!("^(?:{expression})$")).ok());
        made.as_ref().is_some_and(|made| made.is_match(text))
    }

    pub(crate) fn fit(&mut self, matchers: &[Matcher], labels: &Labels) -> bool {
        matchers.iter().all(|matcher| {
            let value = labels.get(&matcher.label).map_or("", String::as_str);
            let is_match = matcher.is_expression() && self.matches(&matcher.value, value);
            matcher.fits(labels, |_, _| is_match)
        })
    }

    /// The silence that labels lie under.
    pub(crate) fn silence(&mut self, labels: &Labels, at: Nanos) -> Option<Stored<Silence>> {
        let active: Vec<Stored<Silence>> =
            self.silences.iter().filter(|silence| silence.body.is_active(at)).cloned().collect();
        active.into_iter().find(|silence| self.fit(&silence.body.matchers, labels))
    }

    /// Why nobody is told.
    pub(crate) fn muted(&mut self, state: &KeptState, at: Nanos) -> Option<Muted> {
        if self.silence(&state.labels, at).is_some() {
            return Some(Muted::Silenced);
        }
        let windows = self.notify.1.maintenance.clone();
        let is_now = |from: Nanos, to: Nanos| from <= at && at < to;
        if windows.iter().any(|one| is_now(one.from, one.to) && self.fit(&one.matchers, &state.labels)) {
            return Some(Muted::Maintenance);
        }
        self.is_inhibited(state).then_some(Muted::Inhibited)
    }

    pub(crate) fn is_inhibited(&mut self, state: &KeptState) -> bool {
        if self.notify.1.inhibitions.is_empty() {
            return false;
        }
        let inhibitions = self.notify.1.inhibitions.clone();
        let firing: Vec<(String, Labels)> = self
            .states
            .values()
            .filter(|other| other.state.is_told() && other.fingerprint != state.fingerprint)
            .map(|other| (other.fingerprint.clone(), other.labels.clone()))
            .collect();
        inhibitions.iter().any(|one| {
            self.fit(&one.target, &state.labels)
                // What fits both sides is not made silent by its like.
                && !self.fit(&one.source, &state.labels)
                && firing.iter().any(|(_, labels)| {
                    self.fit(&one.source, labels)
                        && one.equal.iter().all(|label| labels.get(label) == state.labels.get(label))
                })
        })
    }

    /// The channels that are told of labels: those of the rule, or else those of the first route that fits.
    pub(crate) fn channels_of(&mut self, rule: &Rule, labels: &Labels) -> Vec<Stored<Channel>> {
        let mut names = rule.channels.clone();
        let fitting: Vec<&Route> =
            rule.routes.iter().filter(|route| self.fit(&route.matchers, labels)).collect();
        names.extend(fitting.into_iter().flat_map(|route| route.channels.clone()));
        if names.is_empty() {
            let routes = self.notify.1.routes.clone();
            let found = routes.into_iter().find(|route| self.fit(&route.matchers, labels));
            names = found.map(|route| route.channels).unwrap_or_default();
        }
        let is_named = |channel: &&Stored<Channel>| {
            names.iter().any(|name| *name == channel.id || *name == channel.body.name)
        };
        self.channels.iter().filter(is_named).cloned().collect()
    }

    pub(crate) fn channel(&self, id: &str) -> Option<&Stored<Channel>> {
        self.channels.iter().find(|channel| channel.id == id || channel.body.name == id)
    }

    /// Whether something could not come in during any of some ranges.
    pub(crate) fn is_blind(&self, ranges: &[Range]) -> bool {
        let touches = |gap: &Gap, range: &Range| {
            gap.from.0 < range.to.0 && range.from.0 < gap.to.0.saturating_add(SETTLES)
        };
        self.watch.gaps.iter().any(|gap| ranges.iter().any(|range| touches(gap, range)))
    }

    /// What is told of a state, as long as nobody is named who is told.
    pub(crate) fn telling(&self, rule: &KnownRule, state: &KeptState, at: Nanos) -> KeptDelivery {
        let group = self.books.get(&rule.id).and_then(|book| book.groups.get(&state.group));
        let rule = &rule.rule;
        KeptDelivery {
            event: String::new(),
            key: String::new(),
            channel: String::new(),
            channel_name: String::new(),
            group: String::new(),
            rule_id: state.rule_id.clone(),
            rule: rule.name.clone(),
            severity: rule.severity,
            fingerprint: state.fingerprint.clone(),
            labels: state.labels.clone(),
            annotations: rule.annotations.clone(),
            state: state.state,
            value: state.value,
            threshold: rule.condition.threshold,
            op: rule.condition.op,
            unit: if rule.compare.is_some() { "" } else { rule.signal.unit() }.to_owned(),
            starts_at: state.since,
            ends_at: None,
            spark: group.map(|group| group.spark.iter().copied().collect()).unwrap_or_default(),
            created_at: at,
            due_at: at,
            delivery: DeliveryState::Pending,
            attempts: 0,
            tries: Vec::new(),
        }
    }

    /// What a rule adds to the labels of a group.
    pub(crate) fn labels_of(rule: &Rule, group: &Labels) -> Labels {
        let mut labels = rule.labels.clone();
        labels.extend(group.clone());
        labels.insert("alertname".into(), rule.name.clone());
        labels.insert("severity".into(), rule.severity.name().into());
        labels
    }
}
