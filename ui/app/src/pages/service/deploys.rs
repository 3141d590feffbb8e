//! Versions that began to send in the range, and how the service did before and after each.

use daymark_view::service::Deploy;
use daymark_viz::{clock, figure};
use leptos::prelude::*;

use crate::load::load;
use crate::parts::cells;
use crate::parts::figures::show_or_dash;
use crate::parts::grid::{Column, Grid};
use crate::parts::states::{Loaded, Nothing};
use crate::shell::Shell;
use crate::words::{Word, t};

use super::About;

/// On either side of a deploy.
const AROUND_NS: i64 = 600_000_000_000;

#[component]
pub(super) fn All(about: About) -> impl IntoView {
    let shell = Shell::here();
    let deploys = load::<Vec<Deploy>>(move || Some(about.question("deploys")));
    let rows = Memo::new(move |_| deploys.map(Clone::clone));
    // Ten minutes before and after, on the tab with the charts.
    let open = Callback::new(move |row: Deploy| {
        let around = daymark_view::range::Range {
            from: row.first_seen.plus(-AROUND_NS),
            to: row.first_seen.plus(AROUND_NS),
        };
        shell.address.push(daymark_viz::span::Span::fixed(around).write(shell.address.now().without("tab")));
    });
    view! {
        <Loaded load=deploys rows=3 show=move |answer| {
            if answer.data.is_empty() {
                return view! { <Nothing text=t(Word::ServiceNoDeploys) /> }.into_any();
            }
            view! { <Grid rows=rows columns=columns() label=t(Word::ServiceDeploys) open=open /> }.into_any()
        } />
    }
}

fn columns() -> Vec<Column<Deploy>> {
    let shell = Shell::here();
    vec![
        Column::text(t(Word::ServiceVersion), "minmax(100px, 1fr)", |row: &Deploy| {
            view! { <span class="strong cut">{row.version.clone()}</span> }.into_any()
        }),
        Column::text(t(Word::ServiceFromVersion), "minmax(90px, 1fr)", |row: &Deploy| {
            view! { <span class="quiet cut">{row.from_version.clone()}</span> }.into_any()
        }),
        Column::number(t(Word::ServiceFirstSeen), "120px", move |row: &Deploy| {
            view! { {clock::near(row.first_seen, shell.now(), shell.offset())} }.into_any()
        }),
        Column::number(t(Word::ServiceInstances), "90px", |row: &Deploy| {
            view! { {row.instances} }.into_any()
        }),
        Column::number(t(Word::ServiceShare), "72px", |row: &Deploy| {
            show_or_dash(row.share.map(figure::percent_short))
        }),
        Column::number(t(Word::ServiceErrorsBefore), "112px", |row: &Deploy| {
            cells::errors(row.before.error_rate, None)
        }),
        Column::number(t(Word::ServiceErrorsAfter), "108px", |row: &Deploy| {
            cells::errors(row.after.error_rate, row.before.error_rate)
        }),
        Column::number(t(Word::ServiceP95Before), "104px", |row: &Deploy| {
            cells::quiet_duration(row.before.p95_ns)
        }),
        Column::number(t(Word::ServiceP95After), "104px", |row: &Deploy| {
            cells::duration_since(row.after.p95_ns, row.before.p95_ns)
        }),
    ]
}
