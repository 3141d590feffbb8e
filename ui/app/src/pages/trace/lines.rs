//! The log lines of a trace, oldest first.

use daymark_view::trace_logs::LogRow;
use leptos::prelude::*;

use crate::load::load;
use crate::net::{Question, part};
use crate::pages::trace::Read;
use crate::pages::trace::span_panel::Pairs;
use crate::parts::mark::{Mark, State};
use crate::parts::states::{Loaded, Nothing};
use crate::parts::swatch::Swatch;
use crate::shell::Shell;
use crate::words::{Word, t};

const ASKED: usize = 1_000;

/// The mark of a severity number of OpenTelemetry.
pub(crate) fn severity(number: u8) -> State {
    match number {
        17.. => State::Critical,
        13..=16 => State::Warning,
        9..=12 => State::Info,
        _ => State::Unknown,
    }
}

#[component]
pub(crate) fn Lines(read: Read) -> impl IntoView {
    let shell = Shell::here();
    let path = format!("traces/{}/logs", part(&read.skeleton.trace_id.to_string()));
    let episode = read.skeleton.episode.n;
    let lines = load::<Vec<LogRow>>(move || {
        Some(Question::get(path.clone()).with("limit", ASKED).with("episode", episode))
    });
    let palette = read.palette.clone();
    let row = move |line: &LogRow| {
        let time = line.time;
        let service = line.service.clone();
        let slot = palette.slot(&service);
        view! {
            <details class="trace-line">
                <summary>
                    <code class="faint">{move || shell.civil(time).hms_ms()}</code>
                    <Mark state=severity(line.severity_number) title=line.severity.clone() />
                    <span class="cut trace-line-service"><Swatch service=service.clone() colour=slot /> " " {service.clone()}</span>
                    <code class="cut">{line.body.clone()}</code>
                </summary>
                <pre class="mono">{line.body.clone()}</pre>
                <Pairs attributes=line.attributes.clone() service=None />
            </details>
        }
    };
    view! {
        <div class="scroll">
            <Loaded load=lines rows=10 show=move |answer| match answer.data.is_empty() {
                true => view! { <Nothing text=t(Word::TraceNoLogs) /> }.into_any(),
                false => answer.data.iter().map(&row).collect_view().into_any(),
            } />
        </div>
    }
}
