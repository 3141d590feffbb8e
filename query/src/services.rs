//! The list of services: how many calls, how many of them failed, how long they took, by the sums over spans.
//!
//! A service's figures count entry spans, in the buckets that begin in the range. Services that sent only
//! logs or metrics are listed without figures.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use datafusion::common::Result as Answered;
use daymark_aggregate::{Aggregate, Owner};
use daymark_model::rows::Resource;
use daymark_model::signal::{Signal, Table};
use daymark_model::time::Nanos;
use daymark_view::error::AskError;
use daymark_view::meta::{Answer, Meta};
use daymark_view::range::Range;
use daymark_view::services::{
    Compared, Instances, Scope, ScopeKey, ServiceRow, ServiceState, ServicesAsk, SortKey, Spark, VersionShare,
};

use crate::page::page;
use crate::running::scanned;
use crate::scan::part::Part;
use crate::scan::reader::Tally;
use crate::senders::{Sender, senders};
use crate::sql::failure;
use crate::sums::SpanSums;

/// Sums by service.
mod gathered;

use gathered::{Figures, Gathered, Service, Whose, Windows, buckets, seconds, step_ns};

/// Below this many requests a rate says nothing.
const REQUESTS_MIN: u64 = 20;
const TEAM: &str = "team";

/// What a list is made of.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) sums: SpanSums,
    /// The parts of each table by which a service is seen.
    pub(crate) parts: Vec<(Table, Vec<Part>)>,
    pub(crate) now: Nanos,
}

pub(crate) fn list(
    ask: &ServicesAsk,
    seen: &Seen,
    tally: &Tally,
) -> Result<Answer<Vec<ServiceRow>>, AskError> {
    let gathered = gather(ask, seen, tally).map_err(|error| failure::of(&error))?;
    let now = gathered.windows.now;
    let mut rows: HashMap<String, ServiceRow> = HashMap::new();
    for (name, service) in &gathered.services {
        if service.seen.is_some() {
            rows.insert(name.clone(), row(name, service, &gathered.windows));
        }
    }
    let is_scoped = gathered.whose.owners.is_some();
    let all = seen.parts.iter().flat_map(|(table, parts)| {
        // The last bucket may have spans that start after the range.
        let beyond = if *table == Table::Spans { i64::from(now.step_s) * Nanos::SECOND } else { 0 };
        senders(parts, *table, &(ask.range.from.0..ask.range.to.0.saturating_add(beyond)))
    });
    let mut by_service: HashMap<String, Vec<Sender>> = HashMap::new();
    for sender in all.filter(|sender| ask.scope.iter().all(|scope| fits(sender, scope))) {
        by_service.entry(sender.resource.service.clone()).or_default().push(sender);
    }
    for (name, senders) in by_service {
        // Spans are told by the sums, unless these do not know the scope.
        let told = senders.iter().filter(|sender| is_scoped || sender.signal != Signal::Spans);
        let span = told.fold(None, |span: Option<(i64, i64)>, sender| {
            let (first, last) = span.unwrap_or(sender.seen);
            Some((first.min(sender.seen.0), last.max(sender.seen.1)))
        });
        if span.is_none() && !rows.contains_key(&name) {
            continue;
        }
        let row =
            rows.entry(name.clone()).or_insert_with(|| ServiceRow { service: name, ..ServiceRow::default() });
        row.first_seen = row.first_seen.into_iter().chain(span.map(|(first, _)| Nanos(first))).min();
        row.last_seen = row.last_seen.into_iter().chain(span.map(|(_, last)| Nanos(last))).max();
        describe(row, &senders);
    }
    let mut answer = listed(ask, rows.into_values().collect())?;
    answer.meta = Meta {
        scanned: scanned(tally),
        partial: tally.partial(),
        buckets: Some(Box::new(now)),
        ..answer.meta
    };
    Ok(answer)
}

