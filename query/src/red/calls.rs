//! Calls by who made them and who took them, and what the dependencies of a service are.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use datafusion::common::Result;
use daymark_aggregate::{Aggregate, Sketch};
use daymark_view::error::AskError;
use daymark_view::map::MapEdge;
use daymark_view::meta::{Answer, Buckets};
use daymark_view::service::{Dependencies, ServiceAsk};

use super::figures::{error_rate, quantile, rate};
use super::reader::Reader;
use super::rows::{EdgeRow, edge_rows};
use super::whose::Whose;
use super::windows::{self, buckets, seconds, starts};
use crate::sql::failure;
use crate::sums::Keys;

pub(crate) const SERVICE: &str = "service";
pub(crate) const USER: &str = "user";
const DATABASE: &str = "database";
const MESSAGING: &str = "messaging";

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CallKey {
    pub(crate) client: String,
    pub(crate) server: String,
    pub(crate) server_kind: String,
    pub(crate) link: String,
}

/// Sums of calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    pub(crate) count: u64,
    pub(crate) errors: u64,
    pub(crate) client_sum_ns: u64,
    pub(crate) server_sum_ns: u64,
    pub(crate) mtls: u64,
    pub(crate) client: Sketch,
    pub(crate) server: Sketch,
}

impl Calls {
    pub(crate) fn add(&mut self, row: &EdgeRow<'_>) -> Result<()> {
        self.count += row.count;
        self.errors += row.errors;
        self.client_sum_ns = self.client_sum_ns.saturating_add(row.client_sum_ns);
        self.server_sum_ns = self.server_sum_ns.saturating_add(row.server_sum_ns);
        self.mtls += row.mtls;
        row.merge_into(&mut self.client, &mut self.server)
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.errors += other.errors;
        self.client_sum_ns = self.client_sum_ns.saturating_add(other.client_sum_ns);
        self.server_sum_ns = self.server_sum_ns.saturating_add(other.server_sum_ns);
        self.mtls += other.mtls;
        self.client.merge(&other.client);
        self.server.merge(&other.server);
    }

    /// What the caller sees; when it did not tell, what the called one does.
    pub(crate) fn durations(&self) -> &Sketch {
        if self.client.count() > 0 { &self.client } else { &self.server }
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.client.size() + self.server.size()
    }

    pub(crate) fn error_rate(&self) -> Option<f64> {
        error_rate(self.count, self.errors)
    }

    /// The edge without its place on a picture.
    pub(crate) fn edge(&self, key: &CallKey, seconds: f64) -> MapEdge {
        let both = self.count > 0 && self.client.count() == self.count && self.server.count() == self.count;
        let is_waited_for = both && key.link != MESSAGING;
        let on_the_way = self.client_sum_ns.saturating_sub(self.server_sum_ns);
        let system = key.server.split_once(':').map(|(system, _)| system.to_owned());
        MapEdge {
            client: key.client.clone(),
            server: key.server.clone(),
            server_kind: key.server_kind.clone(),
            link: key.link.clone(),
            protocol: system.filter(|_| key.server_kind == DATABASE),
            rate: rate(self.count, seconds),
            count: self.count,
            errors: self.errors,
            error_rate: self.error_rate(),
            p50_ns: quantile(self.durations(), 0.5),
            p95_ns: quantile(self.durations(), 0.95),
            p99_ns: quantile(self.durations(), 0.99),
            server_p95_ns: quantile(&self.server, 0.95),
            network_mean_ns: is_waited_for.then(|| on_the_way / self.count),
            mtls: (self.mtls > 0).then(|| self.mtls as f64 / self.count as f64),
            ..MapEdge::default()
        }
    }
}

/// Hands over the rows of a range that a scope has. Calls to what is no service are their callers'.
pub(crate) async fn each(
    reader: &Reader,
    range: Range<i64>,
    keys: Keys<'_>,
    whose: &Whose<'_>,
    is_inside: impl Fn(&str) -> bool,
    mut each: impl FnMut(&EdgeRow<'_>) -> Result<()>,
) -> Result<()> {
    let has = |row: &EdgeRow<'_>| match row.server_kind {
        SERVICE => whose.has_names(row.namespace, row.env),
        _ => is_inside(row.client),
    };
    let edges = [Aggregate::Edges];
    reader
        .each(&edges, range.clone(), keys, |_, batch| {
            edge_rows(batch, range.clone())?.filter(has).try_for_each(|row| each(&row))
        })
        .await
}

