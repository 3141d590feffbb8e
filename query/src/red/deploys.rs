//! Versions that began to send, or came back, as far as spans tell.
//!
//! A version is taken to be deployed when it begins to send while the service was there before with another
//! one. The first version that a service ever has is no change, nor are others that come up with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use datafusion::common::Result as Answered;
use daymark_aggregate::Aggregate;
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_view::error::AskError;
use daymark_view::meta::Answer;
use daymark_view::range::Range;
use daymark_view::service::{Deploy, DeployFigures, ServiceAsk};

use super::calls::entry;
use super::figures::Figures;
use super::reader::Reader;
use super::rows::RedRows;
use super::whose::Whose;
use crate::page::page;
use crate::sql::failure;
use crate::sums::Keys;

/// A version that was silent for so long has gone.
const GAP_NS: i64 = 10 * Nanos::MINUTE;
/// Versions that a service has within so long from its first span on were there from the start.
const START_NS: i64 = 5 * Nanos::MINUTE;
/// What a deploy is judged by on either side.
const AROUND_NS: i64 = 10 * Nanos::MINUTE;
/// Other versions are looked for so long before the range.
const BEFORE_NS: i64 = Nanos::HOUR;

/// When something was there: first and last instants of stretches, with no gap in them.
#[derive(Clone, Debug, Default)]
struct Stretches(BTreeMap<i64, i64>);

impl Stretches {
    fn add(&mut self, mut from: i64, mut to: i64) {
        let near = self.0.range(..=to.saturating_add(GAP_NS)).rev();
        let near: Vec<(i64, i64)> = near
            .map(|(from, to)| (*from, *to))
            .take_while(|(_, last)| last.saturating_add(GAP_NS) >= from)
            .collect();
        for (first, last) in near {
            self.0.remove(&first);
            (from, to) = (from.min(first), to.max(last));
        }
        self.0.insert(from, to);
    }

    /// The last instant before another at which it was there.
    fn last_before(&self, at: i64) -> Option<i64> {
        self.0.range(..at).next_back().map(|(_, to)| (*to).min(at))
    }
}

/// A deploy of a service before its figures are known.
#[derive(Clone, Debug)]
struct Change {
    version: String,
    from_version: Option<String>,
    at: i64,
    before: Figures,
    after: Figures,
    others: u64,
    instances: BTreeSet<String>,
}

/// The deploys in a range, newest first, with the service of each. With a service only its own.
pub(crate) async fn all(
    reader: &Reader,
    whose: &Whose<'_>,
    range: Range,
    only: Option<&str>,
) -> Answered<Vec<(String, Deploy)>> {
    let table = whose.table();
    let seen_from = range.from.0.saturating_sub(BEFORE_NS);
    let keys = only.map_or(Keys::Services, Keys::Service);
    let mut stretches: HashMap<String, HashMap<String, Stretches>> = HashMap::new();
    reader
        .each(&[table], seen_from..range.to.0, keys, |_, batch| {
            for row in RedRows::of(batch)?.within(seen_from..range.to.0) {
                let Some(version) = row.version else { continue };
                if only.is_none_or(|only| row.service == only) && whose.has(&row) {
                    let span = row.span();
                    entry(entry(&mut stretches, row.service), version).add(span.start, span.end);
                }
            }
            Ok(())
        })
        .await?;
    let mut changes: HashMap<String, Vec<Change>> = HashMap::new();
    for (service, versions) in stretches {
        let changed = changed(&versions, &older(reader, whose, &service, seen_from), range);
        if !changed.is_empty() {
            changes.insert(service, changed);
        }
    }
    judge(reader, whose, &mut changes, range, only).await?;
    let mut deploys: Vec<(String, Deploy)> = changes
        .into_iter()
        .flat_map(|(service, changes)| changes.into_iter().map(move |one| (service.clone(), deploy(one))))
        .collect();
    deploys.sort_by(|(one_service, one), (other_service, other)| {
        let by_time = other.first_seen.cmp(&one.first_seen);
        by_time.then_with(|| (one_service, &one.version).cmp(&(other_service, &other.version)))
    });
    Ok(deploys)
}

