//! The list of services: how many calls, how many of them failed, how long they took, by SQL over the spans.
//!
//! A service's figures count entry spans: kind server or consumer, or a root. Services that sent only logs
//! or metrics are listed without figures.

use std::collections::HashMap;

use daymark_model::time::Nanos;
use daymark_view::error::{AskError, Code};
use daymark_view::meta::{Answer, Meta};
use daymark_view::range::Range;
use daymark_view::services::{
    Compared, Instances, Scope, ScopeKey, ServiceRow, ServiceState, ServicesAsk, SortKey, Spark, VersionShare,
};
use serde_json::{Map, Value};

/// Steps of a row's small charts.
const STEPS: i64 = 40;
/// Below this many requests a rate says nothing.
const REQUESTS_MIN: u64 = 20;
const ENTRY: &str = "(kind IN ('server', 'consumer') OR parent_span_id IS NULL)";

/// A result table: rows of values by column name.
pub(crate) type Rows = Vec<Map<String, Value>>;

/// A question that the list is made of.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) sql: String,
    pub(crate) params: Map<String, Value>,
    pub(crate) range: Range,
}

/// The questions behind a list, in the order in which [`list`] takes their rows.
pub(crate) fn queries(ask: &ServicesAsk) -> Vec<Query> {
    let width = ask.range.width_ns();
    let before = Range { from: ask.range.from.plus(-width), to: ask.range.from };
    let step = step_ns(ask.range);
    let (scope, params) = scope(&ask.scope);
    let span_range = format!("start >= :from AND start < :to{scope}");
    let figures = format!(
        "SELECT service, count(*) FILTER (WHERE {ENTRY}) AS count, \
         count(*) FILTER (WHERE {ENTRY} AND status = 'error') AS errors, \
         approx_percentile_cont(duration_ns, 0.5) FILTER (WHERE {ENTRY}) AS p50, \
         approx_percentile_cont(duration_ns, 0.95) FILTER (WHERE {ENTRY}) AS p95, \
         approx_percentile_cont(duration_ns, 0.99) FILTER (WHERE {ENTRY}) AS p99, \
         min(start) AS first_seen, max(start) AS last_seen, \
         min(CAST(namespace AS TEXT)) AS namespace, max(CAST(namespace AS TEXT)) AS namespace_max, \
         min(CAST(env AS TEXT)) AS env, max(CAST(env AS TEXT)) AS env_max, \
         max(attr('resource.telemetry.sdk.language')) AS language, \
         count(DISTINCT CAST(instance AS TEXT)) AS instances \
         FROM spans WHERE {span_range} GROUP BY service"
    );
    let sparks = format!(
        "SELECT service, CAST((CAST(start AS BIGINT) - {from}) / {step} AS BIGINT) AS step, count(*) AS count, \
         count(*) FILTER (WHERE status = 'error') AS errors, approx_percentile_cont(duration_ns, 0.95) AS p95 \
         FROM spans WHERE {span_range} AND {ENTRY} GROUP BY 1, 2",
        from = ask.range.from
    );
    let versions = format!(
        "SELECT service, CAST(version AS TEXT) AS version, count(*) AS count, \
         count(*) FILTER (WHERE status = 'error') AS errors, approx_percentile_cont(duration_ns, 0.95) AS p95, \
         count(DISTINCT CAST(instance AS TEXT)) AS instances \
         FROM spans WHERE {span_range} AND version IS NOT NULL AND {ENTRY} GROUP BY 1, 2 ORDER BY count DESC"
    );
    let silent = format!(
        "SELECT service, min(at) AS first_seen, max(at) AS last_seen FROM ( \
         SELECT service, time AS at FROM logs WHERE time >= :from AND time < :to{scope} \
         UNION ALL SELECT service, time FROM metric_points WHERE time >= :from AND time < :to{scope}) GROUP BY service"
    );
    let query = |sql: &str, range: Range| Query { sql: sql.into(), params: params.clone(), range };
    vec![
        query(&figures, ask.range),
        query(&figures, before),
        query(&sparks, ask.range),
        query(&versions, ask.range),
        query(&silent, ask.range),
        query(&figures, ask.compare.unwrap_or(before)),
    ]
}

