//! What can be asked about services, their traffic and who calls whom.

use crate::ask::Answering;
use crate::distribution::{Durations, DurationsAsk, Heatmap, HeatmapAsk};
use crate::events::{ChangeEvent, EventsAsk};
use crate::map::{EdgeDetail, MapAsk, MapEdgeAsk, ReplayAsk, ReplayStep, ServiceMap};
use crate::meta::Answer;
use crate::overview::{Overview, OverviewAsk};
use crate::service::{Dependencies, Deploy, ErrorGroup, Instance, Operation, ServiceAsk, ServiceDetail};
use crate::traffic::{Traffic, TrafficAsk};

pub trait AskServices: Send + Sync {
    /// `NotFound` with the nearest names when nothing ever came from it.
    fn service(&self, ask: ServiceAsk) -> Answering<'_, Answer<ServiceDetail>>;
    fn operations(&self, ask: ServiceAsk) -> Answering<'_, Answer<Vec<Operation>>>;
    fn dependencies(&self, ask: ServiceAsk) -> Answering<'_, Answer<Dependencies>>;
    fn instances(&self, ask: ServiceAsk) -> Answering<'_, Answer<Vec<Instance>>>;
    fn durations(&self, ask: DurationsAsk) -> Answering<'_, Answer<Durations>>;
    fn error_groups(&self, ask: ServiceAsk) -> Answering<'_, Answer<Vec<ErrorGroup>>>;
    fn service_heatmap(&self, ask: HeatmapAsk) -> Answering<'_, Answer<Heatmap>>;
    fn deploys(&self, ask: ServiceAsk) -> Answering<'_, Answer<Vec<Deploy>>>;

    fn traffic(&self, ask: TrafficAsk) -> Answering<'_, Answer<Traffic>>;
    fn overview(&self, ask: OverviewAsk) -> Answering<'_, Answer<Overview>>;
    fn events(&self, ask: EventsAsk) -> Answering<'_, Answer<Vec<ChangeEvent>>>;

    fn map(&self, ask: MapAsk) -> Answering<'_, Answer<ServiceMap>>;
    /// `NotFound` when there were no such calls in the range.
    fn map_edge(&self, ask: MapEdgeAsk) -> Answering<'_, Answer<EdgeDetail>>;
    fn map_replay(&self, ask: ReplayAsk) -> Answering<'_, Answer<Vec<ReplayStep>>>;
}
