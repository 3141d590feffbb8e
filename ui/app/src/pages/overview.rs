//! Is anything wrong, where, since when, what changed: the first page.

/// Traffic, errors and durations on one axis.
mod charts;
/// The sentence at the top, and the state of all services.
mod finding;
/// What to do before the first span has come.
mod first_run;
/// What changed, and who is worst.
mod lists;

use daymark_view::overview::Overview;
use leptos::prelude::*;

use crate::load::load;
use crate::net::Question;
use crate::parts::states::Loaded;
use crate::parts::tabs::ScopeChips;
use crate::shell::events::{self, EventRail};
use crate::shell::{Known, Shell};
use crate::words::{Word, t};

#[component]
pub(crate) fn Page() -> impl IntoView {
    let shell = Shell::here();
    let known = expect_context::<Known>().0;
    events::provide(None);
    let overview = load::<Overview>(move || Some(shell.in_range(Question::get("overview"))));
    shell.tell_cost(overview, |overview, _| overview.states.len().to_string());
    // Nothing has ever been sent: no service, and no environment that a service of another range is in.
    let is_first_run = Memo::new(move |_| {
        overview.has_answer()
            && overview.map(|overview| overview.states.is_empty())
            && known.map(|known| known.scopes.env.is_empty())
    });
    view! {
        <div class="page">
            <div class="page-head"><h1>{t(Word::NavOverview)}</h1><ScopeChips /></div>
            <Show when=move || !is_first_run.get() fallback=|| view! { <first_run::FirstRun /> }>
                <EventRail />
                <div class="scroll">
                    <Loaded load=overview rows=12 show=move |answer| view! {
                        <finding::Finding overview=answer.data.clone() />
                        <lists::Lists overview=answer.data.clone() />
                    } />
                    <charts::Charts overview=overview />
                </div>
            </Show>
        </div>
    }
}
