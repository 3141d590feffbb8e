//! Labels that must fit, as rows of controls: in silences, routes, maintenance and inhibitions.

use daymark_view::alerts::state::StateRow;
use leptos::prelude::*;
use serde_json::{Value, json};

use super::Alerts;
use crate::parts::icon::Icon;
use crate::words::{Word, t};

const OPS: [&str; 4] = ["=", "!=", "~", "!~"];

#[derive(Clone, Copy, PartialEq, Eq)]
struct Row {
    id: usize,
    label: RwSignal<String>,
    op: RwSignal<String>,
    value: RwSignal<String>,
}

impl Row {
    fn of(id: usize, matcher: &Value) -> Self {
        let text = |key: &str, usual: &str| RwSignal::new(matcher[key].as_str().unwrap_or(usual).to_owned());
        Self { id, label: text("label", ""), op: text("op", "="), value: text("value", "") }
    }

    fn to_value(self) -> Value {
        json!({"label": self.label.get().trim(), "op": self.op.get(), "value": self.value.get()})
    }
}

/// What is asked of labels; all of it must fit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked(RwSignal<Vec<Row>>);

impl Asked {
    pub(super) fn of(matchers: &[Value]) -> Self {
        Self(RwSignal::new(matchers.iter().enumerate().map(|(id, one)| Row::of(id, one)).collect()))
    }

    pub(super) fn to_values(self) -> Vec<Value> {
        self.0.get().iter().map(|row| row.to_value()).collect()
    }

    pub(super) fn add(self) {
        self.0.update(|rows| {
            let id = rows.iter().map(|row| row.id + 1).max().unwrap_or_default();
            rows.push(Row::of(id, &Value::Null));
        });
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.with(Vec::is_empty)
    }
}

/// Names of labels that alerts have, for the fields of matchers; once on a page.
#[component]
pub(super) fn LabelNames(alerts: Alerts) -> impl IntoView {
    let names = move || {
        let mut names: Vec<String> =
            alerts.states.map(|rows| rows.iter().flat_map(|row| row.labels.keys().cloned()).collect());
        names.extend(["alertname", "severity", "service"].map(str::to_owned));
        names.sort();
        names.dedup();
        names.into_iter().map(|name| view! { <option value=name></option> }).collect_view()
    };
    view! { <datalist id="alert-labels">{names}</datalist> }
}

/// A row for each; `name` tells these from others on the page.
#[component]
pub(super) fn Matchers(
    alerts: Alerts,
    asked: Asked,
    #[prop(default = String::new())] name: String,
) -> impl IntoView {
    view! {
        <For each=move || asked.0.get() key=|row| row.id let:row>
            <Matcher alerts=alerts row=row rows=asked.0 list=format!("alert-values-{name}{}", row.id) />
        </For>
    }
}

/// A label, how it is compared, and with what.
#[component]
fn Matcher(alerts: Alerts, row: Row, rows: RwSignal<Vec<Row>>, list: String) -> impl IntoView {
    let values = move || {
        let label = row.label.get();
        let mut values: Vec<String> = alerts.states.map(|rows| {
            let own = |row: &StateRow| row.labels.get(&label).cloned();
            rows.iter().filter_map(own).collect()
        });
        values.sort();
        values.dedup();
        values.into_iter().map(|value| view! { <option value=value></option> }).collect_view()
    };
    let choice =
        move |op: &'static str| view! { <option value=op selected=move || row.op.get() == op>{op}</option> };
    let remove = move |_| rows.update(|rows| rows.retain(|one| one.id != row.id));
    view! {
        <div class="alert-matcher">
            <input class="input mono" type="text" list="alert-labels" aria-label=t(Word::AlertsLabel) placeholder="service" spellcheck="false" autocomplete="off" prop:value=row.label on:input=move |event| row.label.set(event_target_value(&event)) />
            <select class="input" aria-label=t(Word::AlertsCompared) on:change=move |event| row.op.set(event_target_value(&event))>{OPS.map(choice).collect_view()}</select>
            <datalist id=list.clone()>{values}</datalist>
            <input class="input mono" type="text" list=list aria-label=t(Word::AlertsValue) placeholder="payment" spellcheck="false" autocomplete="off" prop:value=row.value on:input=move |event| row.value.set(event_target_value(&event)) />
            <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::AlertsRemoveMatcher) title=t(Word::AlertsRemoveMatcher) on:click=remove><Icon name="close" size=14 /></button>
        </div>
    }
}