fn step_ns(range: Range) -> i64 {
    (range.width_ns() / STEPS).max(1)
}

/// A condition on the columns that all signal tables share.
fn scope(scope: &[Scope]) -> (String, Map<String, Value>) {
    let mut sql = String::new();
    let mut params = Map::new();
    for (number, Scope { key, value }) in scope.iter().enumerate() {
        let column = match key {
            ScopeKey::Env => "env",
            ScopeKey::Namespace => "namespace",
            ScopeKey::Cluster => "attr('resource.k8s.cluster.name')",
            ScopeKey::Team => "attr('resource.team')",
        };
        sql.push_str(&format!(" AND {column} = $scope{number}"));
        params.insert(format!("scope{number}"), Value::String(value.clone()));
    }
    (sql, params)
}

/// The list out of the rows of [`queries`].
pub(crate) fn list(ask: &ServicesAsk, mut tables: Vec<Rows>) -> Result<Answer<Vec<ServiceRow>>, AskError> {
    let mut take = |at: usize| tables.get_mut(at).map(std::mem::take).unwrap_or_default();
    let (now, before, sparks, versions, silent, compared) =
        (take(0), by_service(take(1)), take(2), take(3), take(4), by_service(take(5)));
    let seconds = (ask.range.width_ns() as f64 / 1e9).max(1e-9);
    let mut rows: HashMap<String, ServiceRow> = HashMap::new();
    for figures in &now {
        let mut row = figures_of(figures, seconds);
        let earlier = before.get(&row.service).map(|figures| figures_of(figures, seconds));
        judge(&mut row, earlier.as_ref());
        let other = compared.get(&row.service).filter(|_| ask.compare.is_some());
        row.compare = other.map(|figures| figures_of(figures, seconds)).map(|other| Compared {
            rate: other.rate,
            error_rate: other.error_rate,
            p95_ns: other.p95_ns,
        });
        rows.insert(row.service.clone(), row);
    }
    for seen in &silent {
        let row = rows.entry(text(seen, "service").unwrap_or_default()).or_default();
        row.service = text(seen, "service").unwrap_or_default();
        row.first_seen = row.first_seen.into_iter().chain(instant(seen, "first_seen")).min();
        row.last_seen = row.last_seen.into_iter().chain(instant(seen, "last_seen")).max();
    }
    add_sparks(&mut rows, &sparks, ask.range);
    add_versions(&mut rows, &versions);
    page(ask, rows.into_values().collect())
}

fn by_service(rows: Rows) -> HashMap<String, Map<String, Value>> {
    rows.into_iter().map(|row| (text(&row, "service").unwrap_or_default(), row)).collect()
}

fn figures_of(figures: &Map<String, Value>, seconds: f64) -> ServiceRow {
    let (count, errors) = (number(figures, "count"), number(figures, "errors"));
    let only = |column: &str| {
        text(figures, column).filter(|least| text(figures, &format!("{column}_max")).as_ref() == Some(least))
    };
    ServiceRow {
        service: text(figures, "service").unwrap_or_default(),
        namespace: only("namespace"),
        env: only("env"),
        language: text(figures, "language"),
        rate: count as f64 / seconds,
        count,
        errors,
        error_rate: share(errors, count),
        p50_ns: duration(figures, "p50"),
        p95_ns: duration(figures, "p95"),
        p99_ns: duration(figures, "p99"),
        instances: Instances { seen: Some(number(figures, "instances")), ..Instances::default() },
        first_seen: instant(figures, "first_seen"),
        last_seen: instant(figures, "last_seen"),
        ..ServiceRow::default()
    }
}

