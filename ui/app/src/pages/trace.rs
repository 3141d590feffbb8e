//! One trace.

use leptos::prelude::*;

use crate::words::{Word, t};

#[component]
pub(crate) fn Page(id: Memo<String>) -> impl IntoView {
    view! { <div class="page"><div class="page-head"><h1>{t(Word::NavTraces)}" "{id}</h1></div></div> }
}
