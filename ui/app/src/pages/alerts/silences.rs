//! Silences that hold or will, with whom they cover, and their end.

use daymark_view::alerts::silence::Silence;
use daymark_view::stored::Stored;
use leptos::prelude::*;

use super::{Alerts, change};
use crate::net::{Question, part};
use crate::parts::mark::{Mark, State};
use crate::parts::states::{Loaded, Nothing};
use crate::shell::Shell;
use crate::words::{Word, t};

#[component]
pub(super) fn Silences(alerts: Alerts) -> impl IntoView {
    let shell = Shell::here();
    view! {
        <div class="scroll">
            <Loaded load=alerts.silences rows=4 show=move |answer| {
                if answer.data.is_empty() {
                    return view! { <Nothing text=t(Word::AlertsNoSilences) /> }.into_any();
                }
                view! {
                    <table class="alert-changes">
                        <thead><tr>
                            <th scope="col">{t(Word::AlertsMatchers)}</th>
                            <th scope="col">{t(Word::AlertsComment)}</th>
                            <th scope="col">{t(Word::AlertsWho)}</th>
                            <th scope="col">{t(Word::AlertsEnds)}</th>
                            <th scope="col"><span class="unseen">{t(Word::AlertsEndNow)}</span></th>
                        </tr></thead>
                        <tbody>{answer.data.iter().map(|silence| row(shell, silence)).collect_view()}</tbody>
                    </table>
                }.into_any()
            } />
        </div>
    }
}

fn row(shell: Shell, silence: &Stored<Silence>) -> impl IntoView + use<> {
    let id = silence.id.clone();
    let end = move |_| {
        change(shell, Question::delete(format!("alerts/silences/{}", part(&id))), Word::AlertsDeleted, || ());
    };
    let is_active = silence.body.is_active(shell.now());
    let matchers = silence.body.matchers.iter().map(|one| {
        let json = serde_json::to_value(one).unwrap_or_default();
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        view! { <code class="chip">{format!("{}{}{}", text("label"), text("op"), text("value"))}</code> }
    });
    view! {
        <tr>
            <td><Mark state=if is_active { State::Moving } else { State::Unknown } />" "{matchers.collect_view()}</td>
            <td>{silence.body.comment.clone()}</td>
            <td>{silence.body.created_by.clone()}</td>
            <td class="mono">{shell.civil(silence.body.ends_at).date_hm()}</td>
            <td class="num"><button type="button" class="button" data-kind="plain" on:click=end>{t(Word::AlertsEndNow)}</button></td>
        </tr>
    }
}
