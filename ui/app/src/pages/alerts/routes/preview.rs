//! Who would be told by the document as it is being written: of what fires now, and of every rule if it fired.

use std::collections::HashSet;

use daymark_view::alerts::Labels;
use daymark_view::alerts::hearing::{By, Hearing, Held, hearing, labels_of};
use daymark_view::alerts::notify::Notify;
use daymark_view::alerts::rule::Rule;
use daymark_view::alerts::state::StateRow;
use leptos::prelude::*;
use serde_json::Value;

use super::drafted::Drafted;
use crate::pages::alerts::channels::named;
use crate::pages::alerts::{Alerts, group_of, mark_of, state_word};
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::window;
use crate::words::{Word, say, t};

/// More would not be read.
const SHOWN: usize = 100;

#[component]
pub(super) fn Preview(drafted: Drafted, alerts: Alerts) -> impl IntoView {
    let notify = Memo::new(move |_| drafted.read().ok());
    let told = move || {
        let Some(notify) = notify.get() else {
            return view! { <p class="quiet alert-all">{t(Word::AlertsNoHearing)}</p> }.into_any();
        };
        let rules = alerts.rules.map(|rules| {
            rules
                .iter()
                .filter_map(|rule| Some((rule.clone(), Rule::read(rule, "").ok()?)))
                .collect::<Vec<_>>()
        });
        let states = alerts.states.map(Clone::clone);
        view! { {now(alerts, &notify, &rules, &states)} {otherwise(alerts, &notify, &rules, &states)} }
            .into_any()
    };
    view! {
        <aside class="alert-hearing" aria-live="polite" aria-label=t(Word::AlertsHearing)>
            <div class="section-head"><h2>{t(Word::AlertsHearing)}</h2></div>
            {told}
        </aside>
    }
}

type Known = (Value, Rule);

/// Of what there is.
fn now(alerts: Alerts, notify: &Notify, rules: &[Known], states: &[StateRow]) -> Option<AnyView> {
    let line = |row: &StateRow| {
        let (json, rule) = rules.iter().find(|(json, _)| json["id"] == row.rule_id.as_str())?;
        let others =
            states.iter().filter(|other| other.state.is_told() && other.fingerprint != row.fingerprint);
        let firing: Vec<&Labels> = others.map(|other| &other.labels).collect();
        let heard = hearing(notify, rule, &row.labels, &firing, window::now(), &window::is_match);
        let mark = view! { <Mark state=mark_of(row) title=state_word(row.state) /> }.into_any();
        Some(entry(alerts, notify, (mark, row.rule.clone(), group_of(&row.labels)), &heard, json))
    };
    let lines: Vec<_> = states.iter().take(SHOWN).filter_map(line).collect();
    (!lines.is_empty())
        .then(|| view! { <h3 class="faint">{t(Word::AlertsHearingNow)}</h3><ul>{lines}</ul> }.into_any())
}

/// Of rules that are well, by the labels that all of their alerts have.
fn otherwise(alerts: Alerts, notify: &Notify, rules: &[Known], states: &[StateRow]) -> Option<AnyView> {
    let there: HashSet<&str> = states.iter().map(|row| row.rule_id.as_str()).collect();
    let is_well = |(json, _): &&Known| json["id"].as_str().is_none_or(|id| !there.contains(id));
    let line = |(json, rule): &Known| {
        let labels = labels_of(rule, &Labels::new());
        let heard = hearing(notify, rule, &labels, &[], window::now(), &window::is_match);
        let mark = view! { <Mark state=State::Ok /> }.into_any();
        entry(alerts, notify, (mark, rule.name.clone(), rule.severity.name().to_owned()), &heard, json)
    };
    let lines: Vec<_> = rules.iter().filter(is_well).take(SHOWN).map(line).collect();
    (!lines.is_empty())
        .then(|| view! { <h3 class="faint">{t(Word::AlertsHearingIf)}</h3><ul>{lines}</ul> }.into_any())
}

fn entry(
    alerts: Alerts,
    notify: &Notify,
    (mark, name, about): (AnyView, String, String),
    heard: &Hearing,
    rule: &Value,
) -> AnyView {
    let channel = |name: &String| match named(alerts, name) {
        Some(name) => view! { <span class="chip">{name}</span> }.into_any(),
        None => view! { <span class="chip crit" title=t(Word::AlertsNoSuchChannel)>{name.clone()}</span> }
            .into_any(),
    };
    let by = match heard.by {
        By::Rule => t(Word::AlertsByRule).to_owned(),
        By::Route(at) => say(Word::AlertsByRoute, &[("at", &(at + 1).to_string())]),
        By::Nobody => t(Word::AlertsByNobody).to_owned(),
    };
    let held = heard.held.map(|held| match held {
        Held::Maintenance(at) => {
            let name = notify.maintenance.get(at).map(|one| one.name.clone()).unwrap_or_default();
            say(Word::AlertsHeldMaintenance, &[("name", &name)])
        }
        Held::Inhibition(_) => t(Word::AlertsInhibited).to_owned(),
    });
    let is_locked = heard.by == By::Rule && rule["origin"] == "file";
    view! {
        <li>
            <span class="alert-heard">{mark}<span class="alert-what">{name}" "<span class="faint">{about}</span></span></span>
            <span class="alert-heard-by">
                {heard.channels.iter().map(channel).collect_view()}
                <span class=if heard.by == By::Nobody { "warn" } else { "faint" }>{by}</span>
                {is_locked.then(|| view! { <span class="faint" title=t(Word::AlertsOfFile)><Icon name="lock" size=12 /></span> })}
            </span>
            {held.map(|held| view! { <span class="alert-heard-by"><Mark state=State::Manual /><span class="quiet">{held}</span></span> })}
        </li>
    }
    .into_any()
}
