//! What is known right now: rules, what evaluations made of their groups, and who wants to hear of what. All of
//! it is in the catalog as well; this is what it says.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use daymark_model::time::Nanos;
use daymark_view::alerts::Labels;
use daymark_view::alerts::channel::Channel;
use daymark_view::alerts::hearing;
use daymark_view::alerts::history::{DeliveryState, Muted};
use daymark_view::alerts::kept::{Gap, KeptDelivery, KeptState, Watch};
use daymark_view::alerts::matcher::Matcher;
use daymark_view::alerts::notify::Notify;
use daymark_view::alerts::rule::{KnownRule, Rule};
use daymark_view::alerts::silence::Silence;
use daymark_view::alerts::state::{BadFile, Heartbeat, State};
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
    expressions: RefCell<HashMap<String, Option<Regex>>>,
}

impl Board {
    /// Whether an expression matches the whole of a text. One that is none matches nothing.
    fn matches(&self, expression: &str, text: &str) -> bool {
        let mut expressions = self.expressions.borrow_mut();
        let made = expressions.entry(expression.to_owned()).or_insert_with(|| whole(expression).ok());
        made.as_ref().is_some_and(|made| made.is_match(text))
    }

    fn is_match(&self) -> impl Fn(&str, &str) -> bool {
        |expression, text| self.matches(expression, text)
    }

    pub(crate) fn fit(&self, matchers: &[Matcher], labels: &Labels) -> bool {
        hearing::fit(matchers, labels, &self.is_match())
    }

    /// The silence that labels lie under.
    pub(crate) fn silence(&self, labels: &Labels, at: Nanos) -> Option<&Stored<Silence>> {
        let mut active = self.silences.iter().filter(|silence| silence.body.is_active(at));
        active.find(|silence| self.fit(&silence.body.matchers, labels))
    }

    /// Why nobody is told.
    pub(crate) fn muted(&self, state: &KeptState, at: Nanos) -> Option<Muted> {
        if self.silence(&state.labels, at).is_some() {
            return Some(Muted::Silenced);
        }
        if hearing::maintenance(&self.notify.1, &state.labels, at, &self.is_match()).is_some() {
            return Some(Muted::Maintenance);
        }
        self.is_inhibited(state).then_some(Muted::Inhibited)
    }

    pub(crate) fn is_inhibited(&self, state: &KeptState) -> bool {
        if self.notify.1.inhibitions.is_empty() {
            return false;
        }
        let is_other = |other: &&KeptState| other.state.is_told() && other.fingerprint != state.fingerprint;
        let firing: Vec<&Labels> = self.states.values().filter(is_other).map(|other| &other.labels).collect();
        hearing::inhibition(&self.notify.1, &state.labels, &firing, &self.is_match()).is_some()
    }

    /// The channels that are told of labels.
    pub(crate) fn channels_of(&self, rule: &Rule, labels: &Labels) -> Vec<Stored<Channel>> {
        let (_, names) = hearing::channels(&self.notify.1, rule, labels, &self.is_match());
        let is_named = |channel: &&Stored<Channel>| {
            names.iter().any(|name| *name == channel.id || *name == channel.body.name)
        };
        self.channels.iter().filter(is_named).cloned().collect()
    }

    pub(crate) fn channel(&self, id: &str) -> Option<&Stored<Channel>> {
        self.channels.iter().find(|channel| channel.id == id || channel.body.name == id)
    }

    /// Whether the rule of a state is gone or switched off. One whose file cannot be read goes on.
    pub(crate) fn is_orphan(&self, state: &KeptState) -> bool {
        let is_of = |bad: &BadFile| {
            let id = state.rule_id.strip_prefix("file:");
            id.is_some_and(|id| id.starts_with(&format!("{}:", bad.file)))
        };
        !self.bad_files.iter().any(is_of)
            && self.rules.get(&state.rule_id).is_none_or(|rule| !rule.rule.enabled)
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
            rule_id: state.rule_id.clone(),
            fingerprint: state.fingerprint.clone(),
            labels: state.labels.clone(),
            state: state.state,
            value: state.value,
            starts_at: state.since,
            spark: group.map(|group| group.spark.iter().copied().collect()).unwrap_or_default(),
            ..unaddressed(rule, at)
        }
    }
}

/// An expression that matches whole texts.
pub(crate) fn whole(expression: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^(?:{expression})$"))
}

/// What is told of an alert of a rule, before anything is known of the alert or of who is told.
pub(crate) fn unaddressed(rule: &Rule, at: Nanos) -> KeptDelivery {
    KeptDelivery {
        event: String::new(),
        key: String::new(),
        channel: String::new(),
        channel_name: String::new(),
        group: String::new(),
        rule_id: String::new(),
        rule: rule.name.clone(),
        severity: rule.severity,
        fingerprint: String::new(),
        labels: Labels::new(),
        annotations: rule.annotations.clone(),
        state: State::Firing,
        value: None,
        threshold: rule.condition.threshold,
        op: rule.condition.op,
        unit: rule.unit().to_owned(),
        starts_at: at,
        ends_at: None,
        spark: Vec::new(),
        created_at: at,
        due_at: at,
        delivery: DeliveryState::Pending,
        attempts: 0,
        tries: Vec::new(),
    }
}
