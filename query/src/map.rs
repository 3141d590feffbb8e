//! The service map: nodes and edges out of the sums, put together, marked, narrowed and arranged.

use std::collections::{BTreeMap, BTreeSet};

use daymark_aggregate::Aggregate;
use daymark_view::error::AskError;
use daymark_view::map::layout::{Spot, arranged};
use daymark_view::map::{MapAsk, MapGroup, MapLayout, ServiceMap};
use daymark_view::meta::Answer;

use crate::red::reader::Reader;
use crate::red::whose::Whose;
use crate::red::windows::{buckets, seconds};
use crate::services::gathered::Gathered;
use crate::services::rows;
use crate::sql::failure;

/// One edge with all there is to know.
pub(crate) mod edge;
/// What is marked and what is left out.
mod find;

pub(crate) use find::is_like;
/// What is near a focus.
mod focus;
/// Nodes and edges.
mod graph;
/// What services are put together by.
mod groups;
/// What is drawn over it.
mod overlay;
/// How it changed over time.
pub(crate) mod replay;

use graph::Graph;
use groups::Groups;

pub(crate) async fn map(ask: &MapAsk, reader: &Reader) -> Result<Answer<ServiceMap>, AskError> {
    let whose = Whose::of_names(&ask.scope)?;
    let gathered = Gathered::of(reader, whose, ask.range, None, None).await;
    let gathered = gathered.map_err(|error| failure::of(&error))?;
    let services: BTreeMap<String, _> =
        rows(reader, &gathered, None).into_iter().map(|row| (row.service.clone(), row)).collect();
    let now = buckets(ask.range, Aggregate::Edges.step_s(), reader.now);
    let groups = Groups::of(&ask.group, &services, reader, ask.range);
    let graph = Graph::of(reader, &gathered, &services, &now, ask.level);
    let mut graph = graph.await.map_err(|error| failure::of(&error))?;
    graph.describe(&services, &gathered, seconds(&now), &browsers(reader, ask));
    match ask.level {
        daymark_view::map::MapLevel::Group => graph.collapse(&groups, &services, &gathered, seconds(&now)),
        _ => graph.put_in_groups(&groups),
    }
    let (find, hide) = (find::Finder::of(&ask.find)?, find::Finder::of(&ask.hide)?);
    graph.hide(&hide, &services);
    if !ask.focus.is_empty() {
        focus::narrow(&mut graph, &ask.focus, ask.up, ask.down)?;
    }
    graph.mark(&find, &services);
    if let Some(overlay) = ask.overlay {
        overlay::draw(&mut graph, overlay, &gathered);
    }
    Ok(reader.answer(drawn(graph), Some(now)))
}

/// Services that run in browsers.
fn browsers(reader: &Reader, ask: &MapAsk) -> BTreeSet<String> {
    let senders = reader.senders(ask.range).into_iter();
    let in_browsers = senders.filter(|sender| {
        sender.attribute("telemetry.sdk.language").as_deref() == Some("webjs")
            || sender.attribute("browser.language").is_some()
            || sender.attribute("browser.platform").is_some()
    });
    in_browsers.map(|sender| sender.resource.service.clone()).collect()
}

/// Gives everything its place.
fn drawn(graph: Graph) -> ServiceMap {
    let mut nodes: Vec<_> = graph.nodes.into_values().collect();
    let mut edges: Vec<_> = graph.edges.into_iter().map(|edge| edge.row).collect();
    let spots: Vec<Spot> = nodes
        .iter()
        .map(|node| Spot {
            id: node.id.clone(),
            group: node.group.clone(),
            is_outside: graph::is_outside(node.kind),
        })
        .collect();
    let numbers: BTreeMap<&str, usize> =
        spots.iter().enumerate().map(|(number, spot)| (spot.id.as_str(), number)).collect();
    let ends = |client: &str, server: &str| Some((*numbers.get(client)?, *numbers.get(server)?));
    edges.retain(|edge| ends(&edge.client, &edge.server).is_some());
    let calls: Vec<(usize, usize)> =
        edges.iter().filter_map(|edge| ends(&edge.client, &edge.server)).collect();
    let picture = arranged(&spots, &calls);
    for (node, [x, y, w, h]) in nodes.iter_mut().zip(&picture.nodes) {
        (node.x, node.y, node.w, node.h) = (*x, *y, *w, *h);
    }
    for (edge, points) in edges.iter_mut().zip(picture.lines) {
        edge.points = points;
    }
    let members = |id: &String| {
        let members = nodes.iter().filter(|node| node.group.as_ref() == Some(id));
        members.map(|node| node.id.clone()).collect()
    };
    let groups = picture.groups.iter().map(|(id, [x, y, w, h])| MapGroup {
        id: id.clone(),
        nodes: members(id),
        x: *x,
        y: *y,
        w: *w,
        h: *h,
    });
    ServiceMap {
        groups: groups.collect(),
        unconnected: picture.unconnected.iter().map(|at| nodes[*at].id.clone()).collect(),
        layout: MapLayout {
            hash: format!("{:016x}", picture.hash),
            width: picture.width,
            height: picture.height,
            direction: "LR".into(),
        },
        nodes,
        edges,
    }
}
