//! One service: how it does, what it does, whom it calls.

use leptos::prelude::*;

use crate::words::{Word, t};

#[component]
pub(crate) fn Page(service: Memo<String>) -> impl IntoView {
    view! { <div class="page"><div class="page-head"><h1>{t(Word::NavServices)}" "{service}</h1></div></div> }
}
