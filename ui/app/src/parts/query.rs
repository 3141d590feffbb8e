//! The field that takes the search grammar: it paints what was written, offers what may follow, says exactly
//! where something is wrong, and puts the query into the address on Enter.

use daymark_view::fields::FieldRow;
use daymark_view::search::{self, Domain, Key};
use daymark_viz::{clause, line};
use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::load::load;
use crate::net::Question;
use crate::parts::icon::Icon;
use crate::shell::Shell;
use crate::words::{Word, t};

/// Choices offered at once.
const OFFERED: usize = 12;

#[component]
pub(crate) fn QueryInput(
    domain: Domain,
    /// What the field says while it is empty.
    placeholder: &'static str,
    /// The parameter that keeps the query.
    #[prop(default = "q")]
    parameter: &'static str,
) -> impl IntoView {
    let shell = Shell::here();
    let written = shell.address.param(parameter);
    let text = RwSignal::new(written.get_untracked().unwrap_or_default());
    let caret = RwSignal::new(0_usize);
    let is_open = RwSignal::new(false);
    let chosen = RwSignal::new(None::<usize>);
    let field = NodeRef::<html::Input>::new();
    Effect::new(move |_| text.set(written.get().unwrap_or_default()));
    let problem = Memo::new(move |_| text.with(|text| search::parse(domain, text).err()));
    let completion = Memo::new(move |_| {
        is_open.get().then(|| text.with(|text| search::complete(domain, text, caret.get())))
    });
    let fields_path = if domain == Domain::Logs { "logs/fields" } else { "traces/fields" };
    // Names and values that only the store knows; asked for while somebody writes one.
    let known = load::<Vec<FieldRow>>(move || {
        let completion = completion.get()?;
        let typed = completion.typed.trim_matches(['*', '"']).to_owned();
        let question = shell.in_range(Question::get(fields_path)).with("limit", OFFERED);
        // The values of a key come with its row.
        Some(question.with("search", completion.value_of.as_ref().map_or(typed, Key::text)))
    });
    let offered = Memo::new(move |_| {
        let Some(completion) = completion.get() else { return Vec::new() };
        let mut offered: Vec<(String, String)> = Vec::new();
        let fixed = completion.keys.iter().chain(&completion.ops).chain(&completion.values);
        offered.extend(fixed.map(|text| ((*text).to_owned(), String::new())));
        offered.extend(
            known.map(|found| from_store(found, completion.value_of.as_ref().map(Key::text).as_deref())),
        );
        let mut seen = std::collections::HashSet::new();
        offered.retain(|(text, _)| *text != completion.typed && seen.insert(text.clone()));
        offered.truncate(OFFERED);
        offered
    });
    let look = move || {
        if let Some(field) = field.get_untracked() {
            let at = field.selection_start().ok().flatten().unwrap_or(0) as usize;
            // The browser counts in UTF-16, the grammar in bytes.
            caret.set(text.with_untracked(|text| line::byte_of(text, at)));
        }
    };
    let take = move |choice: &str| {
        let Some(completion) = completion.get_untracked() else { return };
        let [start, end] = completion.place;
        let is_key = completion.value_of.is_none()
            && !choice.ends_with(['(', '.'])
            && choice.chars().any(char::is_alphabetic);
        let quoted = if completion.value_of.is_some() { clause::value(choice) } else { choice.to_owned() };
        let put = if is_key && !choice.ends_with(':') { format!("{quoted}:") } else { quoted };
        text.update(|text| text.replace_range(start..end.min(text.len()), &put));
        caret.set(start + put.len());
        chosen.set(None);
        if let Some(field) = field.get_untracked() {
            field.set_value(&text.get_untracked());
            drop(field.focus());
        }
    };
    let run = move || {
        is_open.set(false);
        if problem.with_untracked(Option::is_none) {
            let text = text.get_untracked();
            if written.get_untracked().unwrap_or_default() == text.trim() {
                shell.ask_again();
            }
            shell.address.set(parameter, text.trim());
        }
    };
    let pressed = move |event: KeyboardEvent| {
        let count = offered.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" if count > 0 => chosen.update(|at| *at = Some(at.map_or(0, |at| (at + 1) % count))),
            "ArrowUp" if count > 0 => {
                chosen.update(|at| *at = Some(at.map_or(count - 1, |at| (at + count - 1) % count)))
            }
            "Enter" | "Tab" if chosen.get_untracked().is_some() && !event.is_composing() => {
                let at = chosen.get_untracked().unwrap_or_default();
                if let Some((choice, _)) = offered.with_untracked(|offered| offered.get(at).cloned()) {
                    take(&choice);
                }
            }
            "Enter" if !event.is_composing() => run(),
            "Escape" if is_open.get_untracked() => is_open.set(false),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let paint = move || text.with(|text| painted(domain, text));
    let menu = move || {
        let offered = offered.get();
        (is_open.get() && !offered.is_empty()).then(|| {
            let row = |(at, (text, hint)): (usize, (String, String))| {
                let choice = text.clone();
                view! {
                    <button
                        type="button"
                        role="option"
                        tabindex="-1"
                        class="mono"
                        aria-selected=move || (chosen.get() == Some(at)).to_string()
                        on:pointerdown=move |event| { event.prevent_default(); take(&choice); }
                    >{text}<span class="hint">{hint}</span></button>
                }
            };
            view! { <div class="menu" role="listbox">{offered.into_iter().enumerate().map(row).collect_view()}</div> }
        })
    };
    view! {
        <div class="query" data-bad=move || problem.with(|problem| problem.is_some()).then_some("")>
            <div class="field">
                <Icon name="search" />
                <div class="text">
                    <div class="paint" aria-hidden="true">{paint}</div>
                    <input
                        node_ref=field
                        data-query=""
                        type="text"
                        role="combobox"
                        aria-expanded=move || is_open.get().to_string()
                        aria-label=placeholder
                        aria-invalid=move || problem.with(Option::is_some).to_string()
                        placeholder=placeholder
                        spellcheck="false"
                        autocomplete="off"
                        autocapitalize="off"
                        prop:value=text
                        on:input=move |event| { text.set(event_target_value(&event)); chosen.set(None); look(); is_open.set(true); }
                        on:click=move |_| look()
                        on:keyup=move |_| look()
                        on:focus=move |_| look()
                        on:blur=move |_| is_open.set(false)
                        on:keydown=pressed
                    />
                </div>
            </div>
            {menu}
            {move || problem.get().filter(|_| !is_open.get()).map(|problem| {
                let hint = problem.hint.clone();
                view! { <p class="query-problem" role="alert">{problem.detail.clone()} " " <span class="faint">{hint}</span></p> }
            })}
        </div>
        <button type="button" class="button" data-kind="primary" disabled=move || problem.with(Option::is_some) on:click=move |_| run()>
            {t(Word::ShellRun)}
        </button>
    }
}

/// Names of keys, or the values of one.
fn from_store(fields: &[FieldRow], value_of: Option<&str>) -> Vec<(String, String)> {
    let count = |count: u64| daymark_viz::figure::count(count).to_string();
    if let Some(key) = value_of {
        let top = fields.iter().filter(|field| field.key == key).flat_map(|field| &field.top);
        return top.map(|value| (value.value.clone(), count(value.count))).collect();
    }
    fields.iter().map(|field| (field.key.clone(), String::new())).collect()
}

/// The text in colours: keys grey, quoted values blue, what is wrong underlined.
fn painted(domain: Domain, text: &str) -> impl IntoView + use<> {
    let bad = search::parse(domain, text).err().map(|problem| problem.place);
    let mut pieces = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(' ') {
        let (start, end) = (at, at + word.len());
        at = end;
        let is_bad = bad.is_some_and(|[from, to]| from < end && start < to.max(from + 1));
        if is_bad {
            pieces.push(("bad", word.to_owned()));
            continue;
        }
        match word.find([':', '=', '<', '>', '~', '!']).filter(|_| !word.starts_with('"')) {
            Some(op) => {
                let (key, rest) = word.split_at(op);
                let (sign, value) =
                    rest.split_at(rest.find(|letter: char| !":=<>~!".contains(letter)).unwrap_or(rest.len()));
                pieces.push(("key", key.to_owned()));
                pieces.push(("op", sign.to_owned()));
                let is_bad = word.starts_with("status:error")
                    || word.starts_with("level:error")
                    || word.starts_with("level:fatal");
                pieces.push((if is_bad { "failed" } else { "value" }, value.to_owned()));
            }
            None => pieces.push((if word.starts_with('"') { "quoted" } else { "" }, word.to_owned())),
        }
    }
    pieces.into_iter().map(|(class, text)| view! { <span class=class>{text}</span> }).collect_view()
}
