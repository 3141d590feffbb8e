//! One trace: its spans over time, as flames, as tables, its log lines, and one span in full.

/// One canvas, drawn once a frame.
mod canvas;
/// What colours mean.
mod coloured;
/// Lanes instead of lines.
mod flame;
/// Services and their calls.
mod graph;
/// What the trace is, and what is chosen about it.
mod head;
/// Keys of the page.
mod keys;
/// Log lines and exports.
mod logs;
/// One span.
mod panel;
/// What is seen of the trace.
mod seen;
/// The whole trace on a strip, with the window on it.
mod strip;
/// Where the time went.
mod tables;
/// Lines and their bars.
mod waterfall;

use daymark_view::error::{Absence, Code};
use leptos::prelude::*;

use crate::parts::states::{Bones, Failure, Nothing};
use crate::words::{Word, say, t};

use seen::Seen;

#[component]
pub(crate) fn Page(id: Memo<String>) -> impl IntoView {
    let seen = Seen::provide(id);
    keys::install(seen);
    seen.shell.tell_cost(seen.skeleton, move |skeleton, _| {
        say(
            Word::ShellStatusOf,
            &[("shown", &skeleton.shown.to_string()), ("total", &skeleton.total.to_string())],
        )
    });
    let view = seen.shell.address.param("view");
    let is_ready =
        Memo::new(move |_| seen.skeleton.has_answer() && seen.trace.with(|trace| !trace.is_empty()));
    let main = move || match view.get().as_deref() {
        Some("flame") => view! { <flame::Flame /> }.into_any(),
        Some("graph") => view! { <graph::CallGraph /> }.into_any(),
        Some("table") => view! { <div class="scroll"><tables::Table /></div> }.into_any(),
        Some("logs") => view! { <logs::Lines /> }.into_any(),
        Some("json") => view! { <logs::Export /> }.into_any(),
        Some("critical") => view! { <div class="scroll"><panel::Critical /></div> }.into_any(),
        _ => view! { <waterfall::Waterfall /> }.into_any(),
    };
    let absent = move || match seen.skeleton.problem() {
        Some(problem) if problem.code == Code::NotFound => {
            let word = if problem.reason == Some(Absence::MaybeExpired) {
                Word::TraceExpired
            } else {
                Word::TraceNeverSeen
            };
            let since = problem.kept_since.map(|since| seen.shell.civil(since).date_hm()).unwrap_or_default();
            view! { <Nothing text=say(word, &[("since", &since)]) /> }.into_any()
        }
        Some(problem) => view! { <Failure problem=problem /> }.into_any(),
        None => view! { <Bones rows=12 /> }.into_any(),
    };
    view! {
        <div class="page trace">
            <head::Head />
            <Show when=move || is_ready.get() fallback=absent>
                <head::Toolbar />
                <head::Notes />
                <div class="trace-body">
                    <section class="trace-main" aria-label=t(Word::TraceSpans)>{main}</section>
                    <Show when=move || seen.selected.get().is_some()><panel::Panel /></Show>
                </div>
            </Show>
        </div>
    }
}
