//! From one evaluation to the next: pending, firing, resolved, with the timing of Prometheus.

use daymark_model::time::Nanos;
use daymark_view::alerts::rule::{Rule, Then};
use daymark_view::alerts::state::State;

use crate::judge::{Judged, Verdict};

/// A group without anything to judge is forgotten after so long.
const FORGOTTEN: i64 = Nanos::DAY;

/// A group that is not ok.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    pub state: State,
    /// Since when it has been bad.
    pub since: Nanos,
    /// Since when it has been in its state.
    pub entered: Nanos,
    /// Since when it is good again but fires on.
    pub good_since: Option<Nanos>,
    /// When there was something to judge for the last time.
    pub seen: Nanos,
    pub value: Option<f64>,
    pub count: u64,
}

/// What an evaluation makes of a group; `seen` says when there was something to judge before.
pub fn step(
    rule: &Rule,
    alert: Option<&Alert>,
    seen: Option<Nanos>,
    judged: Judged,
    at: Nanos,
) -> Option<Alert> {
    match judged.verdict {
        Verdict::Bad => Some(bad(rule, alert, judged, at)),
        Verdict::Good => good(rule, alert, judged, at),
        Verdict::Unknown => alert.cloned(),
        Verdict::Absent => absent(rule, alert, seen, at),
    }
}

fn bad(rule: &Rule, alert: Option<&Alert>, judged: Judged, at: Nanos) -> Alert {
    let before = alert.filter(|alert| matches!(alert.state, State::Pending | State::Firing));
    let since = before.map_or(at, |alert| alert.since);
    let was_firing = before.is_some_and(|alert| alert.state == State::Firing);
    let is_long_enough = at.0.saturating_sub(since.0) >= rule.for_ns;
    let state = if was_firing || is_long_enough { State::Firing } else { State::Pending };
    let entered = before.filter(|alert| alert.state == state).map_or(at, |alert| alert.entered);
    Alert { state, since, entered, good_since: None, seen: at, value: judged.value, count: judged.count }
}

fn good(rule: &Rule, alert: Option<&Alert>, judged: Judged, at: Nanos) -> Option<Alert> {
    let firing = alert.filter(|alert| alert.state == State::Firing && rule.keep_firing_ns > 0)?;
    let good_since = firing.good_since.unwrap_or(at);
    let fires_on = at.0.saturating_sub(good_since.0) < rule.keep_firing_ns;
    let Judged { value, count, .. } = judged;
    fires_on.then(|| Alert { good_since: Some(good_since), seen: at, value, count, ..firing.clone() })
}

fn absent(rule: &Rule, alert: Option<&Alert>, seen: Option<Nanos>, at: Nanos) -> Option<Alert> {
    // As in Prometheus, what is no longer there is no longer bad, unless the rule says otherwise.
    let Some(no_data) = rule.no_data else {
        let nothing = Judged { verdict: Verdict::Good, value: None, count: 0 };
        return good(rule, alert, nothing, at);
    };
    let seen = alert.map(|alert| alert.seen).or(seen)?;
    let missing_for = at.0.saturating_sub(seen.0);
    if missing_for < no_data.after_ns {
        return alert.cloned();
    }
    if missing_for >= FORGOTTEN.max(2 * no_data.after_ns) {
        return None;
    }
    match no_data.then {
        Then::Ok => None,
        Then::Keep => alert.cloned(),
        Then::Alert => {
            let before = alert.filter(|alert| alert.state == State::NoData);
            Some(before.cloned().unwrap_or(Alert {
                state: State::NoData,
                since: seen,
                entered: at,
                good_since: None,
                seen,
                value: None,
                count: 0,
            }))
        }
    }
}
