//! The list of keys that act now, opened by `?`.

use leptos::prelude::*;

use crate::parts::dialog::Dialog;
use crate::shell::Shell;
use crate::words::{Word, t};

#[component]
pub(super) fn Help() -> impl IntoView {
    let shell = Shell::here();
    let list = move |is_global: bool| {
        let keys = shell.keys.list().into_iter().filter(|key| key.is_global == is_global);
        let mut keys: Vec<_> = keys.collect();
        keys.reverse();
        let row = |key: crate::shell::keys::Key| {
            let parts = key
                .pressed
                .split(' ')
                .map(|part| view! { <kbd class="kbd">{shown(part)}</kbd> })
                .collect_view();
            view! { <div class="help-row"><dt>{parts}</dt><dd>{key.does}</dd></div> }
        };
        keys.into_iter().map(row).collect_view()
    };
    let has_own = move || shell.keys.list().iter().any(|key| !key.is_global);
    view! {
        <Dialog is_open=shell.is_help_open title=t(Word::ShellHelp)>
            <div class="help">
                <Show when=has_own>
                    <section><h3>{t(Word::ShellHelpPage)}</h3><dl>{move || list(false)}</dl></section>
                </Show>
                <section><h3>{t(Word::ShellHelpGlobal)}</h3><dl>{move || list(true)}</dl></section>
                <p><a class="link" href="./?tour=1" on:click=move |_| shell.is_help_open.set(false)>{t(Word::TourTake)}</a></p>
            </div>
        </Dialog>
    }
}

pub(crate) fn shown(key: &str) -> String {
    match key {
        "ArrowLeft" => "←".into(),
        "ArrowRight" => "→".into(),
        "ArrowUp" => "↑".into(),
        "ArrowDown" => "↓".into(),
        "Escape" => "esc".into(),
        "Enter" => "↵".into(),
        key => key.replace("Mod+", "⌘ "),
    }
}
