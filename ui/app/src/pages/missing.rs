//! An address where nothing is.

use leptos::prelude::*;

use crate::parts::mark::{Mark, State};
use crate::shell::Shell;
use crate::words::{Word, t};

#[component]
pub(crate) fn Page() -> impl IntoView {
    let shell = Shell::here();
    view! {
        <div class="page">
            <div class="page-head"><h1>{t(Word::ShellNotFound)}</h1></div>
            <div class="state" role="alert">
                <Mark state=State::Unknown />
                <div class="grow">
                    <p>{t(Word::ShellNotFoundText)}</p>
                    <div class="actions"><a class="button" href=move || shell.link([]).to_string()>{t(Word::ShellPageHome)}</a></div>
                </div>
            </div>
        </div>
    }
}
