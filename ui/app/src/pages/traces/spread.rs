//! Where durations lie over time: the heatmap of the services searched, with the box.

use std::sync::Arc;

use daymark_view::spans::SpanHeatmap;
use daymark_viz::heat::Heat;
use daymark_viz::{clause, figure};
use leptos::prelude::*;

use super::search::Search;
use crate::load::load;
use crate::net::Question;
use crate::parts::heatmap::{HeatLegend, Heatmap};
use crate::parts::states::{Failure, Progress};
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, say, t};

#[component]
pub(super) fn Spread(#[prop(into)] total: Signal<Option<u64>>) -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let around = Memo::new(move |_| search.q.with(|q| clause::surroundings(q)));
    let is_narrow = window::is_narrow();
    let cells = if is_narrow { (60, 24) } else { (200, 40) };
    let map = load::<SpanHeatmap>(move || {
        let question = shell.in_range(Question::get("traces/heatmap"));
        Some(question.with("q", around.get()).with("cells_x", cells.0).with("cells_y", cells.1))
    });
    let heat = Memo::new(move |_| map.answer().map(|answer| Arc::new(Heat::from(&answer.data))));
    let note = move || {
        let count = heat.with(|heat| heat.as_ref().map(|heat| figure::count(heat.total()).to_string()))?;
        let around = around.get();
        let of = if around.is_empty() { t(Word::TracesAll).to_owned() } else { around };
        Some(say(
            Word::TracesSpreadNote,
            &[("count", &count), ("of", &of), ("x", &cells.0.to_string()), ("y", &cells.1.to_string())],
        ))
    };
    let label = move || match (search.mode_name(), total.get()) {
        ("traces", Some(total)) => say(Word::TracesBoxTraces, &[("count", &figure::grouped(total))]),
        ("spans", Some(total)) => say(Word::TracesBoxSpans, &[("count", &figure::grouped(total))]),
        _ => String::new(),
    };
    view! {
        <section class="traces-spread">
            <Show when=move || map.is_waiting() && map.has_answer()><Progress /></Show>
            <div class="section-head">
                <h2>{t(Word::TracesSpread)}</h2>
                <span class="note small cut">{note}</span>
                <HeatLegend />
            </div>
            {move || map.problem().filter(|_| !map.has_answer()).map(|problem| view! { <Failure problem=problem /> })}
            <div class="traces-heat">
                <Heatmap
                    heat=heat
                    area=search.area
                    choose=Callback::new(move |area| search.choose(area))
                    label=Signal::derive(label)
                    title=t(Word::TracesSpread)
                    height=if is_narrow { 132.0 } else { 216.0 }
                />
            </div>
        </section>
    }
}
