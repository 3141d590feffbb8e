//! Nodes and edges of the map before they have a place.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use datafusion::common::Result;
use daymark_view::map::{MapEdge, MapLevel, MapNode, NodeKind};
use daymark_view::meta::Buckets;
use daymark_view::services::{ServiceRow, ServiceState};

use super::find::Finder;
use super::groups::Groups;
use crate::red::calls::{self, CallKey, Calls, SERVICE, USER};
use crate::red::figures::{Figures, quantile, rate};
use crate::red::reader::Reader;
use crate::red::windows::starts;
use crate::services::gathered::Gathered;
use crate::sums::Keys;

/// Between a service and its operation in the id of a node.
const SLASH: &str = "/";

/// An edge with what it was made of.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) calls: Calls,
    pub(super) row: MapEdge,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: BTreeMap<String, MapNode>,
    pub(super) edges: Vec<Edge>,
}

type Rows = BTreeMap<String, ServiceRow>;

/// What is called and calls nobody.
pub(super) fn is_outside(kind: NodeKind) -> bool {
    matches!(kind, NodeKind::Database | NodeKind::Queue | NodeKind::External)
}

fn kind_of(server_kind: &str) -> NodeKind {
    match server_kind {
        "database" => NodeKind::Database,
        "queue" => NodeKind::Queue,
        "external" => NodeKind::External,
        _ => NodeKind::Service,
    }
}

impl Graph {
    pub(super) async fn of(
        reader: &Reader,
        gathered: &Gathered<'_>,
        services: &Rows,
        now: &Buckets,
        level: MapLevel,
    ) -> Result<Self> {
        let is_inside = |client: &str| services.contains_key(client);
        let calls = match level {
            MapLevel::Operation => {
                let mut calls: BTreeMap<CallKey, Calls> = BTreeMap::new();
                calls::each(reader, starts(now), Keys::All, &gathered.whose, is_inside, |row| {
                    let server = match row.server_kind {
                        SERVICE => format!("{}{SLASH}{}", row.server, row.operation),
                        _ => row.server.to_owned(),
                    };
                    let key = CallKey {
                        client: row.client.to_owned(),
                        server,
                        server_kind: row.server_kind.to_owned(),
                        link: row.link.to_owned(),
                    };
                    calls.entry(key).or_default().add(row)
                })
                .await?;
                calls
            }
            _ => {
                let calls = calls::calls(reader, now, &gathered.whose, is_inside).await?;
                calls.as_ref().clone()
            }
        };
        let seconds = crate::red::windows::seconds(now);
        let edges = calls.into_iter().map(|(key, calls)| Edge { row: calls.edge(&key, seconds), calls });
        Ok(Self { nodes: BTreeMap::new(), edges: edges.collect() })
    }

    /// Makes a node of every service and of both ends of every edge.
    pub(super) fn describe(
        &mut self,
        services: &Rows,
        gathered: &Gathered<'_>,
        seconds: f64,
        browsers: &BTreeSet<String>,
    ) {
        for row in services.values() {
            let kind = if browsers.contains(&row.service) { NodeKind::Browser } else { NodeKind::Service };
            let of_before = gathered.services.get(&row.service).is_some_and(|one| one.before.count > 0);
            let mut node = of_service(row, kind);
            if row.count == 0 && of_before {
                node.badges.push("idle".into());
            }
            self.nodes.insert(row.service.clone(), node);
        }
        let mut to: HashMap<&str, (NodeKind, Calls)> = HashMap::new();
        let mut from: HashMap<&str, Calls> = HashMap::new();
        for Edge { calls, row } in &self.edges {
            let (_, sum) =
                to.entry(&row.server).or_insert_with(|| (kind_of(&row.server_kind), Calls::default()));
            sum.merge(calls);
            from.entry(&row.client).or_default().merge(calls);
        }
        let called = to.into_iter().map(|(id, (kind, calls))| of_calls(id, kind, &calls, seconds));
        let calling = from.into_iter().map(|(id, calls)| {
            let kind = if id == USER { NodeKind::User } else { NodeKind::Service };
            of_calls(id, kind, &calls, seconds)
        });
        let ends: Vec<MapNode> = called.chain(calling).collect();
        for node in ends {
            self.nodes.entry(node.id.clone()).or_insert(node);
        }
    }

    pub(super) fn put_in_groups(&mut self, groups: &Groups) {
        for node in self.nodes.values_mut() {
            let service = node.id.split_once(SLASH).map_or(node.id.as_str(), |(service, _)| service);
            node.group = groups.of_node(&node.id).or_else(|| groups.of_node(service));
        }
    }

