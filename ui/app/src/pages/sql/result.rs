//! Rows, chart or plan of an answer, and ways to take it along.

use daymark_model::time::Nanos;
use daymark_view::explain::Explained;
use daymark_view::sql::{SqlBody, SqlFormat, SqlTable};
use daymark_viz::figure;
use leptos::prelude::*;
use serde_json::Value;

use crate::life;
use crate::load::{Load, load};
use crate::net::{self, Question};
use crate::parts::chart::{Chart, Plot, Series};
use crate::parts::grid::{Column, Grid};
use crate::parts::menu::Menu;
use crate::parts::states::{Failure, Loaded, Nothing};
use crate::parts::tabs::Segments;
use crate::shell::Shell;
use crate::window as browser;
use crate::words::{Word, say, t};

const NUMBERS: [&str; 8] = ["u64", "i64", "f64", "u32", "i32", "u16", "u8", "f32"];
const COLOURS: [&str; 6] = ["--rate", "--svc-2", "--svc-5", "--svc-12", "--svc-8", "--svc-1"];

#[component]
pub(super) fn Shown(answer: Load<SqlTable>, body: Signal<Option<SqlBody>>) -> impl IntoView {
    let shell = Shell::here();
    let show = shell.address.param("show");
    let plan = load::<Explained>(move || {
        let body = body.get().filter(|_| show.get().as_deref() == Some("plan"))?;
        let asked = serde_json::json!({"query": body.query, "from": body.from, "to": body.to});
        Some(Question::post("sql/explain", &asked))
    });
    let count = move || {
        answer.answer().map(|answer| {
            let rows = figure::grouped(answer.data.rows.len() as u64);
            match &answer.meta.truncated {
                Some(cut) => say(
                    Word::SqlRowsOf,
                    &[("rows", &rows), ("total", &cut.total.map_or_else(|| "?".into(), figure::grouped))],
                ),
                None => say(Word::SqlRows, &[("rows", &rows)]),
            }
        })
    };
    let export = move |format: SqlFormat| {
        let Some(body) = body.get_untracked() else { return };
        let body = SqlBody { format: Some(format), ..body };
        life::finish(async move {
            let name = format!("daymark.{}", format.name());
            if let Err(problem) = net::save(&Question::post("sql", &body).accepting("*/*"), &name).await {
                shell.toasts.say(problem.detail.clone());
            }
        });
    };
    let copy = move |_| {
        if let Some(answer) = answer.peek() {
            browser::copy(&tabbed(&answer.data));
            shell.toasts.say(t(Word::ShellCopied));
        }
    };
    let formats = [SqlFormat::Csv, SqlFormat::Ndjson, SqlFormat::Parquet, SqlFormat::Arrow];
    view! {
        <div class="toolbar">
            <Segments parameter="show" label=t(Word::SqlShow) choices=vec![("rows", Word::SqlGrid), ("chart", Word::SqlChart), ("plan", Word::SqlPlan)] />
            <span class="small quiet">{count}</span>
            <span class="grow"></span>
            <button type="button" class="button" data-kind="plain" on:click=copy>{t(Word::ShellCopy)}</button>
            <Menu label=Signal::stored(t(Word::SqlExport).to_owned()) title=t(Word::SqlExport) kind="plain">
                {formats.map(|format| view! { <button type="button" role="menuitem" on:click=move |_| export(format)>{format.name()}</button> }).collect_view()}
            </Menu>
        </div>
        {move || match show.get().as_deref() {
            Some("plan") => view! { <div class="scroll"><Loaded load=plan show=|answer| view! { <PlanText explained=answer.data.clone() /> } /></div> }.into_any(),
            Some("chart") => view! { <div class="scroll"><Loaded load=answer show=|answer| view! { <Drawn table=answer.data.clone() /> } /></div> }.into_any(),
            // Rows of the statement before would be taken for those of the one that failed.
            _ if answer.problem().is_some() => answer.problem().map(|problem| view! { <Failure problem=problem /> }).into_any(),
            _ => view! { <Loaded load=answer rows=12 show=|answer| view! { <Rows table=answer.data.clone() /> } /> }.into_any(),
        }}
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::Null => "–".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn tabbed(table: &SqlTable) -> String {
    let head = table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join("\t");
    let line = |row: &Vec<Value>| {
        row.iter()
            .map(
                |value| {
                    if value.is_null() { String::new() } else { written(value).replace(['\t', '\n'], " ") }
                },
            )
            .collect::<Vec<_>>()
            .join("\t")
    };
    std::iter::once(head).chain(table.rows.iter().map(line)).collect::<Vec<_>>().join("\n")
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

#[component]
fn Rows(table: SqlTable) -> impl IntoView {
    let shell = Shell::here();
    if table.rows.is_empty() {
        return view! { <Nothing text=t(Word::SqlNoRows) /> }.into_any();
    }
    let columns = table.columns.iter().enumerate().map(|(at, column)| {
        let is_number = NUMBERS.contains(&column.kind.as_str());
        let is_time = column.kind == "time";
        let is_trace = column.name == "trace_id";
        let most = table.rows.iter().filter_map(|row| number(&row[at])).fold(0.0_f64, |most, value| most.max(value.abs()));
        let is_drawn = is_number && table.rows.len() > 1 && most > 0.0 && column.kind.starts_with('f');
        let cell = move |row: &Vec<Value>| {
            let value = &row[at];
            let text = written(value);
            if is_time && let Some(nanos) = value.as_str().and_then(|text| text.parse().ok()) {
                return view! { <code>{shell.civil(Nanos(nanos)).date_hms_ms()}</code> }.into_any();
            }
            if is_trace {
                let to = shell.link(["traces", &text]).to_string();
                return view! { <a class="link mono" href=to>{text}</a> }.into_any();
            }
            if is_drawn {
                let wide = number(value).map_or(0.0, |value| value.abs() / most * 100.0);
                return view! { <span class="meter"><i style:width=format!("{wide:.1}%") style:--own="var(--seq-4)"></i></span> <code class="sql-number">{text}</code> }.into_any();
            }
            let class = if value.is_null() { "faint" } else { "" };
            view! { <code class=class title=text.clone()>{text.clone()}</code> }.into_any()
        };
        let head = format!("{} {}", column.name, column.kind);
        if is_number { Column::number(head, "minmax(96px, 1fr)", cell) } else { Column::text(head, "minmax(120px, 1.6fr)", cell) }
    });
    let columns = columns.collect();
    view! { <Grid rows=Signal::stored(table.rows) columns=columns label=t(Word::SqlGrid) scrolls=true /> }
        .into_any()
}

/// The first column of time across, every column of numbers a line. Rows of one instant that differ in a text
/// are lines of their own.
#[component]
fn Drawn(table: SqlTable) -> impl IntoView {
    let time = table.columns.iter().position(|column| column.kind == "time");
    let numbers: Vec<usize> =
        (0..table.columns.len()).filter(|at| NUMBERS.contains(&table.columns[*at].kind.as_str())).collect();
    let (Some(time), false) = (time, numbers.is_empty()) else {
        return view! { <Nothing text=t(Word::SqlNoChart) /> }.into_any();
    };
    let at_of = |row: &Vec<Value>| row[time].as_str().and_then(|text| text.parse::<i64>().ok());
    let mut instants: Vec<i64> = table.rows.iter().filter_map(at_of).collect();
    instants.sort_unstable();
    instants.dedup();
    let step = instants.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(1).max(1);
    let first = instants.first().copied().unwrap_or(0);
    let steps = (((instants.last().copied().unwrap_or(first) - first) / step) as usize + 1).min(5_000);
    let texts: Vec<usize> =
        (0..table.columns.len()).filter(|at| *at != time && !numbers.contains(at)).collect();
    let mut series: Vec<Series> = Vec::new();
    for row in &table.rows {
        let Some(place) = at_of(row).map(|at| ((at - first) / step) as usize).filter(|place| *place < steps)
        else {
            continue;
        };
        let group = texts.iter().map(|at| written(&row[*at])).collect::<Vec<_>>().join(" ");
        for column in &numbers {
            let name = &table.columns[*column].name;
            let label = if group.is_empty() {
                name.clone()
            } else if numbers.len() == 1 {
                group.clone()
            } else {
                format!("{group} {name}")
            };
            let known = series.iter().position(|series| series.label == label).unwrap_or_else(|| {
                let colour = COLOURS[series.len() % COLOURS.len()].to_owned();
                series.push(Series {
                    label,
                    colour,
                    values: vec![None; steps],
                    is_filled: false,
                    before: Vec::new(),
                });
                series.len() - 1
            });
            series[known].values[place] = number(&row[*column]);
        }
    }
    series.truncate(12);
    let legend = series.iter().map(|series| view! { <span><i class="dot" style:--own=format!("var({})", series.colour)></i>{series.label.clone()}</span> }).collect_view();
    let plot = Plot { t0: Nanos(first), step_ns: step, series, threshold: None };
    view! {
        <div class="sql-chart">
            <div class="legend">{legend}</div>
            <Chart plot=Signal::stored(Some(plot)) title=t(Word::SqlChart).to_owned() format=short height=320.0 />
        </div>
    }
    .into_any()
}

fn short(value: f64) -> String {
    if value.abs() >= 10_000.0 {
        figure::count(value.abs() as u64).to_string()
    } else {
        format!("{}", (value * 100.0).round() / 100.0)
    }
}

#[component]
fn PlanText(explained: Explained) -> impl IntoView {
    let text = serde_json::to_string_pretty(&explained).unwrap_or_default();
    view! { <div class="sql-plan"><crate::parts::copied::CodeBlock text=Signal::stored(text) /></div> }
}
