//! A trace as parallel arrays, out of its outline.

use std::collections::HashMap;

use datafusion::common::Result;
use daymark_model::id::SpanId;
use daymark_model::time::Nanos;
use daymark_segment::Projection;
use daymark_view::error::{AskError, Code};
use daymark_view::skeleton::{Folded, MissingParent, Peer, ServiceSkew, Skeleton, SkeletonAsk, flag};
use daymark_view::trace::TraceRoot;
use daymark_view::tree::{self, Section};

use crate::scan::part::Part;
use crate::scan::reader::Tally;
use crate::trace::folds::{Fold, Shown};
use crate::trace::found::{find, trace_id};
use crate::trace::halves::id_of_half;
use crate::trace::outline::Outline;
use crate::trace::spans::Columns;
use crate::trace::whole::completeness;

/// What is known of each row besides its span.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) own: Vec<i64>,
    pub(crate) sections: Vec<Section>,
    /// Time on the critical path by row.
    pub(crate) critical: Vec<i64>,
}

impl Measured {
    pub(crate) fn of(outline: &Outline) -> Self {
        let tree = &outline.tree;
        let main = tree.main_row(&outline.nodes);
        let sections = main.map(|row| tree.critical(&outline.nodes, row)).unwrap_or_default();
        let mut critical = vec![0_i64; tree.len()];
        for section in &sections {
            critical[section.row as usize] += section.to - section.from;
        }
        Self { own: tree.self_times(&outline.nodes), sections, critical }
    }
}

/// Lines of the episode: all of them, and those of each row.
pub(crate) fn lines(outline: &Outline, logs: &[Part], tally: &Tally) -> Result<(u64, Vec<u32>)> {
    let mut by_span: HashMap<SpanId, Vec<usize>> = HashMap::new();
    for row in 0..outline.tree.len() {
        by_span.entry(outline.bone(row).node.id).or_default().push(row);
    }
    let (mut all, mut by_row) = (0, vec![0; outline.tree.len()]);
    let projection = Projection::columns(["trace_id", "span_id", "time", "service"]);
    for found in find(logs, outline.id, &projection, tally)? {
        let columns = Columns::of(&found.rows);
        let (times, services) = (columns.instants("time")?, columns.texts("service")?);
        for (at, time) in times.iter().enumerate() {
            if trace_id(&found.rows, at) != Some(outline.id) || !outline.times.contains(time) {
                continue;
            }
            all += 1;
            let rows = columns.span_id("span_id", at)?.and_then(|span| by_span.get(&span));
            let service = |row: &&usize| {
                outline.services.all[outline.bone(**row).node.service as usize] == services.value(at)
            };
            // Of two halves the one that wrote it.
            let row = rows.and_then(|rows| rows.iter().find(service).or(rows.first()));
            row.into_iter().for_each(|row| by_row[*row] += 1);
        }
    }
    Ok((all, by_row))
}

/// The row of a span, also by the id that its half of a shared one is shown with.
pub(crate) fn row_of(outline: &Outline, span: SpanId) -> Option<usize> {
    let id = |row: usize| outline.bone(row).node.id;
    let mut rows = 0..outline.tree.len();
    rows.find(|row| id(*row) == span)
        .or_else(|| (0..outline.tree.len()).find(|row| id_of_half(outline.id, id(*row)) == span))
}

