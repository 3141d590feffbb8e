//! `POST /metrics/query`: each query over the same snapshot and the same steps, one group of series after the
//! other, so that besides the points only answers are kept.

use std::collections::BTreeMap;
use std::ops::Range;

use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use daymark_model::time::Nanos;
use daymark_view::error::{AskError, Code};
use daymark_view::meta::{Answer, Truncated};
use daymark_view::metrics::{Agg, MetricQuery, MetricSeries, MetricsAsk, SERIES_MAX, VALUES_MAX};

use super::histogram::Histogram;
use super::level::HOLD_NS;
use super::number::Number;
use super::numeric::{Manner, Values};
use super::points::{BySeries, FromRows, Reading};
use super::selection::{Asked, Group, Member, Selection};
use super::sight::Wanted;
use super::steps::Steps;
use super::{PointParts, counted, numeric};
use crate::running::scanned;
use crate::search::Desk;

/// What a query works with.
struct Work<'a> {
    desk: &'a Desk,
    ask: &'a MetricsAsk,
    parts: &'a PointParts,
    steps: Steps,
    now: Nanos,
    memory: MemoryReservation,
    /// Values that may still be answered.
    values_left: usize,
}

/// Series of a query, and how many there were before the highest were chosen.
struct Found {
    series: Vec<MetricSeries>,
    of: usize,
}

pub(crate) async fn figures(
    desk: Desk,
    ask: MetricsAsk,
    parts: PointParts,
    now: Nanos,
) -> Result<Answer<Vec<MetricSeries>>, AskError> {
    let steps = Steps::over(ask.range, ask.max_points);
    let memory = MemoryConsumer::new("metrics").register(&desk.state.runtime_env().memory_pool);
    let mut work =
        Work { desk: &desk, ask: &ask, parts: &parts, steps, now, memory, values_left: VALUES_MAX };
    let mut answer = Answer::of(Vec::new());
    let mut of = 0;
    for (at, query) in ask.queries.iter().enumerate() {
        let found = work.query(query).await.map_err(|error| match error.code() {
            Code::BadRequest | Code::LimitExceeded => error.pointer(format!("/queries/{at}")),
            _ => error,
        })?;
        of += found.of;
        answer.data.extend(found.series);
        work.memory.free();
    }
    let shown = answer.data.len();
    answer.meta.truncated = (shown < of).then(|| Truncated {
        reason: "topk".into(),
        shown: shown as u64,
        total: Some(of as u64),
    });
    answer.meta.scanned = scanned(&desk.tally);
    answer.meta.partial = desk.tally.partial();
    Ok(answer)
}

