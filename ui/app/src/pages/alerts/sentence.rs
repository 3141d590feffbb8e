//! A rule as a sentence of controls: when what is bad for how long, what is not judged, who is told what.

use daymark_viz::rule_draft;
use leptos::prelude::*;
use serde_json::{Value, json};

use super::Alerts;
use super::channels::Chosen;
use super::field::{Draft, labels, listed, long, number, pick, select, typed};
use crate::words::{Word, t};

const RED: [&str; 6] = ["error_rate", "errors", "rate", "p50", "p95", "p99"];
const EDGE: [&str; 10] = [
    "error_rate",
    "errors",
    "rate",
    "network_mean",
    "client_p50",
    "client_p95",
    "client_p99",
    "server_p50",
    "server_p95",
    "server_p99",
];
const LINES: [&str; 2] = ["count", "rate"];
const AGGREGATES: [&str; 8] = ["avg", "min", "max", "sum", "count", "p50", "p95", "p99"];
const OPS: [&str; 6] = [">", ">=", "<", "<=", "==", "!="];
const SEVERITIES: [(&str, Word); 3] =
    [("critical", Word::AlertsCritical), ("warning", Word::AlertsWarning), ("info", Word::AlertsInfo)];
const KINDS: [(&str, Word); 7] = [
    ("red", Word::AlertsKindRed),
    ("edge", Word::AlertsKindEdge),
    ("logs", Word::AlertsKindLogs),
    ("metric", Word::AlertsKindMetric),
    ("sql", Word::AlertsKindSql),
    ("state", Word::AlertsKindState),
    ("burn_rate", Word::AlertsKindBurnRate),
];
const COMPARED: [(&str, Word); 3] =
    [("", Word::AlertsItself), ("ratio", Word::AlertsRatio), ("difference", Word::AlertsDifference)];
const NO_DATA: [(&str, Word); 4] = [
    ("", Word::AlertsNoDataNone),
    ("alert", Word::AlertsNoDataAlert),
    ("keep", Word::AlertsNoDataKeep),
    ("ok", Word::AlertsNoDataOk),
];