pub(crate) fn skeleton(
    outline: &Outline,
    (revision, ask, now): (String, &SkeletonAsk, Nanos),
    (log_count, n_logs): (u64, Vec<u32>),
) -> Result<Skeleton, AskError> {
    let tree = &outline.tree;
    if let Some(row) = ask.below.filter(|row| *row as usize >= tree.len()) {
        return Err(AskError::new(Code::BadRequest, format!("the trace has no row {row}")));
    }
    let measured = Measured::of(outline);
    let focus = ask.span.and_then(|span| row_of(outline, span));
    let shown = Shown::of(outline, &measured, ask.below, ask.rows_max, focus);
    let start = outline.start();
    let root = outline.root();
    let orphans = tree.orphans.contains(&true);
    let skews = tree::skews(tree, &outline.nodes);
    let tier = root.or(outline.bones.first()).map(|bone| outline.tiers.all[bone.tier as usize].clone());
    let mut made = Skeleton {
        rev: revision,
        trace_id: outline.id,
        start: Nanos(start),
        duration_ns: outline.end().saturating_sub(start),
        total: tree.len() as u32,
        shown: shown.rows.len() as u32,
        focus_row: focus.map(|row| row as u32),
        root: root.map(|bone| TraceRoot {
            span_id: bone.node.id,
            service: outline.services.all[bone.node.service as usize].clone(),
            name: outline.names.all[bone.name as usize].clone(),
        }),
        error_count: outline.bones.iter().filter(|bone| bone.is_error()).count() as u64,
        log_count,
        completeness: completeness(root.is_some(), !orphans, outline.end(), now),
        aliases: outline.aliases.clone(),
        episode: outline.episode,
        tier: tier.unwrap_or_default(),
        peers: peers(outline),
        peer: Vec::new(),
        services: outline.services.all.clone(),
        operations: outline.names.all.clone(),
        depth: Vec::new(),
        dstart: Vec::new(),
        dur: Vec::new(),
        svc: Vec::new(),
        op: Vec::new(),
        kind_status: Vec::new(),
        flags: Vec::new(),
        n_events: Vec::new(),
        n_logs: Vec::new(),
        agg: shown.folds.iter().map(|fold| folded(fold, start)).collect(),
        runs: runs(&shown.rows, tree.len()),
        missing_parents: missing_parents(outline),
        skew: skews.iter().map(|(svc, offset_ns)| ServiceSkew { svc: *svc, offset_ns: *offset_ns }).collect(),
        crit: Vec::new(),
    };
    let mut is_shown = vec![false; tree.len()];
    shown.rows.iter().for_each(|row| is_shown[*row as usize] = true);
    let is_folded = |row: u32| shown.folds.binary_search_by_key(&row, |fold| fold.row).is_ok();
    for row in shown.rows.iter().map(|row| *row as usize) {
        let bone = outline.bone(row);
        let parent = tree.parents[row].filter(|parent| is_shown[*parent as usize]);
        let from = parent.map_or(start, |parent| outline.bone(parent as usize).node.start);
        made.peer.push(bone.peer);
        made.depth.push(tree.depths[row]);
        made.dstart.push(bone.node.start - from);
        made.dur.push(bone.node.duration);
        made.svc.push(bone.node.service);
        made.op.push(bone.name);
        made.kind_status.push(bone.node.kind.code() * 4 + bone.status);
        made.n_events.push(bone.events);
        made.n_logs.push(n_logs[row]);
        let is_skewed = bone.is_skewed || skews.iter().any(|(service, _)| *service == bone.node.service);
        let flags = [
            (bone.is_error(), flag::ERROR),
            (measured.critical[row] > 0, flag::CRITICAL),
            (tree.orphans[row], flag::MISSING_PARENT),
            (is_skewed, flag::SKEWED),
            (bone.has_links, flag::LINKS),
            (bone.events > 0, flag::EVENTS),
            (n_logs[row] > 0, flag::LOGS),
            (tree.is_async(&outline.nodes, row), flag::ASYNC),
            (is_folded(row as u32), flag::AGGREGATE),
        ];
        made.flags.push(flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, bit)| bit).sum());
    }
    let sections = measured.sections.iter().filter(|section| is_shown[section.row as usize]);
    made.crit =
        sections.map(|section| [i64::from(section.row), section.from - start, section.to - start]).collect();
    Ok(made)
}

/// Peers that answered here are services.
fn peers(outline: &Outline) -> Vec<Peer> {
    let kind = |name: &str, kind: &str| {
        let is_service = outline.services.all.iter().any(|service| service == name);
        if is_service { "service".to_owned() } else { kind.to_owned() }
    };
    outline.peers.iter().map(|(name, told)| Peer { name: name.clone(), kind: kind(name, told) }).collect()
}

fn folded(fold: &Fold, start: i64) -> Folded {
    let from_start = |(from, to): &(i64, i64)| [from - start, to - start];
    Folded {
        row: fold.row,
        count: fold.count,
        errors: fold.errors,
        busy_ns: fold.busy_ns,
        intervals: fold.intervals.iter().map(from_start).collect(),
    }
}

fn runs(rows: &[u32], total: usize) -> Vec<[u32; 2]> {
    if rows.len() == total {
        return Vec::new();
    }
    let jumps = (0..rows.len()).filter(|at| *at == 0 || rows[*at] != rows[at - 1] + 1);
    jumps.map(|at| [at as u32, rows[at]]).collect()
}

fn missing_parents(outline: &Outline) -> Vec<MissingParent> {
    let mut all: Vec<MissingParent> = Vec::new();
    let orphans = (0..outline.tree.len()).filter(|row| outline.tree.orphans[*row]);
    for (row, span_id) in orphans.filter_map(|row| Some((row as u32, outline.bone(row).node.parent?))) {
        // They stand together.
        match all.last_mut().filter(|last| last.span_id == span_id) {
            Some(last) => last.children += 1,
            None => all.push(MissingParent { row, span_id, children: 1 }),
        }
    }
    all
}