impl Work<'_> {
    /// What is read: as much more than the steps as points outside can tell of what is inside.
    fn window(&self) -> Range<i64> {
        let reach = self.steps.step.max(HOLD_NS);
        self.steps.t0.saturating_sub(reach)..self.steps.end().saturating_add(reach)
    }

    async fn query(&mut self, query: &MetricQuery) -> Result<Found, AskError> {
        let asked = Asked {
            metric: &query.metric,
            scope: &self.ask.scope,
            wanted: Wanted::of(&query.query)?,
            by: &query.by,
        };
        let window = self.window();
        let selection = Selection::of(&asked, self.parts, &window, &mut self.memory).await?;
        let kind = kind_of(query, &selection)?;
        let manner = Manner {
            agg: query.agg,
            rate: query.rate,
            steps: self.steps,
            read_from: window.start,
            now: self.now.0,
        };
        match kind {
            Kind::Numbers => {
                let points = self.points::<Number>(query, &selection, window).await?;
                self.groups(query, &selection, &points, |series, _| Ok(numeric::values(&manner, series)))
                    .await
            }
            Kind::Histograms => {
                let points = self.points::<Histogram>(query, &selection, window).await?;
                self.groups(query, &selection, &points, |series, memory| {
                    counted::values(&manner, series, memory)
                })
                .await
            }
            Kind::Summaries => {
                let points = self.points::<Histogram>(query, &selection, window).await?;
                self.groups(query, &selection, &points, |series, memory| {
                    of_summaries(&manner, series, memory)
                })
                .await
            }
        }
    }

    async fn points<P: FromRows>(
        &mut self,
        query: &MetricQuery,
        selection: &Selection,
        window: Range<i64>,
    ) -> Result<BySeries<P>, AskError> {
        let (metric, tally) = (query.metric.as_str(), self.desk.tally.as_ref());
        Reading { metric, selection, window, tally, memory: &mut self.memory }.points(self.parts).await
    }

    async fn groups<P>(
        &mut self,
        query: &MetricQuery,
        selection: &Selection,
        points: &BySeries<P>,
        values: impl Fn(&[(Member, &[P])], &mut MemoryReservation) -> Result<Values, AskError>,
    ) -> Result<Found, AskError> {
        let mut series: BTreeMap<&Group, Vec<(Member, &[P])>> = BTreeMap::new();
        for (id, points) in points {
            let Some(member) = selection.member(*id) else { continue };
            let Some(group) = selection.groups.get(member.group) else { continue };
            series.entry(group).or_default().push((*member, points));
        }
        let shown = query.topk.unwrap_or(usize::MAX).min(series.len());
        self.check(query, series.len(), shown)?;
        let mut of = 0;
        let mut placed: Vec<(f64, MetricSeries)> = Vec::new();
        for (group, mut members) in series {
            members.sort_unstable_by_key(|(member, _)| member.id);
            let values = values(&members, &mut self.memory)?;
            tokio::task::yield_now().await;
            let Some(mean) = mean(&values.values) else { continue };
            of += 1;
            placed.push((mean, self.series(query, group, values)));
            if placed.len() >= shown.saturating_mul(2).max(64) {
                highest(&mut placed, query.topk);
            }
        }
        highest(&mut placed, query.topk);
        let series: Vec<MetricSeries> = placed.into_iter().map(|(_, series)| series).collect();
        self.values_left = self.values_left.saturating_sub(series.len() * self.steps.len);
        Ok(Found { series, of })
    }

    /// Whether the answer stays within its limits.
    fn check(&self, query: &MetricQuery, series: usize, shown: usize) -> Result<(), AskError> {
        if query.topk.is_none() && series > SERIES_MAX {
            let detail = format!("{} has {series} series here; the limit is {SERIES_MAX}", query.metric);
            return Err(AskError::new(Code::LimitExceeded, detail)
                .hint("group by fewer labels, narrow with q, or choose the highest with topk"));
        }
        if shown.saturating_mul(self.steps.len) > self.values_left {
            let detail = format!("the answer would have more than {VALUES_MAX} values");
            return Err(AskError::new(Code::LimitExceeded, detail)
                .hint("ask for fewer points with max_points, or for fewer series with topk"));
        }
        Ok(())
    }

    fn series(&self, query: &MetricQuery, group: &Group, values: Values) -> MetricSeries {
        let (min, max) = match values.ends {
            None => (Vec::new(), Vec::new()),
            Some(ends) => ends
                .into_iter()
                .map(|ends| (ends.map(|(least, _)| least), ends.map(|(_, most)| most)))
                .unzip(),
        };
        MetricSeries {
            id: query.id.clone(),
            labels: group.labels.clone(),
            unit: group.unit.clone(),
            t0: Nanos(self.steps.t0),
            step_ns: self.steps.step,
            values: values.values,
            min,
            max,
        }
    }
}

fn mean(values: &[Option<f64>]) -> Option<f64> {
    let known = values.iter().flatten();
    let count = known.clone().count();
    (count > 0).then(|| known.sum::<f64>() / count as f64)
}

/// Leaves the series with the highest means, the highest first.
fn highest(placed: &mut Vec<(f64, MetricSeries)>, topk: Option<usize>) {
    if let Some(topk) = topk {
        placed.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.labels.cmp(&other.labels)));
        placed.truncate(topk);
    }
}

