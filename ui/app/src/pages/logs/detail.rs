//! What an opened line shows: its text whole, its fields, the way to its trace, the lines around it.

use daymark_view::meta::Answer;
use daymark_view::resolve::Hit;
use daymark_view::search::Domain;
use daymark_view::trace_logs::LogRow;
use daymark_viz::{clause, figure, line};
use leptos::prelude::*;
use serde_json::Value;

use super::lines::{Line, Short};
use super::patterns::Patterns;
use super::search::Search;
use crate::load::load;
use crate::net::{self, Question};
use crate::parts::icon::Icon;
use crate::parts::states::Loaded;
use crate::shell::Shell;
use crate::shell::keys::copy_link;
use crate::window;
use crate::words::{Word, say, t};

/// Longer messages are shown once more, whole.
const LONG: usize = 140;

/// A line as JSON, for the clipboard.
pub(super) fn json(row: &LogRow) -> String {
    serde_json::to_string_pretty(row).unwrap_or_default()
}

#[component]
pub(super) fn Detail(row: Line) -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let is_cut = !row.truncated.is_empty();
    let id = row.log_id.clone();
    // What a list cuts is whole here.
    let whole = load::<LogRow>(move || is_cut.then(|| Question::get(format!("logs/{}", net::part(&id)))));
    let short = (*row).clone();
    let shown =
        Memo::new(move |_| whole.answer().map_or_else(|| short.clone(), |answer| answer.data.clone()));
    let copied = Line::clone(&row);
    view! {
        <div class="log-detail" role="row">
            <div role="cell" class="log-detail-cell">
                {move || shown.with(|row| body(row.body.as_deref().unwrap_or_default()))}
                {move || shown.with(|row| view! { <Pairs pairs=pairs(row) /> })}
                <div class="log-actions">
                    <TraceButton row=Line::clone(&row) />
                    <button type="button" class="button" aria-pressed=move || search.around.get().is_some().to_string() on:click=move |_| search.around()>
                        {t(Word::LogsAround)} <span class="kbd">"a"</span>
                    </button>
                    <LikeThis row=Line::clone(&row) />
                    <span class="grow"></span>
                    <button type="button" class="button" data-kind="plain" on:click=move |_| {
                        window::copy(&json(&copied));
                        shell.toasts.say(t(Word::ShellCopied));
                    }>{t(Word::LogsCopyJson)}</button>
                    <button type="button" class="button" data-kind="plain" on:click=move |_| copy_link(shell, true)>{t(Word::ShellCopyLink)}</button>
                </div>
                <Around row=row />
            </div>
        </div>
    }
}

/// The message whole where a row cannot show it; JSON is indented.
fn body(text: &str) -> Option<AnyView> {
    let json =
        text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str::<Value>(text).ok()).flatten();
    let pretty = json.and_then(|json| serde_json::to_string_pretty(&json).ok());
    let is_long = text.len() > LONG || text.contains('\n') || pretty.is_some();
    let text = pretty.unwrap_or_else(|| text.to_owned());
    is_long.then(|| view! { <pre class="log-whole" tabindex="0">{text}</pre> }.into_any())
}

/// The fields of a line in the order in which they are asked for; a key of none cannot be searched.
fn pairs(row: &LogRow) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut known =
        |key: &str, value: Option<String>| pairs.extend(value.map(|value| (key.to_owned(), value)));
    known("trace_id", row.trace_id.map(|id| id.to_string()));
    known("span_id", row.span_id.map(|id| id.to_string()));
    known("event_name", row.event_name.clone());
    known("instance", row.instance.clone());
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    pairs.extend(row.attributes.0.iter().map(|(key, value)| (key.clone(), text(value))));
    // The service stands in the row, its instance above.
    let said = ["service.name", "service.instance.id"];
    let resource = row.resource.0.iter().filter(|(key, _)| !said.contains(&key.as_str()));
    pairs.extend(resource.map(|(key, value)| (key.clone(), text(value))));
    pairs
}

/// The value of a key, where the line has it.
pub(super) fn value_of(row: &LogRow, key: &str) -> Option<String> {
    pairs(row).into_iter().find(|(known, _)| known == key).map(|(_, value)| value)
}

