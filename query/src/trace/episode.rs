//! What belongs to an episode of a trace besides its spans: told by when it happened, and by the half of a
//! shared id that it is of. Reads less than an outline, because every page of log lines asks for it.

use std::ops::Range;

use datafusion::common::Result;
use daymark_model::id::{SpanId, TraceId};
use daymark_segment::Projection;
use daymark_view::tree::{Kind, Node, called_halves};

use crate::scan::part::Part;
use crate::scan::reader::Tally;
use crate::trace::found::{find, identify, latest, trace_id};
use crate::trace::halves::id_of_half;
use crate::trace::outline::{Names, choose, instance_of};
use crate::trace::spans::Columns;

const COLUMNS: [&str; 8] =
    ["trace_id", "span_id", "parent_span_id", "service", "kind", "start", "duration_ns", "resource_id"];

#[derive(Debug)]
pub(crate) struct Around {
    pub(crate) times: Range<i64>,
    id: TraceId,
    nodes: Vec<Node>,
    services: Names,
}

impl Around {
    /// None when no span has the id.
    pub(crate) fn read(
        parts: &[Part],
        asked: TraceId,
        episode: Option<u32>,
        tally: &Tally,
    ) -> Result<Option<Self>> {
        let Some(identity) = identify(asked, &latest(parts, asked, tally)?) else { return Ok(None) };
        let mut services = Names::default();
        let mut all: Vec<(Node, u64)> = Vec::new();
        for found in find(parts, identity.id, &Projection::columns(COLUMNS), tally)? {
            let columns = Columns::of(&found.rows);
            let (names, kinds) = (columns.texts("service")?, columns.texts("kind")?);
            let (starts, durations) = (columns.instants("start")?, columns.integers("duration_ns")?);
            let resources = columns.wide("resource_id")?;
            for row in 0..found.rows.num_rows() {
                let Some(id) = columns.span_id("span_id", row)? else { continue };
                if trace_id(&found.rows, row) != Some(identity.id) {
                    continue;
                }
                let node = Node {
                    id,
                    parent: columns.span_id("parent_span_id", row)?,
                    kind: Kind::from_name(kinds.value(row)),
                    service: services.place(names.value(row)),
                    start: starts[row],
                    duration: durations[row],
                };
                all.push((node, instance_of(found.part, resources[row])));
            }
        }
        all.sort_by_key(|(node, _)| (node.start, node.id));
        let (nodes, instances): (Vec<Node>, Vec<u64>) = all.into_iter().unzip();
        let times = choose(&nodes, &instances, episode).times;
        Ok(Some(Self { times, id: identity.id, nodes, services }))
    }

    /// The id that a span was sent with, and of the half of a shared one its service.
    pub(crate) fn sent(&self, span: SpanId) -> (SpanId, Option<&str>) {
        let halves = called_halves(&self.nodes);
        let named = |at: usize| self.services.all.get(self.nodes[at].service as usize).map(String::as_str);
        let called =
            (0..self.nodes.len()).find(|at| halves[*at] && id_of_half(self.id, self.nodes[*at].id) == span);
        if let Some(at) = called {
            return (self.nodes[at].id, named(at));
        }
        let is_shared = (0..self.nodes.len()).any(|at| halves[at] && self.nodes[at].id == span);
        let calling = (0..self.nodes.len()).find(|at| self.nodes[*at].id == span && !halves[*at]);
        (span, calling.filter(|_| is_shared).and_then(named))
    }
}
