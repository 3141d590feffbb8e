//! The steps of both sides as a tree, how much each differs, and what else differs at the one looked at.

use std::sync::Arc;

use daymark_view::diff::{AttributeDiff, Diff, Measures, Metric, PathDiff};
use daymark_viz::contrast;
use daymark_viz::palette::Palette;
use leptos::prelude::*;
use serde_json::Value;

use super::{Asked, plain, signed};
use crate::parts::grid::{Column, Grid};
use crate::parts::icon::Icon;
use crate::parts::states::Nothing;
use crate::parts::swatch::Swatch;
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, say, t};

const INDENT: usize = 12;

/// A row: its place in the tree.
type Row = usize;

#[component]
pub(super) fn Steps(diff: Arc<Diff>) -> impl IntoView {
    let shell = Shell::here();
    let asked = expect_context::<Asked>();
    let diff = StoredValue::new(diff);
    let closed = RwSignal::new(Vec::<usize>::new());
    let rows = Memo::new(move |_| {
        diff.with_value(|diff| contrast::shown(&diff.tree, asked.metric.get(), asked.least(), &closed.get()))
    });
    let toggle = move |at: usize| {
        closed.update(|closed| match closed.iter().position(|known| *known == at) {
            Some(known) => drop(closed.remove(known)),
            None => closed.push(at),
        });
    };
    let go = move |at: usize| shell.address.replace(shell.address.now().with("sel", &at.to_string()));
    let next = move || {
        let now = asked.step.get_untracked();
        let metric = asked.metric.get_untracked();
        let found = diff.with_value(|diff| {
            let most = diff.tree.iter().map(|row| contrast::delta(row, metric).abs()).fold(0.0, f64::max);
            let rows = rows.get_untracked();
            let later = rows.iter().filter(|at| now.is_none_or(|now| **at > now)).chain(&rows);
            // What makes a tenth of the largest difference is worth a stop.
            later.copied().find(|at| contrast::delta(&diff.tree[*at], metric).abs() >= most / 10.0)
        });
        found.into_iter().for_each(go);
    };
    shell.keys.on("d", Word::CompareKeyNext, next);
    let keyed = Callback::new(move |(key, at): (String, Row)| {
        let is_closed = closed.with_untracked(|closed| closed.contains(&at));
        let has_children = diff.with_value(|diff| contrast::has_children(&diff.tree, at));
        let acts =
            has_children && matches!((key.as_str(), is_closed), ("ArrowLeft", false) | ("ArrowRight", true));
        if acts {
            toggle(at);
        }
        acts
    });
    let columns = columns(diff, closed, Callback::new(toggle));
    view! {
        <div class="compare-body">
            <div class="compare-main">
                <Show when=move || rows.with(|rows| !rows.is_empty()) fallback=|| view! { <Nothing text=t(Word::CompareSame) /> }>
                    <Grid
                        rows=rows
                        columns=columns.run(())
                        label=t(Word::NavCompare)
                        open=Callback::new(go)
                        is_selected=Callback::new(move |at: Row| asked.step.get() == Some(at))
                        keyed=keyed
                        scrolls=true
                    />
                </Show>
            </div>
            <aside class="side compare-side" tabindex="0" aria-label=t(Word::CompareDiffers)>
                {move || diff.with_value(|diff| view! { <Differs diff=Arc::clone(diff) at=asked.step.get() /> })}
            </aside>
        </div>
    }
}

