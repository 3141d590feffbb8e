//! Random histories against a simple model: a map of what must come back and one of what may.

use std::collections::BTreeMap;

use daymark_model::id::Lsn;
use daymark_vfs::fault::{Fault, FaultFs, Op, Unsynced};
use daymark_wal::{State, Wal};
use proptest::prelude::*;

use crate::world::{drain, new_fs, open, record};

#[derive(Clone, Debug)]
enum Step {
    /// Appends that many records before waiting for the first.
    Append {
        count: usize,
        size: usize,
    },
    /// Releases this share, in tenths, of what is acknowledged.
    Release {
        tenths: u64,
    },
    Fail {
        op: Op,
        nth: usize,
        fault: Fault,
    },
    Crash(Unsynced),
    /// A crash while a group of records waits for its sync.
    CrashInSync {
        count: usize,
        size: usize,
        unsynced: Unsynced,
    },
    /// A clean stop and start.
    Restart,
}

fn crash() -> impl Strategy<Value = Unsynced> {
    prop_oneof![
        Just(Unsynced::Lost),
        Just(Unsynced::Kept),
        any::<u64>().prop_map(|seed| Unsynced::Torn { seed }),
        (0_usize..1200).prop_map(|bytes| Unsynced::Cut { bytes }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let op = prop::sample::select(vec![
        Op::Create,
        Op::Open,
        Op::Write,
        Op::Allocate,
        Op::SetLen,
        Op::Sync,
        Op::Rename,
        Op::Remove,
        Op::SyncDir,
    ]);
    let fault = prop::sample::select(vec![Fault::Io, Fault::Full, Fault::Interrupted, Fault::Short]);
    prop_oneof![
        6 => (1_usize..8, 8_usize..700).prop_map(|(count, size)| Step::Append { count, size }),
        2 => (0_u64..=10).prop_map(|tenths| Step::Release { tenths }),
        2 => (op, 1_usize..4, fault).prop_map(|(op, nth, fault)| Step::Fail { op, nth, fault }),
        2 => crash().prop_map(Step::Crash),
        2 => (1_usize..8, 8_usize..700, crash())
            .prop_map(|(count, size, unsynced)| Step::CrashInSync { count, size, unsynced }),
        1 => Just(Step::Restart),
    ]
}

/// What is known about the log from outside.
#[derive(Default)]
struct Model {
    /// Number to seed: must be replayed.
    kept: BTreeMap<u64, u64>,
    /// Number and seed: may be replayed.
    refused: Vec<(u64, u64)>,
    low: u64,
    seed: u64,
}

impl Model {
    fn append(&mut self, wal: &Wal, count: usize, size: usize) {
        let mut tickets = Vec::new();
        for _ in 0..count {
            self.seed += 1;
            if let Ok((lsn, ticket)) = wal.append(record(self.seed, size)) {
                tickets.push((lsn.0, self.seed, ticket));
            }
        }
        for (lsn, seed, ticket) in tickets {
            if ticket.wait().is_ok() {
                assert_eq!(self.kept.insert(lsn, seed), None, "number {lsn} was given twice");
            } else {
                self.refused.push((lsn, seed));
            }
        }
    }

    fn crash_in_sync(
        &mut self,
        wal: &Wal,
        fs: &FaultFs,
        count: usize,
        size: usize,
        crash: Unsynced,
    ) -> FaultFs {
        fs.heal();
        let before = fs.count(Op::Sync);
        fs.hold(Op::Sync);
        for _ in 0..count {
            self.seed += 1;
            if let Ok((lsn, _)) = wal.append(record(self.seed, size)) {
                self.refused.push((lsn.0, self.seed));
            }
        }
        if wal.state() == State::Writable {
            fs.wait_for(Op::Sync, before + 1);
        }
        fs.crash(crash)
    }

    fn release(&mut self, wal: &Wal, tenths: u64) {
        let next = self.kept.keys().next_back().map_or(self.low, |last| last + 1);
        self.low += next.saturating_sub(self.low) * tenths / 10;
        self.kept.retain(|lsn, _| *lsn >= self.low);
        // A failure leaves files behind, which the next release or start takes.
        drop(wal.release(Lsn(self.low)));
    }

    /// Opens the log and compares; what is shown once must be shown for ever.
    fn start(&mut self, fs: &FaultFs) -> Wal {
        let (wal, replay) = open(fs, self.low).unwrap_or_else(|_| {
            fs.heal();
            open(fs, self.low).unwrap()
        });
        let got = drain(replay);
        assert!(got.damage.iter().all(|damage| !damage.was_synced), "{:?}", got.damage);
        let found: BTreeMap<u64, u64> = got.records.into_iter().collect();
        for (lsn, seed) in &self.kept {
            assert_eq!(found.get(lsn), Some(seed), "record {lsn} was acknowledged");
        }
        for (lsn, seed) in &found {
            let is_known = self.kept.get(lsn) == Some(seed) || self.refused.contains(&(*lsn, *seed));
            assert!(is_known && *lsn >= self.low, "record {lsn} of seed {seed} came from nowhere");
        }
        if wal.state() == State::Writable {
            self.kept = found;
        }
        wal
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Scenario: any order of appends, releases, faults, crashes and restarts. Guarantee: acknowledged records
    /// come back, nothing comes from nowhere, no number is given twice.
    #[test]
    fn histories_match_the_model(steps in prop::collection::vec(step(), 1..40)) {
        let mut model = Model { low: 1, ..Model::default() };
        let mut fs = new_fs();
        let mut wal = model.start(&fs);
        for step in steps {
            match step {
                Step::Append { count, size } => model.append(&wal, count, size),
                Step::Release { tenths } => model.release(&wal, tenths),
                Step::Fail { op, nth, fault } => fs.fail(op, nth, fault),
                Step::Crash(unsynced) => {
                    fs = fs.crash(unsynced);
                    wal = model.start(&fs);
                }
                Step::CrashInSync { count, size, unsynced } => {
                    fs = model.crash_in_sync(&wal, &fs, count, size, unsynced);
                    wal = model.start(&fs);
                }
                Step::Restart => {
                    wal.close();
                    wal = model.start(&fs);
                }
            }
        }
        wal.close();
        model.start(&fs.crash(Unsynced::Lost));
    }
}
