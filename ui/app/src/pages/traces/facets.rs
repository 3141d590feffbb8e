//! Values of keys with exact counts; a click on one searches for it.

use daymark_view::fields::FieldRow;
use daymark_view::search::Domain;
use daymark_view::spans::{Facet, FacetValue};
use daymark_viz::{clause, figure, heat};
use leptos::prelude::*;

use super::search::Search;
use crate::load::load;
use crate::net::Question;
use crate::parts::states::{Failure, Loaded};
use crate::parts::swatch::Swatch;
use crate::shell::Shell;
use crate::words::{Word, say, t};

/// Keys that are always shown; more come from the address.
const KEYS: [&str; 6] = ["service", "name", "status", "http.route", "http.response.status_code", "version"];
/// Values of a key.
const SHOWN: usize = 6;
/// Keys that are offered while one is searched.
const OFFERED: usize = 8;

#[component]
pub(super) fn Facets() -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let chosen = shell.address.params("facet");
    let facets = load::<Vec<Facet>>(move || {
        let q = search.of_spans.get()?;
        let question = shell.in_range(Question::get("traces/facets")).with("q", q).with("limit", SHOWN);
        let question =
            question.with("box", search.area.get().map(|area| heat::written(&area)).unwrap_or_default());
        let chosen = chosen.get();
        let known = KEYS.iter().map(|key| (*key).to_owned()).filter(|key| !chosen.contains(key));
        Some(
            chosen.clone().into_iter().chain(known).fold(question, |question, key| question.with("key", key)),
        )
    });
    let show = move |answer: std::rc::Rc<daymark_view::meta::Answer<Vec<Facet>>>| {
        let known =
            answer.data.iter().filter(|facet| facet.values.iter().any(|value| !value.value.is_empty()));
        known.cloned().map(|facet| view! { <One facet=facet /> }).collect_view()
    };
    view! {
        <div class="section-head panel-head"><h2>{t(Word::TracesFacets)}</h2></div>
        <AddKey />
        {move || match (!search.is_of_traces(), facets.problem()) {
            (false, _) => view! { <p class="side-note quiet">{t(Word::TracesWholeOnly)}</p> }.into_any(),
            (true, Some(problem)) if !facets.has_answer() => view! { <Failure problem=problem /> }.into_any(),
            (true, _) => view! { <Loaded load=facets show=show rows=8 /> }.into_any(),
        }}
    }
}

#[component]
fn One(facet: Facet) -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let key = facet.key.clone();
    let is_service = key == "service";
    let values = facet.values.iter().filter(|value| !value.value.is_empty()).cloned();
    let row = {
        let key = key.clone();
        move |value: FacetValue| {
            let term = clause::term(Domain::Traces, &key, &value.value);
            let not = format!("-{term}");
            let (shown, gone) = (term.clone(), not.clone());
            view! {
                <div class="value-row" data-on=move || search.has(&shown).then_some("")>
                    <button type="button" class="facet-value" title=term.clone() on:click=move |_| search.toggle(&term)>
                        {is_service.then(|| view! { <Swatch service=value.value.clone() /> })}
                        <span class="cut">{value.value.clone()}</span>
                        <span class="n">{figure::grouped(value.count)}</span>
                    </button>
                    <button type="button" class="value-not" title=gone aria-label=say(Word::TracesExclude, &[("value", &value.value)]) on:click=move |_| search.toggle(&not)>"−"</button>
                </div>
            }
        }
    };
    let removed = key.clone();
    let is_own = !KEYS.contains(&key.as_str());
    let rest = (facet.other > 0).then(|| {
        say(
            Word::TracesOther,
            &[("distinct", &figure::grouped(facet.distinct)), ("other", &figure::grouped(facet.other))],
        )
    });
    view! {
        <details class="facet" open>
            <summary>
                <code>{key}</code>
                {is_own.then(|| view! {
                    <button type="button" class="value-not" aria-label=say(Word::TracesFacetRemove, &[("key", &facet.key)]) on:click=move |event| {
                        event.prevent_default();
                        shell.address.push(shell.address.now().less("facet", &removed));
                    }>"×"</button>
                })}
            </summary>
            {values.map(row).collect_view()}
            {rest.map(|rest| view! { <p class="small faint facet-rest">{rest}</p> })}
        </details>
    }
}

/// Finds a key to show the values of.
#[component]
fn AddKey() -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let text = RwSignal::new(String::new());
    let found = load::<Vec<FieldRow>>(move || {
        let q = search.of_spans.get()?;
        let text = text.get();
        let question = shell.in_range(Question::get("traces/fields")).with("q", q).with("limit", OFFERED);
        (!text.trim().is_empty()).then(|| question.with("search", text.trim()))
    });
    let add = move |key: &str| {
        text.set(String::new());
        let address = shell.address.now();
        if !address.all("facet").any(|known| known == key) && !KEYS.contains(&key) {
            shell.address.push(address.and("facet", key));
        }
    };
    let rows = move || {
        found.map(|found| found.iter().map(|field| (field.key.clone(), field.distinct)).collect::<Vec<_>>())
    };
    let row = move |(key, distinct): (String, u64)| {
        let chosen = key.clone();
        view! {
            <button type="button" class="facet-value" on:click=move |_| add(&chosen)>
                <code class="cut">{key}</code><span class="n">{figure::grouped(distinct)}</span>
            </button>
        }
    };
    view! {
        <div class="facet-add">
            <input
                class="input"
                type="search"
                aria-label=t(Word::TracesFacetAdd)
                placeholder=t(Word::TracesFacetAdd)
                prop:value=text
                on:input=move |event| text.set(event_target_value(&event))
            />
            {move || rows().into_iter().map(row).collect_view()}
        </div>
    }
}
