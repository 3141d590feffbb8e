//! Fixed answers about services, traffic and the map.

use daymark_view::ask::Answering;
use daymark_view::ask_services::AskServices;
use daymark_view::distribution::{Durations, DurationsAsk, Heatmap, HeatmapAsk};
use daymark_view::events::{ChangeEvent, EventsAsk};
use daymark_view::map::{EdgeDetail, MapAsk, MapEdgeAsk, MapNode, ReplayAsk, ReplayStep, ServiceMap};
use daymark_view::meta::Answer;
use daymark_view::overview::{Overview, OverviewAsk};
use daymark_view::service::{
    Dependencies, Deploy, ErrorGroup, Instance, Operation, ServiceAsk, ServiceDetail,
};
use daymark_view::services::ServiceRow;
use daymark_view::traffic::{Traffic, TrafficAsk};

use crate::canned::{Canned, ready};

impl AskServices for Canned {
    fn service(&self, ask: ServiceAsk) -> Answering<'_, Answer<ServiceDetail>> {
        self.remember(&ask);
        let row = ServiceRow { service: ask.service, ..ServiceRow::default() };
        ready(Ok(Answer::of(ServiceDetail { row, ..ServiceDetail::default() })))
    }

    fn operations(&self, ask: ServiceAsk) -> Answering<'_, Answer<Vec<Operation>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(vec![Operation::default()])))
    }

    fn dependencies(&self, ask: ServiceAsk) -> Answering<'_, Answer<Dependencies>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Dependencies::default())))
    }

    fn instances(&self, ask: ServiceAsk) -> Answering<'_, Answer<Vec<Instance>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(vec![Instance::default()])))
    }

    fn durations(&self, ask: DurationsAsk) -> Answering<'_, Answer<Durations>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Durations::default())))
    }

    fn error_groups(&self, ask: ServiceAsk) -> Answering<'_, Answer<Vec<ErrorGroup>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(vec![ErrorGroup::default()])))
    }

    fn service_heatmap(&self, ask: HeatmapAsk) -> Answering<'_, Answer<Heatmap>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Heatmap::default())))
    }

    fn deploys(&self, ask: ServiceAsk) -> Answering<'_, Answer<Vec<Deploy>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(vec![Deploy::default()])))
    }

    fn traffic(&self, ask: TrafficAsk) -> Answering<'_, Answer<Traffic>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Traffic::default())))
    }

    fn overview(&self, ask: OverviewAsk) -> Answering<'_, Answer<Overview>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Overview::default())))
    }

    fn events(&self, ask: EventsAsk) -> Answering<'_, Answer<Vec<ChangeEvent>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Vec::new())))
    }

    fn map(&self, ask: MapAsk) -> Answering<'_, Answer<ServiceMap>> {
        self.remember(&ask);
        let node = MapNode { id: "payment".into(), ..MapNode::default() };
        ready(Ok(Answer::of(ServiceMap { nodes: vec![node], ..ServiceMap::default() })))
    }

    fn map_edge(&self, ask: MapEdgeAsk) -> Answering<'_, Answer<EdgeDetail>> {
        self.remember(&ask);
        ready(Ok(Answer::of(EdgeDetail::default())))
    }

    fn map_replay(&self, ask: ReplayAsk) -> Answering<'_, Answer<Vec<ReplayStep>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Vec::new())))
    }
}