#[component]
fn Pairs(pairs: Vec<(String, String)>) -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let pair = move |(key, value): (String, String)| {
        let term = clause::term(Domain::Logs, &key, &value);
        let not = format!("-{term}");
        let (more, less) =
            (say(Word::LogsOnly, &[("value", &value)]), say(Word::LogsExclude, &[("value", &value)]));
        let column = say(Word::LogsColumn, &[("key", &key)]);
        let (chosen, known) = (key.clone(), key.clone());
        let is_column = move || search.columns.with(|columns| columns.contains(&known)).to_string();
        let shown = if key == "trace_id" {
            let to = shell.link(["traces", &value]).to_string();
            view! { <a class="link" href=to>{value}</a> }.into_any()
        } else {
            value.into_any()
        };
        view! {
            <div class="log-pair">
                <dt>{key}</dt>
                <dd>{shown}
                <span class="log-pair-actions">
                    <button type="button" class="value-not" title=column.clone() aria-label=column aria-pressed=is_column on:click=move |_| search.toggle_column(&chosen)>
                        <Icon name="columns" size=12 />
                    </button>
                    <button type="button" class="value-not" title=more.clone() aria-label=more on:click=move |_| search.toggle(&term)>"+"</button>
                    <button type="button" class="value-not" title=less.clone() aria-label=less on:click=move |_| search.toggle(&not)>"−"</button>
                </span></dd>
            </div>
        }
    };
    view! { <dl class="log-pairs">{pairs.into_iter().map(pair).collect_view()}</dl> }
}

/// The way to the trace, with what is known of it.
#[component]
fn TraceButton(row: Line) -> impl IntoView {
    let shell = Shell::here();
    let id = row.trace_id?.to_string();
    let asked = id.clone();
    let found = load::<Vec<Hit>>(move || Some(Question::get("resolve").with("s", &asked)));
    let short = figure::short_id(&id);
    let label = move || {
        let trace = found.map(|hits| {
            hits.iter().find_map(|hit| {
                hit.preview.as_ref().map(|preview| (preview.trace.duration_ns, preview.trace.error_count))
            })
        });
        match trace {
            Some((ns, 0)) => say(
                Word::LogsTraceOk,
                &[("id", &short), ("duration", &figure::duration(ns.max(0) as u64).to_string())],
            ),
            Some((ns, errors)) => say(
                Word::LogsTraceFailed,
                &[
                    ("id", &short),
                    ("duration", &figure::duration(ns.max(0) as u64).to_string()),
                    ("count", &figure::grouped(errors)),
                ],
            ),
            None => say(Word::LogsTraceOf, &[("id", &short)]),
        }
    };
    let to =
        shell.link(["traces", &id]).with("span", &row.span_id.map(|id| id.to_string()).unwrap_or_default());
    Some(
        view! { <a class="button" data-kind="primary" href=to.to_string()><Icon name="traces" size=14 />{label}</a> },
    )
}

/// All lines of the same pattern, where the pattern is one of those known here.
#[component]
fn LikeThis(row: Line) -> impl IntoView {
    let search = expect_context::<Search>();
    let patterns = use_context::<Patterns>()?.0;
    let body = row.body.clone()?;
    Some(move || {
        let like = patterns.map(|patterns| {
            patterns
                .iter()
                .find(|one| line::fits(&one.pattern, &body))
                .map(|one| (one.template_id.clone(), one.count))
        });
        like.map(|(id, count)| {
            let term = format!("template_id:{id}");
            view! {
                <button type="button" class="button" on:click=move |_| search.toggle(&term)>
                    {t(Word::LogsLikeThis)} <span class="faint">{figure::grouped(count)}</span>
                </button>
            }
        })
    })
}

/// The lines of the same instance around it.
#[component]
fn Around(row: Line) -> impl IntoView {
    let search = expect_context::<Search>();
    let id = row.log_id.clone();
    let lines = load::<Vec<LogRow>>(move || {
        let half = search.around.get()?.div_ceil(2);
        Some(Question::get("logs/context").with("log_id", &id).with("before", half).with("after", half))
    });
    let title = say(Word::LogsAroundOf, &[("instance", row.instance.as_deref().unwrap_or(&row.service))]);
    let itself = row.log_id.clone();
    let show = move |answer: std::rc::Rc<Answer<Vec<LogRow>>>| {
        let line = |row: &LogRow| view! { <Short row=row.clone() is_itself=row.log_id == itself /> };
        answer.data.iter().map(line).collect_view()
    };
    let show = StoredValue::new_local(show);
    view! {
        <Show when=move || search.around.get().is_some()>
            <section class="log-around">
                <h3 class="quiet">{title.clone()}</h3>
                <Loaded load=lines rows=6 show=move |answer| show.with_value(|show| show(answer)) />
            </section>
        </Show>
    }
}
