//! What is seen of a trace: its rows, which are open, found and selected, and the window of time. All of it
//! comes from the address and goes back there.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use daymark_trace_model::bars::Window;
use daymark_trace_model::colours::Colours;
use daymark_trace_model::lines::Mode;
use daymark_trace_model::{Folds, Lines, Preset, Trace, find};
use daymark_view::skeleton::{Details, Found, Skeleton};
use leptos::prelude::*;

use crate::life::Later;
use crate::load::{Load, load, load_when};
use crate::net::{Question, part};
use crate::pages::trace::coloured;
use crate::shell::Shell;

/// After so long without a move the address tells what is seen.
const SETTLED: Duration = Duration::from_millis(400);

#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub(super) shell: Shell,
    pub(super) id: Memo<String>,
    pub(super) skeleton: Load<Skeleton>,
    /// With clocks as they are, or set right.
    pub(super) trace: Memo<Arc<Trace>>,
    /// Of each span the number of its colour, and what that means.
    pub(super) colours: Memo<Arc<Colours>>,
    pub(super) lines: Memo<Arc<Lines>>,
    pub(super) folds: Memo<Folds>,
    /// Places that match what is looked for; none while nothing is.
    pub(super) found: Memo<Option<Arc<Vec<u32>>>>,
    /// From, to.
    pub(super) window: RwSignal<(i64, i64)>,
    /// The place of the open span.
    pub(super) selected: RwSignal<Option<u32>>,
    pub(super) details: Load<Details>,
    /// The line that keys act on.
    pub(super) focused: RwSignal<usize>,
    settling: Later,
}

impl Seen {
    pub(super) fn here() -> Self {
        expect_context()
    }

    pub(super) fn provide(id: Memo<String>) -> Self {
        let shell = Shell::here();
        let address = shell.address;
        let (episode, below) = (address.param("episode"), address.param("below"));
        let skeleton = load_when(
            || (),
            move || {
                let id = id.get();
                // The span is only looked up when the trace is opened: later it is known here.
                let span = address.now().get("span").unwrap_or_default().to_owned();
                let below = below.get().unwrap_or_default();
                // The subtree of a row, as `<revision>:<row>`.
                let (rev, row) = below.split_once(':').unwrap_or_default();
                (!id.is_empty()).then(|| {
                    Question::get(format!("traces/{}/skeleton", part(&id)))
                        .with("span", if row.is_empty() { span } else { String::new() })
                        .with("episode", episode.get().unwrap_or_default())
                        .with("root", row)
                        .with("rev", rev)
                })
            },
        );
        let raw = RwSignal::new(Arc::new(Trace::default()));
        let skew = address.param("skew");
        let trace = Memo::new_with_compare(
            move |_| {
                let is_aligned = skew.get().as_deref() == Some("aligned");
                let ahead: Vec<(u32, i64)> = skeleton.map(|skeleton: &Skeleton| {
                    skeleton.skew.iter().map(|skew| (skew.svc, skew.offset_ns)).collect()
                });
                match is_aligned && !ahead.is_empty() {
                    true => raw.with(|raw| Arc::new(raw.aligned(&ahead))),
                    false => raw.get(),
                }
            },
            is_other,
        );
        let colours = coloured::colours(address, id, trace);
        let window = RwSignal::new((0, 1));
        let selected = RwSignal::new(None);
        Effect::new(move |_| {
            let Some(answer) = skeleton.answer() else { return };
            let made = Trace::of(&answer.data);
            let zoom = address.now().get("zoom").and_then(|zoom| {
                let (from, to) = zoom.split_once('-')?;
                Some((from.parse().ok()?, to.parse().ok()?)).filter(|(from, to): &(i64, i64)| from < to)
            });
            window.set(zoom.or_else(|| made.beginning()).unwrap_or((0, made.duration)));
            selected.set(answer.data.focus_row.and_then(|row| made.place_of(row)));
            raw.set(Arc::new(made));
        });
        let (fold, open) = (address.param("fold"), address.param("open"));
        let folds = Memo::new(move |_| {
            trace.with(|trace| {
                Folds::read(
                    Preset::read(&fold.get().unwrap_or_default()),
                    &open.get().unwrap_or_default(),
                    &trace.rev,
                )
            })
        });
        let (query, mode) = (address.param("find"), address.param("mode"));
        let here = Memo::new(move |_| trace.with(|trace| find::local(trace, &query.get()?)));
        let asked = load::<Found>(move || {
            let query = query.get().filter(|_| here.with(Option::is_none))?;
            let rev = trace.with(|trace| trace.rev.clone());
            (!rev.is_empty()).then(|| {
                Question::get(format!("traces/{}/find", part(&id.get()))).with("q", query).with("rev", rev)
            })
        });
        let found = Memo::new(move |_| {
            query.get()?;
            let here = here.get();
            here.or_else(|| {
                asked.answer().map(|found| trace.with(|trace| find::places(trace, &found.data.ranges)))
            })
            .map(Arc::new)
        });
        let lines = Memo::new(move |_| {
            let mode = match mode.get().as_deref() {
                Some("filter") => Mode::Filter,
                Some("isolate") => Mode::Isolate,
                _ => Mode::Highlight,
            };
            trace.with(|trace| match found.get().filter(|_| mode != Mode::Highlight) {
                Some(found) => Arc::new(Lines::matching(trace, &found, mode)),
                None => folds.with(|folds| Arc::new(Lines::of(trace, folds))),
            })
        });
        let details = load_when::<Details>(
            || (),
            move || {
                let at = selected.get()?;
                trace.with(|trace| {
                    ((at as usize) < trace.len()).then(|| {
                        Question::get(format!("traces/{}/spans", part(&id.get())))
                            .with("rows", trace.row_of(at))
                            .with("rev", &trace.rev)
                    })
                })
            },
        );
        let seen = Self {
            shell,
            id,
            skeleton,
            trace,
            colours,
            lines,
            folds,
            found,
            window,
            selected,
            details,
            focused: RwSignal::new(0),
            settling: Later::here(),
        };
        seen.follow_span();
        provide_context(seen);
        seen
    }

