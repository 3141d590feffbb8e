//! Versions side by side: whether the new one is worse.

use daymark_view::services::VersionShare;
use daymark_viz::figure;
use leptos::prelude::*;

use crate::parts::cells;
use crate::parts::figures::show;
use crate::parts::grid::{Column, Grid};
use crate::parts::states::Nothing;
use crate::words::{Word, t};

use super::About;

#[component]
pub(super) fn Versions(about: About) -> impl IntoView {
    let rows = Memo::new(move |_| about.detail.map(|detail| detail.row.versions.clone()));
    let is_empty = move || rows.with(Vec::is_empty);
    let columns = || {
        vec![
            Column::text(t(Word::ServiceVersion), "minmax(72px, 1fr)", |row: &VersionShare| {
                view! { <span class="strong cut" title=row.version.clone()>{row.version.clone()}</span> }
                    .into_any()
            }),
            Column::number(t(Word::ServiceInstances), "76px", |row: &VersionShare| {
                view! { {row.instances.map(|count| count.to_string())} }.into_any()
            }),
            Column::number(t(Word::ServiceErrorRate), "72px", |row: &VersionShare| {
                cells::errors(row.error_rate, None)
            }),
            Column::number("p95", "72px", |row: &VersionShare| cells::duration(row.p95_ns)),
            Column::number(t(Word::ServiceShare), "60px", |row: &VersionShare| {
                view! { <span class="quiet">{show(figure::percent_short(row.share))}</span> }.into_any()
            }),
        ]
    };
    view! {
        <div class="section-head"><h2>{t(Word::ServiceVersions)}</h2></div>
        <Show when=move || !is_empty() fallback=|| view! { <Nothing text=t(Word::ServiceNoVersions) /> }>
            <Grid rows=rows columns=columns() label=t(Word::ServiceVersions) />
        </Show>
    }
}
