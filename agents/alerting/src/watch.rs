//! Evaluates rules when they are due, makes up for what was missed, and keeps what came of it.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use daymark_model::time::{Clock, Nanos};
use daymark_view::alerts::kept::{self, Gap, KeptState};
use daymark_view::alerts::rule::{KnownRule, Origin};
use daymark_view::alerts::sample::Sampler;
use daymark_view::ask::Ask;
use daymark_view::error::AskError;
use daymark_view::keep::{Keep, Keeping};
use daymark_view::query_id::QueryId;
use futures::{StreamExt, stream};
use tokio::sync::Notify as Wake;

use crate::address::Allowed;
use crate::board::Board;
use crate::book::{Book, memory};
use crate::files::{self, RuleFiles};
use crate::machine::Alert;
use crate::options::Options;
use crate::outbound::Outbound;
use crate::reading::{self, Reading};
use crate::round::{Round, put};
use crate::{defaults, deliver, heartbeat};

/// How often it is looked what is due.
const TICK: Duration = Duration::from_millis(500);
/// How often the catalog is tried again that takes nothing.
const RETRY: Duration = Duration::from_secs(2);
/// Rules that are asked about at the same time.
const AT_ONCE: usize = 4;
/// What is made up for: so long ago, and so many evaluations of a rule.
const CATCH_UP: i64 = Nanos::DAY;
const CATCH_UP_MAX: usize = 3_000;
/// A pause longer than this means that nothing could come in.
const PAUSE: i64 = Nanos::MINUTE;
/// Pauses are remembered as long as windows reach.
const GAPS_KEPT: i64 = 8 * Nanos::DAY;
/// A question of a rule takes no longer.
const ASK_TIME: Duration = Duration::from_secs(30);
/// Earlier evaluations that are read to know which groups there were.
const WARM_UP: i64 = 30;

/// Whoever watches. Made by [`Alerting::open`], at work in [`Alerting::run`].
#[derive(Debug)]
pub struct Alerting {
    pub(crate) ask: Arc<dyn Ask>,
    pub(crate) sampler: Arc<dyn Sampler>,
    pub(crate) keep: Arc<dyn Keep>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: Options,
    pub(crate) outbound: Outbound,
    pub(crate) board: Mutex<Board>,
    /// Held while something changes, from reading the board to writing the catalog.
    pub(crate) changing: tokio::sync::Mutex<()>,
    /// There is something to deliver.
    pub(crate) wake: Wake,
}

/// What was asked for a rule that is due.
struct Asked {
    rule: Arc<KnownRule>,
    at: Vec<Nanos>,
    /// Evaluations before, for a rule that was not evaluated by this process.
    before: Vec<(Nanos, Reading)>,
    readings: Result<Vec<Reading>, AskError>,
    took_ms: f64,
}

