//! Log lines: search, histogram, patterns, live tail.

use leptos::prelude::*;

use crate::words::{Word, t};

#[component]
pub(crate) fn Page() -> impl IntoView {
    view! { <div class="page"><div class="page-head"><h1>{t(Word::NavLogs)}</h1></div></div> }
}
