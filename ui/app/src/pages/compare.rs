//! Two traces, or two sets of them, side by side.

use leptos::prelude::*;

use crate::words::{Word, t};

#[component]
pub(crate) fn Page() -> impl IntoView {
    view! { <div class="page"><div class="page-head"><h1>{t(Word::NavCompare)}</h1></div></div> }
}
