//! Keeps the page with its question under a name, for everybody; the settings page lists what was kept.

use daymark_view::stored::{SavedView, SavedViewBody};
use leptos::prelude::*;

use crate::life;
use crate::net::{self, Question};
use crate::parts::dialog::Dialog;
use crate::shell::Shell;
use crate::words::{Word, t};

#[component]
pub(super) fn Saving() -> impl IntoView {
    let shell = Shell::here();
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let name = crate::window::value_of("#view-name");
        if name.trim().is_empty() {
            return;
        }
        let address = shell.address.now();
        let kind = address.path.first().cloned().unwrap_or_else(|| "overview".into());
        let url = address.to_string();
        let url = format!("/{}", url.trim_start_matches(['.', '/']));
        let view = SavedView { name: name.trim().to_owned(), kind, url, shared: true };
        let question = Question::post("saved-views", &SavedViewBody { version: None, view });
        shell.is_saving.set(false);
        life::finish(async move {
            match net::send(&question, None).await {
                Ok(_) => shell.toasts.say(t(Word::ShellViewSaved)),
                Err(problem) => shell.toasts.say(problem.detail.clone()),
            }
        });
    };
    view! {
        <Dialog is_open=shell.is_saving title=t(Word::ShellSaveView)>
            <form class="saving" on:submit=save>
                <label for="view-name">{t(Word::ShellViewName)}</label>
                <input id="view-name" class="input" type="text" maxlength="200" autofocus />
                <p class="faint small">{t(Word::ShellViewHint)}</p>
                <button type="submit" class="button" data-kind="primary">{t(Word::ShellSave)}</button>
            </form>
        </Dialog>
    }
}
