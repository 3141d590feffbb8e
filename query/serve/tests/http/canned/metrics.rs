//! Fixed answers about metrics.

use daymark_model::time::Nanos;
use daymark_view::ask::Answering;
use daymark_view::meta::Answer;
use daymark_view::metrics::{
    AskMetrics, CatalogAsk, ExemplarRow, ExemplarsAsk, LabelKey, Labels, LabelsAsk, MetricRow, MetricSeries,
    MetricsAsk,
};

use super::{Canned, ready};

impl AskMetrics for Canned {
    fn metrics(&self, ask: MetricsAsk) -> Answering<'_, Answer<Vec<MetricSeries>>> {
        self.remember(&ask);
        let series = MetricSeries {
            id: "a".into(),
            labels: [("service".into(), Some("cart".into())), ("queue".into(), None)].into(),
            unit: Some("s".into()),
            t0: Nanos(60_000_000_000),
            step_ns: 1_000_000_000,
            values: vec![Some(0.5), None],
            min: Vec::new(),
            max: Vec::new(),
        };
        ready(Ok(Answer::of(vec![series])))
    }

    fn metric_catalog(&self, ask: CatalogAsk) -> Answering<'_, Answer<Vec<MetricRow>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(vec![MetricRow { metric: "mails".into(), ..MetricRow::default() }])))
    }

    fn metric_labels(&self, ask: LabelsAsk) -> Answering<'_, Answer<Labels>> {
        self.remember(&ask);
        let key = LabelKey { key: "queue".into(), values: 2, series: 3 };
        ready(Ok(Answer::of(Labels::Keys(vec![key]))))
    }

    fn exemplars(&self, ask: ExemplarsAsk) -> Answering<'_, Answer<Vec<ExemplarRow>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Vec::new())))
    }
}
