//! A notification as it is told: as people read it, and as programs do.

use daymark_view::alerts::preview::PreviewNotification;
use daymark_view::alerts::rule::Severity;
use daymark_viz::incident;
use leptos::prelude::*;

use crate::parts::copied::CodeBlock;
use crate::shell::Shell;
use crate::words::{Word, t};

#[component]
pub(super) fn Notification(
    told: Memo<Option<PreviewNotification>>,
    #[prop(into)] severity: Signal<Option<Severity>>,
) -> impl IntoView {
    let shell = Shell::here();
    let is_json = shell.address.param("told");
    let is_json = Memo::new(move |_| is_json.get().as_deref() == Some("json"));
    let choice = move |name: &'static str, label: &'static str| {
        let is_on = move || (is_json.get() == (name == "json")).to_string();
        let choose = move |_| shell.address.set("told", if name == "json" { name } else { "" });
        view! { <button type="button" aria-pressed=is_on on:click=choose>{label}</button> }
    };
    let shown = move |told: PreviewNotification| match is_json.get() {
        true => {
            let text = serde_json::to_string_pretty(&told.json).unwrap_or_default();
            view! { <CodeBlock text=Signal::stored(text) /> }.into_any()
        }
        false => {
            let (title, lines) = incident::slack_lines(&told.slack);
            let severity = severity.get().map(Severity::name);
            view! {
                <div class="alert-message" data-severity=severity>
                    <b>{title}</b>
                    {lines.into_iter().map(|line| view! { <p>{line}</p> }).collect_view()}
                </div>
            }
            .into_any()
        }
    };
    move || {
        told.get().map(|told| {
            view! {
                <section class="alert-notification">
                    <div class="section-head">
                        <h2>{t(Word::AlertsNotification)}</h2>
                        <div class="segments" role="group" aria-label=t(Word::AlertsNotification)>
                            {choice("slack", "Slack")}{choice("json", "JSON")}
                        </div>
                    </div>
                    {shown(told)}
                </section>
            }
        })
    }
}
