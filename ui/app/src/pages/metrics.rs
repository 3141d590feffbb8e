//! Metrics: a catalogue to choose from, charts of what was chosen, figures of each series.

/// What there is.
mod catalogue;
/// One chart: what is asked, the lines, the figures.
mod panel;

use daymark_view::metrics::MetricRow;
use daymark_viz::metric;
use leptos::prelude::*;

use crate::load::load_when;
use crate::net::Question;
use crate::parts::states::Nothing;
use crate::shell::Shell;
use crate::shell::events::{self, EventRail};
use crate::words::{Word, t};

/// Charts of one page, at most.
const CHARTS: usize = 6;
/// Charts to begin with, and metrics out of which they are chosen.
const BEGUN: usize = 4;
const KNOWN: usize = 500;

#[component]
pub(crate) fn Page() -> impl IntoView {
    let shell = Shell::here();
    events::provide(None);
    let asked = shell.address.params("m");
    // Until something is chosen: what says most about most fleets.
    let known = load_when::<Vec<MetricRow>>(
        || (),
        move || asked.with(Vec::is_empty).then(|| Question::get("metrics/catalog").with("limit", KNOWN)),
    );
    let all = Memo::new(move |_| {
        let asked = asked.get();
        if !asked.is_empty() {
            return asked;
        }
        known.map(|rows| {
            let known: Vec<_> = rows.iter().map(|row| (row.metric.as_str(), row.kind.as_str())).collect();
            metric::first(&known, BEGUN).iter().map(ToString::to_string).collect()
        })
    });
    let count = Memo::new(move |_| all.with(Vec::len).min(CHARTS));
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
                        <For each=move || 0..count.get() key=|at| *at let:at><panel::Panel at=at all=all /></For>
                    </Show>
                </div>
            </div>
        </div>
    }
}
