//! What the reader chose: theme, density, language, the width of the navigation, keys. Links choose for their
//! visit alone; what is kept is only ever changed by a choice on the settings page or in the frame. This browser
//! keeps it, so that no page waits; the server keeps most of it for browsers in which nothing was chosen yet.

use daymark_view::error::Code;
use daymark_view::meta::Answer;
use daymark_view::stored::Prefs;
use leptos::prelude::*;
use serde_json::Value;

use crate::life;
use crate::net::{self, Failed, Question};
use crate::shell::Shell;
use crate::window as browser;
use crate::words::Language;

pub(crate) const THEMES: [&str; 4] = ["auto", "light", "dark", "contrast"];
pub(crate) const DENSITIES: [&str; 3] = ["compact", "default", "comfortable"];

/// Pages that need the width.
const WIDE: [&str; 4] = ["map", "sql", "compare", "trace"];

/// What the server keeps. Language and zone are those of the browser: without names all readers are one to it.
const KEPT: [&str; 5] = ["theme", "density", "nav", "letters", "keys"];

/// Applies what was chosen before, and follows the address.
pub(super) fn install(shell: Shell) {
    life::finish(async move { drop(fetch(shell).await) });
    let chosen = language(shell.address.now().get("lang"));
    browser::set_root("lang", chosen.code());
    for (key, parameter) in [("data-theme", "theme"), ("data-density", "density")] {
        let visit = shell.address.param(parameter);
        Effect::new(move |_| {
            let stored = || browser::stored(&format!("daymark.{parameter}"));
            browser::set_root(key, &visit.get().or_else(stored).unwrap_or_default());
        });
    }
}

fn language(visit: Option<&str>) -> Language {
    let browser = || window().navigator().language();
    let code = visit.map(Into::into).or_else(|| browser::stored("daymark.lang")).or_else(browser);
    Language::of(&code.unwrap_or_default())
}

/// Keeps a choice for good. The language is spoken from the next load on.
pub(crate) fn keep(parameter: &str, value: &str) {
    take(parameter, value);
    if parameter == "lang" {
        browser::reload();
    }
    if !KEPT.contains(&parameter) {
        return;
    }
    let (parameter, value) = (parameter.to_owned(), value.to_owned());
    life::finish(async move {
        // Kept here whatever the server says: it may be an older one, or away.
        drop(put(&parameter, &value).await);
    });
}

fn take(parameter: &str, value: &str) {
    browser::store(&format!("daymark.{parameter}"), value);
    match parameter {
        "theme" => browser::set_root("data-theme", value),
        "density" => browser::set_root("data-density", value),
        _ => {}
    }
}

/// Takes over what was chosen in another browser, where nothing was chosen in this one.
async fn fetch(shell: Shell) -> Result<(), Failed> {
    let prefs = net::ask::<Answer<Prefs>>(&Question::get("prefs"), None).await?.data;
    for parameter in KEPT {
        let Some(value) = prefs.all.get(parameter).and_then(Value::as_str) else { continue };
        let is_open = browser::stored(&format!("daymark.{parameter}")).is_none();
        if is_open && shell.address.now().get(parameter).is_none() {
            take(parameter, value);
            if parameter == "keys" {
                shell.keys.remap();
            }
        }
    }
    Ok(())
}

/// Changes one preference; whoever else changed one meanwhile keeps theirs.
async fn put(parameter: &str, value: &str) -> Result<(), Failed> {
    loop {
        let mut prefs = net::ask::<Answer<Prefs>>(&Question::get("prefs"), None).await?.data;
        prefs.all.insert(parameter.to_owned(), Value::String(value.to_owned()));
        match net::send(&Question::put("prefs", &prefs), None).await {
            Err(problem) if problem.code == Code::Conflict => {}
            done => return done.map(drop),
        }
    }
}

/// Whether the navigation shows icons alone: as chosen, else by the page.
pub(super) fn has_icons(shell: Shell) -> bool {
    match browser::stored("daymark.nav").as_deref() {
        Some("icons") => true,
        Some("full") => false,
        _ => {
            let path = shell.address.get().path;
            let place = path.first().map_or("", String::as_str);
            WIDE.contains(&place) || place == "traces" && path.len() > 1
        }
    }
}
