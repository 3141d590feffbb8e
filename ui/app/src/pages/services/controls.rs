//! The field for a name, the filters, and how many services are in which state.

use std::time::Duration;

use daymark_view::overview::{Overview, StateCounts};
use daymark_view::services::{ServiceState, ServicesGroup};
use leptos::prelude::*;

use crate::life::Later;
use crate::load::load;
use crate::net::Question;
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::menu::Menu;
use crate::shell::{Known, Shell};
use crate::words::{Word, say, t};

use super::SORT;
use super::paging::Paged;

/// Asked for while somebody types, not at every letter.
const PAUSE: Duration = Duration::from_millis(200);

#[component]
pub(super) fn Controls(list: Paged) -> impl IntoView {
    let known = expect_context::<Known>().0;
    let teams = Memo::new(move |_| known.map(|known| known.scopes.team.clone()));
    let states = [ServiceState::Critical, ServiceState::Warning, ServiceState::Ok, ServiceState::Unknown];
    let states = states.map(|state| (state.name().to_owned(), state_name(state).to_owned())).to_vec();
    let groups =
        ServicesGroup::ALL.map(|group| (group.name().to_owned(), group_name(group).to_owned())).to_vec();
    let sorts =
        [("-error_rate", Word::ServicesErrors), ("-rate", Word::ServicesRate), ("name", Word::ServicesName)];
    let mut sorts: Vec<_> = sorts.map(|(sort, word)| (sort.to_owned(), t(word).to_owned())).to_vec();
    sorts.extend(["p50", "p95", "p99"].map(|sort| (format!("-{sort}"), sort.to_owned())));
    view! {
        <Name />
        <span class="services-sort"><Choice parameter="sort" label=t(Word::ServicesSort) none="" choices=Signal::stored(sorts) /></span>
        <span class="services-filters">
            <Choice parameter="state" label=t(Word::ServicesState) none=t(Word::ServicesAny) choices=Signal::stored(states) />
            <Show when=move || teams.with(|teams| !teams.is_empty())>
                <Choice
                    parameter="team"
                    label=t(Word::ServicesTeam)
                    none=t(Word::ServicesAny)
                    choices=Signal::derive(move || teams.get().into_iter().map(|team| (team.clone(), team)).collect())
                />
            </Show>
            <Choice parameter="group" label=t(Word::ServicesGroup) none=t(Word::ServicesNone) choices=Signal::stored(groups) />
        </span>
        <Counts list=list />
    }
}

pub(crate) fn state_name(state: ServiceState) -> &'static str {
    t(match state {
        ServiceState::Ok => Word::ServicesStateOk,
        ServiceState::Warning => Word::ServicesStateWarning,
        ServiceState::Critical => Word::ServicesStateCritical,
        ServiceState::Unknown => Word::ServicesStateUnknown,
    })
}

fn group_name(group: ServicesGroup) -> &'static str {
    t(match group {
        ServicesGroup::Namespace => Word::ServicesNamespace,
        ServicesGroup::Team => Word::ServicesTeamGroup,
        ServicesGroup::Version => Word::ServicesVersionGroup,
    })
}

/// Part of a name.
#[component]
fn Name() -> impl IntoView {
    let shell = Shell::here();
    let written = shell.address.param("q");
    let pending = Later::here();
    let put = move |text: &str| {
        let address = shell.address.now().with("q", text.trim());
        // One step of the way back for all letters of a name.
        match shell.address.now().get("q") {
            Some(_) => shell.address.replace(address),
            None => shell.address.push(address),
        }
    };
    let typed = move |event: web_sys::Event| {
        let text = event_target_value(&event);
        pending.after(PAUSE, move || put(&text));
    };
    let pressed = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" && written.get_untracked().is_some() {
            event.prevent_default();
            event.stop_propagation();
            shell.address.set("q", "");
        }
    };
    view! {
        <label class="services-name">
            <Icon name="search" />
            <input
                class="input"
                type="search"
                data-query=""
                aria-label=t(Word::ServicesFind)
                placeholder=t(Word::ServicesFind)
                spellcheck="false"
                autocomplete="off"
                prop:value=move || written.get().unwrap_or_default()
                on:input=typed
                on:keydown=pressed
            />
        </label>
    }
}

/// One of several values of a parameter; `none` is what its absence is called, empty when there is always one.
#[component]
fn Choice(
    parameter: &'static str,
    label: &'static str,
    none: &'static str,
    choices: Signal<Vec<(String, String)>>,
) -> impl IntoView {
    let shell = Shell::here();
    let now = shell.address.param(parameter);
    let named = move || {
        let now = now.get().unwrap_or_else(|| if parameter == "sort" { SORT.into() } else { String::new() });
        let name = choices
            .with(|choices| choices.iter().find(|(value, _)| *value == now).map(|(_, name)| name.clone()));
        name.unwrap_or_else(|| if now.is_empty() { none.into() } else { now })
    };
    let item = move |value: String, name: String| {
        let is_on = {
            let value = value.clone();
            move || now.get().unwrap_or_default() == value
        };
        view! {
            <button type="button" role="menuitemradio" aria-checked=move || is_on().to_string() on:click=move |_| shell.address.set(parameter, &value)>
                {name}
            </button>
        }
    };
    view! {
        <Menu label=Signal::stored(label.to_owned()) value=Signal::derive(named) title=label kind="plain">
            {(!none.is_empty()).then(|| item(String::new(), none.to_owned()))}
            {choices.get().into_iter().map(|(value, name)| item(value, name)).collect_view()}
        </Menu>
    }
}

/// How many are in which state: counted here when all are here, else asked for.
#[component]
fn Counts(list: Paged) -> impl IntoView {
    let shell = Shell::here();
    let overview =
        load::<Overview>(move || list.is_cut.get().then(|| shell.in_range(Question::get("overview"))));
    let counts = Memo::new(move |_| {
        if overview.has_answer() {
            return overview.map(|overview| overview.services);
        }
        let mut counts = StateCounts::default();
        list.rows.with(|rows| rows.iter().for_each(|row| counts.add(row.state)));
        counts
    });
    let count =
        move |state: ServiceState, class: &'static str, count: fn(StateCounts) -> u64| {
            let title = state_name(state);
            move || {
                let count = count(counts.get());
                (count > 0).then(|| view! {
                <span class=class title=title><Mark state=State::from(state) title=title /> {count}</span>
            })
            }
        };
    view! {
        <span class="services-counts">
            <span class="services-total quiet">{move || say(Word::ServicesCount, &[("count", &list.total.get().to_string())])}</span>
            {count(ServiceState::Critical, "crit", |counts| counts.critical)}
            {count(ServiceState::Warning, "warn", |counts| counts.warning)}
            {count(ServiceState::Ok, "quiet", |counts| counts.ok)}
            {count(ServiceState::Unknown, "quiet", |counts| counts.unknown)}
        </span>
    }
}
