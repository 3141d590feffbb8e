//! Traces of every shape, and what holds for all of them.

use daymark_view::skeleton::{Skeleton, flag};

use crate::bars::{self, Measure, Window};
use crate::colours::Colours;
use crate::flame::Flame;
use crate::graph::Graph;
use crate::lines::{Kind, Lines, Mode};
use crate::{Folds, NONE, Preset, Trace, find, groups, strip};

/// Rows as depth, start after the parent's, duration, service, operation.
fn skeleton(rows: &[(u32, i64, i64, u32, u32)]) -> Skeleton {
    Skeleton {
        rev: "r".into(),
        trace_id: daymark_model::id::TraceId([0; 16]),
        start: daymark_model::time::Nanos(0),
        duration_ns: 1_000,
        total: rows.len() as u32,
        shown: rows.len() as u32,
        focus_row: None,
        root: None,
        error_count: 0,
        log_count: 0,
        completeness: daymark_view::trace::Completeness::Complete,
        aliases: Vec::new(),
        episode: daymark_view::trace::Episode { n: 1, of: 1 },
        tier: "edge".into(),
        peers: Vec::new(),
        peer: Vec::new(),
        services: vec!["web".into(), "cart".into()],
        operations: vec!["GET /".into(), "SELECT".into(), "other".into()],
        depth: rows.iter().map(|row| row.0).collect(),
        dstart: rows.iter().map(|row| row.1).collect(),
        dur: rows.iter().map(|row| row.2).collect(),
        svc: rows.iter().map(|row| row.3).collect(),
        op: rows.iter().map(|row| row.4).collect(),
        kind_status: vec![0; rows.len()],
        flags: vec![0; rows.len()],
        n_events: vec![0; rows.len()],
        n_logs: vec![0; rows.len()],
        agg: Vec::new(),
        runs: Vec::new(),
        missing_parents: Vec::new(),
        skew: Vec::new(),
        crit: Vec::new(),
    }
}

#[test]
fn a_trace_that_waits_begins_where_it_happens() {
    let mut late = skeleton(&[(0, 0, 100, 0, 0), (1, 10, 60, 0, 1), (2, 940, 10, 1, 2)]);
    assert_eq!(Trace::of(&late).beginning(), Some((0, 105)));
    late.dstart[2] = 100;
    assert_eq!(Trace::of(&late).beginning(), None, "all of it at once");
    assert_eq!(Trace::default().beginning(), None);
}

/// A number that looks random, for shapes without a pattern.
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

fn odd_trace(count: usize, seed: u64) -> Trace {
    let mut seed = seed;
    let mut depth = 0;
    let rows: Vec<_> = (0..count)
        .map(|at| {
            depth = if at == 0 { 0 } else { (next(&mut seed) % (depth + 2)).max(1) };
            let start = next(&mut seed) as i64 % 50 - 5;
            (
                depth as u32,
                start,
                next(&mut seed) as i64 % 100,
                (next(&mut seed) % 2) as u32,
                (next(&mut seed) % 2) as u32,
            )
        })
        .collect();
    Trace::of(&skeleton(&rows))
}

const MEASURE: Measure = Measure { row: 24.0, bar: 12.0, above: 6.0 };

fn all(width: f64) -> Window {
    Window { from: 0, to: 1_000, left: 0.0, right: width }
}