fn gather<'a>(ask: &'a ServicesAsk, seen: &Seen, tally: &Tally) -> Answered<Gathered<'a>> {
    let whose = Whose { scope: &ask.scope, owners: owners(ask, seen) };
    let (table, step_s) = (whose.table(), whose.table().step_s());
    let width = ask.range.width_ns();
    let earlier = Range { from: Nanos(ask.range.from.0.saturating_sub(width)), to: ask.range.from };
    let in_buckets = |range: Range| buckets(range, step_s, seen.now);
    let windows = Windows {
        range: ask.range,
        now: in_buckets(ask.range),
        before: in_buckets(earlier),
        compared: ask.compare.map(in_buckets),
    };
    let both: &[Aggregate] =
        if table == Aggregate::Red { &[table, Aggregate::RedInstances] } else { &[table] };
    let mut passes = vec![(Range { from: earlier.from, to: ask.range.to }, both, false)];
    passes.extend(ask.compare.map(|compared| (compared, std::slice::from_ref(&table), true)));
    let mut gathered = Gathered { windows, whose, services: HashMap::new() };
    for (range, tables, is_compared) in passes {
        let starts = range.from.0.saturating_sub(Nanos::MINUTE)..range.to.0.saturating_add(Nanos::MINUTE);
        for source in seen.sums.sources(&starts, tally) {
            for (table, rows) in tables.iter().zip(seen.sums.read(&source, tables, tally)?) {
                gathered.add(*table, &rows, is_compared)?;
            }
        }
    }
    Ok(gathered)
}

/// The attribute of the resource that a scope asks for.
pub(crate) fn attribute_of(key: ScopeKey) -> Option<&'static str> {
    match key {
        ScopeKey::Env | ScopeKey::Namespace => None,
        ScopeKey::Cluster => Some("k8s.cluster.name"),
        ScopeKey::Team => Some(TEAM),
    }
}

fn fits(sender: &Sender, Scope { key, value }: &Scope) -> bool {
    let known = match key {
        ScopeKey::Env => sender.resource.env.as_ref(),
        ScopeKey::Namespace => sender.resource.namespace.as_ref(),
        _ => return attribute_of(*key).and_then(|key| sender.attribute(key)).as_ref() == Some(value),
    };
    known == Some(value)
}

fn owners(ask: &ServicesAsk, seen: &Seen) -> Option<HashSet<Owner>> {
    let wanted: Vec<&Scope> = ask.scope.iter().filter(|scope| attribute_of(scope.key).is_some()).collect();
    if wanted.is_empty() {
        return None;
    }
    let spans = seen.parts.iter().filter(|(table, _)| *table == Table::Spans);
    let resources = spans.flat_map(|(_, parts)| parts).flat_map(Part::resources);
    let has_all = |resource: &&Arc<Resource>| {
        let sender = Sender::new(resource, Signal::Spans, (0, 0));
        wanted.iter().all(|scope| fits(&sender, scope))
    };
    Some(resources.filter(has_all).map(|resource| Owner::from(resource.as_ref())).collect())
}

/// What the resources say of a service.
fn describe(row: &mut ServiceRow, senders: &[Sender]) {
    let single = |text: fn(&Sender) -> Option<String>| {
        let mut texts = senders.iter().filter_map(text).collect::<BTreeSet<_>>().into_iter();
        texts.next().filter(|_| texts.next().is_none())
    };
    row.namespace = single(|sender| sender.resource.namespace.clone());
    row.env = single(|sender| sender.resource.env.clone());
    row.team = single(|sender| sender.attribute(TEAM));
    row.language = senders.iter().filter_map(|sender| sender.attribute("telemetry.sdk.language")).max();
}

fn row(name: &str, service: &Service, windows: &Windows) -> ServiceRow {
    let Figures { count, errors, .. } = service.now;
    let mut row = ServiceRow {
        service: name.to_owned(),
        rate: rate(count, seconds(&windows.now)),
        count,
        errors,
        error_rate: service.now.error_rate(),
        p50_ns: service.now.quantile(0.5),
        p95_ns: service.now.quantile(0.95),
        p99_ns: service.now.quantile(0.99),
        spark: if service.now.count > 0 { spark(service, windows) } else { Spark::default() },
        compare: windows.compared.map(|window| Compared {
            rate: rate(service.compared.count, seconds(&window)),
            error_rate: service.compared.error_rate(),
            p95_ns: service.compared.quantile(0.95),
        }),
        instances: Instances { seen: Some(service.instances.len() as u64), ..Instances::default() },
        versions: versions(service),
        first_seen: service.seen.map(|(first, _)| Nanos(first)),
        last_seen: service.seen.map(|(_, last)| Nanos(last)),
        ..ServiceRow::default()
    };
    judge(&mut row, &service.before);
    row
}

