//! A trace out of its spans: repeats collapsed, ordered, with its root and how complete it is.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use datafusion::common::Result;
use daymark_model::id::{SpanId, TraceId};
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_segment::Projection;
use daymark_view::attribute::Attributes;
use daymark_view::meta::{Meta, Truncated};
use daymark_view::trace::{Completeness, Episode, Skew, Span, Trace, TraceRoot};
use daymark_view::tree::{self, Tree};

use crate::running::scanned;
use crate::scan::owners::Describe;
use crate::scan::part::Part;
use crate::scan::reader::Tally;
use crate::trace::birth::born;
use crate::trace::found::{Identity, find, identify, trace_id};
use crate::trace::halves;
use crate::trace::outline::{Chosen, choose, instance_of};
use crate::trace::spans::{Columns, Row, attributes, rows};

/// An incomplete trace whose last span is younger than this may still grow.
const OPEN_NS: i64 = 30 * Nanos::SECOND;

/// What is wanted of a trace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) id: TraceId,
    pub(crate) episode: Option<u32>,
    pub(crate) spans_max: usize,
    /// With the ids that were sent, also where two spans share one.
    pub(crate) as_received: bool,
    pub(crate) now: Nanos,
}

/// The trace, or none when no row has the id.
pub(crate) fn trace(
    (spans, logs): (&[Part], &[Part]),
    wanted: Wanted,
    tally: &Tally,
) -> Result<Option<(Trace, Meta)>> {
    let asked = wanted.id;
    let mut all = Vec::new();
    let mut resources: HashMap<u64, Attributes> = HashMap::new();
    let mut instances: HashMap<u64, u64> = HashMap::new();
    for found in find(spans, asked, &Projection::all(Table::Spans), tally)? {
        for row in rows(&found.rows)? {
            resources.entry(row.resource_id).or_insert_with(|| {
                found
                    .part
                    .resource(row.resource_id)
                    .map(|resource| attributes(&resource.attributes))
                    .unwrap_or_default()
            });
            instances.entry(row.resource_id).or_insert_with(|| instance_of(found.part, row.resource_id));
            all.push(row);
        }
    }
    let mut latest = BTreeMap::new();
    for row in &all {
        let at = latest.entry(row.trace_id).or_insert(row.span.start.0);
        *at = row.span.start.0.max(*at);
    }
    let Some(identity) = identify(asked, &latest) else { return Ok(None) };
    all.retain(|row| row.trace_id == identity.id);
    let all = without_repeats(all);
    let (rows, chosen) = of_episode(all, &instances, wanted.episode);
    let log_count = count_logs(logs, identity.id, &chosen.times, tally)?;
    Ok(Some(assemble((identity, chosen.episode), rows, &resources, (log_count, wanted), tally)))
}

/// The spans of one episode, with the halves of shared ids told apart.
fn of_episode(rows: Vec<Row>, instances: &HashMap<u64, u64>, wanted: Option<u32>) -> (Vec<Row>, Chosen) {
    let nodes = halves::nodes(rows.iter().map(|row| &row.span));
    let instances: Vec<u64> = rows.iter().map(|row| instances[&row.resource_id]).collect();
    let chosen = choose(&nodes, &instances, wanted);
    if chosen.episode.of == 1 {
        return (rows, chosen);
    }
    let mut places = chosen.places.iter().copied().peekable();
    let of_it = rows.into_iter().enumerate().filter(|(at, _)| places.next_if_eq(at).is_some());
    (of_it.map(|(_, row)| row).collect(), chosen)
}

/// Orders by (start, span_id) and drops spans that say the same as their neighbour.
pub(crate) fn without_repeats(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by_key(|row| (row.span.start, row.span.span_id));
    let mut kept: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        let same_place =
            |other: &&Row| (other.span.start, other.span.span_id) == (row.span.start, row.span.span_id);
        let is_repeat = kept.iter().rev().take_while(same_place).any(|other| is_same(other, &row));
        if !is_repeat {
            kept.push(row);
        }
    }
    kept
}

/// Whether two rows tell of one span: all but how it came here.
fn is_same(a: &Row, b: &Row) -> bool {
    let told = |row: &Row| Span {
        source: String::new(),
        tier: String::new(),
        quality: Vec::new(),
        ..row.span.clone()
    };
    a.resource_id == b.resource_id && told(a) == told(b)
}

fn count_logs(logs: &[Part], id: TraceId, times: &Range<i64>, tally: &Tally) -> Result<u64> {
    let mut count = 0;
    for found in find(logs, id, &Projection::columns(["trace_id", "time"]), tally)? {
        let rows = &found.rows;
        let written = Columns::of(rows).instants("time")?;
        let is_of_it = |row: &usize| trace_id(rows, *row) == Some(id) && times.contains(&written[*row]);
        count += (0..rows.num_rows()).filter(is_of_it).count() as u64;
    }
    Ok(count)
}

