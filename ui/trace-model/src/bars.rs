//! What is drawn for the lines in sight: bars, time of their own, the critical path below them, what outlives
//! its parent. Shapes are numbers in one list, so that the browser is called once for all of them.

use daymark_view::skeleton::flag;

use crate::flame::Flame;
use crate::lines::{Kind, Line};
use crate::trace::{NONE, Trace};

/// Colours by number: below [`OTHER`] those of services.
pub const OTHER: u8 = 12;
pub const INK: u8 = 13;
pub const FAILED: u8 = 14;
pub const CHOSEN: u8 = 15;
/// After those of texts and lines, which only the canvas knows.
pub const FINE: u8 = 19;

/// How a shape is drawn.
pub const FILLED: u8 = 0;
pub const ROUND: u8 = 1;
pub const OUTLINED: u8 = 2;
pub const DASHED: u8 = 3;

/// Time spent in children, and time after the end of the parent.
const CHILDREN: f32 = 0.3;
const TAIL: f32 = 0.14;

/// Numbers of one shape.
pub const SHAPE: usize = 7;

/// Shapes as `x, y, width, height, colour, opacity, form`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shapes(pub Vec<f32>);

impl Shapes {
    pub fn push(&mut self, [x, y, width, height]: [f64; 4], colour: u8, opacity: f32, form: u8) {
        self.0.extend([
            x as f32,
            y as f32,
            width as f32,
            height as f32,
            f32::from(colour),
            opacity,
            f32::from(form),
        ]);
    }

    pub fn count(&self) -> usize {
        self.0.len() / SHAPE
    }
}

/// From instants to pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub from: i64,
    pub to: i64,
    /// Left and right end in pixels.
    pub left: f64,
    pub right: f64,
}

impl Window {
    pub fn x(&self, instant: i64) -> f64 {
        let width = (self.to - self.from).max(1) as f64;
        self.left + (instant.saturating_sub(self.from)) as f64 / width * (self.right - self.left)
    }

    pub fn instant(&self, x: f64) -> i64 {
        let share = (x - self.left) / (self.right - self.left).max(1.0);
        self.from + (share * (self.to - self.from) as f64) as i64
    }

    /// Both ends, cut a little beyond the edges; none where nothing is in sight.
    fn ends(&self, from: i64, to: i64) -> Option<(f64, f64)> {
        let (low, high) = (self.left - 4.0, self.right + 400.0);
        let (start, end) = (self.x(from), self.x(to));
        (end >= low && start <= high).then(|| (start.max(low), end.min(high)))
    }

    /// Around a place by a factor, within `0..most`, not below one nanosecond each hundredth.
    #[must_use]
    pub fn zoomed(self, around: i64, factor: f64, most: i64) -> Self {
        let width = (((self.to - self.from) as f64 * factor) as i64).clamp(100.min(most), most.max(1));
        let share = (around - self.from) as f64 / (self.to - self.from).max(1) as f64;
        let from = around - (width as f64 * share.clamp(0.0, 1.0)) as i64;
        self.at(from, width, most)
    }

    /// Moved by a share of its width.
    #[must_use]
    pub fn panned(self, share: f64, most: i64) -> Self {
        let width = self.to - self.from;
        self.at(self.from + (width as f64 * share) as i64, width, most)
    }

    fn at(self, from: i64, width: i64, most: i64) -> Self {
        let from = from.clamp(0, (most - width).max(0));
        Self { from, to: from + width, ..self }
    }
}

/// Where the bar of a line begins and ends, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    pub line: usize,
    pub start: f64,
    pub end: f64,
}

/// Sizes of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    pub row: f64,
    pub bar: f64,
    /// From the top of a line to its bar.
    pub above: f64,
}

