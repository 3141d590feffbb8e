//! Places to go: the navigation at the left, and the tab bar of a phone.

use leptos::prelude::*;

use crate::parts::icon::Icon;
use crate::shell::{Known, Shell};
use crate::words::{Word, say, t};

type Place = (&'static str, &'static str, Word, &'static str);

const FIRST: [Place; 3] = [
    ("", "overview", Word::NavOverview, "g o"),
    ("services", "services", Word::NavServices, "g s"),
    ("map", "map", Word::NavMap, "g p"),
];
const SIGNALS: [Place; 4] = [
    ("traces", "traces", Word::NavTraces, "g t"),
    ("logs", "logs", Word::NavLogs, "g l"),
    ("metrics/explore", "metrics", Word::NavMetrics, "g m"),
    ("sql", "sql", Word::NavSql, "g q"),
];
const STATE: [Place; 1] = [("alerts", "bell", Word::NavAlerts, "g a")];
const OURS: [Place; 2] =
    [("system", "system", Word::NavSystem, "g y"), ("settings", "settings", Word::NavSettings, "g ,")];

fn item(shell: Shell, (path, icon, word, keys): Place) -> impl IntoView {
    let first = path.split('/').next().unwrap_or_default();
    let is_here = move || shell.address.get().path.first().map_or("", String::as_str) == first;
    let href = move || shell.link(path.split('/').filter(|part| !part.is_empty())).to_string();
    let known = expect_context::<Known>().0;
    let count = move || {
        let count = if first == "alerts" { known.map(|known| known.badges.alerts_firing) } else { None };
        count.filter(|count| *count > 0)
    };
    let label = move || match count() {
        Some(count) => say(Word::NavFiring, &[("name", t(word)), ("count", &count.to_string())]),
        None => t(word).to_owned(),
    };
    view! {
        <a href=href aria-current=move || is_here().then_some("page") title=t(word) aria-label=label>
            <Icon name=icon />
            <span>{t(word)}</span>
            {move || match count() {
                Some(count) => view! { <b class="badge-n" data-count=count></b> }.into_any(),
                None => view! { <i class="kbd-plain" data-keys=keys></i> }.into_any(),
            }}
        </a>
    }
}

#[component]
pub(super) fn Nav() -> impl IntoView {
    let shell = Shell::here();
    let list = move |places: &[Place]| places.iter().map(|place| item(shell, *place)).collect_view();
    view! {
        <nav class="nav" aria-label=t(Word::NavLabel)>
            {list(&FIRST)}
            <div class="group"><span>{t(Word::NavSignals)}</span></div>
            {list(&SIGNALS)}
            <div class="group"><span>{t(Word::NavState)}</span></div>
            {list(&STATE)}
            <div class="group"><span>{t(Word::NavDaymark)}</span></div>
            {list(&OURS)}
        </nav>
    }
}

#[component]
pub(super) fn TabBar() -> impl IntoView {
    let shell = Shell::here();
    let list = [FIRST[0], FIRST[1], SIGNALS[0], SIGNALS[1]].map(|place| item(shell, place)).collect_view();
    view! {
        <nav class="tabbar" aria-label=t(Word::NavLabel)>
            {list}
            <button type="button" on:click=move |_| shell.open_omnibox()>
                <Icon name="menu" />
                <span>{t(Word::NavMore)}</span>
            </button>
        </nav>
    }
}
