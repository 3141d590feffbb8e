//! A trace without its contents: what its tree, its times and its episodes are made of, and nothing that is
//! long. A trace of fifty thousand spans is read so in the time in which a small one is read whole.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use datafusion::common::Result;
use daymark_model::id::{SpanId, TraceId};
use daymark_model::quality::CLOCK_SKEW;
use daymark_model::signal::Table;
use daymark_segment::Projection;
use daymark_view::trace::Episode;
use daymark_view::tree::{self, Kind, Node, Tree};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::scan::owners::Describe;
use crate::scan::part::Part;
use crate::scan::reader::Tally;
use crate::trace::found::{find, identify, trace_id};
use crate::trace::spans::{self, Columns, text};
use crate::trace::whole::without_repeats;

const COLUMNS: [&str; 15] = [
    "trace_id",
    "span_id",
    "parent_span_id",
    "service",
    "name",
    "kind",
    "start",
    "duration_ns",
    "status",
    "peer",
    "tier",
    "quality",
    "resource_id",
    "events",
    "links",
];

/// What tells a database or a queue from other peers.
const PEER_KEYS: [&str; 4] =
    ["db.system.name", "db.system", "messaging.system", "messaging.destination.name"];

/// A span of an outline, beside its [`Node`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bone {
    pub(crate) node: Node,
    /// The place of its name in [`Outline::names`].
    pub(crate) name: u32,
    /// 0 unset, 1 ok, 2 error.
    pub(crate) status: u8,
    /// The place of its peer in [`Outline::peers`] from 1 on; 0 when it has none.
    pub(crate) peer: u32,
    pub(crate) tier: u32,
    pub(crate) events: u32,
    pub(crate) has_links: bool,
    pub(crate) is_skewed: bool,
    instance: u64,
}

impl Bone {
    pub(crate) fn is_error(&self) -> bool {
        self.status == 2
    }
}

/// Texts by the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) all: Vec<String>,
    places: HashMap<String, u32>,
}