    /// The address names the open span by its id, which is known once its contents have come.
    fn follow_span(self) {
        let known: StoredValue<HashMap<String, u32>> = StoredValue::new(HashMap::new());
        let named = self.shell.address.param("span");
        Effect::new(move |_| {
            let Some(answer) = self.details.answer() else { return };
            let (Some(at), Some(detail)) = (self.selected.get_untracked(), answer.data.spans.first()) else {
                return;
            };
            if self.trace.with_untracked(|trace| trace.row_of(at)) != detail.row {
                return;
            }
            let id = detail.span.span_id.to_string();
            known.update_value(|known| {
                known.insert(id.clone(), at);
            });
            self.shell.address.replace(self.shell.address.now().with("span", &id));
        });
        Effect::new(move |before: Option<Option<String>>| {
            let now = named.get();
            if before.is_some_and(|before| before != now) {
                let at = now.as_ref().and_then(|id| known.with_value(|known| known.get(id).copied()));
                if at != self.selected.get_untracked() && (at.is_some() || now.is_none()) {
                    self.selected.set(at);
                }
            }
            now
        });
    }

    pub(super) fn colour(self) -> impl Fn(u32) -> u8 {
        let colours = self.colours.get();
        move |at| colours.of(at)
    }

    /// The window of time over a width in pixels.
    pub(super) fn scale(self, left: f64, right: f64) -> Window {
        let (from, to) = self.window.get();
        Window { from, to, left, right }
    }

