//! Where the service runs: one row for each instance, with what is known of it.

use daymark_view::service::Instance;
use daymark_viz::{clock, figure};
use leptos::prelude::*;

use crate::load::load;
use crate::parts::cells;
use crate::parts::grid::{Column, Grid};
use crate::parts::states::{Loaded, Nothing};
use crate::shell::Shell;
use crate::words::{Word, t};

use super::About;

#[component]
pub(super) fn All(about: About) -> impl IntoView {
    let instances = load::<Vec<Instance>>(move || Some(about.question("instances").with("limit", 2_000)));
    let rows = Memo::new(move |_| instances.map(Clone::clone));
    view! {
        <Loaded load=instances rows=6 show=move |answer| {
            if answer.data.is_empty() {
                return view! { <Nothing text=t(Word::ServiceNoInstances) /> }.into_any();
            }
            view! { <Grid rows=rows columns=columns(&answer.data) label=t(Word::ServiceInstances) /> }.into_any()
        } />
    }
}

/// A column only where some instance has something for it.
fn columns(rows: &[Instance]) -> Vec<Column<Instance>> {
    let shell = Shell::here();
    let any = |has: fn(&Instance) -> bool| rows.iter().any(has);
    let quiet = |text: Option<String>| {
        let title = text.clone();
        view! { <span class="quiet cut" title=title>{text}</span> }.into_any()
    };
    let text = |head: Word, width, read: fn(&Instance) -> Option<String>| {
        Column::text(t(head), width, move |row: &Instance| quiet(read(row)))
    };
    let mut columns =
        vec![Column::text(t(Word::ServiceInstance), "minmax(150px, 1.4fr)", |row: &Instance| {
            view! { <span class="strong mono cut" title=row.instance.clone()>{row.instance.clone()}</span> }
                .into_any()
        })];
    if any(|row| row.health.is_some()) {
        columns.push(text(Word::ServiceHealth, "80px", |row| row.health.clone()));
    }
    if any(|row| row.host.is_some()) {
        columns.push(text(Word::ServiceHost, "minmax(100px, 1fr)", |row| row.host.clone()));
    }
    if any(|row| row.zone.is_some()) {
        columns.push(text(Word::ServiceZone, "100px", |row| row.zone.clone()));
    }
    columns.push(text(Word::ServiceVersion, "minmax(80px, 0.6fr)", |row| row.version.clone()));
    if any(|row| row.started_at.is_some()) {
        columns.push(Column::number(t(Word::ServiceStarted), "110px", move |row: &Instance| {
            quiet(row.started_at.map(|at| clock::near(at, shell.now(), shell.offset())))
        }));
    }
    columns.extend([
        Column::number(t(Word::ServiceRate), "76px", |row: &Instance| cells::rate(row.rate)),
        Column::number(t(Word::ServiceErrorRate), "76px", |row: &Instance| {
            cells::errors(row.error_rate, None)
        }),
        Column::number("p95", "76px", |row: &Instance| cells::duration(row.p95_ns)),
    ]);
    if any(|row| row.cpu.is_some()) {
        columns.push(Column::number(t(Word::ServiceCpu), "116px", |row: &Instance| cells::share(row.cpu)));
    }
    if any(|row| row.heap.is_some()) {
        columns.push(Column::number(t(Word::ServiceHeap), "116px", |row: &Instance| cells::share(row.heap)));
    }
    if any(|row| row.threads.is_some()) {
        columns.push(Column::number(t(Word::ServiceThreads), "72px", move |row: &Instance| {
            quiet(row.threads.map(figure::grouped))
        }));
    }
    columns.push(Column::number(t(Word::ServiceLastSeen), "110px", move |row: &Instance| {
        quiet(row.last_span_at.map(|at| clock::near(at, shell.now(), shell.offset())))
    }));
    columns
}
