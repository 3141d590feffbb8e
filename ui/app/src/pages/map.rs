//! Who calls whom: the service map.

use leptos::prelude::*;

use crate::words::{Word, t};

#[component]
pub(crate) fn Page() -> impl IntoView {
    view! { <div class="page"><div class="page-head"><h1>{t(Word::NavMap)}</h1></div></div> }
}
