//! A rule over the past, by the very evaluation that watches.

use std::collections::BTreeMap;
use std::time::Duration;

use daymark_model::time::Nanos;
use daymark_view::alerts::Labels;
use daymark_view::alerts::hearing;
use daymark_view::alerts::kept::KeptDelivery;
use daymark_view::alerts::preview::{
    POINTS_MAX, Preview, PreviewAsk, PreviewFiring, PreviewNotification, PreviewSeries, STEPS_MAX,
};
use daymark_view::alerts::rule::Rule;
use daymark_view::error::{AskError, Code};

use crate::answers::no_alert;
use crate::board::unaddressed;
use crate::book::{Book, Change};
use crate::fingerprint::fingerprint;
use crate::reading;
use crate::watch::Alerting;

/// Evaluations that are asked for at once.
const CHUNK: usize = 500;
/// Where each evaluation is a question of its own there are no more than this.
const ASKED_MAX: i64 = 500;
const SERIES_MAX: usize = 100;
/// How long somebody waits for all evaluations together.
const PATIENCE: Duration = Duration::from_secs(60);

impl Alerting {
    pub(crate) async fn look_back(&self, ask: PreviewAsk) -> Result<Preview, AskError> {
        let looked = tokio::time::timeout(PATIENCE, self.evaluated(ask)).await;
        looked.unwrap_or_else(|_| {
            let detail = format!("looking back took longer than {} s", PATIENCE.as_secs());
            Err(AskError::new(Code::Timeout, detail).hint("a shorter range, or a longer \"every\""))
        })
    }

    async fn evaluated(&self, ask: PreviewAsk) -> Result<Preview, AskError> {
        let PreviewAsk { query_id, rule, range } = ask;
        let every = step(&rule, range.width_ns());
        let first = range.from.floor(every).plus(every);
        let steps = usize::try_from((range.to.0 - first.0) / every + 1).unwrap_or_default();
        if steps > STEPS_MAX {
            let detail = format!("{steps} evaluations are more than {STEPS_MAX}");
            return Err(
                AskError::new(Code::LimitExceeded, detail).hint("a shorter range, or a longer \"every\"")
            );
        }
        // What only tells about now says nothing of the past.
        let begin = if rule.signal.is_of_now() { steps.saturating_sub(1) } else { 0 };
        let at: Vec<Nanos> = (begin..steps).map(|step| first.plus(step as i64 * every)).collect();
        let mut past = Past { rule: &rule, every, first, steps, ..Past::new(&rule) };
        for chunk in at.chunks(CHUNK) {
            let readings = reading::read(self.sampler.as_ref(), &query_id, &rule, chunk).await?;
            for (at, reading) in chunk.iter().zip(readings) {
                let changes = past.book.evaluate(&rule, &reading, *at, false);
                past.note(*at, changes);
            }
        }
        let mut preview = past.told(range.to);
        preview.notification = self.sample_notification(&rule, &preview).await;
        Ok(preview)
    }

    async fn sample_notification(&self, rule: &Rule, preview: &Preview) -> Option<PreviewNotification> {
        let firing = preview.firings.first()?;
        Some(self.message(delivery_of(rule, firing), firing.from).await.shown())
    }

    /// An alert as it would be told now.
    pub(crate) async fn notification_of(&self, fingerprint: &str) -> Result<PreviewNotification, AskError> {
        let now = self.clock.now();
        let delivery = {
            let board = self.board();
            let state = board.states.get(fingerprint);
            let known = state.and_then(|state| Some((board.rules.get(&state.rule_id)?, state)));
            known.map(|(rule, state)| board.telling(rule, state, now))
        };
        let delivery = delivery.ok_or_else(|| no_alert(fingerprint))?;
        Ok(self.message(delivery, now).await.shown())
    }
}

/// An alert as it would have been told.
pub(crate) fn delivery_of(rule: &Rule, firing: &PreviewFiring) -> KeptDelivery {
    KeptDelivery {
        fingerprint: fingerprint("", &firing.labels),
        labels: hearing::labels_of(rule, &firing.labels),
        value: firing.peak,
        ..unaddressed(rule, firing.from)
    }
}