impl Alerting {
    /// Reads what is kept.
    pub async fn open(
        ask: Arc<dyn Ask>,
        sampler: Arc<dyn Sampler>,
        keep: Arc<dyn Keep>,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> io::Result<Arc<Self>> {
        let outbound = Outbound::new(Allowed::of(&options.allow))?;
        let alerting = Self {
            ask,
            sampler,
            keep,
            clock,
            options,
            outbound,
            board: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
            wake: Wake::new(),
        };
        let alerting = Arc::new(alerting);
        alerting.load().await.map_err(|error| io::Error::other(error.to_string()))?;
        Ok(alerting)
    }

    /// Watches until it is told to stop.
    pub async fn run(self: Arc<Self>, stopped: impl Future<Output = ()> + Send) {
        let delivering = tokio::spawn(deliver::run(Arc::clone(&self)));
        let beating = tokio::spawn(heartbeat::run(Arc::clone(&self)));
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        tokio::pin!(stopped);
        loop {
            let round = async {
                ticks.tick().await;
                self.round().await;
            };
            // A round that is cut off is made anew at the next start: what it decided and did not keep is forgotten.
            tokio::select! {
                () = &mut stopped => break,
                () = round => {}
            }
        }
        delivering.abort();
        beating.abort();
    }

    pub(crate) fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn query_id() -> QueryId {
        QueryId::parse(&ulid::Ulid::generate().to_string()).expect("a ULID is printed in its alphabet")
    }

    /// Reads the folder of rules anew, when it looks otherwise than before.
    pub(crate) async fn reload(&self) {
        let Some(folder) = self.options.rules_dir.clone() else { return };
        let (now, before) = (self.clock.now(), self.board().files.clone());
        let read = tokio::task::spawn_blocking(move || {
            let look = files::look(&folder);
            let is_same = look.as_ref().is_ok_and(|look| before.as_ref() == Some(look));
            (!is_same).then(|| (look.ok(), files::read_folder(&folder, now)))
        });
        let Ok(Some((look, read))) = read.await else { return };
        let files = read.unwrap_or_else(|error| {
            let complaint = files::Complaint {
                file: ".".into(),
                place: crate::yaml::Place { line: 1, column: 1 },
                detail: format!("the folder of rules cannot be read: {error}"),
                hint: None,
            };
            RuleFiles { rules: Vec::new(), complaints: vec![complaint] }
        });
        let _changing = self.changing.lock().await;
        let mut board = self.board();
        board.files = look;
        board.take_files(files);
    }

    /// Looks at what is due, evaluates it, and keeps what came of it.
    pub(crate) async fn round(&self) {
        // What was acknowledged before the start may not be back yet.
        if !self.ask.readiness().read {
            return;
        }
        self.reload().await;
        let now = self.clock.now();
        let due = self.board().due(now);
        if due.is_empty() && !self.board().has_loose_ends(now) {
            return;
        }
        let asked = {
            let sampler = self.sampler.for_round();
            let asked = stream::iter(due).map(|(rule, at)| self.asked(sampler.as_ref(), rule, at));
            asked.buffered(AT_ONCE).collect::<Vec<Asked>>().await
        };
        let _changing = self.changing.lock().await;
        let round = self.board().settle(asked, now);
        self.keep_until_kept(round).await;
    }

    async fn asked(&self, sampler: &dyn Sampler, rule: Arc<KnownRule>, at: Vec<Nanos>) -> Asked {
        let began = self.clock.elapsed();
        let is_new = !self.board().books.get(&rule.id).is_some_and(|book| book.is_warm);
        let id = Self::query_id();
        let read = |at: Vec<Nanos>| {
            let rule = Arc::clone(&rule);
            let id = id.clone();
            async move {
                let reading = reading::read(sampler, &id, &rule.rule, &at);
                let too_long =
                    |_| AskError::new(daymark_view::error::Code::Timeout, "it took longer than 30 s");
                tokio::time::timeout(ASK_TIME, reading).await.map_err(too_long)?
            }
        };
        let earlier = if is_new { warm_up(&rule, at.first().copied()) } else { Vec::new() };
        let before = match earlier.is_empty() {
            true => Vec::new(),
            false => read(earlier.clone())
                .await
                .map_or_else(|_| Vec::new(), |all| earlier.into_iter().zip(all).collect()),
        };
        let readings = read(at.clone()).await;
        let took_ms = self.clock.elapsed().saturating_sub(began).as_secs_f64() * 1e3;
        Asked { rule, at, before, readings, took_ms }
    }

    /// What was decided holds in memory already: it is tried until the catalog has it, too.
    pub(crate) async fn keep_until_kept(&self, round: Round) {
        while let Err(error) = self.keep.keep(round.changes.clone()).await {
            tracing::error!(%error, "states of alerts cannot be kept; trying again");
            tokio::time::sleep(RETRY).await;
        }
        if !round.deliveries.is_empty() {
            self.board().pending.extend(round.deliveries);
            self.wake.notify_one();
        }
    }
}

fn warm_up(rule: &KnownRule, first: Option<Nanos>) -> Vec<Nanos> {
    let (Some(first), reach) = (first, memory(&rule.rule)) else { return Vec::new() };
    let every = rule.rule.every_ns;
    let step = (reach / WARM_UP / every + 1) * every;
    let steps = reach / step;
    (1..=steps).rev().map(|back| first.plus(-back * step)).collect()
}

impl Board {
    /// Rules of the API and those that come with Daymark are set again; files follow.
    pub(crate) fn set_rules(&mut self, of_api: Vec<KnownRule>, has_defaults: bool) {
        self.rules.retain(|_, rule| rule.origin == Origin::File);
        let defaults = if has_defaults { defaults::rules() } else { Vec::new() };
        for rule in defaults.into_iter().chain(of_api) {
            self.set_rule(rule);
        }
    }

