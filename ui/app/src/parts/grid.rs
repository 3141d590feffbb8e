//! Tables whose rows are grids: one template of columns, the rows in sight alone in the document, keys to walk
//! them.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, MouseEvent};

use crate::life::{self, Life};
use crate::words::{Word, t};

/// Rows beyond both edges, so that a quick scroll shows no gap.
const MARGIN: usize = 12;

/// A column: its head, its width as CSS grids have it, and its cells.
pub(crate) struct Column<R> {
    head: String,
    width: &'static str,
    is_number: bool,
    /// The head is for those who hear the table.
    is_unnamed: bool,
    /// What `sort` in the address is set to by a click on the head.
    sort: Option<&'static str>,
    cell: Arc<dyn Fn(&R) -> AnyView + Send + Sync>,
}

impl<R> Column<R> {
    pub(crate) fn text(
        head: impl Into<String>,
        width: &'static str,
        cell: impl Fn(&R) -> AnyView + Send + Sync + 'static,
    ) -> Self {
        Self {
            head: head.into(),
            width,
            is_number: false,
            is_unnamed: false,
            sort: None,
            cell: Arc::new(cell),
        }
    }

    pub(crate) fn number(
        head: impl Into<String>,
        width: &'static str,
        cell: impl Fn(&R) -> AnyView + Send + Sync + 'static,
    ) -> Self {
        Self { is_number: true, ..Self::text(head, width, cell) }
    }

    /// Whose cells speak for themselves.
    #[must_use]
    pub(crate) fn unnamed(self) -> Self {
        Self { is_unnamed: true, ..self }
    }

    #[must_use]
    pub(crate) fn sorted_by(self, sort: &'static str) -> Self {
        Self { sort: Some(sort), ..self }
    }
}

/// How a table is sorted: the key, `-` before it when the largest comes first; and what to do on a click.
#[derive(Clone, Copy)]
pub(crate) struct Sorting {
    pub(crate) by: Signal<String>,
    pub(crate) choose: Callback<String>,
}

