//! The head of the page: name, state, who owns it, which versions run, and the same service elsewhere.

use daymark_view::service::ServiceDetail;
use daymark_viz::{figure, rule_draft};
use leptos::prelude::*;

use crate::parts::alarm::CreateAlert;
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::menu::Menu;
use crate::parts::swatch::Swatch;
use crate::shell::Shell;
use crate::shell::keys::copy_link;
use crate::words::{Word, say, t};

use super::About;

/// Versions named in the head; further ones are on the page.
const VERSIONS: usize = 3;

#[component]
pub(super) fn Head(about: About) -> impl IntoView {
    let shell = Shell::here();
    let all = move || shell.link(["services"]).to_string();
    let name = move || about.service.get();
    let state = move || about.detail.map(|detail| Some(badge(shell, detail)));
    let facts = move || about.detail.map(facts);
    let elsewhere = move |place: &'static str| {
        move || {
            let name = about.service.get();
            let link = shell.link([place]);
            let op =
                shell.address.get().get("op").map(|op| format!(" name={}", daymark_viz::clause::value(op)));
            match place {
                "map" => link.with("focus", &name).with("sel", &name),
                "traces" => link.with(
                    "q",
                    &format!("service={}{}", daymark_viz::clause::value(&name), op.unwrap_or_default()),
                ),
                _ => link.with("q", &format!("service={}", daymark_viz::clause::value(&name))),
            }
            .to_string()
        }
    };
    view! {
        <div class="page-head service-head">
            <a class="crumb" href=all>{t(Word::NavServices)}</a>
            <span class="faint"><Icon name="right" size=12 /></span>
            {move || view! { <Swatch service=name() /> }}
            <h1>{name}</h1>
            {state}
            <span class="service-facts quiet cut">{facts}</span>
            <span class="actions">
                <a class="button" href=elsewhere("map")><Icon name="map" size=14 />{t(Word::ServiceMap)}</a>
                <a class="button" href=elsewhere("traces")><Icon name="traces" size=14 />{t(Word::ServiceTraces)}</a>
                <a class="button" href=elsewhere("logs")><Icon name="logs" size=14 />{t(Word::ServiceLogs)}</a>
                <CreateAlert signal=Signal::derive(move || Some(rule_draft::of_requests(&format!("service={}", daymark_viz::clause::value(&name()))))) />
                <span class="service-copy">
                    <Menu label=Signal::stored(t(Word::ShellCopyLink).to_owned()) title=t(Word::ShellCopyLink)>
                        <button type="button" role="menuitem" on:click=move |_| copy_link(shell, true)>{t(Word::ShellCopyLink)} <kbd class="kbd">"y"</kbd></button>
                        <button type="button" role="menuitem" on:click=move |_| copy_link(shell, false)>{t(Word::ShellCopyRelative)} <kbd class="kbd">"Y"</kbd></button>
                    </Menu>
                </span>
            </span>
        </div>
    }
}

fn badge(shell: Shell, detail: &ServiceDetail) -> impl IntoView + use<> {
    let state = detail.row.state;
    let word = crate::pages::services::state_name(state);
    let text = match detail.row.state_since {
        Some(since) => say(Word::ServiceSince, &[("state", word), ("time", &shell.civil(since).hm())]),
        None => word.to_owned(),
    };
    view! { <span class="badge" data-size="large" data-state=state.name()><Mark state=State::from(state) />{text}</span> }
}

/// Owner, runtime, versions.
fn facts(detail: &ServiceDetail) -> String {
    let row = &detail.row;
    let runtime = detail.runtime_version.clone().or_else(|| row.language.clone());
    let versions: Vec<String> = row
        .versions
        .iter()
        .take(VERSIONS)
        .map(|version| match version.instances {
            Some(count) => {
                say(Word::ServiceVersionOn, &[("version", &version.version), ("count", &count.to_string())])
            }
            None => version.version.clone(),
        })
        .collect();
    let owner = detail.owner.clone().or_else(|| row.team.clone()).or_else(|| row.namespace.clone());
    let parts = [owner, runtime, (!versions.is_empty()).then(|| versions.join(", "))];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What is left of the objective, and the window that is compared with.
#[component]
pub(super) fn Compared(about: About) -> impl IntoView {
    let shell = Shell::here();
    let slo = move || {
        about.detail.map(|detail| detail.row.slo).map(|slo| {
            let left = figure::percent_short(slo.budget_left).to_string();
            let wide = format!("{:.0}%", (slo.budget_left * 100.0).clamp(0.0, 100.0));
            let own = if slo.budget_left < 0.5 { "var(--crit)" } else { "var(--ctl)" };
            view! {
                <span class="service-slo">
                    <span class="quiet">"SLO "{format!("{:.2}", slo.target * 100.0)}</span>
                    <span class="meter" style:--own=own><i style:width=wide></i></span>
                    <span>{say(Word::ServiceSloLeft, &[("share", &left)])}</span>
                </span>
            }
        })
    };
    let chip = move || {
        shell.compared().map(|before| {
        let text = format!("{}–{}", shell.civil(before.from).hm(), shell.civil(before.to).hm());
        view! {
            <span class="chip" title=t(Word::ServiceWindowBefore)>
                <svg class="service-dash" viewBox="0 0 16 2" aria-hidden="true"><path d="M0 1h16" /></svg>
                {text}
                <button type="button" aria-label=t(Word::ServiceOffCompare) on:click=move |_| shell.address.set("cmp", "off")><Icon name="close" size=12 /></button>
            </span>
        }
    })
    };
    let op = shell.address.param("op");
    let narrowed = move || {
        op.get().map(|op| view! {
        <span class="chip">
            <span class="cut">{op}</span>
            <button type="button" aria-label=t(Word::ServiceAllOperations) on:click=move |_| shell.address.set("op", "")><Icon name="close" size=12 /></button>
        </span>
    })
    };
    view! { <span class="service-compared">{slo}{narrowed}{chip}</span> }
}
