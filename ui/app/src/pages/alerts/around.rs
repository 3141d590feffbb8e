//! What is known of the cause of an alert: what changed just before, what fails most, where the failing calls
//! lead, and one trace and one line as examples.

use daymark_model::time::Nanos;
use daymark_view::alerts::preview::PreviewNotification;
use daymark_view::range::Range;
use daymark_viz::figure;
use daymark_viz::incident::Around;
use daymark_viz::span::Span;
use leptos::prelude::*;

use crate::parts::icon::Icon;
use crate::shell::Shell;
use crate::shell::events::{icon_of, told};
use crate::words::{Word, t};

/// Changes that are named.
const CHANGES: usize = 3;
/// What is looked at before an alert began.
const BEFORE: i64 = 10 * Nanos::MINUTE;

#[component]
pub(super) fn Causes(
    told: Memo<Option<PreviewNotification>>,
    /// When it began.
    since: Memo<Option<Nanos>>,
    /// Whom it is about.
    service: Memo<Option<String>>,
) -> impl IntoView {
    let around = Memo::new(move |_| told.with(|told| told.as_ref().map(|told| Around::read(&told.json))));
    move || {
        let around = around.get()?;
        Some(view! {
            <div class="alert-causes">
                <Changed around=around.clone() />
                <Operations around=around.clone() service=service.get() />
                <Leads around=around since=since.get() />
            </div>
        })
    }
}

#[component]
fn Changed(around: Around) -> impl IntoView {
    let shell = Shell::here();
    let is_none = around.changes.is_empty();
    let last = around.changes.len().saturating_sub(CHANGES);
    let change = move |event: daymark_view::events::ChangeEvent| {
        let (icon, class) = icon_of(event.kind);
        let to = event.service.clone().map(|service| shell.link(["services", &service]).to_string());
        view! {
            <a class="alert-cause" href=to>
                <span class="faint">{shell.civil(event.time).hms()}</span>
                <span class=class><Icon name=icon size=14 /></span>
                <span class="cut">{told(&event)}</span>
            </a>
        }
    };
    view! {
        <section>
            <h3>{t(Word::AlertsChangedBefore)}</h3>
            {is_none.then(|| view! { <p class="faint">{t(Word::AlertsNoChange)}</p> })}
            {around.changes.into_iter().skip(last).map(change).collect_view()}
        </section>
    }
}

#[component]
fn Operations(around: Around, service: Option<String>) -> impl IntoView {
    let shell = Shell::here();
    let is_none = around.operations.is_empty();
    let operation = move |(name, share): (String, Option<f64>)| {
        let to = service.as_ref().map(|service| {
            shell.link(["services", service]).with("tab", "operations").with("op", &name).to_string()
        });
        view! {
            <a class="alert-cause" href=to>
                <span class="cut">{name}</span>
                <span class="num crit">{share.map(|share| figure::percent(share).to_string())}</span>
            </a>
        }
    };
    view! {
        <section>
            <h3>{t(Word::AlertsFailMost)}</h3>
            {is_none.then(|| view! { <p class="faint">{t(Word::AlertsNoneFails)}</p> })}
            {around.operations.into_iter().map(operation).collect_view()}
        </section>
    }
}

#[component]
fn Leads(around: Around, since: Option<Nanos>) -> impl IntoView {
    let shell = Shell::here();
    let suspect = around.suspect.map(|service| {
        let to = shell.link(["services", &service]).to_string();
        view! { <a class="alert-cause" href=to><span class="faint">{t(Word::AlertsSuspect)}</span><span class="cut link">{service}</span></a> }
    });
    let trace = around.trace.map(|id| {
        let to = shell.link(["traces", &id]).to_string();
        view! { <a class="alert-cause" href=to><span class="faint">{t(Word::AlertsTrace)}</span><span class="cut link mono">{figure::short_id(&id)}</span></a> }
    });
    let line = around.log.map(|id| {
        let from = since.unwrap_or(shell.now()).plus(-BEFORE);
        let range = Range { from, to: crate::window::now() };
        let to = Span::fixed(range).write(shell.link(["logs"])).with("log", &id).to_string();
        view! { <a class="alert-cause" href=to><span class="link">{t(Word::AlertsLine)}</span></a> }
    });
    let is_none = suspect.is_none() && trace.is_none() && line.is_none();
    view! {
        <section>
            <h3>{t(Word::AlertsGoOn)}</h3>
            {is_none.then(|| view! { <p class="faint">"–"</p> })}
            {suspect}{trace}{line}
        </section>
    }
}
