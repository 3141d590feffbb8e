//! Daymark itself: is everything accounted for, what waits where, what lies on the disk, who asks.

/// Where everything that came in has gone.
mod ledger;
/// Stages, disk, retention.
mod pipeline;
/// Questions that run now, and those that took long.
mod queries;
/// Segments by time, and their list.
mod segments;

use daymark_view::ledger::LedgerSheet;
use daymark_view::server::Bootstrap;
use leptos::prelude::*;

use crate::load::load;
use crate::net::Question;
use crate::parts::tabs::Tabs;
use crate::shell::{Known, Shell};
use crate::words::{Word, t};

#[component]
pub(crate) fn Page() -> impl IntoView {
    let shell = Shell::here();
    let tab = shell.address.param("tab");
    let sheet = load::<LedgerSheet>(|| Some(Question::get("ledger")));
    shell.tell_cost(sheet, |sheet, _| sheet.rows.len().to_string());
    let tabs = vec![
        ("ledger", Word::SystemLedger),
        ("pipeline", Word::SystemPipeline),
        ("segments", Word::SystemSegments),
        ("queries", Word::SystemQueries),
        ("limits", Word::SystemLimits),
    ];
    let keys: [&'static str; 5] = ["1", "2", "3", "4", "5"];
    for (key, (name, word)) in keys.into_iter().zip(tabs.clone()) {
        shell.keys.on(key, word, move || shell.address.set("tab", if name == "ledger" { "" } else { name }));
    }
    view! {
        <div class="page">
            <div class="page-head"><h1>{t(Word::NavSystem)}</h1><Tabs parameter="tab" tabs=tabs /></div>
            <div class="scroll">
                {move || match tab.get().as_deref() {
                    Some("pipeline") => view! { <pipeline::Pipeline /> }.into_any(),
                    Some("segments") => view! { <segments::Segments /> }.into_any(),
                    Some("queries") => view! { <queries::Queries /> }.into_any(),
                    Some("limits") => view! { <Limits /> }.into_any(),
                    _ => view! { <ledger::Ledger sheet=sheet /><pipeline::Pipeline /><segments::ByTime /> }.into_any(),
                }}
            </div>
        </div>
    }
}

/// What one question may take, and what was built.
#[component]
fn Limits() -> impl IntoView {
    let known = expect_context::<Known>().0;
    let rows = move || {
        known.map(|known: &Bootstrap| {
            let limits = serde_json::to_value(&known.limits).ok();
            let limits = limits.as_ref().and_then(|limits| limits.as_object()).cloned().unwrap_or_default();
            let build = [
                ("version".to_owned(), known.build.version.clone()),
                ("commit".to_owned(), known.build.commit.clone().unwrap_or_default()),
            ];
            let all = limits.into_iter().map(|(key, value)| (key, value.to_string())).chain(build);
            all.map(|(key, value)| view! { <dt>{key}</dt><dd>{value}</dd> }).collect::<Vec<_>>()
        })
    };
    view! { <dl class="pairs system-pairs">{rows}</dl> }
}
