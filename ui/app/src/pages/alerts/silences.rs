//! Silences that hold, will or did, with whom they cover, and their end.

use daymark_view::alerts::silence::Silence;
use daymark_view::stored::Stored;
use leptos::prelude::*;

use super::silence_form::Form;
use super::{Alerts, change};
use crate::net::{Question, part};
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::states::{Loaded, Nothing};
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, say, t};

#[component]
pub(super) fn Silences(alerts: Alerts) -> impl IntoView {
    let shell = Shell::here();
    let chosen = shell.address.param("silence");
    // The one that is changed, or none for a new one.
    let known = Memo::new(move |_| {
        let id = chosen.get()?;
        alerts.silences.map(|all| all.iter().find(|one| one.id == id).cloned())
    });
    let opens = Memo::new(move |_| match chosen.get().as_deref() {
        Some("new") => true,
        Some(_) => known.with(Option::is_some),
        None => false,
    });
    let add = move |_| shell.address.push(shell.address.now().with("silence", "new"));
    view! {
        <div class="scroll">
            <Show when=move || opens.get()>{move || view! { <Form alerts=alerts known=known.get() /> }}</Show>
            <div class="section-head">
                <h2>{t(Word::AlertsSilences)}</h2>
                <button type="button" class="button" on:click=add><Icon name="plus" />{t(Word::AlertsNewSilence)}</button>
            </div>
            <Loaded load=alerts.silences rows=4 show=move |answer| {
                if answer.data.is_empty() {
                    return view! { <Nothing text=t(Word::AlertsNoSilences) /> }.into_any();
                }
                let mut all = answer.data.clone();
                all.sort_by_key(|one| std::cmp::Reverse(one.body.ends_at));
                view! {
                    <table class="alert-table alert-silences">
                        <thead><tr>
                            <th scope="col">{t(Word::AlertsMatchers)}</th>
                            <th scope="col">{t(Word::AlertsComment)}</th>
                            <th scope="col">{t(Word::AlertsWho)}</th>
                            <th scope="col">{t(Word::AlertsEnds)}</th>
                            <th scope="col"><span class="unseen">{t(Word::AlertsEndNow)}</span></th>
                        </tr></thead>
                        <tbody>{all.iter().map(|silence| row(shell, silence)).collect_view()}</tbody>
                    </table>
                }.into_any()
            } />
        </div>
    }
}

fn row(shell: Shell, silence: &Stored<Silence>) -> impl IntoView + use<> {
    let id = silence.id.clone();
    let now = window::now();
    let is_over = silence.body.ends_at <= now;
    let (mark, word) = match silence.body.is_active(now) {
        true => (State::Manual, Word::AlertsHolds),
        false if is_over => (State::Unknown, Word::AlertsIsOver),
        false => (State::Moving, Word::AlertsWill),
    };
    let end = move |_| {
        change(shell, Question::delete(format!("alerts/silences/{}", part(&id))), Word::AlertsEnded, || ());
    };
    let edit = shell.address.now().with("silence", &silence.id).without("draft").to_string();
    let matchers = silence.body.matchers.iter().map(|one| {
        let json = serde_json::to_value(one).unwrap_or_default();
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        view! { <span class="chip"><span class="faint">{text("label")}" "{text("op")}</span><span class="cut">{text("value")}</span></span>" " }
    });
    let ends = shell.civil(silence.body.ends_at).date_hm();
    let left = daymark_viz::figure::age(silence.body.ends_at.0.saturating_sub(now.0).max(0).unsigned_abs());
    let ends =
        if is_over { ends } else { say(Word::AlertsEndsIn, &[("time", &ends), ("left", &left.to_string())]) };
    view! {
        <tr data-over=is_over.then_some("")>
            <td class="alert-matchers"><Mark state=mark title=t(word) />" "{matchers.collect_view()}</td>
            <td class="alert-reason">{silence.body.comment.clone()}</td>
            <td class="quiet">{silence.body.created_by.clone()}</td>
            <td>{ends}</td>
            <td class="num">
                {(!is_over).then(|| view! {
                    <a class="button" data-kind="plain" href=edit>{t(Word::AlertsEdit)}</a>" "
                    <button type="button" class="button" on:click=end>{t(Word::AlertsEndNow)}</button>
                })}
            </td>
        </tr>
    }
}
