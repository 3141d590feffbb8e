//! Where statements are written: a text area whose text is painted behind it, with its line numbers, and with
//! names that finish what is being written.

use daymark_viz::{line, sql_names, sql_text};
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
    let names = Memo::new(move |_| {
        console.schema.map(|schema| {
            let tables = schema.tables.iter().map(|table| table.table.clone());
            let columns =
                schema.tables.iter().flat_map(|table| table.columns.iter().map(|column| column.name.clone()));
            let functions = schema.functions.iter().map(|function| function.name.clone());
            tables.chain(functions).chain(columns).collect::<Vec<_>>()
        })
    });
    // Where the word that is written begins, what it may become, and which of that is chosen.
    let offered = RwSignal::new(None::<(usize, Vec<String>)>);
    let chosen = RwSignal::new(None::<usize>);
    let caret = move || {
        let at = area.get_untracked().and_then(|area| area.selection_start().ok().flatten()).unwrap_or(0);
        text.with_untracked(|text| line::byte_of(text, at as usize))
    };
    let look =
        move || {
            chosen.set(None);
            offered.set(text.with_untracked(|text| {
                names.with_untracked(|names| sql_names::offered(text, caret(), names))
            }));
        };
    let take = move |name: &str| {
        let (Some((start, _)), Some(area)) = (offered.get_untracked(), area.get_untracked()) else { return };
        let units = |bytes: usize| {
            text.with_untracked(|text| {
                text.get(..bytes).map_or(0, |before| before.encode_utf16().count() as u32)
            })
        };
        let (from, to) = (units(start), units(caret()));
        drop(area.set_range_text_with_start_and_end(name, from, to));
        text.set(area.value());
        let after = from + name.encode_utf16().count() as u32;
        drop(area.set_selection_range(after, after));
        drop(area.focus());
        offered.set(None);
    };
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
        let count = offered.with_untracked(|offered| offered.as_ref().map_or(0, |(_, names)| names.len()));
        let is_plain = count > 0 && !event.alt_key() && !is_command && !event.is_composing();
        let now = chosen.get_untracked();
        match event.key().as_str() {
            "ArrowDown" if is_plain => chosen.set(Some(now.map_or(0, |at| (at + 1) % count))),
            "ArrowUp" if is_plain && now.is_some() => chosen.set(now.map(|at| (at + count - 1) % count)),
            // Enter begins a line unless somebody has chosen.
            "Tab" | "Enter" if is_plain && (event.key() == "Tab" || now.is_some()) && !event.shift_key() => {
                let name =
                    offered.with_untracked(|offered| offered.as_ref()?.1.get(now.unwrap_or(0)).cloned());
                take(&name.unwrap_or_default());
            }
            "Escape" if is_plain => offered.set(None),
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
    let menu = move || {
        let (start, names) = offered.get()?;
        let (row, column) = text.with_untracked(|text| {
            let before = text.get(..start).unwrap_or_default();
            (
                before.matches('\n').count(),
                before
                    .lines()
                    .last()
                    .filter(|_| !before.ends_with('\n'))
                    .map_or(0, |line| line.chars().count()),
            )
        });
        let choice = |(at, name): (usize, String)| {
            let put = name.clone();
            view! {
                <button
                    type="button" role="option" tabindex="-1" class="mono"
                    aria-selected=move || (chosen.get() == Some(at)).to_string()
                    on:pointerdown=move |event| { event.prevent_default(); take(&put); }
                >{name}</button>
            }
        };
        Some(view! {
            <div class="menu" role="listbox" aria-label=t(Word::SqlNames) style:left=format!("{column}ch") style:top=format!("{}px", (row + 1) * 20)>
                {names.into_iter().enumerate().map(choice).collect_view()}
            </div>
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
                    aria-autocomplete="list"
                    on:input=move |event| { text.set(event_target_value(&event)); at.set(None); look(); }
                    on:blur=move |_| offered.set(None)
                    on:keydown=pressed
                ></textarea>
                {menu}
            </div>
        </div>
    }
}
