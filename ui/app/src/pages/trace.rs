//! One trace: where its time went, what failed, what it wrote.

/// The rows of the tree with their bars.
mod bars;
/// Name, figures, copies.
mod head;
/// The trace as JSON, and in the formats of others.
mod json;
/// Its log lines.
mod lines;
/// Folds, zoom, selection: what the address says of the picture.
mod sight;
/// One span in full.
mod span_panel;
/// The trace by operation.
mod table;

use std::sync::Arc;

use daymark_view::skeleton::Skeleton;
use daymark_viz::palette::Palette;
use daymark_viz::waterfall::Waterfall;
use leptos::prelude::*;

use crate::load::load;
use crate::net::{Question, part};
use crate::pages::trace::sight::Sight;
use crate::parts::states::Loaded;
use crate::shell::Shell;
use crate::words::Word;

/// A trace that was read, with what follows from it.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    skeleton: Arc<Skeleton>,
    waterfall: Arc<Waterfall>,
    palette: Arc<Palette>,
}

impl Read {
    fn of(skeleton: &Skeleton) -> Self {
        let mut counts = vec![0_usize; skeleton.services.len()];
        for service in &skeleton.svc {
            counts[*service as usize] += 1;
        }
        let mut order: Vec<usize> = (0..counts.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(counts[*at]));
        let names = order.iter().map(|at| skeleton.services[*at].as_str());
        Self {
            waterfall: Arc::new(Waterfall::of(skeleton)),
            palette: Arc::new(Palette::of(names)),
            skeleton: Arc::new(skeleton.clone()),
        }
    }

    fn service(&self, row: u32) -> &str {
        &self.skeleton.services[self.skeleton.svc[row as usize] as usize]
    }

    fn name(&self, row: u32) -> &str {
        &self.skeleton.operations[self.skeleton.op[row as usize] as usize]
    }

    /// The database, queue or outside host that a row stands for.
    fn peer(&self, row: u32) -> Option<&str> {
        let at = self.skeleton.peer[row as usize].checked_sub(1)?;
        self.skeleton.peers.get(at as usize).map(|peer| peer.name.as_str())
    }

    fn colour(&self, row: u32) -> String {
        let service = self.service(row);
        format!("var({})", daymark_viz::palette::variable(self.palette.slot(service)))
    }
}

#[component]
pub(crate) fn Page(id: Memo<String>) -> impl IntoView {
    let shell = Shell::here();
    let episode = shell.address.param("episode");
    let skeleton = load::<Skeleton>(move || {
        let question = Question::get(format!("traces/{}/skeleton", part(&id.get())));
        Some(question.with("episode", episode.get().unwrap_or_default()))
    });
    shell.tell_cost(skeleton, |skeleton, _| format!("{} / {}", skeleton.shown, skeleton.total));
    let view_of = shell.address.param("view");
    let views: [(&'static str, &'static str, Word); 4] = [
        ("v w", "", Word::TraceWaterfall),
        ("v t", "table", Word::TraceTable),
        ("v l", "logs", Word::TraceLogs),
        ("v j", "json", Word::TraceJson),
    ];
    for (keys, name, word) in views {
        shell.keys.on(keys, word, move || shell.address.set("view", name));
    }
    view! {
        <div class="page">
            <Loaded load=skeleton rows=20 show=move |answer| {
                let read = Read::of(&answer.data);
                provide_context(Sight::new(&read));
                view! {
                    <head::Head read=read.clone() />
                    {move || match view_of.get().as_deref() {
                        Some("table") => view! { <table::Table read=read.clone() /> }.into_any(),
                        Some("logs") => view! { <lines::Lines read=read.clone() /> }.into_any(),
                        Some("json") => view! { <json::Json id=id.get() /> }.into_any(),
                        _ => view! { <bars::Waterfall read=read.clone() /> }.into_any(),
                    }}
                }
            } />
        </div>
    }
}
