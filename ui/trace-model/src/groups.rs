//! Spans counted by what they have in common, and calls between services.

use std::collections::HashMap;

use daymark_view::skeleton::flag;

use crate::trace::{NONE, Trace};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Operation,
    Service,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    pub service: String,
    pub name: String,
    pub spans: u64,
    pub errors: u64,
    pub own: i64,
    pub crit: i64,
    pub p50: i64,
    pub max: i64,
    /// The span with the most time of its own.
    pub longest: u32,
}

/// The one with the most time of its own first.
pub fn groups(trace: &Trace, by: By) -> Vec<Group> {
    let mut known: HashMap<(u32, u32), usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut durations: Vec<Vec<i64>> = Vec::new();
    for at in 0..trace.len() {
        let op = if by == By::Operation { trace.op[at] } else { 0 };
        let group = *known.entry((trace.svc[at], op)).or_insert_with(|| {
            let name = if by == By::Operation { trace.operation(at as u32) } else { "" };
            groups.push(Group {
                service: trace.service(at as u32).into(),
                name: name.into(),
                longest: at as u32,
                ..Group::default()
            });
            durations.push(Vec::new());
            groups.len() - 1
        });
        let one = &mut groups[group];
        one.spans += 1;
        one.errors += u64::from(trace.flags[at] & flag::ERROR != 0);
        one.own = one.own.saturating_add(trace.own[at]);
        one.crit = one.crit.saturating_add(trace.crit[at]);
        one.max = one.max.max(trace.dur[at]);
        if trace.own[at] > trace.own[one.longest as usize] {
            one.longest = at as u32;
        }
        durations[group].push(trace.dur[at]);
    }
    for (group, mut durations) in groups.iter_mut().zip(durations) {
        durations.sort_unstable();
        group.p50 = durations[durations.len() / 2];
    }
    groups.sort_by(|one, other| {
        other.own.cmp(&one.own).then(one.service.cmp(&other.service)).then(one.name.cmp(&other.name))
    });
    groups
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    pub client: usize,
    pub server: usize,
    pub count: u64,
    pub errors: u64,
    pub total: i64,
    pub is_critical: bool,
}

/// Services and those they called: names, whether they are no service of ours, and the calls between them.
pub fn calls(trace: &Trace) -> (Vec<(String, bool)>, Vec<Call>) {
    let mut nodes: Vec<(String, bool)> = trace.services.iter().map(|name| (name.clone(), false)).collect();
    let peers: Vec<usize> = trace
        .peers
        .iter()
        .map(|(name, _)| match nodes.iter().position(|(known, _)| known == name) {
            Some(at) => at,
            None => {
                nodes.push((name.clone(), true));
                nodes.len() - 1
            }
        })
        .collect();
    let mut known: HashMap<(usize, usize), Call> = HashMap::new();
    let mut add = |client: usize, server: usize, at: usize| {
        let call =
            known.entry((client, server)).or_insert_with(|| Call { client, server, ..Call::default() });
        call.count += 1;
        call.errors += u64::from(trace.flags[at] & flag::ERROR != 0);
        call.total = call.total.saturating_add(trace.dur[at]);
        call.is_critical |= trace.flags[at] & flag::CRITICAL != 0;
    };
    for at in 0..trace.len() {
        let (own, parent) = (trace.svc[at] as usize, trace.parent[at]);
        if parent != NONE && trace.svc[parent as usize] != trace.svc[at] {
            add(trace.svc[parent as usize] as usize, own, at);
        }
        // A called one without spans of its own.
        let peer = (trace.peer[at] as usize).checked_sub(1).and_then(|peer| peers.get(peer));
        if let Some(peer) = peer.filter(|peer| nodes[**peer].1) {
            add(own, *peer, at);
        }
    }
    let mut calls: Vec<Call> = known.into_values().collect();
    calls.sort_by_key(|call| (call.client, call.server));
    let mut is_used = vec![false; nodes.len()];
    trace.svc.iter().for_each(|svc| {
        if let Some(used) = is_used.get_mut(*svc as usize) {
            *used = true
        }
    });
    calls.iter().for_each(|call| (is_used[call.client], is_used[call.server]) = (true, true));
    (nodes, calls)
}
