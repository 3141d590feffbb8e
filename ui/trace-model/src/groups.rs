//! Spans counted by what they have in common.

use std::collections::HashMap;

use daymark_view::skeleton::flag;

use crate::colours::Colours;
use crate::trace::Trace;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Operation,
    Service,
    /// What the spans are coloured by.
    Colour,
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
    /// That of the longest.
    pub colour: u8,
}

/// The one with the most time of its own first.
pub fn groups(trace: &Trace, colours: &Colours, by: By) -> Vec<Group> {
    let mut known: HashMap<(u32, u32), usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut durations: Vec<Vec<i64>> = Vec::new();
    for at in 0..trace.len() {
        let place = at as u32;
        let key = match by {
            By::Operation => (trace.svc[at], trace.op[at]),
            By::Service => (trace.svc[at], 0),
            By::Colour => (colours.number(place), 0),
        };
        let group = *known.entry(key).or_insert_with(|| {
            let (service, name) = match by {
                By::Operation => (trace.service(place), trace.operation(place)),
                By::Service => (trace.service(place), ""),
                By::Colour => ("", colours.class_of(place).map_or("", |class| class.name.as_str())),
            };
            groups.push(Group {
                service: service.into(),
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
        group.colour = colours.of(group.longest);
    }
    groups.sort_by(|one, other| {
        other.own.cmp(&one.own).then(one.service.cmp(&other.service)).then(one.name.cmp(&other.name))
    });
    groups
}
