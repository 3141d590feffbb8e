//! Routes, maintenance and inhibitions as rows of controls, each with what is wrong below its field.

use daymark_model::time::Nanos;
use daymark_view::instant;
use leptos::prelude::*;

use super::drafted::{Drafted, Inhibition, Maintenance, Route, place, remove};
use crate::pages::alerts::Alerts;
use crate::pages::alerts::channels::Chosen;
use crate::pages::alerts::matchers::{Asked, Matchers};
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::window;
use crate::words::{Word, t};

/// What is wrong at a place of the document.
pub(super) fn wrong(drafted: Drafted, pointer: impl Fn() -> String + Send + 'static) -> AnyView {
    let text = move || {
        let fault = drafted.fault(&pointer())?;
        Some(
            view! { <p class="alert-fault" role="alert">{fault.detail}" "<span class="faint">{fault.hint}</span></p> },
        )
    };
    view! { {text} }.into_any()
}

/// Matchers after a word, with a button for one more.
fn asks(
    (drafted, alerts): (Drafted, Alerts),
    word: Word,
    asked: Asked,
    name: String,
    pointer: impl Fn() -> String + Send + 'static,
) -> AnyView {
    view! {
        <span class="alert-lead">{t(word)}</span>
        <div class="alert-asks">
            <Show when=move || asked.is_empty()><p class="alert-all quiet">{t(Word::AlertsEverything)}</p></Show>
            <Matchers alerts=alerts asked=asked name=name />
            {wrong(drafted, pointer)}
            <button type="button" class="button" data-kind="plain" on:click=move |_| asked.add()><Icon name="plus" size=14 />{t(Word::AlertsAddMatcher)}</button>
        </div>
    }
    .into_any()
}

fn small(name: &'static str, word: Word, act: impl Fn() + 'static) -> impl IntoView {
    view! {
        <button type="button" class="button" data-kind="plain" data-icon aria-label=t(word) title=t(word) on:click=move |_| act()>
            <Icon name=name size=14 />
        </button>
    }
}

/// Which alerts, and whom they are told to; the first that fits counts, so each has its place.
#[component]
pub(super) fn RouteRow(drafted: Drafted, alerts: Alerts, route: Route) -> impl IntoView {
    let at = Memo::new(move |_| place(drafted.routes, route));
    let set = Callback::new(move |all| route.channels.set(all));
    view! {
        <div class="alert-route">
            <span class="alert-place">{move || at.get() + 1}</span>
            <div class="alert-parts">
                {asks((drafted, alerts), Word::AlertsIf, route.asked, format!("route-{}-", route.id), move || format!("/routes/{}/matchers", at.get()))}
                <span class="alert-lead">{t(Word::AlertsTell)}</span>
                <div class="alert-asks">
                    <Chosen alerts=alerts chosen=route.channels.into() set=set />
                    {wrong(drafted, move || format!("/routes/{}/channels", at.get()))}
                </div>
            </div>
            <span class="alert-tools">
                {small("up", Word::AlertsRouteUp, move || drafted.shift(route, true))}
                {small("down", Word::AlertsRouteDown, move || drafted.shift(route, false))}
                {small("trash", Word::AlertsDelete, move || remove(drafted.routes, route))}
            </span>
        </div>
    }
}