/// The versions of a service that parts know which end before an instant, with the last of these instants.
fn older(reader: &Reader, whose: &Whose<'_>, service: &str, before: i64) -> BTreeMap<String, i64> {
    let mut versions = BTreeMap::new();
    let spans = reader.parts.iter().filter(|(table, _)| *table == Table::Spans);
    for part in spans.flat_map(|(_, parts)| parts).filter(|part| part.time().end <= before) {
        let known = part.resources().iter().filter(|one| one.service == service && whose.has_resource(one));
        for version in known.filter_map(|one| one.version.as_ref()) {
            let last = versions.entry(version.clone()).or_insert(i64::MIN);
            *last = part.time().end.max(*last);
        }
    }
    versions
}

fn changed(
    versions: &HashMap<String, Stretches>,
    older: &BTreeMap<String, i64>,
    range: Range,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let firsts = versions.values().filter_map(|stretches| stretches.0.keys().next()).copied();
    let first = firsts.min().filter(|_| older.is_empty()).unwrap_or(i64::MIN);
    let settled = range.from.0.max(first.saturating_add(START_NS)).min(range.to.0);
    for (version, stretches) in versions {
        for at in stretches.0.range(settled..range.to.0).map(|(from, _)| *from) {
            let others = versions.iter().filter(|(other, _)| *other != version);
            let last = others.filter_map(|(other, there)| Some((there.last_before(at)?, other))).max();
            let known_older = older.iter().filter(|(other, _)| *other != version);
            let last = last.or_else(|| known_older.map(|(other, end)| (*end, other)).max());
            let own = stretches.last_before(at).or_else(|| older.get(version).copied());
            // Silence of the whole service is no change.
            let Some((_, from_version)) = last.filter(|(last, _)| own.is_none_or(|own| own < *last)) else {
                continue;
            };
            changes.push(Change {
                version: version.clone(),
                from_version: Some(from_version.clone()),
                at,
                before: Figures::default(),
                after: Figures::default(),
                others: 0,
                instances: BTreeSet::new(),
            });
        }
    }
    changes
}

/// Fills in how the service did on either side.
async fn judge(
    reader: &Reader,
    whose: &Whose<'_>,
    changes: &mut HashMap<String, Vec<Change>>,
    range: Range,
    only: Option<&str>,
) -> Answered<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let around = range.from.0.saturating_sub(AROUND_NS)..range.to.0.saturating_add(AROUND_NS);
    let tables: &[Aggregate] = match whose.table() {
        Aggregate::Red => &[Aggregate::Red, Aggregate::RedInstances],
        _ => &[Aggregate::RedInstances],
    };
    reader
        .each(tables, around.clone(), only.map_or(Keys::Services, Keys::Service), |table, batch| {
            for row in RedRows::of(batch)?.within(around.clone()) {
                let Some(changes) = changes.get_mut(row.service).filter(|_| whose.has(&row)) else {
                    continue;
                };
                for change in changes {
                    let is_same = row.version == Some(change.version.as_str());
                    if let (true, Some(instance)) = (is_same, row.instance) {
                        change.instances.insert(instance.to_owned());
                    }
                    if table != whose.table() || !row.is_entry {
                        continue;
                    }
                    let since = row.bucket - change.at;
                    match since {
                        0..AROUND_NS if is_same => change.after.add(&row)?,
                        0..AROUND_NS => change.others += row.count,
                        _ if (-AROUND_NS..0).contains(&since) => change.before.add(&row)?,
                        _ => {}
                    }
                }
            }
            Ok(())
        })
        .await
}

fn deploy(change: Change) -> Deploy {
    let figures = |of: &Figures| DeployFigures { error_rate: of.error_rate(), p95_ns: of.quantile(0.95) };
    let all = change.after.count + change.others;
    Deploy {
        first_seen: Nanos(change.at),
        instances: change.instances.len() as u64,
        share: (all > 0).then(|| change.after.count as f64 / all as f64),
        before: figures(&change.before),
        after: figures(&change.after),
        version: change.version,
        from_version: change.from_version,
    }
}

pub(crate) async fn deploys(ask: &ServiceAsk, reader: &Reader) -> Result<Answer<Vec<Deploy>>, AskError> {
    let whose = Whose::of(&ask.scope, reader);
    let all =
        all(reader, &whose, ask.range, Some(&ask.service)).await.map_err(|error| failure::of(&error))?;
    let all = all.into_iter().map(|(_, deploy)| deploy).collect();
    let (data, cursor) = page(all, ask.cursor.as_deref(), ask.limit)?;
    let mut answer = reader.answer(data, None);
    answer.meta.cursor = cursor;
    Ok(answer)
}