fn rate(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

fn spark(service: &Service, windows: &Windows) -> Spark {
    let (now, step) = (windows.now, step_ns(&windows.now));
    let width = now.to.0.saturating_sub(now.from.0);
    let len = usize::try_from(width / step + i64::from(width % step > 0)).unwrap_or_default();
    let mut spark = Spark { rate: vec![None; len], error_rate: vec![None; len], p95_ns: vec![None; len] };
    for (at, figures) in service.steps.iter().filter(|(at, _)| **at < len) {
        let left = width - *at as i64 * step;
        spark.rate[*at] = Some(rate(figures.count, left.min(step) as f64 / 1e9));
        spark.error_rate[*at] = figures.error_rate();
        spark.p95_ns[*at] = figures.quantile(0.95);
    }
    spark
}

/// The most used first.
fn versions(service: &Service) -> Vec<VersionShare> {
    let mut versions: Vec<_> = service.versions.iter().collect();
    versions.sort_by_key(|(_, figures)| Reverse(figures.count));
    let share = |(version, figures): (&String, &Figures)| VersionShare {
        version: version.clone(),
        share: figures.count as f64 / service.now.count.max(1) as f64,
        instances: Some(service.version_instances.get(version).map_or(0, |all| all.len() as u64)),
        error_rate: figures.error_rate(),
        p95_ns: figures.quantile(0.95),
    };
    versions.into_iter().map(share).collect()
}

/// Critical and warning by error rate and p95 against the window before.
fn judge(row: &mut ServiceRow, before: &Figures) {
    if row.count == 0 {
        return;
    }
    row.state = ServiceState::Ok;
    if row.count < REQUESTS_MIN || before.count < REQUESTS_MIN {
        return;
    }
    let (now_rate, before_rate) =
        (row.error_rate.unwrap_or_default(), before.error_rate().unwrap_or_default());
    if now_rate >= 0.05 && now_rate >= 5.0 * before_rate {
        row.state = ServiceState::Critical;
        row.reasons.push("error_rate".into());
    } else if now_rate > 0.0 && now_rate >= 2.0 * before_rate {
        row.state = ServiceState::Warning;
        row.reasons.push("error_rate".into());
    }
    let (now_p95, before_p95) = (row.p95_ns.unwrap_or_default(), before.quantile(0.95).unwrap_or_default());
    if before_p95 > 0 && now_p95 >= 2 * before_p95 {
        if row.state == ServiceState::Ok {
            row.state = ServiceState::Warning;
        }
        row.reasons.push("p95".into());
    }
}

/// The rows that are asked for, in their order, page by page.
fn listed(ask: &ServicesAsk, mut rows: Vec<ServiceRow>) -> Result<Answer<Vec<ServiceRow>>, AskError> {
    let q = ask.q.to_lowercase();
    rows.retain(|row| {
        row.service.to_lowercase().contains(&q)
            && (ask.state.is_empty() || ask.state.contains(&row.state))
            && (ask.team.is_empty() || row.team.as_ref().is_some_and(|team| ask.team.contains(team)))
            && (ask.language.is_empty()
                || row.language.as_ref().is_some_and(|language| ask.language.contains(language)))
    });
    rows.sort_by(|a, b| {
        let order = match ask.sort.by {
            SortKey::Name => a.service.cmp(&b.service),
            SortKey::Rate => a.rate.total_cmp(&b.rate),
            SortKey::ErrorRate => a.error_rate.unwrap_or(-1.0).total_cmp(&b.error_rate.unwrap_or(-1.0)),
            SortKey::P50 => a.p50_ns.cmp(&b.p50_ns),
            SortKey::P95 => a.p95_ns.cmp(&b.p95_ns),
            SortKey::P99 => a.p99_ns.cmp(&b.p99_ns),
        };
        let order = if ask.sort.descending { order.reverse() } else { order };
        order.then_with(|| a.service.cmp(&b.service))
    });
    let total = rows.len() as u64;
    let (data, cursor) = page(rows, ask.cursor.as_deref(), ask.limit)?;
    Ok(Answer { data, meta: Meta { cursor, total: Some(total), ..Meta::default() } })
}
