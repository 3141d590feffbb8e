//! The lines as a file.

use daymark_view::logs::LogsBody;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use super::search::Search;
use crate::life;
use crate::net::{self, Question};
use crate::parts::menu::Menu;
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, t};

/// Lines that a file may have; more would break the answer off.
const MOST: usize = 100_000;

const FORMS: [(&str, &str, &str); 3] = [
    ("CSV", "text/csv", "logs.csv"),
    ("NDJSON", "application/x-ndjson", "logs.ndjson"),
    ("Parquet", "application/vnd.apache.parquet", "logs.parquet"),
];

#[component]
pub(super) fn ExportMenu() -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let choice = move |(label, accept, name): (&'static str, &'static str, &'static str)| {
        let save = move |_| {
            let body = LogsBody { limit: Some(MOST), ..untrack(|| search.body()) };
            let question = Question::post("logs/search", &body).accepting(accept);
            shell.toasts.say(t(Word::LogsExporting));
            life::finish(async move {
                let answer = net::send(&question, None).await;
                let blob = match answer.as_ref().ok().and_then(|response| response.blob().ok()) {
                    Some(blob) => JsFuture::from(blob).await.ok(),
                    None => None,
                };
                match (blob, answer) {
                    (Some(blob), _) => window::save_blob(name, blob.unchecked_ref()),
                    (None, Err(problem)) => shell.toasts.say(problem.detail.clone()),
                    (None, Ok(_)) => shell.toasts.say(t(Word::LogsExportBroken)),
                }
            });
        };
        view! { <button type="button" role="menuitem" on:click=save>{label}</button> }
    };
    view! {
        <Menu label=Signal::stored(t(Word::LogsExport).to_owned()) title=t(Word::LogsExport) kind="plain" icon="download">
            {FORMS.into_iter().map(choice).collect_view()}
        </Menu>
    }
}
