//! Questions that run now, to be stopped, and those that took long.

use std::time::Duration;

use daymark_view::system::RunningQuery;
use daymark_viz::figure;
use leptos::prelude::*;

use crate::life;
use crate::load::load_when;
use crate::net::{self, Question};
use crate::parts::grid::{Column, Grid};
use crate::parts::icon::Icon;
use crate::parts::states::{Loaded, Nothing};
use crate::shell::Shell;
use crate::words::{Word, t};

const EVERY: Duration = Duration::from_secs(2);

#[component]
pub(super) fn Queries() -> impl IntoView {
    let tick = RwSignal::new(0_u32);
    life::every(EVERY, move || tick.update(|tick| *tick += 1));
    let queries =
        load_when::<Vec<RunningQuery>>(move || tick.track(), || Some(Question::get("system/queries")));
    view! {
        <Loaded load=queries rows=4 show=|answer| {
            let is_running = |row: &RunningQuery| matches!(row.state.as_str(), "running" | "queued");
            let (running, over) = answer.data.iter().cloned().partition(is_running);
            view! {
                <div class="section-head"><h2>{t(Word::SystemRunning)}</h2></div>
                {table(running, true)}
                <div class="section-head"><h2>{t(Word::SystemSlow)}</h2></div>
                {table(over, false)}
            }
        } />
    }
}

fn table(rows: Vec<RunningQuery>, can_stop: bool) -> AnyView {
    let shell = Shell::here();
    if rows.is_empty() {
        return view! { <Nothing text=t(Word::SystemNoQueries) /> }.into_any();
    }
    let mut columns = vec![
        Column::text(t(Word::SystemStarted), "110px", move |row: &RunningQuery| {
            view! { {shell.civil(row.started_at).hms()} }.into_any()
        }),
        Column::text(t(Word::SystemKind), "100px", |row: &RunningQuery| {
            view! { {row.kind.clone()} }.into_any()
        }),
        Column::text(t(Word::SystemText), "minmax(200px, 1fr)", |row: &RunningQuery| {
            view! { <code class="cut" title=row.text.clone()>{row.text.clone()}</code> }.into_any()
        }),
        Column::text(t(Word::SystemState), "90px", |row: &RunningQuery| {
            view! { {row.state.clone()} }.into_any()
        }),
        Column::number(t(Word::SystemBytes), "90px", |row: &RunningQuery| {
            view! { {figure::bytes(row.scanned.bytes).to_string()} }.into_any()
        }),
        Column::number(t(Word::SystemTook), "90px", |row: &RunningQuery| {
            view! { {figure::duration(row.took_ms * 1_000_000).to_string()} }.into_any()
        }),
    ];
    if can_stop {
        columns.push(Column::number("", "56px", move |row: &RunningQuery| {
            let id = row.query_id.to_string();
            let stop = move |_| net::tell(&Question::delete(format!("queries/{id}")));
            view! {
                <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::SystemStop) title=t(Word::SystemStop) on:click=stop>
                    <Icon name="close" size=14 />
                </button>
            }
            .into_any()
        }));
    }
    view! { <Grid rows=Signal::stored(rows) columns=columns label=t(Word::SystemQueries) /> }.into_any()
}