/// A time in which some alerts are told to nobody.
#[component]
pub(super) fn MaintenanceRow(drafted: Drafted, alerts: Alerts, one: Maintenance) -> impl IntoView {
    let at = Memo::new(move |_| place(drafted.maintenance, one));
    let below = move |key: &'static str| move || format!("/maintenance/{}/{key}", at.get());
    let instant_of = move |text: RwSignal<String>| {
        instant::parse(&drafted.offset.instant(&text.get()), window::now()).ok()
    };
    let mark = move || {
        let (from, to): (Nanos, Nanos) = instant_of(one.from).zip(instant_of(one.to))?;
        let now = window::now();
        let (mark, word) = match (now < from, now < to) {
            (true, _) => (State::Moving, Word::AlertsWill),
            (false, true) => (State::Manual, Word::AlertsHolds),
            (false, false) => (State::Unknown, Word::AlertsIsOver),
        };
        Some(view! { <span class="alert-now quiet"><Mark state=mark />{t(word)}</span> })
    };
    let clock = move |word: Word, text: RwSignal<String>| {
        view! {
            <label class="alert-field"><span class="alert-word">{t(word)}</span>
                <input class="input mono" type="text" size="17" spellcheck="false" autocomplete="off" placeholder="2026-01-31 12:00" prop:value=text on:input=move |event| text.set(event_target_value(&event)) />
            </label>
        }
    };
    view! {
        <div class="alert-route">
            <span></span>
            <div class="alert-parts">
                <span class="alert-lead">{t(Word::AlertsName)}</span>
                <div class="alert-asks">
                    <div class="alert-line-of">
                        <input class="input" type="text" maxlength="200" aria-label=t(Word::AlertsName) placeholder=t(Word::AlertsMaintenanceHint) prop:value=one.name on:input=move |event| one.name.set(event_target_value(&event)) />
                        {mark}
                    </div>
                    {wrong(drafted, below("name"))}
                </div>
                <span class="alert-lead">{t(Word::AlertsDuring)}</span>
                <div class="alert-asks">
                    <div class="alert-line-of">
                        {clock(Word::AlertsStarts, one.from)}
                        {clock(Word::AlertsStops, one.to)}
                        <span class="faint small">{drafted.offset.name()}</span>
                    </div>
                    {wrong(drafted, below("from"))}
                    {wrong(drafted, below("to"))}
                </div>
                {asks((drafted, alerts), Word::AlertsOfWhat, one.asked, format!("maintenance-{}-", one.id), below("matchers"))}
            </div>
            <span class="alert-tools">{small("trash", Word::AlertsDelete, move || remove(drafted.maintenance, one))}</span>
        </div>
    }
}

/// What is held back while something else fires.
#[component]
pub(super) fn InhibitionRow(drafted: Drafted, alerts: Alerts, inhibition: Inhibition) -> impl IntoView {
    let at = Memo::new(move |_| place(drafted.inhibitions, inhibition));
    let below = move |key: &'static str| move || format!("/inhibitions/{}/{key}", at.get());
    let (source, target) = (format!("source-{}-", inhibition.id), format!("target-{}-", inhibition.id));
    view! {
        <div class="alert-route">
            <span></span>
            <div class="alert-parts">
                {asks((drafted, alerts), Word::AlertsWhile, inhibition.source, source, below("source"))}
                {asks((drafted, alerts), Word::AlertsHoldBack, inhibition.target, target, below("target"))}
                <span class="alert-lead">{t(Word::AlertsSame)}</span>
                <div class="alert-asks">
                    <input class="input mono alert-names" type="text" spellcheck="false" autocomplete="off" aria-label=t(Word::AlertsSameLabel) placeholder="service, env" prop:value=inhibition.equal on:input=move |event| inhibition.equal.set(event_target_value(&event)) />
                    {wrong(drafted, below("equal"))}
                </div>
            </div>
            <span class="alert-tools">{small("trash", Word::AlertsDelete, move || remove(drafted.inhibitions, inhibition))}</span>
        </div>
    }
}

/// How alerts are put together, and how often they are told.
#[component]
pub(super) fn Pace(drafted: Drafted) -> impl IntoView {
    let field = move |word: Word,
                      text: RwSignal<String>,
                      pointer: &'static str,
                      (hint, size): (&'static str, &'static str)| {
        let is_bad = move || drafted.fault(pointer).is_some().to_string();
        view! {
            <label class="alert-field"><span class="alert-word">{t(word)}</span>
                <input class="input mono" type="text" size=size spellcheck="false" autocomplete="off" placeholder=hint data-at=pointer aria-invalid=is_bad prop:value=text on:input=move |event| text.set(event_target_value(&event)) />
                {wrong(drafted, move || pointer.to_owned())}
            </label>
        }
        .into_any()
    };
    view! {
        <div class="alert-pace">
            {field(Word::AlertsTogether, drafted.by, "/by", ("alertname", "18"))}
            {field(Word::AlertsWaitsFor, drafted.wait, "/wait", ("10s", "5"))}
            {field(Word::AlertsAtMost, drafted.interval, "/interval", ("1m", "5"))}
            {field(Word::AlertsAgain, drafted.repeat, "/repeat", ("4h", "5"))}
            {field(Word::AlertsHeartbeat, drafted.heartbeat, "/heartbeat", ("https://…", "30"))}
        </div>
        <p class="alert-told faint small">{t(Word::AlertsPaceHint)}</p>
    }
}