/// How far apart evaluations are. Sums tell many windows at once; all else is asked for window by window.
fn step(rule: &Rule, width: i64) -> i64 {
    let every = rule.every_ns;
    if rule.signal.is_summed() {
        return every;
    }
    let times = width / every.max(1) / ASKED_MAX + 1;
    every * times
}

/// Values with their steps.
type Values = Vec<(usize, Option<f64>)>;

struct Past<'r> {
    rule: &'r Rule,
    every: i64,
    first: Nanos,
    steps: usize,
    book: Book,
    values: BTreeMap<Labels, Values>,
    open: BTreeMap<Labels, PreviewFiring>,
    over: Vec<PreviewFiring>,
}

impl<'r> Past<'r> {
    fn new(rule: &'r Rule) -> Self {
        Self {
            rule,
            every: 0,
            first: Nanos(0),
            steps: 0,
            book: Book::default(),
            values: BTreeMap::new(),
            open: BTreeMap::new(),
            over: Vec::new(),
        }
    }

    fn note(&mut self, at: Nanos, changes: Vec<Change>) {
        let step = usize::try_from((at.0 - self.first.0) / self.every).unwrap_or_default();
        for (labels, group) in &self.book.groups {
            if let Some(value) = group.spark.back() {
                self.values.entry(labels.clone()).or_default().push((step, *value));
            }
        }
        for change in changes {
            if change.to.is_told() {
                let peak = change.value;
                let firing = PreviewFiring { labels: change.group.clone(), from: at, to: None, peak };
                self.open.entry(change.group).or_insert(firing);
            } else if let Some(mut firing) = self.open.remove(&change.group) {
                firing.to = Some(at);
                self.over.push(firing);
            }
        }
        let is_downward = self.rule.condition.op.is_downward();
        for (labels, firing) in &mut self.open {
            let value = self.book.groups.get(labels).and_then(|group| group.spark.back().copied().flatten());
            firing.peak = match (firing.peak, value) {
                (Some(one), Some(other)) if is_downward => Some(one.min(other)),
                (Some(one), Some(other)) => Some(one.max(other)),
                (one, other) => one.or(other),
            };
        }
    }

    fn told(self, end: Nanos) -> Preview {
        let every_nth = self.steps.div_ceil(POINTS_MAX).max(1);
        let fired: Vec<&Labels> =
            self.over.iter().chain(self.open.values()).map(|firing| &firing.labels).collect();
        let mut groups: Vec<(Labels, Values)> =
            self.values.iter().map(|(labels, values)| (labels.clone(), values.clone())).collect();
        groups.sort_by_key(|(labels, _)| !fired.contains(&labels));
        groups.truncate(SERIES_MAX);
        let series = groups.into_iter().map(|(labels, values)| {
            let mut points: Vec<Option<f64>> = vec![None; self.steps.div_ceil(every_nth)];
            for (step, value) in values {
                if let Some(point) = points.get_mut(step / every_nth) {
                    *point = match (*point, value) {
                        (Some(one), Some(other)) => Some(one.max(other)),
                        (one, other) => other.or(one),
                    };
                }
            }
            PreviewSeries { labels, t0: self.first, step_ns: self.every * every_nth as i64, values: points }
        });
        let series = series.collect();
        let mut firings: Vec<PreviewFiring> = self.over.into_iter().chain(self.open.into_values()).collect();
        firings.sort_by(|one, other| (one.from, &one.labels).cmp(&(other.from, &other.labels)));
        let lasted = |firing: &PreviewFiring| firing.to.unwrap_or(end).0 - firing.from.0;
        Preview {
            series,
            total_firing_ns: firings.iter().map(lasted).sum(),
            firings,
            evaluations: self.steps as u64,
            every_ns: self.every,
            notification: None,
        }
    }
}