    pub(crate) fn set_rule(&mut self, rule: KnownRule) {
        let is_same = self.rules.get(&rule.id).is_some_and(|known| known.rule == rule.rule);
        if !is_same {
            self.forget_rule(&rule.id);
        }
        self.rules.insert(rule.id.clone(), Arc::new(rule));
    }

    /// The groups of a rule that changed are read anew; what fires goes on until it is judged.
    fn forget_rule(&mut self, id: &str) {
        if let Some(book) = self.books.get_mut(id) {
            book.is_warm = false;
            book.groups.retain(|_, group| group.alert.is_some());
        }
    }

    fn take_files(&mut self, files: RuleFiles) {
        let bad: Vec<String> = files.complaints.iter().map(|complaint| complaint.file.clone()).collect();
        let found: HashMap<String, KnownRule> =
            files.rules.into_iter().map(|rule| (rule.id.clone(), rule)).collect();
        // What a file said before it was broken goes on.
        let is_kept = |rule: &KnownRule| {
            rule.origin != Origin::File
                || found.contains_key(&rule.id)
                || rule
                    .file
                    .as_ref()
                    .is_some_and(|file| bad.contains(file) || bad.iter().any(|bad| bad == "."))
        };
        self.rules.retain(|_, rule| is_kept(rule));
        for (id, rule) in found {
            if self.rules.get(&id).is_none_or(|known| known.rule != rule.rule || known.line != rule.line) {
                self.set_rule(rule);
            }
        }
        for complaint in &files.complaints {
            let is_known = self.bad_files.iter().any(|known| {
                known.file == complaint.file
                    && known.line == complaint.place.line
                    && known.error == complaint.detail
            });
            if !is_known {
                tracing::warn!(%complaint, "a file of rules is wrong");
            }
        }
        self.bad_files = files.complaints.into_iter().map(Into::into).collect();
    }

    /// Rules with the instants for which they are due, oldest first. Counts what is too old to be made up for.
    fn due(&mut self, now: Nanos) -> Vec<(Arc<KnownRule>, Vec<Nanos>)> {
        self.note_pause(now);
        let mut due = Vec::new();
        for rule in self.rules.values().filter(|rule| rule.rule.enabled) {
            let every = rule.rule.every_ns;
            let begun = || match rule.origin {
                Origin::Api => self.watch.up_to.max(rule.created_at),
                // When a file was written first is not known; when it was read says nothing.
                Origin::File | Origin::Default => self.watch.up_to,
            };
            let last = self.last.get(&rule.id).copied().unwrap_or_else(begun);
            let behind = now.0.saturating_sub(last.0);
            if behind < 0 {
                // The clock went back. A moment is waited for, so that nothing is judged twice; not hours.
                if behind <= -every {
                    self.last.insert(rule.id.clone(), now);
                }
                continue;
            }
            let oldest = last.max(now.plus(-CATCH_UP));
            let steps =
                |from: Nanos| usize::try_from((now.0 - from.floor(every).0) / every).unwrap_or_default();
            let (all, mut left) = (steps(last), steps(oldest));
            // Of what only tells about now, one answer must not stand for many.
            left = left.min(if rule.rule.signal.is_of_now() { 1 } else { CATCH_UP_MAX });
            let missed = all.saturating_sub(left) as u64;
            self.watch.evaluations.due += missed;
            self.watch.evaluations.missed += missed;
            if left > 0 {
                let newest = now.floor(every);
                let at = (0..left).rev().map(|back| newest.plus(-(back as i64) * every)).collect();
                due.push((Arc::clone(rule), at));
            }
        }
        due
    }

