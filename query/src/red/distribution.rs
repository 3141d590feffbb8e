//! How long spans took: `/durations` and `/heatmap`, by the sketches of the sums.

use std::ops::Range;

use datafusion::common::Result as Answered;
use daymark_aggregate::{Aggregate, Sketch, sketch};
use daymark_view::distribution::{Durations, DurationsAsk, EXEMPLARS_MAX, Heatmap, HeatmapAsk, SpanExemplar};
use daymark_view::error::AskError;
use daymark_view::meta::Answer;
use daymark_view::range;

use super::figures::Figures;
use super::reader::Reader;
use super::rows::{RedRow, RedRows};
use super::sample::{Spread, sample};
use super::whose::Whose;
use super::windows::{Steps, buckets, starts};
use crate::sql::failure;
use crate::sums::Keys;

/// Rows that examples are taken from.
const ROWS: usize = 49_152;

/// Runs of bins of a sketch, equally many in each.
#[derive(Clone, Copy, Debug)]
struct Bins {
    first: u16,
    width: u16,
    len: usize,
}

impl Bins {
    /// All bins that sketches use, in so many runs, at most.
    fn over<'a>(sketches: impl Iterator<Item = &'a Sketch>, most: usize) -> Self {
        let mut used: Option<(u16, u16)> = None;
        for sketch in sketches {
            for (bin, _) in sketch.bins() {
                let (first, last) = used.unwrap_or((bin, bin));
                used = Some((first.min(bin), last.max(bin)));
            }
        }
        let Some((first, last)) = used else { return Self { first: 0, width: 1, len: 0 } };
        let all = last - first + 1;
        let width = all.div_ceil(u16::try_from(most.max(1)).unwrap_or(u16::MAX));
        Self { first, width, len: usize::from(all.div_ceil(width)) }
    }

    fn bounds(self) -> Vec<u64> {
        let below = |run: u16| match self.first + run * self.width {
            0 => 0,
            bin => sketch::upper(bin - 1).floor() as u64,
        };
        if self.len == 0 { Vec::new() } else { (0..=self.len as u16).map(below).collect() }
    }

    fn counts(self, sketch: &Sketch) -> Vec<u64> {
        let mut counts = vec![0; self.len];
        for (bin, count) in sketch.bins() {
            let run = bin.checked_sub(self.first).map(|bin| usize::from(bin / self.width));
            if let Some(sum) = run.and_then(|run| counts.get_mut(run)) {
                *sum += count;
            }
        }
        counts
    }
}

pub(crate) async fn durations(ask: &DurationsAsk, reader: &Reader) -> Result<Answer<Durations>, AskError> {
    let whose = Whose::of_names(&ask.of.scope)?;
    let now = buckets(ask.of.range, Aggregate::Red.step_s(), reader.now);
    let figures = of_range(ask, reader, &whose, starts(&now)).await?;
    let compared = match ask.of.compare {
        Some(range) => Some(of_range(ask, reader, &whose, in_buckets(range, reader)).await?),
        None => None,
    };
    let both = [Some(&figures.sketch), compared.as_ref().map(|figures| &figures.sketch)];
    let bins = Bins::over(both.into_iter().flatten(), ask.bins);
    let rank = |figures: &Figures| {
        let at = ask.at_ns.filter(|_| figures.count > 0)?;
        Some(figures.sketch.count_to(at) as f64 / figures.count as f64)
    };
    let data = Durations {
        bounds_ns: bins.bounds(),
        counts: bins.counts(&figures.sketch),
        rank: rank(&figures),
        compare_rank: compared.as_ref().and_then(rank),
        compare: compared.map(|figures| bins.counts(&figures.sketch)),
    };
    Ok(reader.answer(data, Some(now)))
}

fn in_buckets(range: range::Range, reader: &Reader) -> Range<i64> {
    starts(&buckets(range, Aggregate::Red.step_s(), reader.now))
}