/// The shapes of lines from `first` on, the first at `top`; and where their bars are.
pub fn lines(
    trace: &Trace,
    shown: &[Line],
    window: Window,
    measure: Measure,
    top: f64,
    colour: &dyn Fn(u32) -> u8,
) -> (Shapes, Vec<Bar>) {
    let mut shapes = Shapes::default();
    let mut bars = Vec::new();
    for (number, line) in shown.iter().enumerate() {
        let y = top + number as f64 * measure.row + measure.above;
        let span = match line.kind {
            Kind::Missing(missing) => {
                let children = trace.missing.get(missing as usize).map_or(1, |(_, _, children)| *children);
                let (from, to) = reach(trace, line.at, children);
                if let Some((start, end)) = window.ends(from, to) {
                    shapes.push([start, y, (end - start).max(2.0), measure.bar], OTHER, 1.0, DASHED);
                }
                (from, to)
            }
            Kind::Repeat(count, _) => {
                repeated(trace, line.at, count, window, (y, measure.bar), colour(line.at), &mut shapes)
            }
            Kind::Span => {
                one(trace, line.at, window, y, measure.bar, colour(line.at), &mut shapes);
                (trace.start[line.at as usize], trace.stop(line.at))
            }
        };
        if let Some((start, end)) = window.ends(span.0, span.1) {
            bars.push(Bar { line: number, start, end: end.max(start + 2.0) });
        }
    }
    (shapes, bars)
}

/// From the first start to the last end of a row and the ones beside it.
fn reach(trace: &Trace, first: u32, count: u32) -> (i64, i64) {
    let mut at = first;
    let mut reach = (trace.start[first as usize], trace.stop(first));
    for _ in 1..count {
        at = trace.end[at as usize];
        if at as usize >= trace.len() {
            break;
        }
        reach = (reach.0.min(trace.start[at as usize]), reach.1.max(trace.stop(at)));
    }
    reach
}

fn repeated(
    trace: &Trace,
    first: u32,
    count: u32,
    window: Window,
    (y, high): (f64, f64),
    colour: u8,
    shapes: &mut Shapes,
) -> (i64, i64) {
    let span = reach(trace, first, count);
    if let Some((start, end)) = window.ends(span.0, span.1) {
        shapes.push([start, y, (end - start).max(2.0), high], colour, CHILDREN, FILLED);
    }
    let mut drawn = f64::MIN;
    let mut at = first;
    let mut critical: Option<(f64, f64)> = None;
    for _ in 0..count {
        if let Some((start, end)) = window.ends(trace.start[at as usize], trace.stop(at)) {
            let start = start.max(drawn);
            if end - start > 0.4 {
                shapes.push([start, y, (end - start - 0.5).max(0.7), high], colour, 1.0, FILLED);
                drawn = end;
            }
            if trace.crit[at as usize] > 0 {
                critical = Some(critical.map_or((start, end), |(low, high)| (low.min(start), high.max(end))));
            }
        }
        at = trace.end[at as usize];
        if at as usize >= trace.len() {
            break;
        }
    }
    if let Some((start, end)) = critical {
        shapes.push([start, y + high + 2.0, (end - start).max(1.5), 1.5], INK, 1.0, FILLED);
    }
    span
}

fn one(trace: &Trace, at: u32, window: Window, y: f64, high: f64, colour: u8, shapes: &mut Shapes) {
    let (from, to) = (trace.start[at as usize], trace.stop(at));
    let Some((start, end)) = window.ends(from, to) else { return };
    let parent = trace.parent[at as usize];
    // Nobody waits for what comes after the end of the parent, unless it was never waited for.
    let is_async = trace.has(at, flag::ASYNC);
    let until = if parent == NONE || is_async { to } else { trace.stop(parent).clamp(from, to) };
    let cut = window.x(until).clamp(start, end);
    if trace.is_parent(at) {
        shapes.push(
            [start, y, (cut - start).max(if cut < end { 0.0 } else { 2.0 }), high],
            colour,
            CHILDREN,
            FILLED,
        );
        if cut < end {
            shapes.push([cut, y, end - cut, high], colour, TAIL, FILLED);
        }
        let mut drawn = f64::MIN;
        let mut own = |from: i64, to: i64| {
            if from >= to {
                return;
            }
            if let Some((start, end)) = window.ends(from, to) {
                let start = start.max(drawn);
                if end - start > 0.3 {
                    let pale = if start >= cut { 0.4 } else { 1.0 };
                    shapes.push([start, y, (end - start).max(1.0), high], colour, pale, FILLED);
                    drawn = end;
                }
            }
        };
        let mut busy = from;
        for child in trace.children(at) {
            let (first, last) = (trace.start[child as usize].max(from), trace.stop(child).min(to));
            own(busy, first.min(to));
            busy = busy.max(last);
        }
        own(busy, to);
    } else {
        if cut > start || cut >= end {
            shapes.push(
                [start, y, (cut - start).max(2.0), high],
                colour,
                1.0,
                if cut < end { FILLED } else { ROUND },
            );
        }
        if cut < end {
            shapes.push([cut, y, end - cut, high], colour, 0.4, FILLED);
        }
    }
    if trace.has(at, flag::ERROR) {
        shapes.push([start, y, (end - start).max(3.0), high], FAILED, 1.0, OUTLINED);
    }
    for [_, from, to] in trace.sections_of(at) {
        if let Some((start, end)) = window.ends(*from, *to) {
            shapes.push([start, y + high + 2.0, (end - start).max(1.5), 1.5], INK, 1.0, FILLED);
        }
    }
}