impl Names {
    pub(crate) fn place(&mut self, text: &str) -> u32 {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = self.all.len() as u32;
        self.all.push(text.to_owned());
        self.places.insert(text.to_owned(), place);
        place
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Outline {
    pub(crate) id: TraceId,
    pub(crate) aliases: Vec<TraceId>,
    /// Those of the episode, by start and id.
    pub(crate) bones: Vec<Bone>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) tree: Tree,
    pub(crate) services: Names,
    pub(crate) names: Names,
    /// Each with its kind.
    pub(crate) peers: Vec<(String, &'static str)>,
    pub(crate) tiers: Names,
    pub(crate) episode: Episode,
    /// When logs of the episode were written.
    pub(crate) times: Range<i64>,
}

impl Outline {
    /// The outline of an episode, the newest when none is named. None when nothing has the id.
    pub(crate) fn read(
        parts: &[Part],
        asked: TraceId,
        episode: Option<u32>,
        tally: &Tally,
    ) -> Result<Option<Self>> {
        let mut reading = Reading::default();
        let projection = Projection {
            columns: COLUMNS.map(str::to_owned).to_vec(),
            keys: PEER_KEYS.map(str::to_owned).to_vec(),
            attributes: false,
        };
        for found in find(parts, asked, &projection, tally)? {
            reading.take(found.part, &found.rows)?;
        }
        let mut latest = BTreeMap::new();
        for (id, bone) in &reading.bones {
            let at = latest.entry(*id).or_insert(bone.node.start);
            *at = bone.node.start.max(*at);
        }
        let Some(identity) = identify(asked, &latest) else { return Ok(None) };
        reading.bones.retain(|(id, _)| *id == identity.id);
        reading.bones.sort_by_key(|(_, bone)| (bone.node.start, bone.node.id));
        reading.settle_repeats(parts, identity.id, tally)?;
        let bones: Vec<Bone> = reading.bones.iter().map(|(_, bone)| *bone).collect();
        let nodes: Vec<Node> = bones.iter().map(|bone| bone.node).collect();
        let instances: Vec<u64> = bones.iter().map(|bone| bone.instance).collect();
        let Chosen { episode, places, times } = choose(&nodes, &instances, episode);
        let bones: Vec<Bone> = places.iter().map(|at| bones[*at]).collect();
        let nodes: Vec<Node> = bones.iter().map(|bone| bone.node).collect();
        Ok(Some(Self {
            id: identity.id,
            aliases: identity.aliases,
            tree: Tree::of(&nodes),
            bones,
            nodes,
            services: reading.services,
            names: reading.names,
            peers: reading.peers,
            tiers: reading.tiers,
            episode,
            times,
        }))
    }

    pub(crate) fn bone(&self, row: usize) -> &Bone {
        &self.bones[self.tree.spans[row] as usize]
    }

    pub(crate) fn start(&self) -> i64 {
        self.nodes.first().map_or(0, |node| node.start)
    }

    pub(crate) fn end(&self) -> i64 {
        self.nodes.iter().map(Node::end).max().unwrap_or_default()
    }

    /// The first root.
    pub(crate) fn root(&self) -> Option<&Bone> {
        self.bones.iter().find(|bone| bone.node.parent.is_none())
    }

    /// A name of this set of rows in this order.
    pub(crate) fn revision(&self) -> String {
        let mut hasher = Xxh3::new();
        for row in 0..self.tree.len() {
            let bone = self.bone(row);
            hasher.update(&bone.node.id.0);
            hasher.update(&bone.node.parent.map_or([0; 8], |parent| parent.0));
            let numbers =
                [bone.node.start, bone.node.duration, i64::from(bone.events), i64::from(bone.status)];
            numbers.iter().for_each(|number| hasher.update(&number.to_le_bytes()));
            hasher.update(&[bone.node.kind.code()]);
            hasher.update(self.services.all[bone.node.service as usize].as_bytes());
            hasher.update(self.names.all[bone.name as usize].as_bytes());
        }
        format!("{:016x}", hasher.digest())
    }
}

/// The spans of one episode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) episode: Episode,
    /// Places among all spans, in their order.
    pub(crate) places: Vec<usize>,
    /// What else belongs to the episode happened then.
    pub(crate) times: Range<i64>,
}

/// Those of an episode counted from 1; of the newest when none is named, or none has the number. The spans
/// come in the order of their start.
pub(crate) fn choose(nodes: &[Node], instances: &[u64], wanted: Option<u32>) -> Chosen {
    let all = tree::episodes(nodes, &tree::parents(nodes), instances);
    let of = all.iter().max().map_or(1, |last| last + 1);
    let n = wanted.filter(|n| (1..=of).contains(n)).unwrap_or(of);
    let places: Vec<usize> = (0..nodes.len()).filter(|at| all[*at] + 1 == n).collect();
    let begins = |n: u32| all.iter().position(|episode| episode + 1 == n).map(|at| nodes[at].start);
    let from = if n == 1 { i64::MIN } else { begins(n).unwrap_or(i64::MIN) };
    Chosen { episode: Episode { n, of }, places, times: from..begins(n + 1).unwrap_or(i64::MAX) }
}

/// What is equal for spans of one instance.
pub(crate) fn instance_of(part: &Part, resource: u64) -> u64 {
    let found = part.resource(resource);
    let named = found.and_then(|resource| Some((&resource.service, resource.instance.as_ref()?)));
    named.map_or(resource, |(service, instance)| xxh3_64(format!("{service}\0{instance}").as_bytes()))
}

#[derive(Debug, Default)]
struct Reading {
    bones: Vec<(TraceId, Bone)>,
    services: Names,
    names: Names,
    tiers: Names,
    peers: Vec<(String, &'static str)>,
    peer_places: HashMap<String, u32>,
}

impl Reading {
    fn take(&mut self, part: &Part, batch: &RecordBatch) -> Result<()> {
        let columns = Columns::of(batch);
        let (services, names, kinds) =
            (columns.texts("service")?, columns.texts("name")?, columns.texts("kind")?);
        let (states, peers, tiers) =
            (columns.texts("status")?, columns.texts("peer")?, columns.texts("tier")?);
        let (starts, durations) = (columns.instants("start")?, columns.integers("duration_ns")?);
        let (bits, resources) = (columns.bits("quality")?, columns.wide("resource_id")?);
        let (events, links) =
            (columns.column("events")?.as_list::<i32>(), columns.column("links")?.as_list::<i32>());
        let told: Vec<StringArray> =
            PEER_KEYS.iter().map(|key| columns.texts(&format!("attr.{key}"))).collect::<Result<_>>()?;
        for row in 0..batch.num_rows() {
            let (Some(trace), Some(id)) = (trace_id(batch, row), columns.span_id("span_id", row)?) else {
                continue;
            };
            let node = Node {
                id,
                parent: columns.span_id("parent_span_id", row)?,
                kind: Kind::from_name(kinds.value(row)),
                service: self.services.place(services.value(row)),
                start: starts[row],
                duration: durations[row],
            };
            let is_told = |keys: Range<usize>| {
                told[keys].iter().any(|texts| texts.is_valid(row) && !texts.value(row).is_empty())
            };
            let kind = peer_kind(is_told(0..2), is_told(2..4));
            let bone = Bone {
                node,
                name: self.names.place(names.value(row)),
                status: status_code(states.value(row)),
                peer: text(&peers, row).map_or(0, |peer| self.peer(peer, kind)),
                tier: self.tiers.place(tiers.value(row)),
                events: events.value_length(row).unsigned_abs(),
                has_links: links.value_length(row) > 0,
                is_skewed: bits[row] & CLOCK_SKEW != 0,
                instance: instance_of(part, resources[row]),
            };
            self.bones.push((trace, bone));
        }
        Ok(())
    }

