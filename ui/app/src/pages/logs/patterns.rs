//! Texts with their variables cut out: the biggest above the lines, all of them on a page of their own.

use std::rc::Rc;
use std::sync::Arc;

use daymark_view::meta::Answer;
use daymark_view::patterns::PatternRow;
use daymark_viz::figure;
use daymark_viz::line::{self, Piece};
use leptos::prelude::*;

use super::found::Views;
use super::search::Search;
use crate::load::{Load, load};
use crate::parts::figures::show;
use crate::parts::grid::{Column, Grid};
use crate::parts::mark::{Mark, State};
use crate::parts::spark::Spark;
use crate::parts::states::{Empty, Loaded};
use crate::parts::tabs::Segments;
use crate::shell::Shell;
use crate::words::{Word, say, t};

/// Shown above the lines.
const TOP: usize = 4;
/// Known on the page of lines, to find those that are like one.
const KNOWN: usize = 200;
const ALL: usize = 1_000;

/// The patterns of the lines on the page.
#[derive(Clone, Copy)]
pub(super) struct Patterns(pub(super) Load<Vec<PatternRow>>);

pub(super) fn asked() -> Patterns {
    let search = expect_context::<Search>();
    Patterns(load(move || Some(search.about("logs/patterns")?.with("limit", KNOWN))))
}

fn state(severity: &str) -> State {
    match severity {
        "fatal" | "error" => State::Critical,
        "warn" => State::Warning,
        "info" => State::Info,
        _ => State::Unknown,
    }
}

fn colour(severity: &str) -> &'static str {
    match severity {
        "fatal" | "error" => "--crit",
        "warn" => "--warn",
        _ => "--rate",
    }
}

fn text(pattern: &str) -> impl IntoView + use<> {
    let piece = |(piece, text): (Piece, &str)| {
        let text = text.to_owned();
        match piece {
            Piece::Open => view! { <span class="log-open-part">{text}</span> }.into_any(),
            _ => text.into_any(),
        }
    };
    line::pattern(pattern).into_iter().map(piece).collect_view()
}

fn trend(row: &PatternRow) -> impl IntoView + use<> {
    let values = row.trend.iter().map(|count| Some(*count as f64)).collect();
    view! { <Spark values=values own=colour(&row.severity) /> }
}

/// The biggest ones, above the lines.
#[component]
pub(super) fn Biggest(patterns: Patterns) -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let row = move |row: &PatternRow| {
        let term = format!("template_id:{}", row.template_id);
        let shown = term.clone();
        view! {
            <button type="button" class="pattern" data-on=move || search.has(&shown).then_some("") on:click=move |_| search.toggle(&term)>
                <Mark state=state(&row.severity) title=row.severity.clone() />
                <span class="mono cut">{text(&row.pattern)}</span>
                {trend(row)}
                <b>{figure::grouped(row.count)}</b>
                <span class="quiet">{show(figure::percent(row.share))}</span>
            </button>
        }
    };
    let known = move |answer: Rc<Answer<Vec<PatternRow>>>| {
        let all =
            answer.meta.truncated.as_ref().and_then(|cut| cut.total).unwrap_or(answer.data.len() as u64);
        let shown = answer.data.len().min(TOP);
        let covered: f64 = answer.data.iter().take(TOP).map(|row| row.share).sum();
        let lines = figure::grouped(answer.meta.total.unwrap_or_default());
        let note = say(
            Word::LogsPatternsNote,
            &[
                ("shown", &shown.to_string()),
                ("all", &figure::grouped(all)),
                ("share", &figure::percent(covered).to_string()),
                ("lines", &lines),
            ],
        );
        let to = move || shell.address.get().with("view", "patterns").to_string();
        (all > 0).then(|| view! {
            <section class="patterns">
                <div class="section-head">
                    <h2>{t(Word::LogsPatterns)}</h2>
                    <span class="note small cut">{note}</span>
                    <a class="link" href=to>{say(Word::LogsAllPatterns, &[("count", &figure::grouped(all))])}</a>
                </div>
                {answer.data.iter().take(TOP).map(row).collect_view()}
            </section>
        })
    };
    view! { <Loaded load=patterns.0 show=known rows=5 /> }
}