/// What equal siblings have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repeated {
    /// Time in which at least one ran.
    pub busy: i64,
    pub p50: i64,
    pub max: i64,
    /// One after the other, never two at a time.
    pub is_sequential: bool,
}

pub fn repeated_facts(trace: &Trace, first: u32, count: u32) -> Repeated {
    let mut durations = Vec::new();
    let mut facts = Repeated { is_sequential: true, ..Repeated::default() };
    let mut until = i64::MIN;
    let mut at = first;
    for _ in 0..count {
        let (start, stop) = (trace.start[at as usize], trace.stop(at));
        durations.push(trace.dur[at as usize]);
        facts.is_sequential &= start >= until;
        facts.busy += (stop - start.max(until)).max(0);
        until = until.max(stop);
        at = trace.end[at as usize];
        if at as usize >= trace.len() {
            break;
        }
    }
    durations.sort_unstable();
    facts.p50 = durations[durations.len() / 2];
    facts.max = durations.last().copied().unwrap_or(0);
    facts
}

/// The shapes of a flame graph between two lanes, and the spans that are wide enough for a text.
pub fn flame(
    trace: &Trace,
    flame: &Flame,
    window: Window,
    (first, last): (usize, usize),
    (row, high): (f64, f64),
    colour: &dyn Fn(u32) -> u8,
) -> (Shapes, Vec<(u32, f64, f64, f64)>) {
    let mut shapes = Shapes::default();
    let mut named = Vec::new();
    for (number, lane) in flame.lanes.iter().enumerate().take(last).skip(first) {
        let y = (number - first) as f64 * row;
        let begin = lane.partition_point(|at| {
            flame.start[*at as usize].saturating_add(trace.dur[*at as usize]) < window.from
        });
        let mut drawn = f64::MIN;
        for at in &lane[begin..] {
            let (from, to) = (
                flame.start[*at as usize],
                flame.start[*at as usize].saturating_add(trace.dur[*at as usize]),
            );
            if from > window.to {
                break;
            }
            let Some((start, end)) = window.ends(from, to) else { continue };
            let (start, end) = (start.max(window.left), end.min(window.right));
            // Runs of spans narrower than a pixel become one.
            if end - drawn < 0.6 {
                continue;
            }
            let start = start.max(drawn);
            let wide = (end - start).max(1.0);
            let opacity = if trace.is_parent(*at) { 0.35 } else { 1.0 };
            shapes.push(
                [start, y, (wide - 0.5).max(0.6), high],
                colour(*at),
                opacity,
                if wide > 6.0 { ROUND } else { FILLED },
            );
            if trace.has(*at, flag::ERROR) && wide > 2.0 {
                shapes.push([start, y, wide - 0.5, high], FAILED, 1.0, OUTLINED);
            }
            if wide > 3.0 {
                for [_, from, to] in trace.sections_of(*at) {
                    if let Some((start, end)) = window.ends(*from, *to) {
                        let (start, end) = (start.max(window.left), end.min(window.right));
                        shapes.push([start, y + high - 1.5, (end - start).max(1.0), 1.5], INK, 1.0, FILLED);
                    }
                }
            }
            drawn = start + wide;
            if wide > 36.0 {
                named.push((*at, start, y, wide));
            }
        }
    }
    (shapes, named)
}
