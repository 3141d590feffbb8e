//! All services and how they do.

use leptos::prelude::*;

use crate::words::{Word, t};

#[component]
pub(crate) fn Page() -> impl IntoView {
    view! { <div class="page"><div class="page-head"><h1>{t(Word::NavServices)}</h1></div></div> }
}
