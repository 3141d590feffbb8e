//! Keys of the trace view.

use daymark_trace_model::bars::Window;
use daymark_trace_model::{Folds, Kind, Preset};
use daymark_view::skeleton::flag;

use crate::pages::trace::seen::Seen;
use crate::words::Word;
use leptos::prelude::*;

pub(super) fn install(seen: Seen) {
    let keys = seen.shell.keys;
    let walk = move |step: isize| {
        let count = seen.lines.with_untracked(|lines| lines.len());
        if count == 0 {
            return;
        }
        let next = seen.focused.get_untracked().saturating_add_signed(step).min(count - 1);
        seen.focused.set(next);
        // An open panel follows.
        if seen.selected.get_untracked().is_some() {
            seen.selected.set(seen.lines.with_untracked(|lines| lines.0.get(next).map(|line| line.at)));
        }
    };
    for (key, word, step) in [
        ("j", Word::ShellKeyDown, 1),
        ("k", Word::ShellKeyUp, -1),
        ("ArrowDown", Word::ShellKeyDown, 1),
        ("ArrowUp", Word::ShellKeyUp, -1),
        ("PageDown", Word::TraceKeyPageDown, 20),
        ("PageUp", Word::TraceKeyPageUp, -20),
        ("Home", Word::TraceKeyFirst, isize::MIN),
        ("End", Word::TraceKeyLast, isize::MAX),
    ] {
        keys.on(key, word, move || walk(step));
    }
    keys.on("Enter", Word::ShellKeyOpen, move || {
        let line = seen.lines.with_untracked(|lines| lines.0.get(seen.focused.get_untracked()).copied());
        seen.selected.set(line.map(|line| line.at));
    });
    keys.on("ArrowRight", Word::TraceKeyExpand, move || {
        let at = seen.focused.get_untracked();
        match seen.lines.with_untracked(|lines| lines.0.get(at).and_then(|line| line.is_open)) {
            Some(false) => seen.flip(at),
            Some(true) => walk(1),
            None => {}
        }
    });
    keys.on("ArrowLeft", Word::TraceKeyCollapse, move || {
        let at = seen.focused.get_untracked();
        let (is_open, parent) = seen.lines.with_untracked(|lines| {
            let parent = seen.trace.with_untracked(|trace| lines.parent_of(trace, at));
            (lines.0.get(at).and_then(|line| line.is_open), parent)
        });
        match (is_open, parent) {
            (Some(true), _) => seen.flip(at),
            (_, Some(parent)) => walk(parent as isize - at as isize),
            _ => {}
        }
    });
    keys.on("h", Word::TraceKeyPan, move || seen.pan(-0.2));
    keys.on("l", Word::TraceKeyPan, move || seen.pan(0.2));
    keys.on("+", Word::TraceKeyZoom, move || seen.zoom(0.5, None));
    keys.on("=", Word::TraceKeyZoom, move || seen.zoom(0.5, None));
    keys.on("-", Word::TraceKeyZoomOut, move || seen.zoom(2.0, None));
    keys.on("0", Word::TraceKeyFit, move || seen.fit());
    keys.on("s", Word::TraceKeySpan, move || {
        let Some(at) = current(seen) else { return };
        let (from, to) = seen.trace.with_untracked(|trace| (trace.start[at as usize], trace.stop(at)));
        let edge = ((to - from) / 20).max(50);
        seen.look(Window { from: from - edge, to: to + edge, left: 0.0, right: 1.0 });
    });
    let found = move |is_back| {
        if let Some(found) = seen.found.get_untracked() {
            seen.step(&found, is_back)
        }
    };
    keys.on("n", Word::TraceKeyNext, move || found(false));
    keys.on("N", Word::TraceKeyBefore, move || found(true));
    let failed = move |is_back| {
        let places = seen.trace.with_untracked(|trace| {
            (0..trace.len() as u32).filter(|at| trace.has(*at, flag::ERROR)).collect::<Vec<_>>()
        });
        seen.step(&places, is_back);
    };
    keys.on("e", Word::TraceKeyError, move || failed(false));
    keys.on("E", Word::TraceKeyErrorBefore, move || failed(true));
    keys.on("p", Word::TraceKeyCritical, move || {
        let mut sections = seen.trace.with_untracked(|trace| trace.sections.clone());
        sections.sort_unstable_by_key(|section| section[1]);
        let now = seen.selected.get_untracked().map(i64::from);
        let at = sections.iter().rposition(|section| Some(section[0]) == now).map_or(0, |at| at + 1);
        if let Some(section) = sections.get(at).or(sections.first()) {
            seen.go(section[0] as u32);
        }
    });
    keys.on("u", Word::TraceKeyRoot, move || {
        let preset = match (seen.folds.get_untracked().preset, current(seen)) {
            (Preset::Root(_), _) | (_, None) => Preset::Auto,
            (_, Some(at)) => Preset::Root(seen.trace.with_untracked(|trace| trace.row_of(at))),
        };
        seen.set_folds(&Folds::new(preset));
    });
    for (level, key) in ["1", "2", "3", "4", "5", "6", "7", "8", "9"].into_iter().enumerate() {
        keys.on(key, Word::TraceKeyLevel, move || {
            seen.set_folds(&Folds::new(Preset::Level(level as u32 + 1)))
        });
    }
    keys.on("z", Word::TraceKeyFold, move || {
        let next = match seen.folds.get_untracked().preset {
            Preset::Auto => Preset::All,
            Preset::All => Preset::Critical,
            Preset::Critical => Preset::Errors,
            _ => Preset::Auto,
        };
        seen.set_folds(&Folds::new(next));
    });
    for (sequence, view, word) in [
        ("v w", "", Word::TraceWaterfall),
        ("v f", "flame", Word::TraceFlame),
        ("v g", "graph", Word::TraceGraph),
        ("v t", "table", Word::TraceTable),
        ("v l", "logs", Word::TraceLogs),
        ("v j", "json", Word::TraceJson),
    ] {
        keys.on(sequence, word, move || seen.shell.address.set("view", view));
    }
    keys.on("m", Word::TraceKeyColour, move || {
        let ways = ["", "kind", "status"];
        let now = seen.shell.address.now().get("colour").unwrap_or_default().to_owned();
        let at = ways.iter().position(|way| *way == now).map_or(0, |at| (at + 1) % ways.len());
        seen.shell.address.replace(seen.shell.address.now().with("colour", ways[at]));
    });
    keys.on("Escape", Word::ShellKeyClose, move || seen.close());
}

/// The span that keys act on.
fn current(seen: Seen) -> Option<u32> {
    let focused = || {
        seen.lines.with_untracked(|lines| {
            lines
                .0
                .get(seen.focused.get_untracked())
                .filter(|line| line.kind == Kind::Span)
                .map(|line| line.at)
        })
    };
    seen.selected.get_untracked().or_else(focused)
}