/// All calls of some buckets.
pub(crate) async fn calls(
    reader: &Reader,
    buckets: &Buckets,
    whose: &Whose<'_>,
    is_inside: impl Fn(&str) -> bool,
) -> Result<Arc<BTreeMap<CallKey, Calls>>> {
    // What is inside follows from the scope and the range.
    let key = format!("{} {whose:?}", windows::key(buckets));
    if let Some(known) = reader.recent.calls.find(&reader.sums.parts, &key) {
        return Ok(known);
    }
    let mut calls = ByKey::default();
    each(reader, starts(buckets), Keys::Services, whose, is_inside, |row| calls.of(row).add(row)).await?;
    let calls = Arc::new(calls.into_sorted());
    let bytes = calls.values().map(Calls::size).sum();
    reader.recent.calls.keep(&reader.sums.parts, key, &calls, bytes, &reader.tally);
    Ok(calls)
}

/// Calls to a service and of it.
pub(crate) async fn calls_of(
    reader: &Reader,
    buckets: &Buckets,
    whose: &Whose<'_>,
    service: &str,
) -> Result<BTreeMap<CallKey, Calls>> {
    let mut calls = ByKey::default();
    let is_own = |client: &str| client == service;
    each(reader, starts(buckets), Keys::Services, whose, is_own, |row| {
        let is_side = row.client == service || (row.server == service && row.server_kind == SERVICE);
        if is_side { calls.of(row).add(row) } else { Ok(()) }
    })
    .await?;
    Ok(calls.into_sorted())
}

/// Calls by client and server, which are looked up without making texts.
#[derive(Debug, Default)]
struct ByKey(HashMap<String, HashMap<String, Vec<(CallKey, Calls)>>>);

impl ByKey {
    fn of(&mut self, row: &EdgeRow<'_>) -> &mut Calls {
        let by_server = entry(&mut self.0, row.client);
        let several = entry(by_server, row.server);
        let is_same =
            |(key, _): &(CallKey, Calls)| key.server_kind == row.server_kind && key.link == row.link;
        let at = several.iter().position(is_same).unwrap_or_else(|| {
            let key = CallKey {
                client: row.client.to_owned(),
                server: row.server.to_owned(),
                server_kind: row.server_kind.to_owned(),
                link: row.link.to_owned(),
            };
            several.push((key, Calls::default()));
            several.len() - 1
        });
        &mut several[at].1
    }

    fn into_sorted(self) -> BTreeMap<CallKey, Calls> {
        self.0.into_values().flat_map(HashMap::into_values).flatten().collect()
    }
}

/// The value of a text, which is made only when there is none yet.
pub(crate) fn entry<'a, V: Default>(map: &'a mut HashMap<String, V>, key: &str) -> &'a mut V {
    if !map.contains_key(key) {
        map.insert(key.to_owned(), V::default());
    }
    map.get_mut(key).expect("it was put in just now")
}

/// Calls to a service, and those that it makes.
pub(crate) async fn dependencies(
    ask: &ServiceAsk,
    reader: &Reader,
) -> Result<Answer<Dependencies>, AskError> {
    let whose = Whose::of_names(&ask.scope)?;
    let now = buckets(ask.range, Aggregate::Edges.step_s(), reader.now);
    let calls = calls_of(reader, &now, &whose, &ask.service).await;
    let calls = calls.map_err(|error| failure::of(&error))?;
    let mut edges: Vec<MapEdge> = calls.iter().map(|(key, calls)| calls.edge(key, seconds(&now))).collect();
    edges.sort_by_key(|edge| std::cmp::Reverse(edge.count));
    let of = |is_side: &dyn Fn(&MapEdge) -> bool| {
        edges.iter().filter(|edge| is_side(edge)).take(ask.limit).cloned().collect()
    };
    let data = Dependencies {
        upstream: of(&|edge| edge.server == ask.service && edge.server_kind == SERVICE),
        downstream: of(&|edge| edge.client == ask.service),
    };
    Ok(reader.answer(data, Some(now)))
}