fn columns(
    diff: StoredValue<Arc<Diff>>,
    closed: RwSignal<Vec<usize>>,
    toggle: Callback<usize>,
) -> Callback<(), Vec<Column<Row>>> {
    let asked = expect_context::<Asked>();
    let colours = diff.with_value(|diff| {
        Palette::of(diff.tree.iter().filter_map(|row| row.path.last()).map(|step| step.service.as_str()))
    });
    let colours = StoredValue::new(colours);
    let is_narrow = window::is_narrow();
    let most = Memo::new(move |_| {
        let metric = asked.metric.get();
        diff.with_value(|diff| {
            let sides = diff.tree.iter().flat_map(|row| [row.a, row.b]).flatten();
            let most = sides.map(|side| side.of(metric)).fold(0.0, f64::max);
            let delta = diff.tree.iter().map(|row| contrast::delta(row, metric).abs()).fold(0.0, f64::max);
            (most.max(1e-9), delta.max(1e-9))
        })
    });
    let side = move |of: fn(&PathDiff) -> Option<Measures>| {
        move |at: &Row| {
            let value = diff.with_value(|diff| diff.tree.get(*at).and_then(of));
            let metric = asked.metric.get();
            match value {
                Some(side) => {
                    let width = format!("{:.1}%", side.of(metric) / most.get().0 * 100.0);
                    view! { <span class="compare-value"><span class="meter"><i style:width=width></i></span><span>{plain(side.of(metric), metric)}</span></span> }.into_any()
                }
                None => {
                    view! { <span class="compare-value"><span></span><span class="faint">"–"</span></span> }
                        .into_any()
                }
            }
        }
    };
    Callback::new(move |()| {
        let mut columns =
            vec![Column::text(t(Word::CompareStep), "minmax(180px, 1.4fr)", move |at: &Row| {
                diff.with_value(|diff| colours.with_value(|colours| step(diff, *at, colours, closed, toggle)))
            })];
        if !is_narrow {
            columns.push(Column::text("A", "172px", side(|row| row.a)));
            columns.push(Column::text("B", "172px", side(|row| row.b)));
        }
        let (head, wide) =
            if is_narrow { ("Δ", "96px") } else { (t(Word::CompareDelta), "minmax(200px, 280px)") };
        columns.push(Column::text(head, wide, move |at: &Row| {
            let metric = asked.metric.get();
            let delta = diff.with_value(|diff| diff.tree.get(*at).map_or(0.0, |row| contrast::delta(row, metric)));
            let half = delta.abs() / most.get().1 * 50.0;
            let (left, side) = if delta > 0.0 { (50.0, "A") } else { (50.0 - half, "B") };
            let class = if half >= 5.0 { "strong" } else { "quiet" };
            view! {
                <span class="compare-delta"><i data-side=side style:left=format!("{left:.1}%") style:width=format!("{half:.1}%")></i></span>
                <span class=format!("compare-number {class}")>{signed(delta, metric)}</span>
            }.into_any()
        }));
        if !is_narrow {
            columns.push(Column::number(t(Word::CompareCalls), "96px", move |at: &Row| {
                let (a, b) = diff.with_value(|diff| {
                    diff.tree.get(*at).map_or((0.0, 0.0), |row| {
                        let of = |side: Option<Measures>| side.map_or(0.0, |side| side.count);
                        (of(row.a), of(row.b))
                    })
                });
                let class = if (a - b).abs() >= 1.0 && a > 0.0 && b > 0.0 { "warn strong" } else { "quiet" };
                view! { <span class=class>{plain(a, Metric::Count)} " / " {plain(b, Metric::Count)}</span> }
                    .into_any()
            }));
        }
        columns
    })
}