    /// Shows another window; the address follows when it rests.
    pub(super) fn look(self, window: Window) {
        let most = self.trace.with_untracked(|trace| trace.duration);
        let window = (window.from.max(0), window.to.min(most).max(window.from.max(0) + 1));
        if window == self.window.get_untracked() {
            return;
        }
        self.window.set(window);
        let usual = self.trace.with_untracked(|trace| trace.beginning()).unwrap_or((0, most));
        let settle = move || {
            let zoom = if window == usual { String::new() } else { format!("{}-{}", window.0, window.1) };
            self.shell.address.replace(self.shell.address.now().with("zoom", &zoom));
        };
        self.settling.after(SETTLED, settle);
    }

    pub(super) fn zoom(self, factor: f64, around: Option<i64>) {
        let window = untrack(|| self.scale(0.0, 1.0));
        let most = self.trace.with_untracked(|trace| trace.duration);
        self.look(window.zoomed(around.unwrap_or((window.from + window.to) / 2), factor, most));
    }

    pub(super) fn pan(self, share: f64) {
        let most = self.trace.with_untracked(|trace| trace.duration);
        self.look(untrack(|| self.scale(0.0, 1.0)).panned(share, most));
    }

    pub(super) fn fit(self) {
        let most = self.trace.with_untracked(|trace| trace.duration);
        self.look(Window { from: 0, to: most, left: 0.0, right: 1.0 });
    }

    pub(super) fn set_folds(self, folds: &Folds) {
        let rev = self.trace.with_untracked(|trace| trace.rev.clone());
        let address =
            self.shell.address.now().with("fold", &folds.preset.write()).with("open", &folds.write(&rev));
        self.shell.address.replace(address);
    }

    /// Opens or closes a line.
    pub(super) fn flip(self, line: usize) {
        let Some(line) = self.lines.with_untracked(|lines| lines.0.get(line).copied()) else { return };
        if line.is_open.is_some() {
            let mut folds = self.folds.get_untracked();
            self.trace.with_untracked(|trace| {
                folds.flip(trace, line.at, matches!(line.kind, daymark_trace_model::Kind::Repeat(..)))
            });
            self.set_folds(&folds);
        }
    }

    /// Selects a span and brings it into sight.
    pub(super) fn go(self, at: u32) {
        if !self.lines.with_untracked(|lines| lines.shows(at))
            && self.shell.address.now().get("mode").is_none()
        {
            let mut folds = self.folds.get_untracked();
            self.trace.with_untracked(|trace| folds.reveal(trace, at));
            self.set_folds(&folds);
        }
        self.selected.set(Some(at));
        if let Some(line) = self.lines.with_untracked(|lines| {
            lines
                .0
                .iter()
                .position(|line| line.at == at && line.kind == daymark_trace_model::Kind::Span)
                .or_else(|| lines.line_of(at))
        }) {
            self.focused.set(line);
        }
    }

    pub(super) fn close(self) {
        self.selected.set(None);
        self.shell.address.replace(self.shell.address.now().without("span"));
    }

    /// A link to what is below a row, where the server has folded that.
    pub(super) fn subtree(self, below: &str) -> String {
        let here = self.shell.address.get().with("below", below);
        ["span", "open", "fold", "zoom"].into_iter().fold(here, |here, key| here.without(key)).to_string()
    }

    /// The next of some places after the selected one, or before it; around the end.
    pub(super) fn step(self, places: &[u32], is_back: bool) {
        let now = self.selected.get_untracked();
        let next = match (now, is_back) {
            (None, false) => places.first(),
            (None, true) => places.last(),
            (Some(now), false) => places.iter().find(|at| **at > now).or(places.first()),
            (Some(now), true) => places.iter().rev().find(|at| **at < now).or(places.last()),
        };
        if let Some(at) = next {
            self.go(*at);
        }
    }
}

/// Whether two answers differ: by what they are, which is quicker than by all that they hold.
fn is_other(one: Option<&Arc<Trace>>, other: Option<&Arc<Trace>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => !Arc::ptr_eq(one, other),
        _ => true,
    }
}

/// A database, queue or outsider that a row called and that sent no span of its own.
pub(super) fn peer_of(trace: &Trace, at: u32) -> Option<&(String, String)> {
    trace.peer(at).filter(|_| !trace.is_parent(at))
}
