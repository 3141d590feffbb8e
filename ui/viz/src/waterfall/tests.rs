//! Folds, groups and times of their own over small and extreme traces.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

/// Rows of depth, start after the parent, duration, operation.
fn trace(rows: &[(u32, i64, i64, u32)]) -> Waterfall {
    let pick = |pick: fn(&(u32, i64, i64, u32)) -> Value| rows.iter().map(pick).collect::<Vec<_>>();
    let zeros = vec![0; rows.len()];
    let skeleton = json!({
        "rev": "r", "trace_id": "0af7651916cd43dd8448eb211c80319c", "start": "0", "duration_ns": 100,
        "total": rows.len(), "shown": rows.len(), "focus_row": null, "root": null, "error_count": 0, "log_count": 0,
        "completeness": "complete", "aliases": [], "episode": {"n": 1, "of": 1}, "tier": "internal", "peers": [],
        "peer": zeros, "services": ["a"], "operations": ["x", "y"],
        "depth": pick(|row| row.0.into()), "dstart": pick(|row| row.1.into()), "dur": pick(|row| row.2.into()),
        "svc": zeros, "op": pick(|row| row.3.into()), "kind_status": zeros, "flags": zeros, "n_events": zeros,
        "n_logs": zeros, "agg": [], "runs": [], "missing_parents": [], "skew": [], "crit": [[0, 0, 10], [1, 10, 90]],
    });
    Waterfall::of(&serde_json::from_value(skeleton).expect("a skeleton"))
}

fn rows(lines: &[Line]) -> Vec<u32> {
    lines.iter().map(|line| line.row).collect()
}

const SMALL: [(u32, i64, i64, u32); 5] =
    [(0, 0, 100, 0), (1, 10, 80, 1), (2, 5, 20, 0), (2, 50, 60, 1), (1, 95, 5, 0)];

#[test]
fn a_span_waits_for_its_children_only_while_they_run() {
    let trace = trace(&SMALL);
    assert_eq!(trace.start, [0, 10, 15, 60, 95]);
    assert_eq!(trace.own(0), [(0, 10), (90, 95)]);
    // A child that outlives its parent covers the rest of it.
    assert_eq!(trace.own(1), [(10, 15), (35, 60)]);
    assert_eq!(trace.own_ns(2), 20);
    assert_eq!(trace.critical(1), [(1, 10, 90)]);
}

#[test]
fn folds_hide_what_is_below() {
    let trace = trace(&SMALL);
    let mut folds = Folds::default();
    assert_eq!(rows(&trace.lines(&folds)), [0, 1, 2, 3, 4]);
    folds.turned.insert(1);
    assert_eq!(rows(&trace.lines(&folds)), [0, 1, 4]);
    assert_eq!(rows(&trace.lines(&Folds { preset: Preset::Level(1), turned: BTreeSet::new() })), [0, 1, 4]);
    assert_eq!(
        rows(&trace.lines(&Folds { preset: Preset::Critical, turned: BTreeSet::new() })),
        [0, 1, 2, 3, 4]
    );
    let shown = trace.reveal(&Folds { preset: Preset::Level(0), turned: BTreeSet::new() }, 3);
    assert!(rows(&trace.lines(&shown)).contains(&3));
}

#[test]
fn equal_neighbours_are_one_line_until_it_is_opened() {
    let mut all = vec![(0, 0, 100, 0)];
    all.extend((0..8).map(|at| (1, at * 10, 5, 1)));
    all.push((1, 90, 5, 0));
    let trace = trace(&all);
    let lines = trace.lines(&Folds::default());
    assert_eq!(lines.iter().map(|line| line.count).collect::<Vec<_>>(), [1, 8, 1]);
    assert_eq!(trace.extent(lines[1]), (0, 75));
    let open = trace.lines(&Folds { turned: BTreeSet::from([1]), ..Folds::default() });
    assert_eq!(rows(&open), (0..10).collect::<Vec<_>>());
    assert!(rows(&trace.lines(&trace.reveal(&Folds::default(), 5))).contains(&5));
}

#[test]
fn depth_and_width_do_not_matter() {
    let deep: Vec<_> = (0..100_000).map(|at| (at, 1, 200_000, 0)).collect();
    let chain = trace(&deep);
    assert_eq!(chain.below(0), 99_999);
    assert!(chain.lines(&Folds::default()).len() <= 202);
    assert_eq!(chain.lines(&Folds { preset: Preset::All, turned: BTreeSet::new() }).len(), 100_000);
    let mut wide = vec![(0, 0, 100, 0)];
    wide.extend((0..100_000).map(|at| (1, at, 1, (at % 2) as u32)));
    let fan = trace(&wide);
    assert_eq!(fan.lines(&Folds { preset: Preset::All, turned: BTreeSet::new() }).len(), 100_001);
}
