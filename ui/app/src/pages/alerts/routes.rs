//! The document that says who is told where a rule does not: routes, how often, maintenance, inhibitions; and
//! beside it who would be told.

/// The document while it is changed.
mod drafted;
/// Who would be told.
mod preview;
/// Its parts as controls.
mod rows;

use daymark_view::alerts::fields::Fault;
use daymark_view::error::Code;
use leptos::prelude::*;
use serde_json::Value;

use self::drafted::Drafted;
use self::rows::{InhibitionRow, MaintenanceRow, Pace, RouteRow};
use super::Alerts;
use super::channels::named;
use super::matchers::LabelNames;
use crate::life;
use crate::load::{Load, load};
use crate::net::{self, Question};
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::states::Loaded;
use crate::shell::Shell;
use crate::words::{Word, say, t};

/// What the form and its page share.
#[derive(Clone, Copy)]
struct Shown {
    known: Load<Value>,
    /// The document that the form was made of.
    document: RwSignal<Option<Value>>,
    is_dirty: RwSignal<bool>,
    /// What was saved comes back, and the form is made of it anew.
    is_saved: RwSignal<bool>,
    is_outdated: RwSignal<bool>,
}

#[component]
pub(super) fn Routes(alerts: Alerts) -> impl IntoView {
    let known = load::<Value>(|| Some(Question::get("rules/notify")));
    let shown = Shown {
        known,
        document: RwSignal::new(None),
        is_dirty: RwSignal::new(false),
        is_saved: RwSignal::new(false),
        is_outdated: RwSignal::new(false),
    };
    Effect::new(move |_| {
        let Some(answer) = known.answer() else { return };
        let is_other = shown
            .document
            .with_untracked(|now| now.as_ref().is_none_or(|now| now["version"] != answer.data["version"]));
        if !is_other {
            return;
        }
        // What somebody else has saved does not take away what is being written.
        if shown.is_dirty.get_untracked() && !shown.is_saved.get_untracked() {
            shown.is_outdated.set(true);
        } else {
            shown.take(answer.data.clone());
        }
    });
    view! {
        <Loaded load=known rows=8 show=|_| () />
        {move || shown.document.get().map(|document| view! { <Form alerts=alerts shown=shown document=document /> })}
    }
}

impl Shown {
    fn take(self, document: Value) {
        self.is_dirty.set(false);
        self.is_saved.set(false);
        self.is_outdated.set(false);
        self.document.set(Some(document));
    }

    /// The latest that is known, whatever was written here.
    fn take_latest(self) {
        if let Some(answer) = self.known.peek() {
            self.take(answer.data.clone());
        }
    }

    fn save(self, shell: Shell, drafted: Drafted) {
        drafted.is_sent.set(true);
        drafted.refused.set(None);
        let mut body = untrack(|| drafted.body());
        if untrack(|| drafted.read()).is_err() {
            return;
        }
        body["version"] = drafted.version.into();
        life::finish(async move {
            match net::send(&Question::put("rules/notify", &body), None).await {
                Ok(_) => {
                    shell.toasts.say(t(Word::AlertsSaved));
                    self.is_saved.try_set(true);
                    shell.ask_again();
                }
                Err(problem) if problem.code == Code::Conflict => {
                    self.is_outdated.try_set(true);
                    shell.ask_again();
                }
                Err(problem) => {
                    let pointer = problem.pointer.clone().unwrap_or_default();
                    let fault = Fault { pointer, detail: problem.detail.clone(), hint: problem.hint.clone() };
                    drop(drafted.refused.try_set(Some(fault)));
                }
            }
        });
    }
}

