//! Which series of a metric are meant, and which of them become one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use datafusion::execution::memory_pool::MemoryReservation;
use daymark_model::time::overlap;
use daymark_view::error::AskError;
use daymark_view::services::Scope;

use super::PointParts;
use super::sight::{Sight, Wanted};
use crate::scan::owners::Describe;
use crate::scan::part::Part;
use crate::sql::failure;

/// Memory that a series takes here, roughly.
const SERIES_BYTES: usize = 192;

/// What is asked of series.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) metric: &'a str,
    pub(super) scope: &'a [Scope],
    pub(super) wanted: Wanted,
    pub(super) by: &'a [String],
}

/// Series that become one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    pub(super) labels: BTreeMap<String, Option<String>>,
    pub(super) unit: Option<String>,
}

/// A series that is meant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) id: u64,
    pub(super) group: usize,
    pub(super) kind: &'static str,
    pub(super) is_delta: bool,
    pub(super) is_monotonic: bool,
}

#[derive(Debug, Default)]
pub(super) struct Selection {
    pub(super) groups: Vec<Group>,
    members: HashMap<u64, Option<Member>>,
    /// All services of the members.
    pub(super) services: BTreeSet<String>,
}

impl Selection {
    /// The series that the parts in a range of time list.
    pub(super) async fn of(
        asked: &Asked<'_>,
        parts: &PointParts,
        window: &Range<i64>,
        memory: &mut MemoryReservation,
    ) -> Result<Self, AskError> {
        let mut selection = Self::default();
        let mut numbers: BTreeMap<Group, usize> = BTreeMap::new();
        for part in parts.iter().flat_map(|(_, parts)| parts) {
            if overlap(&part.time(), window) {
                let before = selection.members.len();
                selection.add(asked, part, &mut numbers);
                let more = (selection.members.len() - before) * SERIES_BYTES;
                memory.try_grow(more).map_err(|error| failure::of(&error))?;
            }
            tokio::task::yield_now().await;
        }
        Ok(selection)
    }

    fn add(&mut self, asked: &Asked<'_>, part: &Part, numbers: &mut BTreeMap<Group, usize>) {
        for series in part.series().iter().filter(|series| series.metric == asked.metric) {
            if self.members.contains_key(&series.id) {
                continue;
            }
            let sight = Sight::of(series, part.resource(series.resource_id));
            let is_meant = asked.scope.iter().all(|scope| sight.is_in(scope)) && asked.wanted.holds(&sight);
            let member = is_meant.then(|| {
                let labels = asked.by.iter().map(|key| (key.clone(), sight.label(key))).collect();
                let group = Group { labels, unit: series.unit.clone() };
                let next = numbers.len();
                let number = *numbers.entry(group.clone()).or_insert(next);
                if number == next {
                    self.groups.push(group);
                }
                self.services.extend(sight.column("service").map(str::to_owned));
                Member {
                    id: series.id,
                    group: number,
                    kind: series.kind,
                    is_delta: series.temporality == "delta",
                    is_monotonic: series.monotonic,
                }
            });
            self.members.insert(series.id, member);
        }
    }

    pub(super) fn member(&self, id: u64) -> Option<&Member> {
        self.members.get(&id)?.as_ref()
    }

    /// The types of the series, each once.
    pub(super) fn kinds(&self) -> BTreeSet<&'static str> {
        self.members.values().flatten().map(|member| member.kind).collect()
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values().flatten()
    }
}