fn told(choices: &[(&'static str, Word)]) -> Vec<(&'static str, String)> {
    choices.iter().map(|(name, word)| (*name, t(*word).to_owned())).collect()
}

#[component]
pub(super) fn Sentence(draft: Draft, alerts: Alerts) -> impl IntoView {
    let kind = Memo::new(move |_| draft.text("/signal/kind"));
    let unit = Memo::new(move |_| draft.unit());
    let how = Memo::new(move |_| draft.text("/compare/as"));
    let is_compared = Memo::new(move |_| draft.rule.with(|rule| rule.get("compare").is_some()));
    let signal = move || draft.rule.with_untracked(|rule| rule["signal"].clone());
    // Another unit asks for another threshold.
    let suit = move |before: &'static str| {
        let signal = signal();
        if draft.rule.with_untracked(|rule| rule.get("compare").is_none())
            && rule_draft::unit(&signal) != before
        {
            let (op, threshold) = rule_draft::usual(&signal);
            draft.set("/condition", json!({"op": op, "threshold": threshold}));
        }
    };
    let choose_kind = move |kind: String| {
        let template = match kind.as_str() {
            "red" => "errors",
            "edge" => "calls",
            "logs" => "lines",
            "sql" => "sql",
            "burn_rate" => "budget",
            _ => "",
        };
        let signal = match kind.as_str() {
            "state" => json!({"kind": kind, "table": "services", "where": "", "by": []}),
            "metric" => json!({"kind": kind, "metric": "", "agg": "avg", "by": []}),
            _ => rule_draft::template(template).map(|rule| rule["signal"].clone()).unwrap_or_default(),
        };
        let (op, threshold) = rule_draft::usual(&signal);
        draft.set("/signal", signal);
        draft.set("/condition", json!({"op": op, "threshold": threshold}));
        draft.set("/compare", Value::Null);
    };
    let metric = move |choices: &[&'static str]| {
        let choices = choices.iter().map(|name| (*name, (*name).to_owned())).collect();
        select(draft, "/signal/metric", Word::AlertsValueOfKind, choices, move |chosen| {
            let before = draft.unit();
            draft.set("/signal/metric", json!(chosen));
            suit(before);
        })
    };
    let by = move |hint| listed(draft, "/signal/by", Word::AlertsBy, (hint, 12));
    let what = move || match kind.get().as_str() {
        "red" => vec![
            metric(&RED),
            typed(draft, "/signal/q", Word::AlertsOf, ("service:payment", 22)),
            by("service"),
        ],
        "edge" => vec![
            metric(&EDGE),
            typed(draft, "/signal/client", Word::AlertsFrom, ("*", 12)),
            typed(draft, "/signal/server", Word::AlertsTo, ("*", 12)),
            by("client, server"),
        ],
        "logs" => vec![
            metric(&LINES),
            typed(draft, "/signal/q", Word::AlertsOf, ("level>=error", 26)),
            by("service"),
        ],
        "sql" => {
            vec![long(draft, "/signal/query", Word::AlertsStatement, "SELECT service, count(*) AS value …")]
        }
        "state" => vec![
            typed(draft, "/signal/table", Word::AlertsOf, ("services", 14)),
            typed(draft, "/signal/where", Word::AlertsWhere, ("", 22)),
            by(""),
        ],
        "burn_rate" => vec![
            number(draft, "/signal/slo/target", Word::AlertsTarget, "ratio", ("99.9%", 7)),
            typed(draft, "/signal/q", Word::AlertsOf, ("service:payment", 22)),
            by("service"),
        ],
        _ => vec![
            pick(draft, "/signal/agg", Word::AlertsValueOfKind, &AGGREGATES),
            typed(draft, "/signal/metric", Word::AlertsOf, ("queue.length", 26)),
            typed(draft, "/signal/q", Word::AlertsWhere, ("", 16)),
            by("service"),
        ],
    };
    let threshold = move || {
        kind.track();
        how.track();
        let unit = unit.get();
        let hint = match unit {
            "ratio" => "5%",
            "ns" => "1.5s",
            _ => "10",
        };
        number(draft, "/condition/threshold", Word::AlertsThan, unit, (hint, 7))
    };
    // A value that is set against an earlier one asks for another threshold.
    let compare = move |how: String| {
        let (op, threshold) = match how.as_str() {
            "" => rule_draft::usual(&signal()),
            "ratio" => (">", json!(2)),
            _ => (">", rule_draft::usual(&signal()).1),
        };
        if how.is_empty() {
            draft.set("/compare", Value::Null);
        } else {
            if !is_compared.get_untracked() {
                draft.set("/compare/offset", json!("-1d"));
            }
            draft.set("/compare/as", json!(how));
        }
        draft.set("/condition", json!({"op": op, "threshold": threshold}));
    };
    let earlier = move || {
        is_compared.get().then(|| {
            vec![
                typed(draft, "/compare/offset", Word::AlertsAgainst, ("-1d", 5)),
                number(draft, "/compare/least", Word::AlertsLeast, rule_draft::unit(&signal()), ("0", 6)),
            ]
        })
    };
    let no_data = move |then: String| {
        let value = if then.is_empty() { Value::Null } else { json!({"after": "10m", "then": then}) };
        draft.set("/no_data", value);
    };
    let is_on = move || draft.rule.with(|rule| rule["enabled"] != false);
    let lasting = move |pointer, word| typed(draft, pointer, word, ("5m", 4));
    view! {
        <div class="alert-sentence">
            <span class="alert-lead">{t(Word::AlertsCalled)}</span>
            <div>
                {typed(draft, "/name", Word::AlertsNamed, (t(Word::AlertsNameHint), 32))}
                {select(draft, "/severity", Word::AlertsSeverity, told(&SEVERITIES), move |chosen| draft.set("/severity", json!(chosen)))}
                <label class="check"><input type="checkbox" prop:checked=is_on on:change=move |event| draft.set("/enabled", json!(event_target_checked(&event))) />{t(Word::AlertsOn)}</label>
            </div>
            <span class="alert-lead">{t(Word::AlertsWhen)}</span>
            <div>
                {select(draft, "/signal/kind", Word::AlertsWatch, told(&KINDS), choose_kind)}
                {what}
                {select(draft, "/compare/as", Word::AlertsAs, told(&COMPARED), compare)}
                {earlier}
                {pick(draft, "/condition/op", Word::AlertsIs, &OPS)}
                {threshold}
                {lasting("/window", Word::AlertsOverTime)}
                {lasting("/for", Word::AlertsFor)}
            </div>
            <span class="alert-lead">{t(Word::AlertsIgnore)}</span>
            <div>
                {number(draft, "/min_count", Word::AlertsRequests, "", ("20", 5))}
                {select(draft, "/no_data/then", Word::AlertsNoData, told(&NO_DATA), no_data)}
                {lasting("/every", Word::AlertsEvery)}
                {move || { let unit = unit.get(); number(draft, "/recover", Word::AlertsRecover, unit, ("–", 6)) }}
                {lasting("/keep_firing", Word::AlertsKeep)}
            </div>
            <span class="alert-lead">{t(Word::AlertsNotify)}</span>
            <Notify draft=draft alerts=alerts />
            <span class="alert-lead">{t(Word::AlertsSay)}</span>
            <div>
                {typed(draft, "/annotations/summary", Word::AlertsSummary, ("{{value}} of {{labels.service}}", 44))}
                {labels(draft, Word::AlertsLabels, ("team=pay, tier=1", 22))}
                {typed(draft, "/annotations/runbook", Word::AlertsRunbookAt, ("https://…", 22))}
            </div>
        </div>
    }
}

/// Channels of the rule.
#[component]
fn Notify(draft: Draft, alerts: Alerts) -> impl IntoView {
    let set = Callback::new(move |all: Vec<String>| draft.set("/channels", json!(all)));
    view! { <Chosen alerts=alerts chosen=Signal::derive(move || chosen(draft)) set=set /> }
}

fn chosen(draft: Draft) -> Vec<String> {
    draft.rule.with(|rule| {
        let all = rule["channels"].as_array().into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    })
}