#[component]
fn Form(alerts: Alerts, shown: Shown, document: Value) -> impl IntoView {
    let shell = Shell::here();
    let drafted = Drafted::of(&document, shell.offset());
    let original = untrack(|| drafted.body());
    Effect::new(move |_| {
        let is_dirty = drafted.body() != original;
        shown.is_dirty.set(is_dirty);
    });
    shell.keys.on("Mod+s", Word::AlertsSave, move || shown.save(shell, drafted));
    shell.keys.on("R", Word::AlertsNewRoute, move || drafted.add_route());
    shell.keys.on("M", Word::AlertsNewMaintenance, move || drafted.add_maintenance());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        shown.save(shell, drafted);
    };
    let version = (drafted.version > 0)
        .then(|| say(Word::AlertsVersionAlone, &[("version", &drafted.version.to_string())]));
    let refusal = move || {
        drafted.refusal().map(
            |fault| view! { <p class="alert-told alerts-bad" role="alert">{fault.detail}" "{fault.hint}</p> },
        )
    };
    view! {
        <div class="alert-routes">
            <form class="scroll" on:submit=submit>
                <LabelNames alerts=alerts />
                <div class="alert-head">
                    <h2>{t(Word::AlertsWhoIsTold)}</h2>
                    <span class="faint">{version}</span>
                    <span class="actions">
                        <button type="button" class="button" disabled=move || !shown.is_dirty.get() on:click=move |_| shown.take_latest()>{t(Word::AlertsDiscard)}</button>
                        <button type="submit" class="button" data-kind="primary" disabled=move || !shown.is_dirty.get()>{t(Word::AlertsSave)}</button>
                    </span>
                </div>
                <Show when=move || shown.is_outdated.get()>
                    <div class="note-bar" role="status"><Mark state=State::Warning />" "{t(Word::AlertsOutdated)}" "
                        <button type="button" class="link" on:click=move |_| shown.take_latest()>{t(Word::AlertsTakeTheirs)}</button>
                    </div>
                </Show>
                {refusal}
                <Head title=Word::AlertsRoutes hint=Word::AlertsRoutesHint add=Word::AlertsNewRoute act=Callback::new(move |()| drafted.add_route()) />
                <For each=move || drafted.routes.get() key=|one| one.id let:one><RouteRow drafted=drafted alerts=alerts route=one /></For>
                <p class="alert-told quiet alert-last">{move || t(if drafted.routes.with(Vec::is_empty) { Word::AlertsNoRoutes } else { Word::AlertsLastRoute })}</p>
                <Pace drafted=drafted />
                <Head title=Word::AlertsMaintenance hint=Word::AlertsMaintenanceText add=Word::AlertsNewMaintenance act=Callback::new(move |()| drafted.add_maintenance()) />
                <For each=move || drafted.maintenance.get() key=|one| one.id let:one><MaintenanceRow drafted=drafted alerts=alerts one=one /></For>
                <Head title=Word::AlertsInhibitions hint=Word::AlertsInhibitionsText add=Word::AlertsNewInhibition act=Callback::new(move |()| drafted.add_inhibition()) />
                <For each=move || drafted.inhibitions.get() key=|one| one.id let:one><InhibitionRow drafted=drafted alerts=alerts inhibition=one /></For>
                <Themselves alerts=alerts />
            </form>
            <preview::Preview drafted=drafted alerts=alerts />
        </div>
    }
}

#[component]
fn Head(title: Word, hint: Word, add: Word, act: Callback<()>) -> impl IntoView {
    view! {
        <div class="section-head alert-section">
            <h2>{t(title)}</h2><span class="faint small">{t(hint)}</span>
            <button type="button" class="button" on:click=move |_| act.run(())><Icon name="plus" size=14 />{t(add)}</button>
        </div>
    }
}

/// Rules that name their channels or routes: nothing above is asked for those. Rules of files carry a lock.
#[component]
fn Themselves(alerts: Alerts) -> impl IntoView {
    let shell = Shell::here();
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let row = move |rule: &Value| {
        let to =
            shell.address.now().with("tab", "rules").with("rule", rule["id"].as_str().unwrap_or_default());
        let mut ways = vec![(String::new(), texts(&rule["channels"]))];
        for route in rule["routes"].as_array().into_iter().flatten() {
            let one = |matcher: &Value| {
                let text = |key: &str| matcher[key].as_str().unwrap_or_default().to_owned();
                format!("{}{}{}", text("label"), text("op"), text("value"))
            };
            let matchers: Vec<String> = route["matchers"].as_array().into_iter().flatten().map(one).collect();
            ways.push((matchers.join(" "), texts(&route["channels"])));
        }
        ways.retain(|(_, channels)| !channels.is_empty());
        let chip = move |name: &String| view! { <span class="chip">{named(alerts, name).unwrap_or_else(|| name.clone())}</span>" " };
        let way = |(matchers, channels): (String, Vec<String>)| {
            view! { <span class="alert-way"><code class="quiet">{matchers}</code>" "{channels.iter().map(chip).collect_view()}</span> }
        };
        let file = (rule["origin"] == "file").then(|| {
            let at = say(
                Word::AlertsRuleFile,
                &[("file", rule["file"].as_str().unwrap_or_default()), ("line", &rule["line"].to_string())],
            );
            view! { <span class="faint alert-lock"><Icon name="lock" size=12 />{at}</span> }
        });
        view! {
            <li class="alert-line"><a class="link" href=to.to_string()>{rule["name"].as_str().unwrap_or_default().to_owned()}</a>{ways.into_iter().map(way).collect_view()}{file}</li>
        }
    };
    let rules = Memo::new(move |_| {
        let names = |rule: &&Value| {
            [&rule["channels"], &rule["routes"]]
                .into_iter()
                .any(|all| all.as_array().is_some_and(|all| !all.is_empty()))
        };
        alerts.rules.map(|rules| rules.iter().filter(names).cloned().collect::<Vec<_>>())
    });
    view! {
        <Show when=move || !rules.with(Vec::is_empty)>
            <div class="section-head alert-section"><h2>{t(Word::AlertsThemselves)}</h2><span class="faint small">{t(Word::AlertsThemselvesText)}</span></div>
            <ul>{move || rules.get().iter().map(row).collect_view()}</ul>
        </Show>
    }
}
