//! The script of what breaks. It repeats, so at any instant it is known what is broken and since when: tests
//! and demonstrations can point at an episode and expect to see it.

use crate::{MILLISECOND, SECOND};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// A service takes this much longer for each request.
    Slow { by: i64 },
    /// Statements of a service's database take this many times as long.
    SlowDatabase { times: i64 },
    /// A share of a service's requests fails.
    Errors { share: f64 },
    /// Messages of a queue wait this much longer for their consumers.
    Stall { by: i64 },
}

/// One line of the script: what happens to whom, at which point of each round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    pub name: &'static str,
    /// The role or queue it happens to, in every cell.
    pub target: &'static str,
    pub effect: Effect,
    pub after: i64,
    pub lasts: i64,
}

/// A fault at a definite time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    pub fault: Fault,
    pub from: i64,
    pub to: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    /// Rounds start at its multiples since 1970.
    pub round: i64,
    pub script: Vec<Fault>,
}

impl Faults {
    /// Nothing ever breaks.
    pub fn none() -> Self {
        Self { round: 10 * 60 * SECOND, script: Vec::new() }
    }

    /// Ten minutes with two calm ones in between, told as a shop's bad day.
    pub fn bad_day() -> Self {
        let fault = |name, target, effect, after: i64, lasts: i64| Fault {
            name,
            target,
            effect,
            after: after * SECOND,
            lasts: lasts * SECOND,
        };
        let script = vec![
            fault("bank is slow", "bank-adapter", Effect::Slow { by: 1_800 * MILLISECOND }, 60, 120),
            fault("payments fail", "payment", Effect::Errors { share: 0.35 }, 120, 60),
            fault("stock database is slow", "inventory", Effect::SlowDatabase { times: 40 }, 240, 90),
            fault("order events pile up", "orders.placed", Effect::Stall { by: 25 * SECOND }, 360, 90),
            fault("new catalog release fails", "catalog", Effect::Errors { share: 0.2 }, 480, 45),
        ];
        Self { round: 10 * 60 * SECOND, script }
    }

    /// What is broken at an instant.
    pub fn active(&self, at: i64) -> impl Iterator<Item = &Fault> {
        let into = at.rem_euclid(self.round);
        self.script.iter().filter(move |fault| (fault.after..fault.after + fault.lasts).contains(&into))
    }

    /// All that breaks between two instants, in order of its start.
    pub fn episodes(&self, from: i64, to: i64) -> Vec<Episode> {
        let rounds = from.div_euclid(self.round)..=to.div_euclid(self.round);
        let all = rounds.flat_map(|round| {
            self.script.iter().map(move |&fault| {
                let from = round * self.round + fault.after;
                Episode { fault, from, to: from + fault.lasts }
            })
        });
        all.filter(|episode| episode.from < to && episode.to > from).collect()
    }

    pub(crate) fn delay(&self, role: &str, at: i64) -> i64 {
        let slow = self.active(at).filter(|fault| fault.target == role).map(|fault| match fault.effect {
            Effect::Slow { by } | Effect::Stall { by } => by,
            Effect::SlowDatabase { .. } | Effect::Errors { .. } => 0,
        });
        slow.sum()
    }

    pub(crate) fn database_times(&self, role: &str, at: i64) -> i64 {
        let slow = self.active(at).filter(|fault| fault.target == role).map(|fault| match fault.effect {
            Effect::SlowDatabase { times } => times,
            _ => 1,
        });
        slow.max().unwrap_or(1)
    }

    pub(crate) fn errors(&self, role: &str, at: i64) -> f64 {
        let failing = self.active(at).filter(|fault| fault.target == role).map(|fault| match fault.effect {
            Effect::Errors { share } => share,
            _ => 0.0,
        });
        failing.sum()
    }
}
