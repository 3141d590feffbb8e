//! The answers to [`AskServices`].

use daymark_view::ask::Answering;
use daymark_view::ask_services::AskServices;
use daymark_view::distribution::{Durations, DurationsAsk, Heatmap, HeatmapAsk};
use daymark_view::events::{ChangeEvent, EventsAsk};
use daymark_view::map::{EdgeDetail, MapAsk, MapEdgeAsk, ReplayAsk, ReplayStep, ServiceMap};
use daymark_view::meta::Answer;
use daymark_view::overview::{Overview, OverviewAsk};
use daymark_view::service::{
    Dependencies, Deploy, ErrorGroup, Instance, Operation, ServiceAsk, ServiceDetail,
};
use daymark_view::traffic::{Traffic, TrafficAsk};

use super::{
    calls, deploys, distribution, errors, events, instances, operations, overview, service, traffic,
};
use crate::ask::Answerer;
use crate::{alerts, map};

impl AskServices for Answerer {
    fn service(&self, ask: ServiceAsk) -> Answering<'_, Answer<ServiceDetail>> {
        let id = ask.query_id.clone();
        Box::pin(self.reading(id, "service", |reader| async move { service::service(&ask, &reader).await }))
    }

    fn operations(&self, ask: ServiceAsk) -> Answering<'_, Answer<Vec<Operation>>> {
        let id = ask.query_id.clone();
        let work = |reader| async move { operations::operations(&ask, &reader).await };
        Box::pin(self.reading(id, "operations", work))
    }

    fn dependencies(&self, ask: ServiceAsk) -> Answering<'_, Answer<Dependencies>> {
        let id = ask.query_id.clone();
        let work = |reader| async move { calls::dependencies(&ask, &reader).await };
        Box::pin(self.reading(id, "dependencies", work))
    }

    fn instances(&self, ask: ServiceAsk) -> Answering<'_, Answer<Vec<Instance>>> {
        let id = ask.query_id.clone();
        let work = |reader| async move { instances::instances(&ask, &reader).await };
        Box::pin(self.reading(id, "instances", work))
    }

    fn durations(&self, ask: DurationsAsk) -> Answering<'_, Answer<Durations>> {
        let id = ask.of.query_id.clone();
        let work = |reader| async move { distribution::durations(&ask, &reader).await };
        Box::pin(self.reading(id, "durations", work))
    }

    fn error_groups(&self, ask: ServiceAsk) -> Answering<'_, Answer<Vec<ErrorGroup>>> {
        let told = (ask.query_id.clone(), "errors", format!("service:{}", ask.service));
        Box::pin(self.at_desk(told, |desk| async move { errors::errors(&ask, &desk).await }))
    }

    fn service_heatmap(&self, ask: HeatmapAsk) -> Answering<'_, Answer<Heatmap>> {
        let id = ask.of.query_id.clone();
        let work = |reader| async move { distribution::heatmap(&ask, &reader).await };
        Box::pin(self.reading(id, "service_heatmap", work))
    }

    fn deploys(&self, ask: ServiceAsk) -> Answering<'_, Answer<Vec<Deploy>>> {
        let id = ask.query_id.clone();
        Box::pin(self.reading(id, "deploys", |reader| async move { deploys::deploys(&ask, &reader).await }))
    }

    fn traffic(&self, ask: TrafficAsk) -> Answering<'_, Answer<Traffic>> {
        let id = ask.query_id.clone();
        Box::pin(self.reading(id, "traffic", |reader| async move { traffic::traffic(&ask, &reader).await }))
    }

    fn overview(&self, ask: OverviewAsk) -> Answering<'_, Answer<Overview>> {
        Box::pin(async move {
            let id = ask.query_id.clone();
            let alerts = alerts::events::lately(self, &ask).await?;
            let work = |reader| async move { overview::overview(&ask, alerts, &reader).await };
            self.reading(id, "overview", work).await
        })
    }

    fn events(&self, ask: EventsAsk) -> Answering<'_, Answer<Vec<ChangeEvent>>> {
        Box::pin(async move {
            let id = ask.query_id.clone();
            let alerts = alerts::events::changes(self, &ask).await?;
            let work = |reader| async move { events::events(&ask, alerts, &reader).await };
            self.reading(id, "events", work).await
        })
    }

    fn map(&self, ask: MapAsk) -> Answering<'_, Answer<ServiceMap>> {
        let id = ask.query_id.clone();
        Box::pin(self.reading(id, "map", |reader| async move { map::map(&ask, &reader).await }))
    }

    fn map_edge(&self, ask: MapEdgeAsk) -> Answering<'_, Answer<EdgeDetail>> {
        Box::pin(async move {
            let (id, of) = (ask.query_id.clone(), ask.clone());
            let work = |reader| async move { map::edge::edge(&of, &reader).await };
            let mut answer = self.reading(id, "map_edge", work).await?;
            let search = map::edge::search(&ask, &answer.data.edge);
            let now = self.store().clock().now();
            let told = (ask.query_id, "map_edge_traces", search.query.to_string());
            let work = move |desk| async move { map::edge::traces(&search, &desk, now).await };
            answer.data.traces = self.at_desk(told, work).await?.data;
            Ok(answer)
        })
    }

    fn map_replay(&self, ask: ReplayAsk) -> Answering<'_, Answer<Vec<ReplayStep>>> {
        let id = ask.query_id.clone();
        Box::pin(self.reading(
            id,
            "map_replay",
            |reader| async move { map::replay::replay(&ask, &reader).await },
        ))
    }
}
