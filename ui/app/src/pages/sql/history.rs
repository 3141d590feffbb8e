//! Statements that were run before. They stay in this browser.

use leptos::prelude::*;

use crate::pages::sql::Console;
use crate::parts::menu::Menu;
use crate::window as browser;
use crate::words::{Word, t};

const KEY: &str = "daymark.sql";
const KEPT: usize = 100;
const SHOWN: usize = 30;

/// The latest first.
pub(super) fn all() -> Vec<String> {
    browser::stored(KEY).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

pub(super) fn last() -> Option<String> {
    all().into_iter().next()
}

pub(super) fn keep(statement: &str) {
    let mut kept = all();
    kept.retain(|one| one != statement);
    kept.insert(0, statement.to_owned());
    kept.truncate(KEPT);
    browser::store(KEY, &serde_json::to_string(&kept).unwrap_or_default());
}

#[component]
pub(super) fn History() -> impl IntoView {
    let console = expect_context::<Console>();
    let item = move |statement: String| {
        let line: String =
            statement.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect();
        view! { <button type="button" role="menuitem" class="mono" on:click=move |_| console.text.set(statement.clone())>{line}</button> }
    };
    view! {
        <Menu label=Signal::stored(t(Word::SqlHistory).to_owned()) title=t(Word::SqlHistory) kind="plain">
            {move || all().into_iter().take(SHOWN).map(item).collect_view()}
        </Menu>
    }
}
