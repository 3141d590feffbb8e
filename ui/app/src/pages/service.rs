//! One service: how it does, what it does, whom it talks to, where it runs, how it fails, what was deployed.

/// Rate, errors and durations.
mod charts;
/// Callers and called ones.
mod dependencies;
/// Versions that began to send.
mod deploys;
/// What fails, by kind.
mod errors;
/// Name, state, versions and ways to go on.
mod head;
/// Durations over time as cells.
mod heat;
/// Where it runs.
mod instances;
/// Spans by name.
mod operations;
/// Versions side by side.
mod versions;

use daymark_view::service::ServiceDetail;
use leptos::prelude::*;

use crate::load::{Load, load};
use crate::net::{Question, part};
use crate::parts::states::{Bones, Failure};
use crate::parts::tabs::Tabs;
use crate::shell::Shell;
use crate::shell::events::{self, EventRail};
use crate::words::{Word, t};

/// Tabs in the order of their keys.
const TABS: [(&str, Word); 6] = [
    ("overview", Word::ServiceOverview),
    ("operations", Word::ServiceOperations),
    ("dependencies", Word::ServiceDependencies),
    ("instances", Word::ServiceInstances),
    ("errors", Word::ServiceErrors),
    ("deploys", Word::ServiceDeploys),
];
const TAB_KEYS: [&str; 6] = ["1", "2", "3", "4", "5", "6"];

/// What all parts of the page share.
#[derive(Clone, Copy)]
struct About {
    service: Memo<String>,
    detail: Load<ServiceDetail>,
}

impl About {
    /// A question about a part of the service, over the range of the page.
    fn question(self, what: &str) -> Question {
        let path =
            format!("services/{}{}{what}", part(&self.service.get()), if what.is_empty() { "" } else { "/" });
        Shell::here().in_range(Question::get(path))
    }
}

/// The same with the window to compare with.
fn compared(shell: Shell, question: Question) -> Question {
    match shell.compared() {
        Some(before) => question.with("compare", format!("{}~{}", before.from.0, before.to.0)),
        None => question,
    }
}

#[component]
pub(crate) fn Page(service: Memo<String>) -> impl IntoView {
    let shell = Shell::here();
    let scope = Signal::derive(move || service.get());
    events::provide(Some(scope));
    let detail = load::<ServiceDetail>(move || {
        let question = Question::get(format!("services/{}", part(&service.get())));
        Some(compared(shell, shell.in_range(question)))
    });
    let about = About { service, detail };
    shell.tell_cost(detail, |detail, _| {
        detail.counts.operations.map(|count| count.to_string()).unwrap_or_default()
    });
    let tab = Memo::new(move |_| {
        let address = shell.address.get();
        let chosen = address.get("tab").unwrap_or_default();
        TABS.iter().map(|(name, _)| *name).find(|name| *name == chosen).unwrap_or("overview")
    });
    for (key, (name, _)) in TAB_KEYS.into_iter().zip(TABS) {
        shell.keys.on(key, Word::ServiceTabsKey, move || {
            shell.address.set("tab", if name == "overview" { "" } else { name })
        });
    }
    let counts = Callback::new(move |tab: &'static str| {
        detail
            .map(|detail| {
                let counts = detail.counts;
                match tab {
                    "operations" => counts.operations,
                    "dependencies" => counts.dependencies,
                    "instances" => detail.row.instances.seen,
                    "errors" => counts.errors,
                    "deploys" => counts.deploys,
                    _ => None,
                }
            })
            .map(|count| count.to_string())
    });
    let is_unknown = move || !detail.has_answer() && detail.problem().is_some();
    view! {
        <div class="page service">
            <head::Head about=about />
            <div class="toolbar service-tabs">
                <Tabs parameter="tab" tabs=TABS.to_vec() counts=counts />
                <head::Compared about=about />
            </div>
            <EventRail service=scope />
            <Show when=is_unknown>
                {move || detail.problem().map(|problem| view! {
                    <Failure problem=problem />
                    <p class="service-none"><a class="link" href=move || shell.link(["services"]).to_string()>{t(Word::ServiceNearest)}</a></p>
                })}
            </Show>
            <Show when=move || !detail.has_answer() && detail.problem().is_none()><Bones rows=12 /></Show>
            <Show when=move || detail.has_answer()>
                <div class="scroll">{move || match tab.get() {
                    "operations" => view! { <operations::All about=about /> }.into_any(),
                    "dependencies" => view! { <dependencies::All about=about /> }.into_any(),
                    "instances" => view! { <instances::All about=about /> }.into_any(),
                    "errors" => view! { <errors::All about=about /> }.into_any(),
                    "deploys" => view! { <deploys::All about=about /> }.into_any(),
                    _ => view! { <Overview about=about /> }.into_any(),
                }}</div>
            </Show>
        </div>
    }
}

#[component]
fn Overview(about: About) -> impl IntoView {
    view! {
        <charts::Charts about=about />
        <div class="service-lower">
            <section>
                <operations::Table about=about most=8 />
                <errors::Top about=about />
            </section>
            <section>
                <versions::Versions about=about />
                <dependencies::Short about=about />
            </section>
        </div>
    }
}
