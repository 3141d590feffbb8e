//! Keys of the lines and their most frequent values; a click on one searches for it.

use std::rc::Rc;

use daymark_view::fields::{FieldRow, FieldValue};
use daymark_view::meta::Answer;
use daymark_view::search::Domain;
use daymark_viz::{clause, figure};
use leptos::prelude::*;

use super::lines::Level;
use super::search::Search;
use crate::load::load;
use crate::parts::icon::Icon;
use crate::parts::states::Loaded;
use crate::parts::swatch::Swatch;
use crate::words::{Word, say, t};

/// Keys that most questions begin with, opened before anybody asks.
const FIRST: [&str; 4] = ["severity", "service", "version", "exception.type"];
const KEYS: usize = 200;
const VALUES: usize = 6;

#[component]
pub(super) fn Fields(is_open: RwSignal<bool>) -> impl IntoView {
    let search = expect_context::<Search>();
    let text = RwSignal::new(String::new());
    let fields = load::<Vec<FieldRow>>(move || {
        Some(search.about("logs/fields")?.with("limit", KEYS).with("search", text.get().trim()))
    });
    let count = move || fields.map(|fields| (!fields.is_empty()).then(|| fields.len().to_string()));
    let show = move |answer: Rc<Answer<Vec<FieldRow>>>| {
        let sampled = answer
            .meta
            .sampled
            .map(|share| say(Word::LogsSampled, &[("share", &figure::percent(share).to_string())]));
        let is_searched = !text.get_untracked().trim().is_empty();
        let mut rows = answer.data.clone();
        let rank = |row: &FieldRow| FIRST.iter().position(|key| *key == row.key).unwrap_or(FIRST.len());
        rows.sort_by_key(rank);
        view! {
            {sampled.map(|text| view! { <p class="side-note small faint">{text}</p> })}
            {rows.into_iter().map(|field| {
                let is_first = is_searched || FIRST.contains(&field.key.as_str());
                view! { <One field=field is_first=is_first /> }
            }).collect_view()}
        }
    };
    view! {
        <aside class="logs-fields" aria-label=t(Word::LogsFields)>
            <div class="section-head">
                <h2>{t(Word::LogsFields)}</h2>
                <span class="note small">{count}</span>
                <button type="button" class="button logs-fields-close" data-kind="plain" data-icon aria-label=t(Word::ShellClose) on:click=move |_| is_open.set(false)>
                    <Icon name="close" size=14 />
                </button>
            </div>
            <div class="facet-add">
                <input
                    class="input"
                    type="search"
                    aria-label=t(Word::LogsFieldSearch)
                    placeholder=t(Word::LogsFieldSearch)
                    prop:value=text
                    on:input=move |event| text.set(event_target_value(&event))
                />
            </div>
            <Loaded load=fields show=show rows=12 />
        </aside>
    }
}

#[component]
fn One(field: FieldRow, is_first: bool) -> impl IntoView {
    let search = expect_context::<Search>();
    let key = field.key.clone();
    let most = field.top.iter().map(|value| value.count).max().unwrap_or(1).max(1);
    let row = move |value: FieldValue| {
        let term = clause::term(Domain::Logs, &key, &value.value);
        let not = format!("-{term}");
        let (shown, gone) = (term.clone(), not.clone());
        let width = format!("{:.1}%", value.count as f64 / most as f64 * 100.0);
        let name = match key.as_str() {
            "severity" => {
                view! { <span class="log-level cut"><Level name=value.value.clone() /></span> }.into_any()
            }
            "service" => {
                view! { <Swatch service=value.value.clone() /><span class="cut">{value.value.clone()}</span> }
                    .into_any()
            }
            _ => view! { <span class="cut">{value.value.clone()}</span> }.into_any(),
        };
        view! {
            <div class="value-row" data-on=move || search.has(&shown).then_some("")>
                <button type="button" class="facet-value" title=term.clone() on:click=move |_| search.toggle(&term)>
                    {name}
                    <span class="meter"><i style:width=width></i></span>
                    <span class="n">{figure::count(value.count).to_string()}</span>
                </button>
                <button type="button" class="value-not" title=gone aria-label=say(Word::LogsExclude, &[("value", &value.value)]) on:click=move |_| search.toggle(&not)>"−"</button>
            </div>
        }
    };
    let rest = field.distinct.saturating_sub(VALUES as u64);
    // Values of closed keys are made when they are opened: there may be hundreds of keys.
    let is_seen = RwSignal::new(is_first);
    let values = StoredValue::new((field.top.clone(), row));
    view! {
        <details class="facet" open=is_first on:toggle=move |_| is_seen.set(true)>
            <summary><code class="cut">{field.key}</code><span class="small faint">{figure::grouped(field.distinct)}</span></summary>
            {move || is_seen.get().then(|| values.with_value(|(top, row)| top.iter().take(VALUES).cloned().map(row).collect_view()))}
            {(rest > 0).then(|| view! { <p class="small faint facet-rest">{say(Word::LogsMoreValues, &[("count", &figure::grouped(rest))])}</p> })}
        </details>
    }
}
