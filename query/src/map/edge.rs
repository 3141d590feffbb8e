//! One edge of the map with all there is to know: over time, by operation, by status, and example traces.

use std::collections::BTreeMap;

use datafusion::common::Result as Answered;
use daymark_aggregate::Aggregate;
use daymark_model::time::Nanos;
use daymark_view::error::{AskError, Code};
use daymark_view::map::{
    CodeCount, EdgeDetail, EdgeOperation, EdgeSeries, MapEdge, MapEdgeAsk, TRACES_SHOWN,
};
use daymark_view::meta::Answer;
use daymark_view::search::{self, Domain};
use daymark_view::traces::{TraceHit, TraceSort, TracesAsk, TracesFound, TracesMode};

use crate::red::calls::{self, CallKey, Calls, SERVICE, USER, entry};
use crate::red::figures::{quantile, rate};
use crate::red::reader::Reader;
use crate::red::rows::RedRows;
use crate::red::whose::Whose;
use crate::red::windows::{Steps, buckets, seconds, starts};
use crate::search::{Desk, Searched};
use crate::sql::failure;
use crate::sums::Keys;

const STEPS: usize = 40;

/// Calls of one client to one server.
#[derive(Debug, Default)]
struct Told {
    all: BTreeMap<CallKey, Calls>,
    steps: Vec<Calls>,
    operations: std::collections::HashMap<String, Calls>,
    /// Somebody else calls the server, too.
    has_others: bool,
}

pub(crate) async fn edge(ask: &MapEdgeAsk, reader: &Reader) -> Result<Answer<EdgeDetail>, AskError> {
    let whose = Whose::of_names(&ask.scope)?;
    let now = buckets(ask.range, Aggregate::Edges.step_s(), reader.now);
    let steps = Steps::of(now, STEPS);
    let mut told = Told { steps: vec![Calls::default(); steps.len], ..Told::default() };
    let gathered = calls::each(
        reader,
        starts(&now),
        Keys::All,
        &whose,
        |client| client == ask.client,
        |row| {
            if row.server != ask.server {
                return Ok(());
            }
            if row.client != ask.client {
                told.has_others = true;
                return Ok(());
            }
            let key = CallKey {
                client: row.client.to_owned(),
                server: row.server.to_owned(),
                server_kind: row.server_kind.to_owned(),
                link: row.link.to_owned(),
            };
            told.all.entry(key).or_default().add(row)?;
            entry(&mut told.operations, row.operation).add(row)?;
            match steps.at(row.bucket).and_then(|at| told.steps.get_mut(at)) {
                Some(step) => step.add(row),
                None => Ok(()),
            }
        },
    );
    gathered.await.map_err(|error| failure::of(&error))?;
    // Calls and messages between the same two are told together, under the more frequent kind.
    let most = told.all.iter().max_by_key(|(_, calls)| calls.count).map(|(key, _)| key.clone());
    let Some(key) = most else {
        let absent = format!("\"{}\" did not call \"{}\" in this range", ask.client, ask.server);
        return Err(AskError::new(Code::NotFound, absent).hint("GET /map lists the edges"));
    };
    let mut whole = Calls::default();
    told.all.values().for_each(|calls| whole.merge(calls));
    let codes = codes(ask, reader, &whose, &key, told.has_others, starts(&now)).await;
    let mut operations: Vec<EdgeOperation> =
        told.operations.iter().map(|(name, calls)| operation(name, calls, seconds(&now))).collect();
    operations.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.name.cmp(&other.name)));
    let series = EdgeSeries {
        t0: now.from,
        step_ns: steps.step_ns,
        rate: told
            .steps
            .iter()
            .enumerate()
            .map(|(at, step)| Some(rate(step.count, steps.seconds(at))))
            .collect(),
        error_rate: told.steps.iter().map(Calls::error_rate).collect(),
        p95_ns: told.steps.iter().map(|step| quantile(step.durations(), 0.95)).collect(),
    };
    let data = EdgeDetail {
        edge: whole.edge(&key, seconds(&now)),
        series,
        operations,
        codes: codes.map_err(|error| failure::of(&error))?,
        ..EdgeDetail::default()
    };
    Ok(reader.answer(data, Some(now)))
}

fn operation(name: &str, calls: &Calls, seconds: f64) -> EdgeOperation {
    EdgeOperation {
        name: name.to_owned(),
        rate: rate(calls.count, seconds),
        count: calls.count,
        errors: calls.errors,
        error_rate: calls.error_rate(),
        p50_ns: quantile(calls.durations(), 0.5),
        p95_ns: quantile(calls.durations(), 0.95),
        p99_ns: quantile(calls.durations(), 0.99),
    }
}

/// The statuses of the calls, where rows of spans are of this edge alone: those of a service that nobody else
/// calls, and those to what is no service.
async fn codes(
    ask: &MapEdgeAsk,
    reader: &Reader,
    whose: &Whose<'_>,
    key: &CallKey,
    has_others: bool,
    range: std::ops::Range<i64>,
) -> Answered<Vec<CodeCount>> {
    let is_service = key.server_kind == SERVICE;
    if is_service && has_others {
        return Ok(Vec::new());
    }
    let of = if is_service { &ask.server } else { &ask.client };
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    reader
        .each(&[Aggregate::Red], range.clone(), Keys::Of(of), |_, batch| {
            for row in RedRows::of(batch)?.within(range.clone()) {
                let is_call = match is_service {
                    true => row.is_entry,
                    false => row.peer == Some(ask.server.as_str()),
                };
                if row.service == of && is_call && whose.has(&row) {
                    *counts.entry(row.status_class.to_owned()).or_default() += row.count;
                }
            }
            Ok(())
        })
        .await?;
    let mut codes: Vec<CodeCount> =
        counts.into_iter().map(|(code, count)| CodeCount { code, count }).collect();
    codes.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.code.cmp(&other.code)));
    Ok(codes)
}

/// The search for traces that such a call is in.
pub(crate) fn search(ask: &MapEdgeAsk, edge: &MapEdge) -> TracesAsk {
    let text = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let (client, server) = (text(&ask.client), text(&ask.server));
    let q = match edge.server_kind.as_str() {
        _ if ask.client == USER => format!("service={server} trace.root_service={server}"),
        SERVICE => format!("{{ service={client} }} > {{ service={server} }}"),
        _ => format!("service={client} peer={server}"),
    };
    TracesAsk {
        query_id: ask.query_id.clone(),
        query: search::parse(Domain::Traces, &q).unwrap_or_default(),
        range: ask.range,
        scope: ask.scope.clone(),
        area: None,
        sort: TraceSort::Newest,
        mode: TracesMode::Traces,
        limit: TRACES_SHOWN,
        cursor: None,
        count: false,
    }
}

pub(crate) async fn traces(
    ask: &TracesAsk,
    desk: &Desk,
    now: Nanos,
) -> Result<Answer<Vec<TraceHit>>, AskError> {
    let found = Searched::new(ask, desk, now)?.answer().await?;
    let data = match found.data {
        TracesFound::Traces(hits) => hits,
        TracesFound::Spans(_) | TracesFound::Operations(_) => Vec::new(),
    };
    Ok(Answer { data, meta: found.meta })
}