/// The name of a step, indented, with what is odd about it.
fn step(
    diff: &Diff,
    at: usize,
    colours: &Palette,
    closed: RwSignal<Vec<usize>>,
    toggle: Callback<usize>,
) -> AnyView {
    let Some(row) = diff.tree.get(at) else { return ().into_any() };
    let Some(last) = row.path.last() else { return ().into_any() };
    let indent = format!("{}px", (row.path.len() - 1).min(24) * INDENT);
    let has_children = contrast::has_children(&diff.tree, at);
    let failed = |side: Option<Measures>| side.is_some_and(|side| side.errors > 0.0);
    let badge = match (row.a, row.b) {
        (Some(_), None) => Some(("A", t(Word::CompareOnlyA))),
        (None, Some(_)) => Some(("B", t(Word::CompareOnlyB))),
        _ if failed(row.a) && !failed(row.b) => Some(("error", t(Word::CompareErrorA))),
        _ if failed(row.b) && !failed(row.a) => Some(("error", t(Word::CompareErrorB))),
        _ => None,
    };
    let is_closed = move || closed.with(|closed| closed.contains(&at));
    view! {
        <span class="compare-indent" style:width=indent></span>
        {if has_children {
            view! {
                <button type="button" class="compare-fold" tabindex="-1" aria-label=t(Word::CompareFold) aria-expanded=move || (!is_closed()).to_string() on:click=move |_| toggle.run(at)>
                    {move || view! { <Icon name=if is_closed() { "right" } else { "down" } size=12 /> }}
                </button>
            }.into_any()
        } else {
            view! { <span class="compare-fold"></span> }.into_any()
        }}
        <Swatch service=last.service.clone() colour=colours.slot(&last.service) />
        <span class="cut">{last.service.clone()} " " <span class="quiet">{last.name.clone()}</span></span>
        {badge.map(|(side, text)| view! { <span class="badge compare-badge" data-side=side>{text}</span> })}
    }.into_any()
}

/// What else differs: at a step, and of whole services.
#[component]
fn Differs(diff: Arc<Diff>, at: Option<usize>) -> impl IntoView {
    let row = at.and_then(|at| diff.tree.get(at)).cloned();
    let whole_ns = diff.a.duration_ns - diff.b.duration_ns;
    let (whole, only_a, only_b) = contrast::whole(&diff.whole);
    let sides = [("A", only_a, Word::CompareOnlyA), ("B", only_b, Word::CompareOnlyB)];
    let only: Vec<_> = sides.into_iter().flat_map(|(side, services, word)| {
        services.into_iter().map(move |service| view! {
            <p class="side-note"><Swatch service=service.clone() /> " " {service} " " <span class="badge compare-badge" data-side=side>{t(word)}</span></p>
        })
    }).collect();
    let is_of_two = diff.a.traces <= 1 && diff.b.traces <= 1;
    view! {
        {match row {
            Some(row) => {
                let last = row.path.last().cloned();
                let own = contrast::delta(&row, Metric::Own);
                let told = say(Word::CompareOwn, &[("own", &signed(own, Metric::Duration)), ("whole", &signed(whole_ns, Metric::Duration))]);
                let nothing = if is_of_two { Word::CompareNoAttributes } else { Word::CompareSets };
                view! {
                    {last.map(|last| view! {
                        <div class="compare-title">
                            <p class="small"><Swatch service=last.service.clone() /> " " {last.service.clone()}</p>
                            <h2>{last.name}</h2>
                            <p class="quiet small">{told}</p>
                        </div>
                    })}
                    <Attributes title=t(Word::CompareDiffers) rows=row.attributes nothing=t(nothing) />
                }.into_any()
            }
            None => view! { <p class="side-note quiet compare-hint">{t(Word::CompareChoose)}</p> }.into_any(),
        }}
        {(!whole.is_empty() || only.is_empty()).then(|| view! { <Attributes title=t(Word::CompareWhole) rows=whole nothing=t(Word::CompareNoWhole) /> })}
        {(!only.is_empty()).then(|| view! {
            <div class="section-head panel-head"><h2>{t(Word::CompareServices)}</h2></div>
            {only}
        })}
    }
}

#[component]
fn Attributes(title: &'static str, rows: Vec<AttributeDiff>, nothing: &'static str) -> impl IntoView {
    let text = |value: &Value| match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let values =
                values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            values.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    let row = move |row: AttributeDiff| {
        view! {
            <dt>{row.key.clone()}</dt>
            <dd class="compare-a">{text(&row.a)}</dd>
            <dd class="compare-b">{text(&row.b)}</dd>
        }
    };
    let is_empty = rows.is_empty();
    view! {
        <div class="section-head panel-head"><h2>{title}</h2></div>
        {if is_empty {
            view! { <p class="side-note quiet">{nothing}</p> }.into_any()
        } else {
            view! { <dl class="compare-pairs">{rows.into_iter().map(row).collect_view()}</dl> }.into_any()
        }}
    }
}
