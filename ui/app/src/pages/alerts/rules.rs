//! All rules, and the one that is chosen with how it would have behaved.

use daymark_view::alerts::rule::Rule;
use daymark_view::alerts::state::AlertsStatus;
use daymark_viz::{alert, rule_draft};
use leptos::prelude::*;
use serde_json::Value;

use super::editor::Editor;
use super::templates::Templates;
use super::{Alerts, mark_of};
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::states::{Loaded, Nothing};
use crate::shell::Shell;
use crate::words::{Word, t};

#[component]
pub(super) fn Rules(alerts: Alerts) -> impl IntoView {
    let shell = Shell::here();
    let chosen = shell.address.param("rule");
    let draft = shell.address.param("draft");
    let rule = Memo::new(move |_| match chosen.get()?.as_str() {
        "new" => rule_draft::begun(&draft.get()?),
        id => alerts.rule(id),
    });
    let is_new = Memo::new(move |_| chosen.get().as_deref() == Some("new"));
    let is_lost = move || chosen.get().is_some() && alerts.rules.has_answer();
    let sought = RwSignal::new(String::new());
    let back = move || shell.address.get().without("rule").without("draft").to_string();
    view! {
        <div class="alerts-split" data-open=move || chosen.get().map(|_| "")>
            <div class="alerts-list">
                <div class="alerts-seek"><input class="input" type="search" aria-label=t(Word::AlertsSeek) placeholder=t(Word::AlertsSeek) on:input=move |event| sought.set(event_target_value(&event).to_lowercase()) /></div>
                <div class="scroll">
                    <Loaded load=alerts.rules rows=6 show=move |answer| {
                        let rules = answer.data.clone();
                        move || {
                            let wanted = |rule: &&Value| sought.with(|sought| rule["name"].as_str().unwrap_or_default().to_lowercase().contains(sought));
                            rules.iter().filter(wanted).map(|rule| line(shell, alerts, rule)).collect_view()
                        }
                    } />
                </div>
            </div>
            <div class="alerts-detail scroll">
                <a class="alerts-back" href=back><Icon name="left" size=14 />{t(Word::AlertsRules)}</a>
                {move || match rule.get() {
                    Some(rule) => view! { <Editor alerts=alerts rule=rule /> }.into_any(),
                    None if is_new.get() => view! { <Templates /> }.into_any(),
                    None if is_lost() => view! { <Nothing text=t(Word::AlertsNoSuchRule) /> }.into_any(),
                    None => view! { <Nothing text=t(Word::AlertsChoose) /> }.into_any(),
                }}
            </div>
        </div>
    }
}

fn line(shell: Shell, alerts: Alerts, rule: &Value) -> impl IntoView + use<> {
    let id = rule["id"].as_str().unwrap_or_default().to_owned();
    let to = shell.address.now().with("rule", &id).without("draft").to_string();
    let own = id.clone();
    let is_chosen = move || (shell.address.get().get("rule") == Some(own.as_str())).then_some("true");
    let read = Rule::read(rule, "").ok();
    let about = read.as_ref().map_or_else(String::new, |rule| {
        let (what, about) = alert::watched(&rule.signal);
        let bound = alert::chosen(rule.condition.threshold, rule.unit());
        let about = if about.is_empty() { String::new() } else { format!(" {about}") };
        format!("{what}{about} {} {bound}", rule.condition.op.sign())
    });
    let is_off = rule["enabled"] == false;
    let origin = match rule["origin"].as_str() {
        _ if is_off => t(Word::AlertsRuleOff),
        Some("default") => t(Word::AlertsRuleDefault),
        _ => "",
    };
    let file = (rule["origin"] == "file").then(|| rule["file"].as_str().unwrap_or_default().to_owned());
    let mark = move || {
        let worst = alerts.states.map(|rows| rows.iter().find(|row| row.rule_id == id).map(mark_of));
        let fails =
            alerts.status.map(|status: &AlertsStatus| status.failing.iter().any(|one| one.rule_id == id));
        let mark = if is_off || fails { State::Unknown } else { worst.unwrap_or(State::Ok) };
        view! { <Mark state=mark title=mark.name() /> }
    };
    view! {
        <a class="alert-line" data-two="" href=to aria-current=is_chosen>
            {mark}
            <span class="grow">
                <span class="alert-name cut">{rule["name"].as_str().unwrap_or_default().to_owned()}</span>
                <span class="faint mono small cut" title=about.clone()>{about.clone()}</span>
            </span>
            <span class="faint small">{origin}</span>
            {file.map(|file| view! { <span class="faint alert-lock" title=file><Icon name="lock" size=12 /></span> })}
        </a>
    }
}
