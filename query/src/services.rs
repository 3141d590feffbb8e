//! The list of services: how many calls, how many of them failed, how long they took, by the sums over spans.
//!
//! A service's figures count entry spans, in the buckets that begin in the range. Services that sent only
//! logs or metrics are listed without figures.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use daymark_model::signal::Signal;
use daymark_model::time::Nanos;
use daymark_view::error::AskError;
use daymark_view::meta::{Answer, Meta};
use daymark_view::services::{
    Compared, Instances, ScopeKey, ServiceRow, ServiceState, ServicesAsk, ServicesGroup, SortKey, Spark,
    VersionShare,
};

use crate::page::page;
use crate::red::figures::{Figures, rate};
use crate::red::reader::Reader;
use crate::red::whose::Whose;
use crate::red::windows::seconds;
use crate::senders::{Sender, senders};
use crate::sql::failure;

/// Sums by service.
pub(crate) mod gathered;

use gathered::{Gathered, Service, Windows};

/// Below this many requests a rate says nothing.
const REQUESTS_MIN: u64 = 20;
const TEAM: &str = "team";

pub(crate) async fn list(ask: &ServicesAsk, reader: &Reader) -> Result<Answer<Vec<ServiceRow>>, AskError> {
    let whose = Whose::of(&ask.scope, reader);
    let gathered = Gathered::of(reader, whose, ask.range, ask.compare, None).await;
    let gathered = gathered.map_err(|error| failure::of(&error))?;
    let answer = listed(ask, rows(reader, &gathered, None))?;
    let meta = reader.answer((), Some(gathered.windows.now)).meta;
    Ok(Answer {
        data: answer.data,
        meta: Meta { cursor: answer.meta.cursor, total: answer.meta.total, ..meta },
    })
}

/// The rows of all services that were gathered or sent something else, or of one.
pub(crate) fn rows(reader: &Reader, gathered: &Gathered<'_>, only: Option<&str>) -> Vec<ServiceRow> {
    let Windows { range, now, .. } = gathered.windows;
    let mut rows: HashMap<String, ServiceRow> = HashMap::new();
    for (name, service) in gathered.services.iter() {
        if service.seen.is_some() {
            rows.insert(name.clone(), row(name, service, &gathered.windows));
        }
    }
    let all = reader.parts.iter().flat_map(|(table, parts)| {
        // The last bucket may have spans that start after the range.
        let is_spans = table.signal() == Signal::Spans;
        let beyond = if is_spans { i64::from(now.step_s) * Nanos::SECOND } else { 0 };
        senders(parts, *table, &(range.from.0..range.to.0.saturating_add(beyond)))
    });
    let mut by_service: HashMap<String, Vec<Sender>> = HashMap::new();
    for sender in all.filter(|sender| gathered.whose.has_sender(sender)) {
        if only.is_none_or(|only| sender.resource.service == only) {
            by_service.entry(sender.resource.service.clone()).or_default().push(sender);
        }
    }
    for (name, mut senders) in by_service {
        // Spans are told by the sums, unless these do not know the scope.
        let is_scoped = gathered.whose.is_by_attributes();
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
        // Most parts are of the same senders.
        let mut known = HashSet::new();
        senders.retain(|sender| known.insert(sender.resource.id));
        describe(row, &senders);
    }
    rows.into_values().collect()
}

/// The attribute of the resource that a scope asks for.
pub(crate) fn attribute_of(key: ScopeKey) -> Option<&'static str> {
    match key {
        ScopeKey::Env | ScopeKey::Namespace => None,
        ScopeKey::Cluster => Some("k8s.cluster.name"),
        ScopeKey::Team => Some(TEAM),
    }
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
    let (state, reasons) = judged(&service.now, &service.before);
    ServiceRow {
        service: name.to_owned(),
        state,
        reasons,
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
        apdex: service.now.apdex(),
        first_seen: service.seen.map(|(first, _)| Nanos(first)),
        last_seen: service.seen.map(|(_, last)| Nanos(last)),
        ..ServiceRow::default()
    }
}

fn spark(service: &Service, windows: &Windows) -> Spark {
    let steps = windows.steps;
    let len = steps.len;
    let mut spark = Spark { rate: vec![None; len], error_rate: vec![None; len], p95_ns: vec![None; len] };
    for (at, figures) in service.steps.iter().filter(|(at, _)| **at < len) {
        spark.rate[*at] = Some(rate(figures.count, steps.seconds(*at)));
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
pub(crate) fn judged(now: &Figures, before: &Figures) -> (ServiceState, Vec<String>) {
    let mut reasons = Vec::new();
    if now.count == 0 {
        return (ServiceState::Unknown, reasons);
    }
    let mut state = ServiceState::Ok;
    if now.count < REQUESTS_MIN || before.count < REQUESTS_MIN {
        return (state, reasons);
    }
    let (now_rate, before_rate) =
        (now.error_rate().unwrap_or_default(), before.error_rate().unwrap_or_default());
    if now_rate >= 0.05 && now_rate >= 5.0 * before_rate {
        state = ServiceState::Critical;
        reasons.push("error_rate".into());
    } else if now_rate > 0.0 && now_rate >= 2.0 * before_rate {
        state = ServiceState::Warning;
        reasons.push("error_rate".into());
    }
    let (now_p95, before_p95) =
        (now.quantile(0.95).unwrap_or_default(), before.quantile(0.95).unwrap_or_default());
    if before_p95 > 0 && now_p95 >= 2 * before_p95 {
        if state == ServiceState::Ok {
            state = ServiceState::Warning;
        }
        reasons.push("p95".into());
    }
    (state, reasons)
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
    let grouped = |row: &ServiceRow| match ask.group {
        Some(ServicesGroup::Namespace) => row.namespace.clone(),
        Some(ServicesGroup::Team) => row.team.clone(),
        Some(ServicesGroup::Version) => row.versions.first().map(|most| most.version.clone()),
        None => None,
    };
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
        let order = grouped(a).cmp(&grouped(b)).then(order);
        order.then_with(|| a.service.cmp(&b.service))
    });
    let total = rows.len() as u64;
    let (data, cursor) = page(rows, ask.cursor.as_deref(), ask.limit)?;
    Ok(Answer { data, meta: Meta { cursor, total: Some(total), ..Meta::default() } })
}
