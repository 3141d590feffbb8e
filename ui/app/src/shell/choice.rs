//! What the reader chose: theme, density, language, the width of the navigation. Links choose for their visit
//! alone; what is kept is only ever changed by a choice on the settings page or in the frame.

use leptos::prelude::*;

use crate::shell::Shell;
use crate::window as browser;
use crate::words::Language;

pub(crate) const THEMES: [&str; 4] = ["auto", "light", "dark", "contrast"];
pub(crate) const DENSITIES: [&str; 3] = ["compact", "default", "comfortable"];

/// Pages that need the width.
const WIDE: [&str; 4] = ["map", "sql", "compare", "trace"];

/// Applies what was chosen before, and follows the address.
pub(super) fn install(shell: Shell) {
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
    browser::store(&format!("daymark.{parameter}"), value);
    match parameter {
        "theme" => browser::set_root("data-theme", value),
        "density" => browser::set_root("data-density", value),
        "lang" => drop(window().location().reload()),
        _ => {}
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
