//! Alerts as they stand and stood, their rules over the past, and all of it as Prometheus tells it.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use daymark_model::time::Nanos;
use daymark_view::alerts::AskAlerts;
use daymark_view::alerts::fields::Fault;
use daymark_view::alerts::history::{self, HistoryAsk};
use daymark_view::alerts::preview::PreviewAsk;
use daymark_view::alerts::rule::{KnownRule, Rule};
use daymark_view::alerts::state::{State as AlertState, StateRow};
use daymark_view::duration;
use daymark_view::error::{AskError, Code};
use daymark_view::instant::rfc3339;
use daymark_view::meta::Answer;
use daymark_view::range::Range;
use http::StatusCode;
use serde_json::{Value, json};

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::body;
use crate::params::{range, unknown};
use crate::router::Site;

/// Who it was, as long as nobody has to say who they are.
const EVERYBODY: &str = "admin";
/// How far a rule is looked back over when nobody says.
const LOOK_BACK: i64 = 7 * Nanos::DAY;

pub(crate) fn calls() -> Router<Arc<Site>> {
    Router::new()
        .route("/alerts/preview", post(preview))
        .route("/alerts/states", get(states))
        .route("/alerts/states/{fingerprint}/ack", post(acknowledge))
        .route("/alerts/states/{fingerprint}/notification", get(notification))
        .route("/alerts/status", get(status))
        .route("/alerts/history", get(past))
}

/// What Prometheus tells of alerts, for its clients.
pub(crate) fn of_prometheus() -> Router<Arc<Site>> {
    Router::new().route("/alerts", get(prometheus_alerts)).route("/rules", get(prometheus_rules))
}

/// Whoever watches over the tenant.
pub(super) fn watcher(site: &Site) -> Result<&dyn AskAlerts, AskError> {
    let nobody = || {
        AskError::new(Code::NotFound, "nobody watches over this tenant")
            .hint("alerts are of the default tenant")
    };
    site.alerts.as_deref().ok_or_else(nobody)
}

/// How many alerts fire, of each service and of none.
pub(super) async fn firing(site: &Site) -> Result<Option<HashMap<Option<String>, u64>>, AskError> {
    let Some(alerts) = &site.alerts else { return Ok(None) };
    let mut firing = HashMap::new();
    for row in alerts.states().await?.into_iter().filter(|row| row.state.is_told()) {
        *firing.entry(row.labels.get("service").cloned()).or_default() += 1;
    }
    Ok(Some(firing))
}

/// The first of what is wrong; how much more there is stands beside it.
pub(super) fn refused(faults: Vec<Fault>) -> AskError {
    let more = faults.len().saturating_sub(1);
    let Some(fault) = faults.into_iter().next() else {
        return AskError::new(Code::BadRequest, "the body is wrong");
    };
    let mut error = AskError::from(fault);
    if more > 0 {
        error.0.detail = format!("{} (and {more} more)", error.0.detail);
    }
    error
}

async fn preview(State(site): State<Arc<Site>>, asked: Asked, request: Request) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let body = body::object(&site, request).await?;
    let keys = ["rule", "from", "to"];
    if let Some(key) = body.keys().find(|key| !keys.contains(&key.as_str())) {
        return Err(unknown("key", key, keys.into_iter()).pointer(format!("/{key}")).into());
    }
    let rule = Rule::read(body.get("rule").unwrap_or(&Value::Null), "/rule").map_err(refused)?;
    let now = site.now();
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let found = range(text("from"), text("to"), now)?;
    let range = found.unwrap_or(Range { from: now.plus(-LOOK_BACK), to: now });
    let ask = PreviewAsk { query_id: asked.query_id.clone(), rule, range };
    let preview = watcher(&site)?.preview(ask).await?;
    let rows = preview.series.len() + preview.firings.len();
    envelope(&site, &asked, Answer::of(preview), rows).await
}

async fn states(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["rule", "state", "fingerprint"], &[])?;
    let (rule, fingerprint) = (params.text("rule"), params.text("fingerprint"));
    let wanted = params.text("state");
    if let Some(wanted) =
        wanted.as_ref().filter(|wanted| !AlertState::ALL.iter().any(|(name, _)| name == wanted))
    {
        let names = AlertState::ALL.map(|(name, _)| name);
        return Err(crate::params::not_one_of("state", wanted, names).into());
    }
    let mut rows = watcher(&site)?.states().await?;
    rows.retain(|row| {
        rule.as_ref().is_none_or(|rule| row.rule_id == *rule)
            && fingerprint.as_ref().is_none_or(|wanted| row.fingerprint == *wanted)
            && wanted.as_ref().is_none_or(|wanted| row.state.name() == wanted)
    });
    let count = rows.len();
    envelope(&site, &asked, Answer::of(rows), count).await
}

async fn notification(
    State(site): State<Arc<Site>>,
    Path(fingerprint): Path<String>,
    asked: Asked,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let notification = watcher(&site)?.notification(fingerprint).await?;
    envelope(&site, &asked, Answer::of(notification), 1).await
}

