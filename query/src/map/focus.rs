//! What is near some nodes: so many steps against the calls and along them, with every edge among what is kept.

use std::collections::{BTreeMap, BTreeSet};

use daymark_view::error::{AskError, Code};
use daymark_view::nearest::nearest;

use super::graph::Graph;

pub(super) fn narrow(graph: &mut Graph, focus: &[String], up: u8, down: u8) -> Result<(), AskError> {
    if let Some(id) = focus.iter().find(|id| !graph.nodes.contains_key(*id)) {
        let error = AskError::new(Code::NotFound, format!("\"{id}\" is not on the map of this range"));
        return Err(match nearest(id, graph.nodes.keys().map(String::as_str)) {
            Some(meant) => error.hint(format!("did you mean \"{meant}\"?")),
            None => error,
        });
    }
    let (mut callers, mut callees) = (Neighbours::new(), Neighbours::new());
    for edge in &graph.edges {
        callers.entry(edge.row.server.clone()).or_default().insert(edge.row.client.clone());
        callees.entry(edge.row.client.clone()).or_default().insert(edge.row.server.clone());
    }
    let mut kept = reached(focus, &callers, up);
    kept.extend(reached(focus, &callees, down));
    let hidden = |all: &Neighbours, id: &String| {
        let all = all.get(id).into_iter().flatten();
        all.filter(|other| !kept.contains(*other)).count() as u64
    };
    graph.nodes.retain(|id, _| kept.contains(id));
    for (id, node) in &mut graph.nodes {
        node.hidden_callers = hidden(&callers, id);
        node.hidden_callees = hidden(&callees, id);
    }
    graph.edges.retain(|edge| kept.contains(&edge.row.client) && kept.contains(&edge.row.server));
    Ok(())
}

type Neighbours = BTreeMap<String, BTreeSet<String>>;

fn reached(focus: &[String], beside: &Neighbours, steps: u8) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = focus.iter().cloned().collect();
    let mut edge = all.clone();
    for _ in 0..steps {
        let next = edge.iter().filter_map(|id| beside.get(id)).flatten();
        edge = next.filter(|id| !all.contains(*id)).cloned().collect();
        all.extend(edge.iter().cloned());
    }
    all
}
