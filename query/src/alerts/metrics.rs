//! Figures of metrics, a question a window.

use daymark_view::alerts::Labels;
use daymark_view::alerts::sample::Sample;
use daymark_view::error::AskError;
use daymark_view::metrics::{AskMetrics, MetricQuery, MetricQueryBody, MetricsAsk};
use daymark_view::query_id::QueryId;
use daymark_view::range::Range;
use daymark_view::search::{self, Domain};

use crate::ask::Answerer;

pub(super) async fn samples(
    answerer: &Answerer,
    id: QueryId,
    query: &MetricQueryBody,
    windows: &[Range],
) -> Result<Vec<Vec<Sample>>, AskError> {
    let query = MetricQuery {
        id: "a".into(),
        metric: query.metric.clone(),
        agg: query.agg,
        by: query.by.clone(),
        query: search::parse(Domain::Metrics, &query.q)?,
        rate: query.rate,
        topk: query.topk,
    };
    let mut all = Vec::with_capacity(windows.len());
    for window in windows {
        let ask = MetricsAsk {
            query_id: id.clone(),
            queries: vec![query.clone()],
            range: *window,
            scope: Vec::new(),
            max_points: 1,
        };
        let series = answerer.metrics(ask).await?.data;
        let mut samples: Vec<Sample> = series
            .into_iter()
            .map(|series| Sample {
                labels: series
                    .labels
                    .into_iter()
                    .filter_map(|(key, value)| Some((key, value?)))
                    .collect::<Labels>(),
                value: series.values.iter().rev().flatten().next().copied(),
                count: 1,
            })
            .collect();
        samples.sort_by(|one, other| one.labels.cmp(&other.labels));
        all.push(samples);
    }
    Ok(all)
}
