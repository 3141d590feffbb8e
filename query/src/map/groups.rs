//! What services are put together by.

use std::collections::{BTreeMap, BTreeSet};

use daymark_view::map::GroupBy;
use daymark_view::range::Range;
use daymark_view::services::ServiceRow;

use crate::red::reader::Reader;

/// The group of each service that has one.
#[derive(Debug)]
pub(super) struct Groups(BTreeMap<String, String>);

impl Groups {
    /// A service that has several is in none.
    pub(super) fn of(
        by: &GroupBy,
        services: &BTreeMap<String, ServiceRow>,
        reader: &Reader,
        range: Range,
    ) -> Self {
        let of_row = |row: &ServiceRow| match by {
            GroupBy::Namespace => row.namespace.clone(),
            GroupBy::Team => row.team.clone(),
            GroupBy::Env => row.env.clone(),
            GroupBy::Attribute(_) => None,
        };
        let GroupBy::Attribute(key) = by else {
            let grouped = services.values().filter_map(|row| Some((row.service.clone(), of_row(row)?)));
            return Self(grouped.collect());
        };
        let mut values: BTreeMap<String, BTreeSet<Option<String>>> = BTreeMap::new();
        for sender in reader.senders(range) {
            let value = sender.attribute(key);
            values.entry(sender.resource.service.clone()).or_default().insert(value);
        }
        let single = |(service, values): (String, BTreeSet<Option<String>>)| {
            let mut values = values.into_iter();
            let first = values.next().flatten()?;
            values.next().is_none().then_some((service, first))
        };
        Self(values.into_iter().filter_map(single).collect())
    }

    pub(super) fn of_node(&self, id: &str) -> Option<String> {
        self.0.get(id).cloned()
    }
}
