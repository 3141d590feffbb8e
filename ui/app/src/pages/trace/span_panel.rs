//! One span in full: its figures, attributes, events, links, resource and log lines.

use daymark_view::attribute::Attributes;
use daymark_view::skeleton::{Detail, Details};
use daymark_view::trace_logs::LogRow;
use daymark_viz::figure;
use leptos::prelude::*;
use serde_json::Value;

use crate::load::load;
use crate::net::{Question, part};
use crate::pages::trace::Read;
use crate::pages::trace::lines::severity;
use crate::pages::trace::sight::Sight;
use crate::parts::copied::Copy;
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::states::Loaded;
use crate::parts::swatch::Swatch;
use crate::shell::Shell;
use crate::words::{Word, t};

/// Lines shown here; all of them are a click away.
const LINES: usize = 5;

#[component]
pub(crate) fn SpanPanel(read: Read, row: u32) -> impl IntoView {
    let sight = expect_context::<Sight>();
    let skeleton = read.skeleton.clone();
    let id = skeleton.trace_id.to_string();
    let episode = skeleton.episode.n;
    let path = format!("traces/{}/spans", part(&id));
    let rev = skeleton.rev.clone();
    let details = load::<Details>(move || {
        Some(Question::get(path.clone()).with("rows", row).with("rev", &rev).with("episode", episode))
    });
    let place = row as usize;
    let duration = read.waterfall.dur[place].max(0) as u64;
    let own = read.waterfall.own_ns(row).max(0) as u64;
    let share = duration as f64 / skeleton.duration_ns.max(1) as f64;
    let begins = read.waterfall.start[place].max(0) as u64;
    let (service, name) = (read.service(row).to_owned(), read.name(row).to_owned());
    let figure_of = |word: Word, text: String| view! { <div><div class="small faint">{t(word)}</div><div class="span-figure">{text}</div></div> };
    let trace = id.clone();
    view! {
        <aside class="side span-panel" aria-label=t(Word::TraceSpan)>
            <div class="side-head">
                <div class="grow">
                    <div class="quiet"><Swatch service=service.clone() colour=read.palette.slot(&service) /> " " {service.clone()}</div>
                    <h2 class="span-name">{name}</h2>
                </div>
                <span class="actions">
                    <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::ShellClose) on:click=move |_| sight.choose(None)><Icon name="close" size=14 /></button>
                </span>
            </div>
            <div class="span-figures">
                {figure_of(Word::TraceDuration, figure::duration(duration).to_string())}
                {figure_of(Word::TraceOwn, figure::duration(own).to_string())}
                {figure_of(Word::TraceShare, figure::percent(share).to_string())}
                {figure_of(Word::TraceBegins, format!("+{}", figure::duration(begins)))}
            </div>
            <Loaded load=details rows=6 show=move |answer| {
                let found = answer.data.spans.first().cloned();
                let resources = answer.data.resources.clone();
                found.map(|detail| {
                    let resource = resources.get(&detail.span.resource).cloned().unwrap_or_default();
                    view! { <Inside detail=detail resource=resource trace=trace.clone() /> }
                })
            } />
        </aside>
    }
}