/// The rows scroll by themselves when `scrolls`, else with the page around them.
#[component]
pub(crate) fn Grid<R: Clone + Send + Sync + PartialEq + 'static>(
    #[prop(into)] rows: Signal<Vec<R>>,
    columns: Vec<Column<R>>,
    label: &'static str,
    #[prop(optional, into)] open: Option<Callback<R>>,
    /// A link for each row: what a click with the middle button opens.
    #[prop(optional, into)]
    link: Option<Callback<R, String>>,
    #[prop(optional, into)] is_selected: Option<Callback<R, bool>>,
    #[prop(optional)] sorting: Option<Sorting>,
    #[prop(default = 28.0)] row_px: f64,
    #[prop(optional)] scrolls: bool,
    /// Called when the last rows come into sight.
    #[prop(optional, into)]
    more: Option<Callback<()>>,
    /// Keys that the table does not know itself, with the row they were pressed on; true when one was taken.
    #[prop(optional, into)]
    keyed: Option<Callback<(String, R), bool>>,
) -> impl IntoView {
    let frame = NodeRef::<html::Div>::new();
    let seen = RwSignal::new((0.0_f64, 900.0_f64));
    let focused = RwSignal::new(0_usize);
    let template = columns.iter().map(|column| column.width).collect::<Vec<_>>().join(" ");
    let heads = columns.iter().map(|column| head(column, sorting)).collect_view();
    let columns = StoredValue::new(columns);
    let life = Life::here();
    let measure = life.only(move || {
        if let Some(frame) = frame.get_untracked() {
            seen.set((f64::from(frame.scroll_top()), f64::from(frame.client_height())));
        }
    });
    Effect::new(move |_| {
        if frame.get().is_some() {
            life.next_frame(measure);
        }
    });
    life::on_window(leptos::ev::resize, move |_| measure());
    let count = Memo::new(move |_| rows.with(Vec::len));
    let part = Memo::new(move |_| {
        let count = count.get();
        if !scrolls {
            return (0, count);
        }
        let (top, high) = seen.get();
        let first = (top / row_px) as usize;
        let last = first + (high / row_px) as usize + 1;
        (first.saturating_sub(MARGIN).min(count), (last + MARGIN).min(count))
    });
    if let Some(more) = more {
        Effect::new(move |_| {
            let (count, (_, last)) = (count.get(), part.get());
            if count > 0 && last == count {
                more.run(());
            }
        });
    }
    let go = move |at: usize| {
        focused.set(at);
        life.next_frame(move || {
            let Some(frame) = frame.get_untracked() else { return };
            if scrolls {
                let (top, high) = (f64::from(frame.scroll_top()), f64::from(frame.client_height()));
                let place = at as f64 * row_px;
                if place < top {
                    frame.set_scroll_top(place as i32);
                } else if place + row_px > top + high - 28.0 {
                    frame.set_scroll_top((place + row_px - high + 28.0) as i32);
                }
            }
            if let Ok(Some(row)) = frame.query_selector(&format!("[data-row='{at}']")) {
                use wasm_bindgen::JsCast;
                if let Ok(row) = row.dyn_into::<web_sys::HtmlElement>() {
                    drop(row.focus());
                }
            }
        });
    };
    let pressed = move |event: KeyboardEvent| {
        let count = count.get_untracked();
        if count == 0 || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let (at, page) = (focused.get_untracked(), (seen.get_untracked().1 / row_px) as usize);
        let next = match event.key().as_str() {
            "ArrowDown" | "j" => (at + 1).min(count - 1),
            "ArrowUp" | "k" => at.saturating_sub(1),
            "Home" => 0,
            "End" => count - 1,
            "PageDown" => (at + page.max(1)).min(count - 1),
            "PageUp" => at.saturating_sub(page.max(1)),
            "Enter" => {
                if let (Some(open), Some(row)) = (open, rows.with_untracked(|rows| rows.get(at).cloned())) {
                    event.prevent_default();
                    open.run(row);
                }
                return;
            }
            "o" => {
                if let (Some(link), Some(row)) = (link, rows.with_untracked(|rows| rows.get(at).cloned())) {
                    event.prevent_default();
                    drop(window().open_with_url_and_target(&link.run(row), "_blank"));
                }
                return;
            }
            key => {
                let row = rows.with_untracked(|rows| rows.get(at).cloned());
                if keyed.zip(row).is_some_and(|(keyed, row)| keyed.run((key.to_owned(), row))) {
                    event.prevent_default();
                    event.stop_propagation();
                }
                return;
            }
        };
        event.prevent_default();
        event.stop_propagation();
        go(next);
    };
    let row = move |at: usize| {
        let value = Memo::new(move |_| rows.with(|rows| rows.get(at).cloned()));
        let cells = move || {
            value.get().map(|value| {
                columns.with_value(|columns| {
                    columns
                        .iter()
                        .map(|column| {
                            let class = if column.is_number { "num" } else { "cell" };
                            view! { <div class=class role="cell">{(column.cell)(&value)}</div> }
                        })
                        .collect_view()
                })
            })
        };
        let clicked = move |event: MouseEvent| {
            focused.set(at);
            let Some(value) = value.get_untracked() else { return };
            let is_new = event.ctrl_key() || event.meta_key() || event.button() == 1;
            if let (true, Some(link)) = (is_new, link) {
                drop(window().open_with_url_and_target(&link.run(value), "_blank"));
            } else if let (false, Some(open)) = (is_new, open) {
                // A link or a button inside of the row acts for itself.
                use wasm_bindgen::JsCast;
                let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
                if target.is_none_or(|target| target.closest("a, button, input").ok().flatten().is_none()) {
                    open.run(value);
                }
            }
        };
        view! {
            <div
                class="grid-row"
                role="row"
                data-row=at.to_string()
                data-link=open.map(|_| "")
                aria-rowindex=(at + 2).to_string()
                aria-selected=move || is_selected.zip(value.get()).map(|(is, value)| is.run(value).to_string())
                tabindex=move || if focused.get() == at { "0" } else { "-1" }
                style:height=format!("{row_px}px")
                on:click=clicked
                on:auxclick=clicked
                on:focus=move |_| focused.set(at)
            >{cells}</div>
        }
    };
    let above = move || format!("{}px", part.get().0 as f64 * row_px);
    let below = move || format!("{}px", (count.get() - part.get().1.min(count.get())) as f64 * row_px);
    view! {
        <div
            class=if scrolls { "grid scroll" } else { "grid" }
            role="table"
            aria-label=label
            aria-rowcount=move || (count.get() + 1).to_string()
            style:--columns=template
            node_ref=frame
            on:scroll=move |_| measure()
            on:keydown=pressed
        >
            <div class="grid-head" role="row">{heads}</div>
            <div role="rowgroup">
                <div style:height=above></div>
                <For each=move || { let (first, last) = part.get(); first..last } key=|at| *at let:at>{row(at)}</For>
                <div style:height=below></div>
            </div>
        </div>
    }
}

fn head<R>(column: &Column<R>, sorting: Option<Sorting>) -> impl IntoView + use<R> {
    let class = if column.is_number { "num" } else { "" };
    let text = column.head.clone();
    let Some((sorting, sort)) = sorting.zip(column.sort) else {
        let class = if column.is_unnamed { "" } else { class };
        return view! { <div class=class role="columnheader"><span class:unseen=column.is_unnamed>{text}</span></div> }.into_any();
    };
    let is_number = column.is_number;
    let now = move || {
        sorting.by.with(|by| match by.strip_prefix('-') {
            Some(by) => (by == sort).then_some(true),
            None => (by == sort).then_some(false),
        })
    };
    let choose = move |_| {
        // Numbers begin with the largest, names with the first.
        let descending = now().map_or(is_number, |descending| !descending);
        sorting.choose.run(if descending { format!("-{sort}") } else { sort.into() });
    };
    let arrow = move || match now() {
        Some(true) => "↓",
        Some(false) => "↑",
        None => "",
    };
    let aria = move || match now() {
        Some(true) => "descending",
        Some(false) => "ascending",
        None => "none",
    };
    view! {
        <div class=class role="columnheader" aria-sort=aria data-sorted=move || now().map(|_| "")>
            <button type="button" on:click=choose title=t(Word::ShellSortDescending)><span>{text}</span><span aria-hidden="true">{arrow}</span></button>
        </div>
    }
    .into_any()
}