#[test]
fn rows_know_their_parents_and_ends() {
    let trace =
        Trace::of(&skeleton(&[(0, 0, 100, 0, 0), (1, 10, 30, 1, 1), (2, 5, 5, 1, 1), (1, 50, 100, 1, 2)]));
    assert_eq!(trace.parent, [NONE, 0, 1, 0]);
    assert_eq!(trace.end, [4, 3, 3, 4]);
    assert_eq!(trace.start, [0, 10, 15, 50]);
    // A child that outlives its parent takes only what lies within it.
    assert_eq!(trace.own, [20, 25, 5, 100]);
    assert_eq!(trace.children(0).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(trace.children(NONE).collect::<Vec<_>>(), [0]);
}

#[test]
fn arrays_that_make_no_sense_make_a_trace() {
    let mut bad = skeleton(&[(7, 0, -5, 9, 9), (9, 10, 30, 1, 1), (0, 5, 5, 1, 1)]);
    bad.crit = vec![[77, 0, 5], [-1, 0, 5]];
    bad.flags.pop();
    let trace = Trace::of(&bad);
    assert_eq!((trace.len(), trace.depth.clone(), trace.dur[0]), (2, vec![0, 1], 0));
    assert!(Trace::of(&skeleton(&[])).is_empty());
    assert!(Lines::of(&Trace::default(), &Folds::default()).is_empty());
}

#[test]
fn folded_rows_keep_the_numbers_of_the_server() {
    let mut folded = skeleton(&[(0, 0, 100, 0, 0), (1, 1, 1, 1, 1), (1, 2, 1, 1, 2), (1, 2, 1, 0, 1)]);
    folded.runs = vec![[2, 40], [3, 90]];
    let trace = Trace::of(&folded);
    assert_eq!((0..4).map(|at| trace.row_of(at)).collect::<Vec<_>>(), [0, 1, 40, 90]);
    assert_eq!(
        [0, 1, 2, 40, 41, 90, 91].map(|row| trace.place_of(row)),
        [Some(0), Some(1), None, Some(2), None, Some(3), None]
    );
}

#[test]
fn equal_siblings_are_one_line_until_opened() {
    let mut rows = vec![(0, 0, 900, 0, 0)];
    rows.extend((0..6).map(|at| (1, at * 10, 5, 1, 1)));
    rows.push((1, 500, 5, 1, 2));
    let trace = Trace::of(&skeleton(&rows));
    let mut folds = Folds::new(Preset::All);
    let lines = Lines::of(&trace, &folds);
    assert_eq!(
        lines.0.iter().map(|line| line.kind).collect::<Vec<_>>(),
        [Kind::Span, Kind::Repeat(6, false), Kind::Span]
    );
    assert_eq!((lines.line_of(4), lines.shows(4), lines.shows(7)), (Some(1), false, true));
    let facts = bars::repeated_facts(&trace, 1, 6);
    assert_eq!((facts.busy, facts.p50, facts.max, facts.is_sequential), (30, 5, 5, true));
    folds.reveal(&trace, 4);
    let lines = Lines::of(&trace, &folds);
    assert!(lines.shows(4) && lines.len() == 9);
    assert_eq!(Folds::read(Preset::All, &folds.write("r"), "r"), folds);
    assert_eq!(Folds::read(Preset::All, &folds.write("r"), "newer"), Folds::new(Preset::All));
}

#[test]
fn presets_fold_what_they_say() {
    let mut rows = skeleton(&[
        (0, 0, 100, 0, 0),
        (1, 0, 10, 1, 1),
        (2, 0, 5, 1, 2),
        (1, 20, 60, 1, 0),
        (2, 0, 50, 0, 2),
    ]);
    rows.flags[2] = flag::ERROR;
    rows.crit = vec![[4, 20, 70]];
    let trace = Trace::of(&rows);
    let shown = |preset: &str| {
        Lines::of(&trace, &Folds::new(Preset::read(preset))).0.iter().map(|line| line.at).collect::<Vec<_>>()
    };
    assert_eq!(shown(""), [0, 1, 2, 3, 4]);
    assert_eq!(shown("1"), [0]);
    assert_eq!(shown("2"), [0, 1, 3]);
    assert_eq!(shown("errors"), [0, 1, 2, 3]);
    assert_eq!(shown("critical"), [0, 1, 3, 4]);
    assert_eq!(shown("root:r:3"), [3, 4]);
    for text in ["", "all", "7", "critical", "errors", "svc:a:b", "root:3"] {
        assert_eq!(Preset::read(text).write(), text);
    }
}

#[test]
fn whatever_is_folded_can_be_revealed() {
    for seed in 0..40 {
        let trace = odd_trace(120, seed);
        for at in (0..trace.len() as u32).step_by(7) {
            let mut folds = Folds::new(Preset::Level(1));
            folds.reveal(&trace, at);
            assert!(Lines::of(&trace, &folds).shows(at), "seed {seed}, row {at}");
        }
    }
}

#[test]
fn lines_ascend_and_lead_to_their_parents() {
    for seed in 0..40 {
        let trace = odd_trace(300, seed);
        let lines = Lines::of(&trace, &Folds::default());
        assert!(lines.0.windows(2).all(|pair| (pair[0].at, pair[0].kind) < (pair[1].at, pair[1].kind)));
        for (number, line) in lines.0.iter().enumerate() {
            assert_eq!(lines.0[lines.line_of(line.at).expect("a line")].at, line.at);
            let parent = lines.parent_of(&trace, number);
            assert_eq!(parent.is_none(), line.depth == 0, "seed {seed}, line {number}");
        }
    }
}

#[test]
fn no_two_spans_of_a_lane_overlap() {
    for seed in 0..60 {
        let trace = odd_trace(400, seed);
        let flame = Flame::of(&trace);
        assert_eq!(flame.lanes.iter().map(Vec::len).sum::<usize>(), trace.len());
        for lane in &flame.lanes {
            for pair in lane.windows(2) {
                let end = flame.start[pair[0] as usize] + trace.dur[pair[0] as usize].max(1);
                assert!(end <= flame.start[pair[1] as usize], "seed {seed}");
            }
        }
        for at in 0..trace.len() {
            if trace.parent[at] != NONE {
                assert!(flame.lane[at] > flame.lane[trace.parent[at] as usize]);
            }
        }
    }
}

#[test]
fn a_chain_and_a_fan_of_a_hundred_thousand_are_no_trouble() {
    let chain: Vec<_> = (0..100_000).map(|depth| (depth, 0, 1_000, depth % 2, 0)).collect();
    let mut fan: Vec<_> = (0..100_000).map(|at| (1, i64::from(at) / 100, 3, at % 2, at % 3)).collect();
    fan[0] = (0, 0, 1_000, 0, 0);
    for rows in [chain, fan] {
        let trace = Trace::of(&skeleton(&rows));
        let lines = Lines::of(&trace, &Folds::default());
        assert!(!lines.is_empty());
        let mut folds = Folds::default();
        folds.reveal(&trace, 99_999);
        assert!(Lines::of(&trace, &folds).shows(99_999) || trace.is_parent(0));
        let flame = Flame::of(&trace);
        assert!(strip::strip(&trace, &flame, (1_000.0, 48.0), 0.0, &|_| 0).count() <= 16 * 2_000);
        let (shapes, _) = bars::flame(&trace, &flame, all(1_000.0), (0, 60), (28.0, 26.0), &|_| 0);
        assert!(shapes.count() < 60 * 2_100);
        let shown = &lines.0[..lines.len().min(60)];
        let (shapes, bars) = bars::lines(&trace, shown, all(1_000.0), MEASURE, 0.0, &|_| 0);
        assert!(bars.len() <= 60 && shapes.count() < 60 * 2_000);
    }
}

#[test]
fn what_outlives_its_parent_is_paler_and_errors_are_outlined() {
    let mut rows = skeleton(&[(0, 0, 500, 0, 0), (1, 100, 800, 1, 1)]);
    rows.flags[1] = flag::ERROR;
    rows.crit = vec![[1, 100, 500]];
    let trace = Trace::of(&rows);
    let lines = Lines::of(&trace, &Folds::default());
    let (shapes, bars) = bars::lines(&trace, &lines.0, all(1_000.0), MEASURE, 0.0, &|at| at as u8);
    let found: Vec<_> =
        shapes.0.chunks(bars::SHAPE).map(|one| (one[0], one[2], one[4] as u8, one[6] as u8)).collect();
    assert_eq!(
        found,
        [
            (0.0, 500.0, 0, bars::FILLED),
            (0.0, 100.0, 0, bars::FILLED),
            (100.0, 400.0, 1, bars::FILLED),
            (500.0, 400.0, 1, bars::FILLED),
            (100.0, 800.0, bars::FAILED, bars::OUTLINED),
            (100.0, 400.0, bars::INK, bars::FILLED),
        ]
    );
    assert_eq!((bars[1].start, bars[1].end), (100.0, 900.0));
}

#[test]
fn windows_zoom_around_a_place_and_stay_inside() {
    let window = all(100.0);
    let near = window.zoomed(250, 0.5, 1_000);
    assert_eq!((near.from, near.to, near.x(250)), (125, 625, 25.0));
    assert_eq!((near.panned(-9.0, 1_000).from, near.panned(9.0, 1_000).to), (0, 1_000));
    assert_eq!(near.zoomed(250, 99.0, 1_000), window);
    assert_eq!(window.instant(window.x(400)), 400);
}

#[test]
fn words_are_found_here_and_keys_by_the_server() {
    let trace = Trace::of(&skeleton(&[(0, 0, 100, 0, 0), (1, 10, 30, 1, 1), (1, 50, 10, 1, 2)]));
    assert_eq!(find::local(&trace, "CART sel"), Some(vec![1]));
    assert_eq!(find::local(&trace, "cart -sel"), Some(vec![2]));
    assert_eq!(find::local(&trace, "status:error"), Some(vec![]));
    assert_eq!(find::local(&trace, "http.method=GET"), None);
    assert_eq!(find::places(&trace, &[[1, 3], [2, 9]]), [1, 2, 2]);
    let filtered = Lines::matching(&trace, &[2], Mode::Filter);
    assert_eq!(filtered.0.iter().map(|line| line.at).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(Lines::matching(&trace, &[2], Mode::Isolate).len(), 1);
}

#[test]
fn spans_are_counted_by_what_they_share() {
    let trace = Trace::of(&skeleton(&[(0, 0, 100, 0, 0), (1, 10, 30, 1, 1), (1, 50, 10, 1, 1)]));
    let by = groups::groups(&trace, &Colours::by_status(&trace), groups::By::Operation);
    assert_eq!(
        by.iter().map(|one| (one.service.as_str(), one.spans, one.own, one.max)).collect::<Vec<_>>(),
        [("web", 1, 60, 100), ("cart", 2, 40, 30)]
    );
    let Graph { nodes, calls, .. } = Graph::of(&trace);
    assert_eq!((nodes.len(), calls.len(), calls[0].count, calls[0].total), (2, 1, 2, 40));
}

#[test]
fn aligned_clocks_put_spans_below_their_parents() {
    // cart's clock is 500 ahead: its span seems to begin after that of web has ended.
    let mut skeleton = skeleton(&[(0, 0, 100, 0, 0), (1, 520, 40, 1, 1), (2, 10, 20, 1, 2)]);
    skeleton.crit = vec![[0, 0, 20], [1, 520, 560]];
    let raw = Trace::of(&skeleton);
    assert_eq!((raw.start[1], raw.own[0]), (520, 100));
    let aligned = raw.aligned(&[(1, 500)]);
    assert_eq!((aligned.start[1], aligned.start[2], aligned.own[0], aligned.duration), (20, 30, 60, 100));
    assert_eq!(aligned.sections, [[0, 0, 20], [1, 20, 60]]);
    let behind = raw.aligned(&[(1, 530)]);
    assert_eq!((behind.start[0], behind.start[1]), (10, 0), "what begins first begins at zero");
}

#[test]
fn every_span_has_one_colour_and_the_legend_counts_all() {
    let mut skeleton = skeleton(&[(0, 0, 100, 0, 0), (1, 10, 10, 1, 1), (1, 20, 10, 1, 1)]);
    skeleton.flags[2] = flag::ERROR;
    let trace = Trace::of(&skeleton);
    for colours in [
        Colours::by_service(&trace, |_| 3),
        Colours::by_kind(&trace),
        Colours::by_status(&trace),
        Colours::by_value(&trace, &[("a".into(), vec![1, 9])]),
    ] {
        assert_eq!(colours.legend().iter().map(|class| class.spans).sum::<usize>(), 3, "{colours:?}");
    }
    assert_eq!(Colours::by_status(&trace).of(2), bars::FAILED);
    let values = Colours::by_value(&trace, &[("a".into(), vec![1])]);
    assert_eq!(values.legend()[0].name, "a");
    let by = groups::groups(&trace, &values, groups::By::Colour);
    assert_eq!(
        by.iter().map(|group| (group.name.as_str(), group.spans)).collect::<Vec<_>>(),
        [("", 2), ("a", 1)]
    );
}