    /// One node for each group; services without one stay as they are.
    pub(super) fn collapse(
        &mut self,
        groups: &Groups,
        services: &Rows,
        gathered: &Gathered<'_>,
        seconds: f64,
    ) {
        let id_of = |id: &str| groups.of_node(id).unwrap_or_else(|| id.to_owned());
        let mut nodes: BTreeMap<String, MapNode> = BTreeMap::new();
        let mut figures: BTreeMap<String, Figures> = BTreeMap::new();
        for (id, node) in std::mem::take(&mut self.nodes) {
            let Some(group) = groups.of_node(&id) else {
                nodes.insert(id, node);
                continue;
            };
            let together = nodes.entry(group.clone()).or_insert_with(|| MapNode {
                id: group.clone(),
                kind: NodeKind::Group,
                services: Some(0),
                ..MapNode::default()
            });
            together.services = together.services.map(|count| count + 1);
            let state = services.get(&id).map_or(ServiceState::Unknown, |row| row.state);
            together.state = worse(together.state, state);
            if let Some(service) = gathered.services.get(&id) {
                figures.entry(group).or_default().merge(&service.now);
            }
        }
        for (group, figures) in figures {
            if let Some(node) = nodes.get_mut(&group) {
                node.rate = rate(figures.count, seconds);
                node.count = figures.count;
                node.error_rate = figures.error_rate();
                node.p50_ns = figures.quantile(0.5);
                node.p95_ns = figures.quantile(0.95);
                node.p99_ns = figures.quantile(0.99);
            }
        }
        let mut calls: BTreeMap<CallKey, Calls> = BTreeMap::new();
        for Edge { calls: sum, row } in std::mem::take(&mut self.edges) {
            let (client, server) = (id_of(&row.client), id_of(&row.server));
            if client == server {
                continue;
            }
            let key = CallKey { client, server, server_kind: row.server_kind, link: row.link };
            calls.entry(key).or_default().merge(&sum);
        }
        self.nodes = nodes;
        let edge = |(key, calls): (CallKey, Calls)| Edge { row: calls.edge(&key, seconds), calls };
        self.edges = calls.into_iter().map(edge).collect();
    }

    /// Leaves out what matches, and edges whose ends are gone.
    pub(super) fn hide(&mut self, finder: &Finder, services: &Rows) {
        if finder.is_empty() {
            return;
        }
        self.nodes.retain(|id, node| !finder.finds_node(node, services.get(id)));
        let nodes = &self.nodes;
        self.edges.retain(|edge| {
            let has_ends = nodes.contains_key(&edge.row.client) && nodes.contains_key(&edge.row.server);
            has_ends && !finder.finds_edge(&edge.row)
        });
    }

    pub(super) fn mark(&mut self, finder: &Finder, services: &Rows) {
        if finder.is_empty() {
            return;
        }
        for (id, node) in &mut self.nodes {
            node.is_match = finder.finds_node(node, services.get(id));
        }
        for edge in &mut self.edges {
            edge.row.is_match = finder.finds_edge(&edge.row);
        }
    }
}

fn worse(one: ServiceState, other: ServiceState) -> ServiceState {
    let rank = |state: ServiceState| match state {
        ServiceState::Unknown => 0,
        ServiceState::Ok => 1,
        ServiceState::Warning => 2,
        ServiceState::Critical => 3,
    };
    if rank(other) > rank(one) { other } else { one }
}

fn of_service(row: &ServiceRow, kind: NodeKind) -> MapNode {
    MapNode {
        id: row.service.clone(),
        kind,
        state: row.state,
        rate: row.rate,
        count: row.count,
        error_rate: row.error_rate,
        p50_ns: row.p50_ns,
        p95_ns: row.p95_ns,
        p99_ns: row.p99_ns,
        instances: Some(row.instances),
        versions: row.versions.iter().map(|version| version.version.clone()).collect(),
        ..MapNode::default()
    }
}

fn of_calls(id: &str, kind: NodeKind, calls: &Calls, seconds: f64) -> MapNode {
    MapNode {
        id: id.to_owned(),
        kind,
        rate: rate(calls.count, seconds),
        count: calls.count,
        error_rate: calls.error_rate(),
        p50_ns: quantile(calls.durations(), 0.5),
        p95_ns: quantile(calls.durations(), 0.95),
        p99_ns: quantile(calls.durations(), 0.99),
        ..MapNode::default()
    }
}