/// All of them, also those that are new or gone.
#[component]
pub(super) fn All() -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let by = shell.address.param("psort");
    let patterns = load::<Vec<PatternRow>>(move || {
        Some(search.about("logs/patterns")?.with("limit", ALL).with("sort", by.get().unwrap_or_default()))
    });
    shell.tell_cost(patterns, |rows, meta| {
        let total = meta.truncated.as_ref().and_then(|cut| cut.total).unwrap_or(rows.len() as u64);
        say(
            Word::ShellStatusOf,
            &[("shown", &figure::grouped(rows.len() as u64)), ("total", &figure::grouped(total))],
        )
    });
    let columns = || {
        vec![
            Column::text("", "28px", |row: &Arc<PatternRow>| {
                view! { <Mark state=state(&row.severity) title=row.severity.clone() /> }.into_any()
            }),
            Column::text(t(Word::LogsPattern), "minmax(160px, 1fr)", |row: &Arc<PatternRow>| {
                view! { <span class="mono" title=row.pattern.clone()>{text(&row.pattern)}</span> }.into_any()
            }),
            Column::text("", "92px", |row: &Arc<PatternRow>| trend(row).into_any()),
            Column::number(t(Word::LogsLineCount), "84px", |row: &Arc<PatternRow>| {
                view! { <span class="strong">{figure::grouped(row.count)}</span> }.into_any()
            }),
            Column::number(t(Word::LogsShare), "72px", |row: &Arc<PatternRow>| {
                view! { <span class="quiet">{show(figure::percent(row.share))}</span> }.into_any()
            }),
            Column::number(t(Word::LogsBefore), "84px", |row: &Arc<PatternRow>| {
                view! { <span class="quiet">{figure::grouped(row.before)}</span> }.into_any()
            }),
            Column::number(t(Word::LogsChange), "84px", |row: &Arc<PatternRow>| {
                match (row.before, row.count) {
                    (0, 1..) => {
                        view! { <span class="badge" data-state="info">{t(Word::LogsNew)}</span> }.into_any()
                    }
                    (1.., 0) => view! { <span class="badge">{t(Word::LogsGone)}</span> }.into_any(),
                    (before, count) => {
                        view! { <span class="quiet">{figure::change(count as f64, before as f64)}</span> }
                            .into_any()
                    }
                }
            }),
        ]
    };
    let open = Callback::new(move |row: Arc<PatternRow>| {
        let term = format!("template_id:{}", row.template_id);
        let q =
            daymark_viz::clause::plus(daymark_view::search::Domain::Logs, &search.q.get_untracked(), &term);
        shell.address.push(shell.address.now().with("q", &q).without("view"));
    });
    let table = move |answer: Rc<Answer<Vec<PatternRow>>>| {
        if answer.data.is_empty() {
            return view! { <Empty signal=daymark_view::why::WhySignal::Logs q=search.q /> }.into_any();
        }
        let rows: Vec<Arc<PatternRow>> = answer.data.iter().cloned().map(Arc::new).collect();
        view! { <Grid rows=Signal::stored(rows) columns=columns() label=t(Word::LogsPatterns) open=open scrolls=true /> }.into_any()
    };
    view! {
        <div class="toolbar logs-bar">
            <h2>{t(Word::LogsPatterns)}</h2>
            <Segments parameter="psort" label=t(Word::LogsPatternSort) choices=vec![("count", Word::LogsSortCount), ("change", Word::LogsSortChange)] />
            <span class="grow"></span>
            <Views />
        </div>
        <Loaded load=patterns show=table rows=16 />
    }
}
