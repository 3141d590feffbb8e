//! A list that is read page by page, or what stands in its place: still loading, failed, found nothing.

use daymark_view::why::WhySignal;
use leptos::prelude::*;
use serde::de::DeserializeOwned;

use crate::paged::Paged;
use crate::parts::states::{Bones, Empty, Failure, Progress, Stale};

#[component]
pub(crate) fn Listed<T: DeserializeOwned + Send + Sync + 'static>(
    list: Paged<T>,
    /// What is listed, to say why there is none.
    signal: WhySignal,
    #[prop(into)] q: Signal<String>,
    /// The rows.
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    let state = Memo::new(move |_| match (list.has_answer(), list.problem().is_some()) {
        (false, true) => 0,
        (false, false) => 1,
        (true, _) if list.is_empty() => 2,
        (true, _) => 3,
    });
    view! {
        <Show when=move || (list.is_waiting() || list.is_reading_on()) && list.has_answer()><Progress /></Show>
        {move || list.problem().filter(|_| list.has_answer()).map(|problem| view! { <Stale problem=problem /> })}
        {move || match state.get() {
            0 => list.problem().map(|problem| view! { <Failure problem=problem /> }).into_any(),
            1 => view! { <Bones rows=16 /> }.into_any(),
            2 => view! { <Empty signal=signal q=q /> }.into_any(),
            _ => children.with_value(|children| children()).into_any(),
        }}
    }
}