/// What the values of a metric are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Numbers,
    Histograms,
    Summaries,
}

impl Kind {
    fn of(kind: &str) -> Self {
        match kind {
            "histogram" | "exp_histogram" => Self::Histograms,
            "summary" => Self::Summaries,
            _ => Self::Numbers,
        }
    }
}

/// The one kind of all series, which must be able to answer.
fn kind_of(query: &MetricQuery, selection: &Selection) -> Result<Kind, AskError> {
    let kinds = selection.kinds();
    let mut distinct: Vec<Kind> = kinds.iter().map(|kind| Kind::of(kind)).collect();
    distinct.dedup();
    let names = || kinds.iter().copied().collect::<Vec<_>>().join(", ");
    if distinct.len() > 1 {
        let detail = format!("{} comes in types that do not go together: {}", query.metric, names());
        return Err(AskError::new(Code::BadRequest, detail).hint("choose one in q, such as type=sum"));
    }
    let kind = distinct.first().copied().unwrap_or(Kind::Numbers);
    let refused = |why: &str, hint: &str| {
        let what =
            if query.rate { format!("{} with rate", query.agg.name()) } else { query.agg.name().into() };
        let detail = format!("{what} of {}: {why}", query.metric);
        Err(AskError::new(Code::BadRequest, detail).hint(hint))
    };
    let is_growth = query.rate || matches!(query.agg, Agg::Rate | Agg::Increase);
    match (kind, query.agg) {
        (_, Agg::Increase) if query.rate => refused("an increase is no rate", "leave one of them out"),
        (Kind::Numbers, _) if is_growth && kinds.contains("gauge") => {
            refused("a gauge counts nothing", "avg, sum, min, max, last or a quantile")
        }
        (Kind::Numbers, Agg::Count | Agg::Last) if query.rate => {
            refused("there is no such rate", "rate goes with avg, sum, min and max")
        }
        (Kind::Numbers, agg) if query.rate && agg.quantile().is_some() => {
            refused("there is no such rate", "rate goes with avg, sum, min and max")
        }
        (Kind::Numbers, _) => Ok(kind),
        (_, Agg::Last) => refused("what is counted has no last value", "avg, count, sum or a quantile"),
        (_, agg) if query.rate && !matches!(agg, Agg::Sum | Agg::Count | Agg::Rate) => {
            refused("there is no such rate", "rate goes with sum and count")
        }
        (Kind::Histograms, Agg::Min | Agg::Max) if selection.members().any(|member| !member.is_delta) => {
            refused("a cumulative histogram tells it of all time only", "p50, p90, p95 or p99")
        }
        _ => Ok(kind),
    }
}

/// The ends of a summary are its quantiles 0 and 1; no other quantile of several can be told.
fn of_summaries(
    manner: &Manner,
    series: &[(Member, &[Histogram])],
    memory: &mut MemoryReservation,
) -> Result<Values, AskError> {
    let share = match manner.agg {
        Agg::Min => 0.0,
        Agg::Max => 1.0,
        agg => match agg.quantile() {
            Some(share) => share,
            None => return counted::values(manner, series, memory),
        },
    };
    let is_end = matches!(manner.agg, Agg::Min | Agg::Max);
    if !is_end && series.len() > 1 {
        let detail =
            format!("{} of {} summaries cannot be told from theirs", manner.agg.name(), series.len());
        return Err(AskError::new(Code::BadRequest, detail)
            .hint("group by what tells the series apart; /metrics/labels names it"));
    }
    let join = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => Some(if share < 0.5 { a.min(b) } else { a.max(b) }),
        (a, b) => a.or(b),
    };
    let mut values = vec![None; manner.steps.len];
    for (_, points) in series {
        let told = counted::told(manner, points, share).values;
        values = values.into_iter().zip(told).map(|(a, b)| join(a, b)).collect();
    }
    Ok(Values { values, ends: None })
}
