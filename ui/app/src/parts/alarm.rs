//! From what one looks at to a rule about it, with the signal filled in.

use leptos::prelude::*;
use serde_json::Value;

use crate::parts::icon::Icon;
use crate::shell::Shell;
use crate::words::{Word, t};

/// A link with a bell. Without a signal there is nothing to make a rule about.
#[component]
pub(crate) fn CreateAlert(
    #[prop(into)] signal: Signal<Option<Value>>,
    /// Beside a chart, where it must not be loud.
    #[prop(optional)]
    is_small: bool,
) -> impl IntoView {
    let shell = Shell::here();
    let to = move || {
        let draft = signal.get()?.to_string();
        let there = shell.link(["alerts"]).with("tab", "rules").with("rule", "new");
        Some(there.with("draft", &draft).to_string())
    };
    let class = if is_small { "alarm" } else { "button alarm-button" };
    let size = if is_small { 14 } else { 16 };
    move || {
        to().map(|to| view! {
            <a class=class href=to data-icon="" title=t(Word::AlertsCreate) aria-label=t(Word::AlertsCreate)><Icon name="bell" size=size /></a>
        })
    }
}
