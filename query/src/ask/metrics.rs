//! The answers of [`AskMetrics`]: what each question works on, and under what name it is listed.

use daymark_view::ask::Answering;
use daymark_view::error::AskError;
use daymark_view::meta::Answer;
use daymark_view::metrics::{
    AskMetrics, CatalogAsk, ExemplarRow, ExemplarsAsk, Labels, LabelsAsk, MetricRow, MetricSeries, MetricsAsk,
};

use super::Answerer;
use crate::metrics::{self, PointParts};
use crate::search::Desk;

impl Answerer {
    /// A question over the points of one snapshot.
    async fn at_points<T, W>(
        &self,
        told: (daymark_view::query_id::QueryId, &'static str, String),
        work: impl FnOnce(Desk, PointParts) -> W,
    ) -> Result<Answer<T>, AskError>
    where
        T: Send + 'static,
        W: Future<Output = Result<Answer<T>, AskError>> + Send + 'static,
    {
        let version = self.store.version();
        let parts = metrics::TABLES.into_iter().map(|table| (table, self.parts(&version, table))).collect();
        self.at_desk(told, move |desk| work(desk, parts)).await
    }
}

impl AskMetrics for Answerer {
    fn metrics(&self, ask: MetricsAsk) -> Answering<'_, Answer<Vec<MetricSeries>>> {
        let names: Vec<&str> = ask.queries.iter().map(|query| query.metric.as_str()).collect();
        let told = (ask.query_id.clone(), "metrics", names.join(" "));
        let now = self.store.clock().now();
        Box::pin(self.at_points(told, move |desk, parts| metrics::figures(desk, ask, parts, now)))
    }

    fn metric_catalog(&self, ask: CatalogAsk) -> Answering<'_, Answer<Vec<MetricRow>>> {
        let told = (ask.query_id.clone(), "metric_catalog", ask.search.clone());
        Box::pin(self.at_points(told, move |_desk, parts| metrics::catalog(ask, parts)))
    }

    fn metric_labels(&self, ask: LabelsAsk) -> Answering<'_, Answer<Labels>> {
        let told = (ask.query_id.clone(), "metric_labels", ask.metric.clone());
        Box::pin(self.at_points(told, move |_desk, parts| metrics::labels(ask, parts)))
    }

    fn exemplars(&self, ask: ExemplarsAsk) -> Answering<'_, Answer<Vec<ExemplarRow>>> {
        let told = (ask.query_id.clone(), "exemplars", ask.metric.clone());
        Box::pin(self.at_points(told, move |desk, parts| metrics::exemplars(desk, ask, parts)))
    }
}
