//! The sentence at the top, and every service as a square, the worst first.

use daymark_view::overview::Overview;
use daymark_view::services::ServiceState;
use daymark_viz::figure;
use leptos::prelude::*;

use crate::parts::mark::{Mark, State};
use crate::shell::Shell;
use crate::words::{Word, say, t};

#[component]
pub(super) fn Finding(overview: Overview) -> impl IntoView {
    let counts = overview.services;
    let states = overview.states.clone();
    let total = states.len();
    view! {
        <div class="overview-top">
            <div class="overview-finding">{sentence(&overview)}</div>
            <div class="overview-squares">
                <Squares states=states />
                <p class="legend">
                    <span>{say(Word::OverviewServices, &[("count", &total.to_string())])}</span>
                    <span class="ok"><Mark state=State::Ok />{counts.ok} " " {t(Word::OverviewOk)}</span>
                    {(counts.warning > 0).then(|| view! { <span class="warn"><Mark state=State::Warning />{counts.warning} " " {t(Word::OverviewWarning)}</span> })}
                    {(counts.critical > 0).then(|| view! { <span class="crit"><Mark state=State::Critical />{counts.critical} " " {t(Word::OverviewCritical)}</span> })}
                    {(counts.unknown > 0).then(|| view! { <span><Mark state=State::Unknown />{counts.unknown} " " {t(Word::OverviewUnknown)}</span> })}
                </p>
            </div>
            {overview.alerts_firing.map(|count| view! { <Firing count=count /> })}
        </div>
    }
}

/// How many alerts people were told of; leads to them.
#[component]
fn Firing(count: u64) -> impl IntoView {
    let shell = Shell::here();
    view! {
        <a class="overview-tile" href=move || shell.link(["alerts"]).to_string()>
            <span>{t(Word::OverviewFiring)}</span>
            <b class="big" class:crit=move || count != 0 class:faint=move || count == 0>{figure::grouped(count)}</b>
        </a>
    }
}

fn sentence(overview: &Overview) -> AnyView {
    let shell = Shell::here();
    let firing = overview.alerts_firing.unwrap_or_default();
    let Some(finding) = overview.finding.clone() else {
        // No service stands out, and yet somebody was told of something.
        if firing > 0 {
            let are_well = overview.worst.is_empty();
            return view! {
                <h2 class="overview-sentence"><Mark state=State::Warning />{say(Word::OverviewAlertsFire, &[("count", &firing.to_string())])}</h2>
                {are_well.then(|| view! { <p class="quiet">{as_before(overview)}</p> })}
                <div class="overview-actions"><a class="button" data-kind="primary" href=move || shell.link(["alerts"]).to_string()>{t(Word::OverviewShowAlerts)}</a></div>
            }
            .into_any();
        }
        return view! {
            <h2 class="overview-sentence"><Mark state=State::Ok />{t(Word::OverviewAllWell)}</h2>
            <p class="quiet">{as_before(overview)}</p>
        }
        .into_any();
    };
    let is_errors = finding.metric == "error_rate";
    let written = |value: f64| {
        if is_errors { figure::percent(value) } else { figure::duration(value as u64) }.to_string()
    };
    let word = if is_errors { Word::OverviewFails } else { Word::OverviewSlow };
    let title = say(word, &[("service", &finding.service), ("value", &written(finding.now))]);
    let since = shell.civil(finding.since).hm();
    let before = finding.before.map(|before| say(Word::OverviewBefore, &[("value", &written(before))]));
    let began = match &finding.change {
        Some(change) => {
            say(Word::OverviewBeganWith, &[("time", &since), ("change", &crate::shell::events::told(change))])
        }
        None => say(Word::OverviewBegan, &[("time", &since)]),
    };
    let service = finding.service.clone();
    let failed = move || {
        let query = if is_errors {
            format!("service={} status:error", daymark_viz::clause::value(&service))
        } else {
            format!("service={}", daymark_viz::clause::value(&service))
        };
        let address = shell.link(["traces"]).with("q", &query);
        if is_errors { address } else { address.with("sort", "slowest") }.to_string()
    };
    let service = finding.service.clone();
    let open = move || shell.link(["services", &service]).to_string();
    view! {
        <h2 class="overview-sentence"><Mark state=State::Critical />{title}</h2>
        <p class="quiet">{before} " " {began}</p>
        <div class="overview-actions">
            <a class="button" data-kind="primary" href=failed>{if is_errors { t(Word::OverviewShowFailed) } else { t(Word::OverviewShowSlow) }}</a>
            <a class="button" href=open>{say(Word::OverviewOpen, &[("service", &finding.service)])}</a>
        </div>
    }
    .into_any()
}

/// What it means that no service stands out.
fn as_before(overview: &Overview) -> &'static str {
    t(if overview.has_before { Word::OverviewAllWellText } else { Word::OverviewNothingBefore })
}

/// One square for each service. A click opens it; the list of services does the same for the keyboard, with
/// targets of a decent size.
#[component]
fn Squares(states: Vec<(String, ServiceState)>) -> impl IntoView {
    let shell = Shell::here();
    let square = move |(service, state): (String, ServiceState)| {
        let title = format!("{service}, {}", State::from(state).name());
        let open = move |_| shell.address.push(shell.address.now().to_page(["services", &service]));
        view! { <span class="square" data-state=state.name() title=title on:click=open></span> }
    };
    view! { <div class="squares">{states.into_iter().map(square).collect_view()}</div> }
}
