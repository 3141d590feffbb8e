//! Log lines of the trace, oldest first, and the trace as a file of another format.

use daymark_view::trace_logs::LogRow;
use daymark_viz::figure;
use leptos::prelude::*;

use crate::life::Life;
use crate::load::load;
use crate::net::{self, Question, part};
use crate::pages::trace::seen::Seen;
use crate::parts::copied::CodeBlock;
use crate::parts::mark::{Mark, State};
use crate::parts::states::{Loaded, Nothing};
use crate::parts::swatch::Swatch;
use crate::window;
use crate::words::{Word, say, t};

/// Lines asked for at once.
const LINES: usize = 1_000;
/// What is shown of a file; the whole is saved.
const SHOWN: usize = 200_000;

#[component]
pub(super) fn Lines() -> impl IntoView {
    let seen = Seen::here();
    let logs = load::<Vec<LogRow>>(move || {
        Some(Question::get(format!("traces/{}/logs", part(&seen.id.get()))).with("limit", LINES))
    });
    view! {
        <div class="scroll trace-logs">
            <Loaded load=logs rows=12 show=move |answer| {
                if answer.data.is_empty() {
                    return view! { <Nothing text=t(Word::TraceNoLogs) /> }.into_any();
                }
                let more = answer.meta.cursor.is_some().then(|| view! { <p class="trace-none quiet">{say(Word::TraceLogsCut, &[("count", &figure::grouped(LINES as u64))])}</p> });
                view! { {answer.data.iter().cloned().map(|log| view! { <LogLine log=log is_short=false /> }).collect_view()}{more} }.into_any()
            } />
        </div>
    }
}

/// A line: clock, severity as a shape, who, what.
#[component]
pub(super) fn LogLine(log: LogRow, is_short: bool) -> impl IntoView {
    let seen = Seen::here();
    let state = match log.severity.as_str() {
        "error" | "fatal" => State::Critical,
        "warn" => State::Warning,
        "info" => State::Info,
        _ => State::Unknown,
    };
    let body = log.body.clone().or(log.event_name.clone()).unwrap_or_default();
    let time = log.time;
    let span = log.span_id.map(|span| span.to_string());
    let href = move || {
        span.as_ref().map(|span| seen.shell.address.get().with("span", span).without("view").to_string())
    };
    view! {
        <div class="trace-log" data-short=is_short.then_some("")>
            <span class="mono faint">{move || seen.shell.civil(time).hms_ms()}</span>
            <Mark state=state title=log.severity.clone() />
            {(!is_short).then(|| view! { <span class="trace-log-service"><Swatch service=log.service.clone() />" "{log.service.clone()}</span> })}
            <a class="mono cut" href=href title=body.clone()>{body.clone()}</a>
        </div>
    }
}

#[component]
pub(super) fn Export() -> impl IntoView {
    let seen = Seen::here();
    let format = seen.shell.address.param("format");
    let text = RwSignal::new(None::<String>);
    let life = Life::here();
    Effect::new(move |_| {
        let format = format.get().unwrap_or_else(|| "otlp".into());
        let question = Question::get(format!("traces/{}", part(&seen.id.get()))).with("format", format);
        text.set(None);
        life.spawn(async move {
            let found = match net::send(&question, None).await {
                Ok(response) => net::text_of(&response).await.unwrap_or_default(),
                Err(problem) => problem.detail.clone(),
            };
            text.set(Some(found));
        });
    });
    let formats = ["otlp", "jaeger", "zipkin", "perfetto", "csv"].map(|name| {
        let href = move || {
            seen.shell.address.get().with("format", if name == "otlp" { "" } else { name }).to_string()
        };
        let is_on = move || format.get().unwrap_or_else(|| "otlp".into()) == name;
        view! { <a class="chip" href=href aria-current=move || is_on().then_some("true")>{name}</a> }
    });
    let save = move |_| {
        let name = format.get_untracked().unwrap_or_else(|| "otlp".into());
        let ending = if name == "csv" { "csv" } else { "json" };
        let kind = if name == "csv" { "text/csv" } else { "application/json" };
        if let Some(text) = text.get_untracked() {
            window::save(&format!("trace-{}-{name}.{ending}", seen.id.get_untracked()), kind, &text);
        }
    };
    let shown = move || {
        let text = text.get()?;
        let pretty = serde_json::from_str::<serde_json::Value>(&text)
            .ok()
            .filter(|_| text.len() < SHOWN)
            .and_then(|value| serde_json::to_string_pretty(&value).ok());
        let mut pretty = pretty.unwrap_or(text);
        pretty.truncate(pretty.floor_char_boundary(SHOWN));
        Some(pretty)
    };
    view! {
        <div class="scroll trace-export">
            <div class="trace-formats">{formats.into_iter().collect_view()}<button type="button" class="button" on:click=save>{t(Word::TraceSave)}</button></div>
            {move || shown().map(|text| view! { <CodeBlock text=Signal::stored(text) /> })}
        </div>
    }
}
