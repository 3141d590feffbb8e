//! Where statements are written: a text area whose text is painted behind it, with its line numbers.

use daymark_viz::sql_text;
use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::pages::sql::{Console, history};
use crate::words::{Word, t};

#[component]
pub(super) fn Editor(run: Callback<()>) -> impl IntoView {
    let console = expect_context::<Console>();
    let text = console.text;
    let area = NodeRef::<html::Textarea>::new();
    let at = RwSignal::new(None::<usize>);
    Effect::new(move |_| {
        if let (Some(name), Some(area)) = (console.insert.get(), area.get()) {
            let start = area.selection_start().ok().flatten().unwrap_or(0);
            let end = area.selection_end().ok().flatten().unwrap_or(start);
            drop(area.set_range_text_with_start_and_end(&name, start, end));
            text.set(area.value());
            let after = start + name.encode_utf16().count() as u32;
            drop(area.set_selection_range(after, after));
            drop(area.focus());
            console.insert.set(None);
        }
    });
    let walk = move |step: isize| {
        let all = history::all();
        let next = match (at.get_untracked(), step) {
            (None, 1) => Some(0),
            (Some(at), step) => at.checked_add_signed(step),
            (None, _) => None,
        };
        if let Some(statement) = next.and_then(|next| all.get(next)) {
            text.set(statement.clone());
            at.set(next);
        }
    };
    let pressed = move |event: KeyboardEvent| {
        let is_command = event.meta_key() || event.ctrl_key();
        match event.key().as_str() {
            "Enter" if is_command && !event.shift_key() => run.run(()),
            "ArrowUp" if event.alt_key() => walk(1),
            "ArrowDown" if event.alt_key() => walk(-1),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let lines = move || text.with(|text| text.split('\n').count());
    let numbers = move || (1..=lines()).map(|line| view! { <span>{line}</span> }).collect_view();
    let paint = move || {
        text.with(|text| {
            let piece = |(piece, text): (sql_text::Piece, &str)| view! { <span class=piece.class()>{text.to_owned()}</span> };
            sql_text::pieces(text).into_iter().map(piece).collect_view()
        })
    };
    view! {
        <div class="sql-editor">
            <div class="sql-numbers" aria-hidden="true">{numbers}</div>
            <div class="sql-text">
                <pre aria-hidden="true">{paint}"\n"</pre>
                <textarea
                    node_ref=area
                    data-query=""
                    aria-label=t(Word::SqlStatement)
                    spellcheck="false"
                    autocapitalize="off"
                    autocomplete="off"
                    prop:value=text
                    on:input=move |event| { text.set(event_target_value(&event)); at.set(None); }
                    on:keydown=pressed
                ></textarea>
            </div>
        </div>
    }
}
