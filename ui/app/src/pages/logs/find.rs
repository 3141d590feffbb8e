//! Finding a text among the lines of the list: matches are marked, and one goes from each to the next. Past the last
//! line that was read it reads on. The browser's own search sees only the lines in sight; a second Ctrl+F opens it.

use std::sync::Arc;

use daymark_view::trace_logs::LogRow;
use daymark_viz::{clause, figure};
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::search::Search;
use crate::paged::Paged;
use crate::parts::icon::Icon;
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, say, t};

#[component]
pub(super) fn Find(list: Paged<LogRow>, rows: Memo<Vec<Arc<LogRow>>>) -> impl IntoView {
    let search = expect_context::<Search>();
    let is_open = RwSignal::new(search.find.with_untracked(Option::is_some));
    view! {
        <Show when=move || is_open.get() fallback=move || view! { <Opener is_open=is_open /> }>
            <Bar is_open=is_open list=list rows=rows />
        </Show>
    }
}

/// Its key acts only while the bar is closed.
#[component]
fn Opener(is_open: RwSignal<bool>) -> impl IntoView {
    Shell::here().keys.on("Mod+f", Word::LogsFind, move || is_open.set(true));
}

#[component]
fn Bar(is_open: RwSignal<bool>, list: Paged<LogRow>, rows: Memo<Vec<Arc<LogRow>>>) -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let places = Memo::new(move |_| {
        let text = search.find.get().unwrap_or_default().to_lowercase();
        let holds = |row: &LogRow| row.body.as_ref().is_some_and(|body| body.to_lowercase().contains(&text));
        rows.with(|rows| match text.is_empty() {
            true => Vec::new(),
            false => {
                rows.iter().enumerate().filter(|(_, row)| holds(row)).map(|(at, _)| at).collect::<Vec<_>>()
            }
        })
    });
    // The line that was gone to last, and whether the next one is still being read.
    let at = RwSignal::new(None::<usize>);
    let is_sought = RwSignal::new(false);
    let go = move |place: usize| {
        is_sought.set(false);
        at.set(Some(place));
        search.to_line.set(Some(place));
    };
    let next = move || {
        let now = at.get_untracked();
        match places
            .with_untracked(|places| places.iter().copied().find(|place| now.is_none_or(|now| *place > now)))
        {
            Some(place) => go(place),
            None => {
                is_sought.set(true);
                list.more();
            }
        }
    };
    let before = move || {
        let now = at.get_untracked().unwrap_or(usize::MAX);
        if let Some(place) =
            places.with_untracked(|places| places.iter().copied().rev().find(|place| *place < now))
        {
            go(place);
        }
    };
    Effect::new(move |read: Option<usize>| {
        let count = rows.with(Vec::len);
        if is_sought.get_untracked() && read.is_some_and(|read| read != count) {
            next();
        }
        count
    });
    shell.keys.on("n", Word::LogsFindNext, next);
    shell.keys.on("N", Word::LogsFindBefore, before);
    let close = move || {
        is_open.set(false);
        shell.address.replace(shell.address.now().without("find"));
    };
    let typed = move |event: web_sys::Event| {
        at.set(None);
        shell.address.replace(shell.address.now().with("find", &event_target_value(&event)));
    };
    let pressed = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "Enter" if event.shift_key() => before(),
            "Enter" => next(),
            "Escape" => close(),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let told = move || {
        let count = |count: usize| figure::grouped(count as u64);
        let (found, read) = (places.with(Vec::len), rows.with(Vec::len));
        search.find.get().map(|_| say(Word::LogsFound, &[("count", &count(found)), ("read", &count(read))]))
    };
    let all = move || {
        let text = search.find.get().unwrap_or_default();
        let q = search.q.with(|q| clause::plus(daymark_view::search::Domain::Logs, q, &clause::value(&text)));
        shell.address.get().without("find").with("q", &q).to_string()
    };
    Effect::new(move |_| {
        window::focus("#find-line");
    });
    view! {
        <div class="toolbar logs-find" role="search">
            <Icon name="search" size=14 />
            <input
                id="find-line" type="text" class="input mono" spellcheck="false" autocomplete="off"
                aria-label=t(Word::LogsFind) placeholder=t(Word::LogsFind)
                prop:value=move || search.find.get().unwrap_or_default() on:input=typed on:keydown=pressed
            />
            <button type="button" class="button" data-kind="plain" data-icon title=t(Word::LogsFindBefore) aria-label=t(Word::LogsFindBefore) on:click=move |_| before()><Icon name="up" size=14 /></button>
            <button type="button" class="button" data-kind="plain" data-icon title=t(Word::LogsFindNext) aria-label=t(Word::LogsFindNext) on:click=move |_| next()><Icon name="down" size=14 /></button>
            <span class="small quiet" role="status">{told}</span>
            <span class="grow"></span>
            <Show when=move || search.find.with(Option::is_some)><a class="link small" href=all>{t(Word::LogsFindAll)}</a></Show>
            <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::ShellClose) on:click=move |_| close()><Icon name="close" size=14 /></button>
        </div>
    }
}
