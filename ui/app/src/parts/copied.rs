//! Text to copy with a click: an id, a command.

use leptos::prelude::*;

use crate::parts::icon::Icon;
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, t};

/// An icon that copies.
#[component]
pub(crate) fn Copy(#[prop(into)] text: Signal<String>) -> impl IntoView {
    let shell = Shell::here();
    let copy = move |event: web_sys::MouseEvent| {
        event.stop_propagation();
        window::copy(&text.get_untracked());
        shell.toasts.say(t(Word::ShellCopied));
    };
    view! {
        <button type="button" class="button" data-kind="plain" data-icon title=t(Word::ShellCopy) aria-label=t(Word::ShellCopy) on:click=copy>
            <Icon name="copy" size=14 />
        </button>
    }
}

/// Lines to be copied into a terminal.
#[component]
pub(crate) fn CodeBlock(#[prop(into)] text: Signal<String>) -> impl IntoView {
    view! { <div class="codeblock" tabindex="0"><pre>{text}</pre><Copy text=text /></div> }
}