async fn of_range(
    ask: &DurationsAsk,
    reader: &Reader,
    whose: &Whose<'_>,
    range: Range<i64>,
) -> Result<Figures, AskError> {
    let (op, kind) = (ask.op.as_deref(), ask.kind.as_deref());
    let is_wanted = |row: &RedRow<'_>| {
        row.service == ask.of.service
            && op.is_none_or(|op| row.name == op)
            && kind.is_none_or(|kind| row.kind == kind)
            && (row.is_entry || op.is_some() || kind.is_some())
            && whose.has(row)
    };
    let mut figures = Figures::default();
    let keys = match (op, kind) {
        (None, None) => Keys::Service(&ask.of.service),
        _ => Keys::Of(&ask.of.service),
    };
    let gathered = reader.each(&[Aggregate::Red], range.clone(), keys, |_, batch| {
        RedRows::of(batch)?.within(range.clone()).filter(is_wanted).try_for_each(|row| figures.add(&row))
    });
    gathered.await.map_err(|error| failure::of(&error))?;
    Ok(figures)
}

pub(crate) async fn heatmap(ask: &HeatmapAsk, reader: &Reader) -> Result<Answer<Heatmap>, AskError> {
    let whose = Whose::of_names(&ask.of.scope)?;
    let now = buckets(ask.of.range, Aggregate::Red.step_s(), reader.now);
    let steps = Steps::of(now, ask.cells_x);
    let columns = columns(ask, reader, &whose, steps).await.map_err(|error| failure::of(&error))?;
    let bins = Bins::over(columns.iter().map(|figures| &figures.sketch), ask.cells_y);
    let exemplars = exemplars(ask, reader, steps).await.map_err(|error| failure::of(&error))?;
    let data = Heatmap {
        t0: now.from,
        step_ns: steps.step_ns,
        bounds_ns: bins.bounds(),
        counts: columns.iter().map(|figures| bins.counts(&figures.sketch)).collect(),
        errors: columns.iter().map(|figures| bins.counts(&figures.failed)).collect(),
        exemplars,
    };
    Ok(reader.answer(data, Some(now)))
}

async fn columns(
    ask: &HeatmapAsk,
    reader: &Reader,
    whose: &Whose<'_>,
    steps: Steps,
) -> Answered<Vec<Figures>> {
    let mut columns = vec![Figures::default(); steps.len];
    let range = starts(&steps.buckets);
    reader
        .each(&[Aggregate::Red], range.clone(), Keys::Service(&ask.of.service), |_, batch| {
            for row in RedRows::of(batch)?.within(range.clone()) {
                let is_wanted = row.service == ask.of.service && row.is_entry && whose.has(&row);
                let at = steps.at(row.bucket).filter(|_| is_wanted);
                if let Some(figures) = at.and_then(|at| columns.get_mut(at)) {
                    figures.add(&row)?;
                }
            }
            Ok(())
        })
        .await?;
    Ok(columns)
}

/// Of each column the slowest span and the slowest failed one that were met.
async fn exemplars(ask: &HeatmapAsk, reader: &Reader, steps: Steps) -> Answered<Vec<SpanExemplar>> {
    let inside = starts(&steps.buckets);
    let range = range::Range { from: steps.buckets.from, to: steps.buckets.to };
    let spans = sample(reader, &ask.of.service, &ask.of.scope, range, Spread::Even(ROWS)).await?;
    let mut spans: Vec<_> = spans.into_iter().filter(|span| inside.contains(&span.start)).collect();
    // Without kinds only a root is surely an entry; then inner spans are examples, too.
    if spans.iter().any(super::sample::SampleSpan::is_entry) {
        spans.retain(super::sample::SampleSpan::is_entry);
    }
    spans.sort_by_key(|span| std::cmp::Reverse(span.duration_ns));
    let mut known = std::collections::HashSet::new();
    spans.retain(|span| known.insert((steps.at(span.start), span.status == "error")));
    spans.truncate(EXEMPLARS_MAX);
    spans.sort_by_key(|span| span.start);
    let exemplar = |span: super::sample::SampleSpan| SpanExemplar {
        time: daymark_model::time::Nanos(span.start),
        duration_ns: span.duration_ns.unsigned_abs(),
        trace_id: span.trace_id,
        status: span.status,
    };
    Ok(spans.into_iter().map(exemplar).collect())
}
