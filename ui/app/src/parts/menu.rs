//! Buttons that open something below them; it closes on Escape, on a click elsewhere, and after a choice.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, Node};

use crate::life;
use crate::parts::icon::Icon;

/// A button with a list of choices.
#[component]
pub(crate) fn Menu(
    #[prop(into)] label: Signal<String>,
    title: &'static str,
    #[prop(default = "")] kind: &'static str,
    #[prop(optional)] icon: Option<&'static str>,
    /// What is chosen now, behind the label.
    #[prop(optional, into)]
    value: Option<Signal<String>>,
    children: ChildrenFn,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let children = StoredValue::new(children);
    view! {
        <span class="anchor">
            <button
                type="button"
                class="button"
                data-kind=kind
                title=title
                aria-haspopup="menu"
                aria-expanded=move || is_open.get().to_string()
                on:click=move |_| is_open.update(|open| *open = !*open)
            >
                {icon.map(|icon| view! { <Icon name=icon /> })}
                {label}
                {value.map(|value| view! { <b class="menu-value">{value}</b> })}
                <Icon name="down" size=12 />
            </button>
            <Popover is_open=is_open is_menu=true>{children.with_value(|children| children())}</Popover>
        </span>
    }
}

/// What an anchor opens.
#[component]
pub(crate) fn Popover(
    is_open: RwSignal<bool>,
    #[prop(optional)] is_menu: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    view! {
        <Show when=move || is_open.get()>
            <Opened is_open=is_open is_menu=is_menu>{children.with_value(|children| children())}</Opened>
        </Show>
    }
}

#[component]
fn Opened(is_open: RwSignal<bool>, is_menu: bool, children: Children) -> impl IntoView {
    let frame = NodeRef::<html::Div>::new();
    let is_right = RwSignal::new(false);
    // Whoever opened it is part of it: a click there closes by itself.
    life::on_window(leptos::ev::pointerdown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
        let anchor = frame.get_untracked().and_then(|frame| frame.parent_element());
        if anchor.is_some_and(|anchor| !anchor.contains(target.as_ref())) {
            is_open.set(false);
        }
    });
    Effect::new(move |_| {
        if let Some(frame) = frame.get() {
            let rect = frame.get_bounding_client_rect();
            let wide = window().inner_width().ok().and_then(|wide| wide.as_f64()).unwrap_or(f64::MAX);
            is_right.set(rect.right() > wide - 8.0);
            focus_item(&frame, 0);
        }
    });
    let pressed = move |event: KeyboardEvent| {
        let Some(frame) = frame.get_untracked() else { return };
        match event.key().as_str() {
            "Escape" => {
                is_open.set(false);
                let button =
                    frame.parent_element().and_then(|anchor| anchor.query_selector("button").ok().flatten());
                if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
                    drop(button.focus());
                }
            }
            "ArrowDown" if is_menu => focus_item(&frame, 1),
            "ArrowUp" if is_menu => focus_item(&frame, -1),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    view! {
        <div
            class="menu"
            node_ref=frame
            role=if is_menu { "menu" } else { "dialog" }
            style:right=move || if is_right.get() { "0" } else { "auto" }
            style:top="calc(100% + 4px)"
            on:keydown=pressed
            on:click=move |_| if is_menu { is_open.set(false) }
        >
            {children()}
        </div>
    }
}

/// Moves the focus among the choices; a step of 0 goes to the first.
fn focus_item(frame: &web_sys::HtmlDivElement, step: i32) {
    let Ok(items) = frame.query_selector_all("button, a, input") else { return };
    let count = items.length() as i32;
    let active = document().active_element();
    let is_active = |at: &i32| {
        items
            .item(*at as u32)
            .is_some_and(|item| active.as_ref().is_some_and(|active| active.is_same_node(Some(&item))))
    };
    let at = (0..count).find(is_active);
    let next = at.map_or(0, |at| (at + step).rem_euclid(count.max(1)));
    if let Some(item) = items.item(next as u32).and_then(|item| item.dyn_into::<HtmlElement>().ok()) {
        drop(item.focus());
    }
}
