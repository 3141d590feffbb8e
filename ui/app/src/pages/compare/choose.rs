//! What is compared, while one side is not chosen: ids to paste, and traces that are like the one chosen.

use std::rc::Rc;

use daymark_view::diff::Similar;
use daymark_view::meta::Answer;
use daymark_viz::contrast::SideText;
use daymark_viz::figure;
use leptos::prelude::*;

use super::Asked;
use crate::load::load;
use crate::net::{self, Question};
use crate::parts::states::{Loaded, Nothing};
use crate::parts::swatch::Swatch;
use crate::shell::Shell;
use crate::words::{Word, say, t};

#[component]
pub(super) fn Choose() -> impl IntoView {
    let shell = Shell::here();
    let asked = expect_context::<Asked>();
    let id_of = |text: Option<String>| match text.as_deref().and_then(SideText::read) {
        Some(SideText::Trace(id)) => id,
        _ => String::new(),
    };
    let a = RwSignal::new(id_of(asked.a.get_untracked()));
    let b = RwSignal::new(id_of(asked.b.get_untracked()));
    let compare = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let side =
            |id: String| if id.trim().is_empty() { String::new() } else { format!("trace:{}", id.trim()) };
        let address = shell.address.now().with("a", &side(a.get_untracked()));
        shell.address.push(address.with("b", &side(b.get_untracked())));
    };
    // The one side that is there asks for the like of it.
    let known = Memo::new(move |_| {
        let (a, b) = (id_of(asked.a.get()), id_of(asked.b.get()));
        if a.is_empty() { (b, "a") } else { (a, "b") }
    });
    let similar = load::<Vec<Similar>>(move || {
        let (id, _) = known.get();
        (!id.is_empty())
            .then(|| Question::get(format!("traces/{}/similar", net::part(&id))).with("limit", 20))
    });
    let field = |label: Word, text: RwSignal<String>| {
        view! {
            <label class="compare-field">
                <span class="quiet small">{t(label)}</span>
                <input class="input mono" type="text" spellcheck="false" autocomplete="off" prop:value=text on:input=move |event| text.set(event_target_value(&event)) />
            </label>
        }
    };
    let row = move |one: &Similar| {
        let (_, side) = known.get_untracked();
        let id = one.trace.trace_id.to_string();
        let to = shell.address.now().with(side, &format!("trace:{id}")).to_string();
        view! {
            <a class="compare-similar" href=to>
                <span class="mono quiet">{shell.civil(one.trace.start).hms_ms()}</span>
                <Swatch service=one.trace.root_service.clone() />
                <span class="cut grow">{one.trace.root_service.clone()} " " <span class="quiet">{one.trace.root_name.clone()}</span></span>
                <b class="strong">{figure::duration(one.trace.duration_ns.max(0) as u64).to_string()}</b>
                <span class="quiet">{say(Word::CompareLikeness, &[("share", &format!("{:.0}\u{a0}%", one.likeness * 100.0))])}</span>
                <span class="mono faint">{figure::short_id(&id)}</span>
            </a>
        }
    };
    let show = move |answer: Rc<Answer<Vec<Similar>>>| {
        if answer.data.is_empty() {
            return view! { <Nothing text=t(Word::CompareNoneSimilar) /> }.into_any();
        }
        answer.data.iter().map(row).collect_view().into_any()
    };
    view! {
        <div class="scroll compare-choose">
            <p class="quiet">{t(Word::CompareHow)}</p>
            <form class="compare-form" on:submit=compare>
                {field(Word::CompareTraceA, a)}
                {field(Word::CompareTraceB, b)}
                <button type="submit" class="button" data-kind="primary">{t(Word::NavCompare)}</button>
            </form>
            <Show when=move || known.with(|(id, _)| !id.is_empty())>
                <div class="section-head"><h2>{t(Word::CompareSimilar)}</h2></div>
                <Loaded load=similar show=show rows=8 />
            </Show>
        </div>
    }
}
