//! What is drawn over the map; what has no source yet is null.

use daymark_view::map::{Overlay, OverlayValue};

use super::graph::Graph;
use crate::services::gathered::Gathered;

pub(super) fn draw(graph: &mut Graph, overlay: Overlay, gathered: &Gathered<'_>) {
    for (id, node) in &mut graph.nodes {
        let before = gathered.services.get(id).and_then(|service| service.before.quantile(0.95));
        node.overlay = Some(match overlay {
            Overlay::Health => OverlayValue {
                value: node.error_rate,
                state: Some(node.state.name().to_owned()).filter(|_| node.count > 0),
            },
            Overlay::Latency => {
                let state = node.p95_ns.zip(before).map(|(now, before)| {
                    let is_slower = before > 0 && now >= 2 * before;
                    if is_slower { "warning" } else { "ok" }.to_owned()
                });
                OverlayValue { value: node.p95_ns.map(|ns| ns as f64), state }
            }
            Overlay::Version => OverlayValue {
                value: Some(node.versions.len() as f64).filter(|count| *count > 0.0),
                state: node.versions.first().cloned(),
            },
            _ => OverlayValue::default(),
        });
    }
    for edge in graph.edges.iter_mut().map(|edge| &mut edge.row) {
        edge.overlay = Some(match overlay {
            Overlay::Health => OverlayValue { value: edge.error_rate, state: None },
            Overlay::Latency => OverlayValue { value: edge.p95_ns.map(|ns| ns as f64), state: None },
            Overlay::Mtls => OverlayValue { value: edge.mtls, state: None },
            _ => OverlayValue::default(),
        });
    }
}
