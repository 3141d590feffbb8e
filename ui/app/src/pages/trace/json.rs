//! The trace as the API gives it, and as files in the formats of others.

use leptos::prelude::*;

use crate::load::load;
use crate::net::{self, Question, part};
use crate::parts::copied::CodeBlock;
use crate::parts::states::Loaded;
use crate::shell::Shell;
use crate::words::{Word, t};

const FORMATS: [&str; 5] = ["otlp", "jaeger", "zipkin", "perfetto", "csv"];

/// Longer texts stall the browser; the files have all of it.
const SHOWN: usize = 400_000;

#[component]
pub(crate) fn Json(id: String) -> impl IntoView {
    let shell = Shell::here();
    let path = format!("traces/{}", part(&id));
    let asked = path.clone();
    let trace = load::<serde_json::Value>(move || Some(Question::get(asked.clone())));
    let save = move |format: &'static str| {
        let (question, name) =
            (Question::get(path.clone()).with("format", format).accepting("*/*"), format!("{id}.{format}"));
        leptos::task::spawn_local(async move {
            if let Err(problem) = net::save(&question, &name).await {
                shell.toasts.say(problem.detail.clone());
            }
        });
    };
    let buttons = FORMATS.map(|format| {
        let save = save.clone();
        view! { <button type="button" class="button" on:click=move |_| save(format)>{format}</button> }
    });
    view! {
        <div class="toolbar"><span class="quiet">{t(Word::TraceSaveAs)}</span>{buttons.collect_view()}</div>
        <div class="scroll trace-json">
            <Loaded load=trace rows=12 show=|answer| {
                let mut text = serde_json::to_string_pretty(&answer.data).unwrap_or_default();
                if text.len() > SHOWN {
                    let cut = (0..=SHOWN).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
                    text.truncate(cut);
                    text.push('…');
                }
                view! { <CodeBlock text=Signal::stored(text) /> }
            } />
        </div>
    }
}
