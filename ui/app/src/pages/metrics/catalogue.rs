//! What metrics there are, by the first part of their names.

use daymark_view::metrics::MetricRow;
use daymark_viz::figure;
use daymark_viz::metric::Asked;
use leptos::prelude::*;

use crate::load::load;
use crate::net::Question;
use crate::parts::states::{Loaded, Nothing};
use crate::words::{Word, t};

const ASKED: usize = 500;

#[component]
pub(super) fn Catalogue(choose: Callback<String>) -> impl IntoView {
    let search = RwSignal::new(String::new());
    let rows = load::<Vec<MetricRow>>(move || {
        Some(Question::get("metrics/catalog").with("search", search.get()).with("limit", ASKED))
    });
    let item = move |row: &MetricRow| {
        let name = row.metric.clone();
        let about = row.description.clone().unwrap_or_default();
        let asked = Asked::usual(&name, &row.kind).to_string();
        let unit = row.unit.clone().filter(|unit| unit != "1").unwrap_or_default();
        view! {
            <button type="button" class="metrics-row" title=about on:click=move |_| choose.run(asked.clone())>
                <code class="grow cut">{name.clone()}</code>
                <span class="faint small">{unit}</span>
                <span class="faint small metrics-count">{figure::count(row.series).to_string()}</span>
            </button>
        }
    };
    view! {
        <aside class="metrics-catalogue" aria-label=t(Word::MetricsCatalogue)>
            <div class="sql-search">
                <input class="input" type="search" data-query="" placeholder=t(Word::MetricsCatalogue) aria-label=t(Word::MetricsCatalogue) on:input=move |event| search.set(event_target_value(&event)) />
            </div>
            <div class="scroll">
                <Loaded load=rows rows=10 show=move |answer| {
                    if answer.data.is_empty() {
                        return view! { <Nothing text=t(Word::MetricsNone) /> }.into_any();
                    }
                    let mut rows = answer.data.clone();
                    rows.sort_by(|one, other| one.metric.cmp(&other.metric));
                    let mut before = String::new();
                    rows.iter().map(|row| {
                        let prefix = row.metric.split(['.', '_']).next().unwrap_or_default().to_owned();
                        let is_new = prefix != before;
                        before.clone_from(&prefix);
                        view! { {is_new.then(|| view! { <div class="sql-group">{prefix}</div> })} {item(row)} }
                    }).collect_view().into_any()
                } />
            </div>
        </aside>
    }
}
