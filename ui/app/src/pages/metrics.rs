//! Metrics: a catalogue to choose from, charts of what was chosen, figures of each series.

/// What there is.
mod catalogue;
/// One chart: what is asked, the lines, the figures.
mod panel;

use leptos::prelude::*;

use crate::parts::states::Nothing;
use crate::shell::Shell;
use crate::shell::events::{self, EventRail};
use crate::words::{Word, t};

/// Charts of one page, at most.
const CHARTS: usize = 6;

#[component]
pub(crate) fn Page() -> impl IntoView {
    let shell = Shell::here();
    events::provide(None);
    let asked = shell.address.params("m");
    let count = Memo::new(move |_| asked.with(Vec::len).min(CHARTS));
    let add = move |metric: String| {
        let address = shell.address.now();
        if address.all("m").count() < CHARTS {
            shell.address.push(address.and("m", &metric));
        }
    };
    view! {
        <div class="page">
            <div class="page-head"><h1>{t(Word::NavMetrics)}</h1></div>
            <EventRail />
            <div class="metrics-body">
                <catalogue::Catalogue choose=Callback::new(add) />
                <div class="scroll">
                    <Show when=move || count.get() != 0 fallback=|| view! { <Nothing text=t(Word::MetricsChoose) /> }>
                        <For each=move || 0..count.get() key=|at| *at let:at><panel::Panel at=at /></For>
                    </Show>
                </div>
            </div>
        </div>
    }
}
