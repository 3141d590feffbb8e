//! How it stands, for people and pages.

use daymark_view::alerts::kept::KeptState;
use daymark_view::alerts::state::{AlertsStatus, Deliveries, FailingRule, SilencedBy, State, StateRow};

use crate::links;
use crate::watch::Alerting;

impl Alerting {
    /// The worst first.
    pub(super) fn state_rows(&self, is_wanted: impl Fn(&KeptState) -> bool) -> Vec<StateRow> {
        let now = self.clock.now();
        let board = self.board();
        let mut rows: Vec<StateRow> = Vec::new();
        for state in board.states.values().filter(|state| is_wanted(state)).cloned() {
            let silence = board.silence(&state.labels, now).map(|silence| SilencedBy {
                id: silence.id.clone(),
                by: silence.body.created_by.clone(),
                until: silence.body.ends_at,
            });
            let inhibited = board.is_inhibited(&state);
            let rule = board.rules.get(&state.rule_id);
            let group = board.books.get(&state.rule_id).and_then(|book| book.groups.get(&state.group));
            let unit = rule.map_or("", |rule| rule.rule.unit());
            rows.push(StateRow {
                links: links::links(&state.fingerprint, &state.labels, state.since, now),
                annotations: rule.map(|rule| rule.rule.annotations.clone()).unwrap_or_default(),
                spark: group.map(|group| group.spark.iter().copied().collect()).unwrap_or_default(),
                unit: unit.to_owned(),
                rule_id: state.rule_id,
                rule: state.rule,
                severity: state.severity,
                state: state.state,
                labels: state.labels,
                fingerprint: state.fingerprint,
                value: state.value,
                threshold: state.threshold,
                op: state.op,
                since: state.since,
                valid_from: state.entered,
                valid_to: None,
                acknowledged_by: state.acknowledged_by,
                note: state.note,
                silenced: silence.is_some(),
                silence,
                inhibited,
                error: state.error,
            });
        }
        let rank = |state: State| match state {
            State::Firing => 0,
            State::NoData => 1,
            State::Error => 2,
            State::Pending => 3,
            State::Ok => 4,
        };
        rows.sort_by(|one, other| {
            let order = |row: &StateRow| (rank(row.state), std::cmp::Reverse(row.severity), row.since);
            order(one).cmp(&order(other)).then_with(|| one.fingerprint.cmp(&other.fingerprint))
        });
        rows
    }

    pub(super) fn how_it_stands(&self) -> AlertsStatus {
        let now = self.clock.now();
        let board = self.board();
        let enabled = board.rules.values().filter(|rule| rule.rule.enabled).count() as u64;
        let name = |id: &String| board.rules.get(id).map(|rule| rule.rule.name.clone()).unwrap_or_default();
        let failing: Vec<FailingRule> = board
            .failing
            .iter()
            .map(|(id, error)| FailingRule { rule_id: id.clone(), rule: name(id), error: error.clone() })
            .collect();
        let count =
            |wanted: State| board.states.values().filter(|state| state.state == wanted).count() as u64;
        // The next instant that should have been evaluated and was not.
        let behind = board.rules.values().filter(|rule| rule.rule.enabled).filter_map(|rule| {
            let last = board.last.get(&rule.id)?;
            let next = last.floor(rule.rule.every_ns).plus(rule.rule.every_ns);
            Some(now.0.saturating_sub(next.0).max(0))
        });
        let watch = &board.watch;
        AlertsStatus {
            rules: enabled,
            ok: enabled.saturating_sub(failing.len() as u64),
            firing: count(State::Firing) + count(State::NoData),
            pending: count(State::Pending),
            failing,
            bad_files: board.bad_files.clone(),
            last_at: board.last.values().max().copied(),
            lag_ns: behind.max().unwrap_or_default(),
            evaluations: watch.evaluations,
            deliveries: Deliveries {
                pending: board.pending.len() as u64,
                delivered: watch.delivered,
                undelivered: watch.undelivered,
                retries: watch.retries,
            },
            heartbeat: board.heartbeat.clone(),
        }
    }
}