    /// While nothing was evaluated, nothing could come in either.
    fn note_pause(&mut self, now: Nanos) {
        let from = self.last_round.unwrap_or(self.watch.up_to);
        let is_start = self.last_round.is_none() && self.watch.up_to.0 > 0;
        let paused = now.0.saturating_sub(from.0);
        if (is_start && paused > 0) || (self.last_round.is_some() && paused > PAUSE) {
            self.watch.gaps.push(Gap { from, to: now });
        }
        self.watch.gaps.retain(|gap| now.0.saturating_sub(gap.to.0) < GAPS_KEPT);
        self.last_round = Some(now);
    }

    /// Something that is to be told or ended although nothing is due.
    fn has_loose_ends(&self, now: Nanos) -> bool {
        let is_untold = |state: &KeptState| state.told_at.is_none() && state.state.is_told();
        self.states
            .values()
            .any(|state| self.is_orphan(state) || (is_untold(state) && self.muted(state, now).is_none()))
    }

    /// Judges what was asked for.
    fn settle(&mut self, asked: Vec<Asked>, now: Nanos) -> Round {
        let mut round = Round::default();
        for Asked { rule, at, before, readings, took_ms } in asked {
            // It may have changed or gone meanwhile.
            if self.rules.get(&rule.id).is_none_or(|known| !Arc::ptr_eq(known, &rule)) {
                continue;
            }
            let count = at.len() as u64;
            self.watch.evaluations.due += count;
            let newest = at.last().copied().unwrap_or(now);
            self.last.insert(rule.id.clone(), newest);
            match readings {
                Ok(readings) => {
                    self.watch.evaluations.done += count;
                    round.note_failure(self, &rule, None, newest);
                    self.judge(&mut round, &rule, before, at.into_iter().zip(readings).collect(), took_ms);
                }
                Err(error) => {
                    self.watch.evaluations.failed += count;
                    let told = error.to_string();
                    if !self.failing.contains_key(&rule.id) {
                        tracing::warn!(rule = %rule.rule.name, error = %told, "a rule cannot be evaluated");
                    }
                    round.note_failure(self, &rule, Some(&told), newest);
                }
            }
        }
        round.end_orphans(self, now);
        round.tell_again(self, now);
        self.watch.up_to = now;
        round.changes.push(put(kept::WATCH, "all", &self.watch));
        if now.0 / Nanos::HOUR != self.swept / Nanos::HOUR {
            self.swept = now.0;
            let before = kept::first_id(now.plus(-kept::KEPT_NS));
            for kind in [kept::EVENT, kept::DELIVERY] {
                round.changes.push(Keeping::DropBefore { kind, id: before.clone() });
            }
        }
        round
    }

    fn judge(
        &mut self,
        round: &mut Round,
        rule: &Arc<KnownRule>,
        before: Vec<(Nanos, Reading)>,
        readings: Vec<(Nanos, Reading)>,
        took_ms: f64,
    ) {
        let mut book = self.books.remove(&rule.id).unwrap_or_default();
        for (at, reading) in before {
            for sample in reading.now {
                book.groups.entry(sample.labels).or_default().seen = Some(at);
            }
        }
        book.is_warm = true;
        self.books.insert(rule.id.clone(), book);
        for (at, reading) in readings {
            let is_blind = self.is_blind(&reading::reach(&rule.rule, at));
            let Some(book) = self.books.get_mut(&rule.id) else { return };
            let changes = book.evaluate(&rule.rule, &reading, at, is_blind);
            round.take(self, rule, changes, took_ms);
        }
        round.refresh(self, rule);
    }

    /// Groups that were not well when the process before ended.
    pub(crate) fn restore(&mut self, state: KeptState) {
        let alert = Alert {
            state: state.state,
            since: state.since,
            entered: state.entered,
            good_since: state.good_since,
            seen: state.seen,
            value: state.value,
            count: state.count,
        };
        if state.state == daymark_view::alerts::state::State::Error {
            self.failing.insert(state.rule_id.clone(), state.error.clone().unwrap_or_default());
        } else {
            let book: &mut Book = self.books.entry(state.rule_id.clone()).or_default();
            let group = book.groups.entry(state.group.clone()).or_default();
            (group.seen, group.alert) = (Some(state.seen), Some(alert));
        }
        self.states.insert(state.fingerprint.clone(), state);
    }
}

#[cfg(test)]
mod tests;