async fn acknowledge(
    State(site): State<Arc<Site>>,
    Path(fingerprint): Path<String>,
    asked: Asked,
    request: Request,
) -> Result<StatusCode, Refusal> {
    asked.params(&[], &[])?;
    #[derive(serde::Deserialize)]
    struct Body {
        #[serde(default)]
        note: Option<String>,
    }
    let body: Body = body::json(&site, request, &["note"]).await?;
    watcher(&site)?.acknowledge(fingerprint, EVERYBODY.to_owned(), body.note).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn status(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let status = watcher(&site)?.status().await?;
    envelope(&site, &asked, Answer::of(status), 1).await
}

async fn past(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["rule", "fingerprint", "from", "to", "limit", "cursor"], &[])?;
    let now = site.now();
    let found = params.range(now)?;
    let ask = HistoryAsk {
        rule: params.text("rule"),
        fingerprint: params.text("fingerprint"),
        range: found.unwrap_or(Range { from: now.plus(-LOOK_BACK), to: now.plus(Nanos::SECOND) }),
        limit: params.limit(history::DEFAULT_ROWS, history::ROWS_MAX)?,
        cursor: params.text("cursor"),
    };
    let answer = watcher(&site)?.history(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

async fn prometheus_alerts(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let states = watcher(&site)?.states().await?;
    let alerts: Vec<Value> = states.iter().filter_map(prometheus_alert).collect();
    Ok(axum::Json(json!({"status": "success", "data": {"alerts": alerts}})).into_response())
}

/// Groups are what rules come from; a filter of Prometheus narrows them.
async fn prometheus_rules(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params =
        asked.params(&["type"], &["rule_name[]", "rule_group[]", "file[]", "match[]", "exclude_alerts"])?;
    let has_alerts = params.all("exclude_alerts").next() != Some("true");
    let names: Vec<&str> = params.all("rule_name[]").collect();
    let watcher = watcher(&site)?;
    let (rules, states, status) = (watcher.rules().await?, watcher.states().await?, watcher.status().await?);
    let wanted = |rule: &&KnownRule| names.is_empty() || names.contains(&rule.rule.name.as_str());
    let mut groups: std::collections::BTreeMap<String, Vec<&KnownRule>> = Default::default();
    if params.one("type") != Some("record") {
        for rule in rules.iter().filter(wanted) {
            groups.entry(rule.file.clone().unwrap_or_else(|| "daymark".into())).or_default().push(rule);
        }
    }
    let at = rfc3339(status.last_at.unwrap_or_default());
    let groups: Vec<Value> = groups
        .into_iter()
        .map(|(file, rules)| {
            let seconds = |ns: i64| ns as f64 / 1e9;
            let interval = rules.iter().map(|rule| rule.rule.every_ns).min().unwrap_or(Nanos::MINUTE);
            let rules: Vec<Value> = rules
                .into_iter()
                .map(|known| {
                    let of_rule: Vec<&StateRow> = states.iter().filter(|row| row.rule_id == known.id).collect();
                    let failing = status.failing.iter().find(|failing| failing.rule_id == known.id);
                    let is = |wanted: &[AlertState]| of_rule.iter().any(|row| wanted.contains(&row.state));
                    let state = match () {
                        () if is(&[AlertState::Firing, AlertState::NoData]) => "firing",
                        () if is(&[AlertState::Pending]) => "pending",
                        () => "inactive",
                    };
                    let alerts: Vec<Value> = of_rule.iter().filter_map(|row| prometheus_alert(row)).collect();
                    let mut labels = known.rule.labels.clone();
                    labels.insert("severity".into(), known.rule.severity.name().into());
                    json!({
                        "type": "alerting", "name": known.rule.name, "query": expression(&known.rule),
                        "duration": seconds(known.rule.for_ns), "keepFiringFor": seconds(known.rule.keep_firing_ns),
                        "labels": labels, "annotations": known.rule.annotations, "state": state,
                        "alerts": if has_alerts { alerts } else { Vec::new() },
                        "health": if failing.is_some() { "err" } else { "ok" },
                        "lastError": failing.map(|failing| failing.error.clone()).unwrap_or_default(),
                        "evaluationTime": 0, "lastEvaluation": at,
                    })
                })
                .collect();
            json!({"name": file, "file": file, "interval": seconds(interval), "limit": 0, "rules": rules,
                "evaluationTime": 0, "lastEvaluation": at})
        })
        .collect();
    Ok(axum::Json(json!({"status": "success", "data": {"groups": groups}})).into_response())
}

/// Prometheus knows pending and firing alone.
fn prometheus_alert(row: &StateRow) -> Option<Value> {
    let state = match row.state {
        AlertState::Pending => "pending",
        AlertState::Firing | AlertState::NoData => "firing",
        AlertState::Ok | AlertState::Error => return None,
    };
    let value = row.value.map_or_else(|| "NaN".to_owned(), |value| format!("{value:e}"));
    Some(json!({"labels": row.labels, "annotations": row.annotations, "state": state,
        "activeAt": rfc3339(row.since), "value": value}))
}

/// What a rule asks, in one line.
fn expression(rule: &Rule) -> String {
    let window = duration::exact(rule.window_ns);
    let (op, threshold) = (rule.condition.op.sign(), rule.condition.threshold);
    format!("{}[{window}] {op} {threshold}", rule.signal.to_value())
}
