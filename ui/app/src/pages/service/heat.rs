//! How long the spans of the service took, as cells over time, with some of them to be opened. A box that is
//! drawn leads to the traces in it.

use std::sync::Arc;

use daymark_view::distribution::{Heatmap as Counted, SpanExemplar};
use daymark_view::traces::Area;
use daymark_viz::figure;
use daymark_viz::heat::{self, Heat};
use leptos::prelude::*;

use crate::load::load;
use crate::parts::heatmap::{HeatLegend, Heatmap};
use crate::parts::mark::{Mark, State};
use crate::shell::Shell;
use crate::words::{Word, t};

use super::About;

const CELLS: (usize, usize) = (120, 36);
/// Spans that can be opened from below the cells.
const EXEMPLARS: usize = 3;

#[component]
pub(super) fn Cells(about: About, height: f64) -> impl IntoView {
    let shell = Shell::here();
    let op = shell.address.param("op");
    let map = load::<Counted>(move || {
        let question = about.question("heatmap").with("cells_x", CELLS.0).with("cells_y", CELLS.1);
        Some(question.with("op", op.get().unwrap_or_default()))
    });
    let cells = Memo::new(move |_| map.answer().map(|answer| Arc::new(Heat::from(&answer.data))));
    let choose = move |area: Option<Area>| {
        let Some(area) = area else { return };
        let service = daymark_viz::clause::value(&about.service.get_untracked());
        let there = shell.address.now().to_page(["traces"]).with("q", &format!("service={service}"));
        shell.address.push(there.with("box", &heat::written(&area)));
    };
    // The longest ones: what one looks for in a tail.
    let exemplars = move || {
        let mut all = map.map(|map| map.exemplars.clone());
        all.sort_by_key(|one| std::cmp::Reverse(one.duration_ns));
        all.truncate(EXEMPLARS);
        all.into_iter().map(move |one| exemplar(shell, one)).collect_view()
    };
    view! {
        <Heatmap
            heat=cells
            area=Signal::stored(None)
            choose=Callback::new(choose)
            title=t(Word::ServiceHeat)
            height=height - 28.0
        />
        <p class="service-exemplars small"><HeatLegend /><span class="quiet">{t(Word::ServiceSlowest)}</span>{exemplars}</p>
    }
}

fn exemplar(shell: Shell, one: SpanExemplar) -> impl IntoView {
    let to = move || shell.link(["traces", &one.trace_id.to_string()]).to_string();
    let is_failed = one.status == "error";
    view! {
        <a class="link" href=to>
            {is_failed.then(|| view! { <Mark state=State::Critical title=t(Word::ServiceErrors) /> })}
            {figure::duration(one.duration_ns).to_string()}
        </a>
    }
}
