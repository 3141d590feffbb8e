//! A dialog over the page, with what browsers give it: the focus stays inside and comes back after.

use leptos::html;
use leptos::prelude::*;

use crate::parts::icon::Icon;
use crate::words::{Word, t};

#[component]
pub(crate) fn Dialog(
    is_open: RwSignal<bool>,
    title: &'static str,
    /// Without a head of its own.
    #[prop(optional)]
    is_bare: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let frame = NodeRef::<html::Dialog>::new();
    let children = StoredValue::new(children);
    Effect::new(move |_| {
        let Some(frame) = frame.get() else { return };
        match (is_open.get(), frame.open()) {
            (true, false) => drop(frame.show_modal()),
            (false, true) => frame.close(),
            _ => {}
        }
    });
    let clicked = move |event: web_sys::MouseEvent| {
        // The backdrop belongs to the dialog itself; whatever is inside is another element.
        let is_backdrop = event.target().zip(frame.get_untracked()).is_some_and(|(target, frame)| {
            let frame: &web_sys::EventTarget = frame.as_ref();
            &target == frame
        });
        if is_backdrop {
            is_open.set(false);
        }
    };
    view! {
        <dialog class="sheet" node_ref=frame aria-label=title on:click=clicked on:close=move |_| is_open.set(false)>
            <Show when=move || is_open.get()>
                {(!is_bare).then(|| view! {
                    <div class="side-head">
                        <h2>{title}</h2>
                        <span class="actions">
                            <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::ShellClose) on:click=move |_| is_open.set(false)>
                                <Icon name="close" />
                            </button>
                        </span>
                    </div>
                })}
                {children.with_value(|children| children())}
            </Show>
        </dialog>
    }
}