#[component]
fn Inside(detail: Detail, resource: Attributes, trace: String) -> impl IntoView {
    let shell = Shell::here();
    let span = detail.span;
    let span_id = span.span_id.to_string();
    let status = span.status_message.clone().filter(|message| !message.is_empty());
    let is_error = span.status == "error";
    let events = span.events.iter().map(|event| {
        let after = (event.time.0 - span.start.0).max(0) as u64;
        let attributes = event.attributes.clone();
        view! {
            <details class="span-event">
                <summary><code class="faint">"+"{figure::duration(after).to_string()}</code> " " {event.name.clone()} " " <span class="quiet">{message_of(&attributes)}</span></summary>
                <Pairs attributes=attributes service=None />
            </details>
        }
    }).collect_view();
    let links = span
        .links
        .iter()
        .map(|link| {
            let (trace, id) = (link.trace_id.to_string(), link.span_id.to_string());
            let text = trace.clone();
            let href = move || shell.link(["traces", &trace]).with("span", &id).to_string();
            view! { <a class="link mono span-link" href=href>{text}</a> }
        })
        .collect_view();
    let path = format!("traces/{}/logs", part(&trace));
    let asked = span_id.clone();
    let lines = load::<Vec<LogRow>>(move || {
        Some(Question::get(path.clone()).with("span_id", &asked).with("limit", LINES))
    });
    let (has_events, has_links) = (!span.events.is_empty(), !span.links.is_empty());
    let copied = span_id.clone();
    let parent = span.parent_span_id.map(|id| id.to_string());
    let at = span.start;
    let section = |word: Word| view! { <h3 class="span-section">{t(word)}</h3> };
    let (service, scope) = (span.service.clone(), span.scope.name.clone());
    let fixed = [
        ("span_id", Some(span_id.clone())),
        ("parent_span_id", parent),
        ("kind", Some(span.kind.clone())),
        ("scope", scope),
        ("source", Some(span.source.clone())),
        ("quality", Some(span.quality.join(" ")).filter(|quality| !quality.is_empty())),
    ];
    let fixed =
        fixed.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::String(value?)))).collect();
    let all_lines = move || shell.address.get().with("view", "logs").to_string();
    view! {
        <p class="span-when faint small">{move || shell.civil(at).date_hms_ms()} " " <code>{span_id.clone()}</code><Copy text=Signal::stored(copied) /></p>
        {status.map(|status| view! { <p class="span-status" data-error=is_error.then_some("")>{is_error.then(|| view! { <Mark state=State::Critical /> })} " " {status}</p> })}
        {section(Word::TraceAttributes)}
        <Pairs attributes=span.attributes.clone() service=Some(service) />
        {has_events.then(|| view! { {section(Word::TraceEvents)} {events} })}
        {has_links.then(|| view! { {section(Word::TraceLinks)} {links} })}
        <Loaded load=lines rows=2 show=move |answer| (!answer.data.is_empty()).then(|| {
            let rows = answer.data.iter().map(|line| {
                let (time, state) = (line.time, severity(line.severity_number));
                view! { <div class="span-line"><code class="faint">{move || shell.civil(time).hms_ms()}</code><Mark state=state title=line.severity.clone() /><code class="cut">{line.body.clone()}</code></div> }
            }).collect_view();
            view! {
                <h3 class="span-section">{t(Word::TraceSpanLogs)} <a class="link" href=all_lines>{t(Word::TraceAllLogs)}</a></h3>
                {rows}
            }
        }) />
        {section(Word::TraceResource)}
        <Pairs attributes=resource service=None />
        {section(Word::TraceIds)}
        <Pairs attributes=Attributes(fixed) service=None />
    }
}

fn message_of(attributes: &Attributes) -> String {
    let text = |key: &str| attributes.0.get(key).map(written).unwrap_or_default();
    match text("exception.message") {
        message if message.is_empty() => text("exception.type"),
        message => message,
    }
}

/// A value as people read it: texts without quotes.
pub(crate) fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Keys and values; of a span's own attributes each leads to spans that have the same.
#[component]
pub(crate) fn Pairs(attributes: Attributes, service: Option<String>) -> impl IntoView {
    let shell = Shell::here();
    let rows = attributes.0.iter().map(|(key, value)| {
        let text = written(value);
        let term = service.as_ref().map(|service| {
            let quoted = daymark_view::search::quoted(&text);
            format!("service={} {key}={quoted}", daymark_view::search::quoted(service))
        });
        let link = term.map(|term| {
            let href = move || shell.link(["traces"]).with("q", &term).to_string();
            view! { <a class="span-same" href=href title=t(Word::TraceSame) aria-label=t(Word::TraceSame)><Icon name="filter" size=12 /></a> }
        });
        view! { <dt>{key.clone()}</dt><dd>{text} {link}</dd> }
    });
    view! { <dl class="pairs">{rows.collect_view()}</dl> }
}
