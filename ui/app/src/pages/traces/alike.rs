//! What a selection has in common: the keys whose values differ most from everything beside it.

use daymark_view::search::Domain;
use daymark_view::spans::{Difference, ExplainBody, Share, SpanSetBody};
use daymark_viz::{clause, figure};
use leptos::prelude::*;
use serde_json::Value;

use super::search::Search;
use crate::load::load;
use crate::net::Question;
use crate::parts::states::Loaded;
use crate::shell::Shell;
use crate::words::{Word, t};

/// Below this the two are the same but for chance.
const TOLD: f64 = 0.1;
const KEYS: usize = 7;

#[component]
pub(super) fn Common(is_asked: RwSignal<bool>) -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let has_box = Memo::new(move |_| search.area.get().is_some());
    let is_shown = Memo::new(move |_| {
        (has_box.get() || is_asked.get() && search.q.with(|q| !q.trim().is_empty()))
            && search.of_spans.get().is_some()
    });
    let found = load::<Vec<Difference>>(move || {
        is_shown.get().then(|| {
            let selection = search.set();
            // A box is compared with what lies beside it, a query with everything.
            let all = SpanSetBody { q: String::new(), area: None, ..selection.clone() };
            let body =
                ExplainBody { baseline: (!has_box.get()).then_some(all), selection, scope: shell.scope() };
            Question::post("traces/explain", &body)
        })
    });
    let show = move |answer: std::rc::Rc<daymark_view::meta::Answer<Vec<Difference>>>| {
        let mut told: Vec<&Difference> =
            answer.data.iter().filter(|one| one.score >= TOLD && best(one).is_some()).collect();
        told.sort_by(|a, b| more(best(b)).total_cmp(&more(best(a))));
        told.truncate(KEYS);
        let told: Vec<Difference> = told.into_iter().cloned().collect();
        if told.is_empty() {
            return view! { <p class="side-note quiet">{t(Word::TracesNothingCommon)}</p> }.into_any();
        }
        told.into_iter().map(|one| view! { <One difference=one /> }).collect_view().into_any()
    };
    view! {
        <Show when=move || is_shown.get() || is_asked.get()>
            <section class="common">
                <div class="section-head panel-head"><h2>{move || t(if has_box.get() { Word::TracesCommonBox } else { Word::TracesCommon })}</h2></div>
                <Show when=move || is_shown.get() fallback=|| view! { <p class="side-note quiet">{t(Word::TracesSelectFirst)}</p> }>
                    <div class="legend side-note">
                        <span><i class="dot" style:--own="var(--dneg)"></i>{move || t(if has_box.get() { Word::TracesInBox } else { Word::TracesInQuery })}</span>
                        <span><i class="dot"></i>{t(Word::TracesOthers)}</span>
                    </div>
                    <Loaded load=found show=show rows=6 />
                </Show>
            </section>
        </Show>
    }
}

/// A key with the value that tells most.
#[component]
fn One(difference: Difference) -> impl IntoView {
    let search = expect_context::<Search>();
    best(&difference).map(|(selected, other)| {
        let (value, term) = told(&difference.key, &selected.value);
        let bar = |share: f64, colour: &'static str| view! {
            <span class="common-bar">
                <span class="meter"><i style:width=format!("{:.1}%", share * 100.0) style:--own=format!("var({colour})")></i></span>
                <b>{format!("{:.0}\u{a0}%", share * 100.0)}</b>
            </span>
        };
        let shown = term.clone();
        view! {
            <button type="button" class="common-one" title=term.clone() data-on=move || search.has(&shown).then_some("") on:click=move |_| search.toggle(&term)>
                <span class="common-head"><code class="cut">{difference.key.clone()}</code><span class="cut">{value}</span></span>
                {bar(selected.share, "--dneg")}
                {bar(other.share, "--ctl")}
            </button>
        }
    })
}

/// The value that the selection has more often than the rest, by most.
fn best(difference: &Difference) -> Option<(&Share, &Share)> {
    let pairs = difference.selection.iter().zip(&difference.baseline);
    pairs
        .filter(|(selected, _)| !selected.value.is_null())
        .max_by(|a, b| more(Some(*a)).total_cmp(&more(Some(*b))))
}

fn more(pair: Option<(&Share, &Share)>) -> f64 {
    pair.map_or(0.0, |(selected, other)| selected.share - other.share)
}

/// A value for people, and the clause that searches for it.
fn told(key: &str, value: &Value) -> (String, String) {
    let number = |name: &str| value.get(name).and_then(Value::as_f64);
    if let (Some(low), Some(high)) = (number("ge"), number("lt")) {
        let is_time = key == "duration";
        let text = |value: f64| {
            if is_time { figure::duration(value.max(0.0) as u64).to_string() } else { format!("{value}") }
        };
        let unit = if is_time { "ns" } else { "" };
        return (format!("{}–{}", text(low), text(high)), format!("({key}>={low}{unit} {key}<{high}{unit})"));
    }
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let term = clause::term(Domain::Traces, key, &text);
    (text, term)
}