/// Critical and warning by error rate and p95 against the window before.
fn judge(row: &mut ServiceRow, before: Option<&ServiceRow>) {
    if row.count == 0 {
        return;
    }
    row.state = ServiceState::Ok;
    if row.count < REQUESTS_MIN {
        return;
    }
    let Some(before) = before.filter(|before| before.count >= REQUESTS_MIN) else {
        return;
    };
    let (now_rate, before_rate) = (row.error_rate.unwrap_or_default(), before.error_rate.unwrap_or_default());
    if now_rate >= 0.05 && now_rate >= 5.0 * before_rate {
        row.state = ServiceState::Critical;
        row.reasons.push("error_rate".into());
    } else if now_rate > 0.0 && now_rate >= 2.0 * before_rate {
        row.state = ServiceState::Warning;
        row.reasons.push("error_rate".into());
    }
    let (now_p95, before_p95) = (row.p95_ns.unwrap_or_default(), before.p95_ns.unwrap_or_default());
    if before_p95 > 0 && now_p95 >= 2 * before_p95 {
        if row.state == ServiceState::Ok {
            row.state = ServiceState::Warning;
        }
        row.reasons.push("p95".into());
    }
}

fn add_sparks(rows: &mut HashMap<String, ServiceRow>, steps: &Rows, range: Range) {
    let len = usize::try_from(STEPS).unwrap_or_default();
    let seconds = step_ns(range) as f64 / 1e9;
    for step in steps {
        let Some(row) = text(step, "service").and_then(|service| rows.get_mut(&service)) else { continue };
        if row.spark.rate.is_empty() {
            row.spark = Spark { rate: vec![None; len], error_rate: vec![None; len], p95_ns: vec![None; len] };
        }
        let at = usize::try_from(number(step, "step")).unwrap_or_default().min(len - 1);
        let count = number(step, "count");
        row.spark.rate[at] = Some(count as f64 / seconds);
        row.spark.error_rate[at] = share(number(step, "errors"), count);
        row.spark.p95_ns[at] = duration(step, "p95");
    }
}

fn add_versions(rows: &mut HashMap<String, ServiceRow>, versions: &Rows) {
    for version in versions {
        let Some(row) = text(version, "service").and_then(|service| rows.get_mut(&service)) else { continue };
        let count = number(version, "count");
        row.versions.push(VersionShare {
            version: text(version, "version").unwrap_or_default(),
            share: share(count, row.count).unwrap_or_default(),
            instances: Some(number(version, "instances")),
            error_rate: share(number(version, "errors"), count),
            p95_ns: duration(version, "p95"),
        });
    }
}

fn page(ask: &ServicesAsk, mut rows: Vec<ServiceRow>) -> Result<Answer<Vec<ServiceRow>>, AskError> {
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
    let from = match &ask.cursor {
        Some(cursor) => cursor
            .parse()
            .map_err(|_| AskError::new(Code::BadCursor, "the cursor is not one of this list"))?,
        None => 0_usize,
    };
    let end = from.saturating_add(ask.limit).min(rows.len());
    let cursor = (end < rows.len()).then(|| end.to_string());
    let total = rows.len() as u64;
    let data = rows.into_iter().take(end).skip(from).collect();
    Ok(Answer { data, meta: Meta { cursor, total: Some(total), ..Meta::default() } })
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn text(row: &Map<String, Value>, column: &str) -> Option<String> {
    row.get(column)?.as_str().map(str::to_owned)
}

fn number(row: &Map<String, Value>, column: &str) -> u64 {
    row.get(column).and_then(Value::as_u64).unwrap_or_default()
}

fn duration(row: &Map<String, Value>, column: &str) -> Option<u64> {
    let value = row.get(column)?;
    value.as_u64().or_else(|| value.as_f64().map(|value| value.max(0.0) as u64))
}

fn instant(row: &Map<String, Value>, column: &str) -> Option<Nanos> {
    row.get(column)?.as_str()?.parse().ok().map(Nanos)
}
