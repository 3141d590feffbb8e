//! `GET /traffic`: entry spans over time.

use datafusion::common::Result as Answered;
use daymark_view::error::{AskError, Code};
use daymark_view::meta::Answer;
use daymark_view::range::Range;
use daymark_view::traffic::{Traffic, TrafficAsk, TrafficSeries};

use super::figures::Figures;
use super::reader::Reader;
use super::rows::{RedRow, RedRows};
use super::whose::Whose;
use super::windows::{Steps, buckets, starts};
use crate::sql::failure;
use crate::sums::Keys;

pub(crate) async fn traffic(ask: &TrafficAsk, reader: &Reader) -> Result<Answer<Traffic>, AskError> {
    let whose = Whose::of(&ask.scope, reader);
    if whose.is_by_attributes() && ask.op.is_some() {
        let told = AskError::new(Code::BadRequest, "operations are not kept by cluster or team");
        return Err(told.hint("leave out op, or narrow by env:… and ns:…"));
    }
    let now = buckets(ask.range, whose.table().step_s(), reader.now);
    let steps = Steps::of(now, ask.buckets);
    let series = series(ask, reader, &whose, steps).await.map_err(|error| failure::of(&error))?;
    let compare = match ask.compare {
        Some(range) => compared(ask, reader, &whose, steps, range).await?,
        None => Vec::new(),
    };
    let data = Traffic { t0: now.from, step_ns: steps.step_ns, series, compare };
    Ok(reader.answer(data, Some(now)))
}

async fn compared(
    ask: &TrafficAsk,
    reader: &Reader,
    whose: &Whose<'_>,
    steps: Steps,
    range: Range,
) -> Result<Vec<TrafficSeries>, AskError> {
    let steps = Steps { buckets: buckets(range, steps.buckets.step_s, reader.now), ..steps };
    series(ask, reader, whose, steps).await.map_err(|error| failure::of(&error))
}

async fn series(
    ask: &TrafficAsk,
    reader: &Reader,
    whose: &Whose<'_>,
    steps: Steps,
) -> Answered<Vec<TrafficSeries>> {
    let range = starts(&steps.buckets);
    let (service, op) = (ask.service.as_deref(), ask.op.as_deref());
    let keys = match (service, op) {
        (Some(service), Some(_)) => Keys::Of(service),
        (Some(service), None) => Keys::Service(service),
        (None, Some(_)) => Keys::All,
        (None, None) => Keys::Services,
    };
    let is_wanted = |row: &RedRow<'_>| {
        row.is_entry
            && service.is_none_or(|service| row.service == service)
            && op.is_none_or(|op| row.name == op)
            && whose.has(row)
    };
    let mut series: Vec<(Option<String>, Vec<Figures>)> = Vec::new();
    if !ask.by_version {
        series.push((None, vec![Figures::default(); steps.len]));
    }
    reader
        .each(&[whose.table()], range.clone(), keys, |_, batch| {
            for row in RedRows::of(batch)?.within(range.clone()).filter(is_wanted) {
                let Some(at) = steps.at(row.bucket).filter(|at| *at < steps.len) else { continue };
                let key = row.version.filter(|_| ask.by_version);
                let known = series.iter().position(|(known, _)| known.as_deref() == key);
                let of_key = known.unwrap_or_else(|| {
                    series.push((key.map(str::to_owned), vec![Figures::default(); steps.len]));
                    series.len() - 1
                });
                series[of_key].1[at].add(&row)?;
            }
            Ok(())
        })
        .await?;
    series.sort_by(|(one, _), (other, _)| one.cmp(other));
    let one = |(key, figures): (Option<String>, Vec<Figures>)| TrafficSeries {
        key,
        count: figures.iter().map(|step| step.count).collect(),
        errors: figures.iter().map(|step| step.errors).collect(),
        p50_ns: figures.iter().map(|step| step.quantile(0.5)).collect(),
        p95_ns: figures.iter().map(|step| step.quantile(0.95)).collect(),
        p99_ns: figures.iter().map(|step| step.quantile(0.99)).collect(),
    };
    Ok(series.into_iter().map(one).collect())
}