fn assemble(
    (identity, episode): (Identity, Episode),
    mut rows: Vec<Row>,
    all_resources: &HashMap<u64, Attributes>,
    (log_count, wanted): (u64, Wanted),
    tally: &Tally,
) -> (Trace, Meta) {
    let Wanted { spans_max, as_received, now, .. } = wanted;
    let skew = skew(&rows);
    if !as_received {
        halves::tell_apart(identity.id, &mut rows);
    }
    let total = rows.len();
    let start = rows.first().map_or(0, |row| row.span.start.0);
    let end =
        rows.iter().map(|row| row.span.start.0.saturating_add(row.span.duration_ns)).max().unwrap_or(start);
    let error_count = rows.iter().filter(|row| row.span.status == "error").count() as u64;
    let missing_parents = missing_parents(&rows);
    let root = rows.iter().find(|row| row.span.parent_span_id.is_none());
    let resource = root.and_then(|row| all_resources.get(&row.resource_id));
    let born = born(root.map(|row| &row.span), rows.first().map(|row| &row.span), resource);
    let tier = root.or(rows.first()).map(|row| row.span.tier.clone()).unwrap_or_default();
    let root = root.map(|row| TraceRoot {
        span_id: row.span.span_id,
        service: row.span.service.clone(),
        name: row.span.name.clone(),
    });
    let is_cut = total > spans_max;
    let completeness = match is_cut {
        true => Completeness::Truncated,
        false => completeness(root.is_some(), missing_parents.is_empty(), end, now),
    };
    let services = services(&rows);
    rows.truncate(spans_max);
    let (resources, spans) = with_resources(rows, all_resources);
    let trace = Trace {
        trace_id: identity.id,
        start: Nanos(start),
        duration_ns: end.saturating_sub(start),
        span_count: total as u64,
        error_count,
        log_count,
        root,
        services,
        completeness,
        missing_parents,
        aliases: identity.aliases,
        episode,
        tier,
        born,
        skew,
        resources,
        spans,
    };
    let truncated = is_cut.then(|| Truncated {
        reason: "spans".into(),
        shown: spans_max as u64,
        total: Some(total as u64),
    });
    let meta = Meta { scanned: scanned(tally), partial: tally.partial(), truncated, ..Meta::default() };
    (trace, meta)
}

/// Whether all spans of a trace have come, as far as its root and its parents tell.
pub(crate) fn completeness(has_root: bool, has_parents: bool, end: i64, now: Nanos) -> Completeness {
    match (has_root, has_parents) {
        (true, true) => Completeness::Complete,
        _ if now.0.saturating_sub(end) < OPEN_NS => Completeness::Open,
        (false, _) => Completeness::MissingRoot,
        (true, false) => Completeness::MissingSpans,
    }
}

/// The services whose clocks seem off.
fn skew(rows: &[Row]) -> Vec<Skew> {
    let nodes = halves::nodes(rows.iter().map(|row| &row.span));
    let name = |service: u32| {
        let of_it = nodes.iter().position(|node| node.service == service);
        of_it.map(|at| rows[at].span.service.clone()).unwrap_or_default()
    };
    let all = tree::skews(&Tree::of(&nodes), &nodes);
    all.into_iter().map(|(service, offset_ns)| Skew { service: name(service), offset_ns }).collect()
}

/// Parents that spans name and that are not there, each once, by first child.
fn missing_parents(rows: &[Row]) -> Vec<SpanId> {
    let known: HashSet<SpanId> = rows.iter().map(|row| row.span.span_id).collect();
    let mut seen = HashSet::new();
    let parents = rows.iter().filter_map(|row| row.span.parent_span_id);
    parents.filter(|parent| !known.contains(parent) && seen.insert(*parent)).collect()
}

/// By first start.
fn services(rows: &[Row]) -> Vec<String> {
    let mut seen = HashSet::new();
    rows.iter().map(|row| &row.span.service).filter(|service| seen.insert(*service)).cloned().collect()
}

/// Gives each resource a short name and each span the name of its resource.
pub(crate) fn with_resources(
    rows: Vec<Row>,
    all: &HashMap<u64, Attributes>,
) -> (BTreeMap<String, Attributes>, Vec<Span>) {
    let mut names: HashMap<u64, String> = HashMap::new();
    let mut resources = BTreeMap::new();
    let mut spans = Vec::with_capacity(rows.len());
    for mut row in rows {
        let next = format!("r{}", names.len() + 1);
        let name = names.entry(row.resource_id).or_insert_with(|| {
            resources.insert(next.clone(), all.get(&row.resource_id).cloned().unwrap_or_default());
            next
        });
        row.span.resource.clone_from(name);
        spans.push(row.span);
    }
    (resources, spans)
}