    fn peer(&mut self, name: String, kind: &'static str) -> u32 {
        *self.peer_places.entry(name).or_insert_with_key(|name| {
            self.peers.push((name.clone(), kind));
            self.peers.len() as u32
        })
    }

    /// Rows with the same id and start may tell of one span that came twice, which only all they say tells.
    fn settle_repeats(&mut self, parts: &[Part], id: TraceId, tally: &Tally) -> Result<()> {
        let place = |(_, bone): &(TraceId, Bone)| (bone.node.start, bone.node.id);
        let doubtful: HashSet<(i64, SpanId)> = self
            .bones
            .windows(2)
            .filter(|pair| place(&pair[0]) == place(&pair[1]))
            .map(|pair| place(&pair[0]))
            .collect();
        if doubtful.is_empty() {
            return Ok(());
        }
        let mut told = Vec::new();
        for found in find(parts, id, &Projection::all(Table::Spans), tally)? {
            let rows = spans::rows(&found.rows)?.into_iter().map(|row| (found.part, row));
            told.extend(rows.filter(|(_, row)| {
                row.trace_id == id && doubtful.contains(&(row.span.start.0, row.span.span_id))
            }));
        }
        let instances: HashMap<u64, u64> =
            told.iter().map(|(part, row)| (row.resource_id, instance_of(part, row.resource_id))).collect();
        self.bones.retain(|bone| !doubtful.contains(&place(bone)));
        for row in without_repeats(told.into_iter().map(|(_, row)| row).collect()) {
            let span = &row.span;
            let has = |keys: &[&str]| keys.iter().any(|key| span.attributes.0.contains_key(*key));
            let kind = peer_kind(has(&PEER_KEYS[..2]), has(&PEER_KEYS[2..]));
            let node = Node {
                id: span.span_id,
                parent: span.parent_span_id,
                kind: Kind::from_name(&span.kind),
                service: self.services.place(&span.service),
                start: span.start.0,
                duration: span.duration_ns,
            };
            let bone = Bone {
                node,
                name: self.names.place(&span.name),
                status: status_code(&span.status),
                peer: span.peer.clone().map_or(0, |peer| self.peer(peer, kind)),
                tier: self.tiers.place(&span.tier),
                events: span.events.len() as u32,
                has_links: !span.links.is_empty(),
                is_skewed: span.quality.iter().any(|name| name == "clock_skew"),
                instance: instances.get(&row.resource_id).copied().unwrap_or(row.resource_id),
            };
            self.bones.push((id, bone));
        }
        // Stable: repeats keep the order that all of a trace has.
        self.bones.sort_by_key(place);
        Ok(())
    }
}

fn peer_kind(is_database: bool, is_queue: bool) -> &'static str {
    match (is_database, is_queue) {
        (true, _) => "database",
        (false, true) => "queue",
        (false, false) => "external",
    }
}

fn status_code(status: &str) -> u8 {
    match status {
        "ok" => 1,
        "error" => 2,
        _ => 0,
    }
}
