//! Two traces, or two sets of traces, side by side: where the time went, step by step.

/// What is compared, while one side is not chosen.
mod choose;
/// The steps of both sides.
mod steps;

use std::sync::Arc;

use daymark_view::diff::{Diff, DiffBody, Metric, SideBody, SideSum};
use daymark_viz::address::Address;
use daymark_viz::contrast::{self, SideText};
use daymark_viz::figure;
use leptos::prelude::*;

use crate::load::{Load, load};
use crate::net::Question;
use crate::parts::icon::Icon;
use crate::parts::menu::Menu;
use crate::parts::states::Loaded;
use crate::parts::tabs::Segments;
use crate::shell::Shell;
use crate::shell::keys::copy_link;
use crate::window;
use crate::words::{Word, say, t};

const METRICS: [(&str, Metric, Word); 4] = [
    ("duration", Metric::Duration, Word::CompareDuration),
    ("self", Metric::Own, Word::CompareSelf),
    ("critical", Metric::Critical, Word::CompareCritical),
    ("count", Metric::Count, Word::CompareCount),
];

/// Differences below which steps are hidden.
const LEAST: [&str; 6] = ["0", "100us", "1ms", "10ms", "100ms", "1s"];
const LEAST_AT_FIRST: &str = "1ms";

/// What is compared, as the address has it.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    shell: Shell,
    pub(super) a: Memo<Option<String>>,
    pub(super) b: Memo<Option<String>>,
    pub(super) metric: Memo<Metric>,
    least: Memo<String>,
    /// The step that is looked at, by its place in the tree.
    pub(super) step: Memo<Option<usize>>,
}

impl Asked {
    fn new(shell: Shell) -> Self {
        let metric = shell.address.param("metric");
        let least = shell.address.param("min");
        let step = shell.address.param("sel");
        Self {
            shell,
            a: shell.address.param("a"),
            b: shell.address.param("b"),
            metric: Memo::new(move |_| {
                let metric = metric.get().unwrap_or_default();
                METRICS
                    .iter()
                    .find(|(name, ..)| *name == metric)
                    .map(|(_, metric, _)| *metric)
                    .unwrap_or_default()
            }),
            least: Memo::new(move |_| least.get().unwrap_or_else(|| LEAST_AT_FIRST.into())),
            step: Memo::new(move |_| step.get().and_then(|step| step.parse().ok())),
        }
    }

    fn body(self) -> Option<DiffBody> {
        let side = |text: &str| {
            Some(match SideText::read(text)? {
                SideText::Trace(id) => SideBody { trace_id: Some(id), ..SideBody::default() },
                SideText::Set { q, from, to } => {
                    SideBody { trace_id: None, q: Some(q), from: Some(from), to: Some(to) }
                }
            })
        };
        Some(DiffBody { a: side(&self.a.get()?)?, b: side(&self.b.get()?)?, metric: self.metric.get() })
    }

    /// In nanoseconds; of counts every difference is shown.
    pub(super) fn least(self) -> f64 {
        if self.metric.get() == Metric::Count {
            return 0.0;
        }
        self.least.with(|least| daymark_view::duration::parse(least).map_or(0.0, |ns| ns as f64))
    }

    /// The other way around.
    fn swapped(self) -> Address {
        let (a, b) = (self.a.get().unwrap_or_default(), self.b.get().unwrap_or_default());
        self.shell.address.get().with("a", &b).with("b", &a).without("sel")
    }

    fn next_least(self) {
        let now = LEAST.iter().position(|least| *least == self.least.get_untracked()).unwrap_or(0);
        self.set_least(LEAST[(now + 1) % LEAST.len()]);
    }

    fn set_least(self, least: &str) {
        self.shell.address.set("min", if least == LEAST_AT_FIRST { "" } else { least });
    }
}

#[component]
pub(crate) fn Page() -> impl IntoView {
    let shell = Shell::here();
    let asked = Asked::new(shell);
    provide_context(asked);
    let is_ready = Memo::new(move |_| asked.body().is_some());
    let diff = load::<Diff>(move || Some(Question::post("traces/diff", &asked.body()?)));
    shell.tell_cost(diff, |diff, meta| {
        let total = meta.truncated.as_ref().and_then(|cut| cut.total).unwrap_or(diff.tree.len() as u64);
        say(
            Word::ShellStatusOf,
            &[("shown", &figure::grouped(diff.tree.len() as u64)), ("total", &figure::grouped(total))],
        )
    });
    shell.keys.on("w", Word::CompareKeySwap, move || shell.address.push(untrack(|| asked.swapped())));
    shell.keys.on("T", Word::CompareKeyLeast, move || asked.next_least());
    shell.keys.on("F6", Word::CompareKeyPane, || {
        // From the steps to what differs, and back.
        if window::focus(".compare-side:not(:focus-within)") {
            return;
        }
        window::focus(".compare .grid-row[tabindex='0']");
    });
    view! {
        <div class="page compare">
            <div class="page-head">
                <h1>{t(Word::NavCompare)}</h1>
                <Show when=move || is_ready.get()>
                    <Sides diff=diff />
                    <span class="actions">
                        <button type="button" class="button" on:click=move |_| copy_link(shell, true)>{t(Word::ShellCopyLink)}</button>
                    </span>
                </Show>
            </div>
            <Show when=move || is_ready.get() fallback=|| view! { <choose::Choose /> }>
                <div class="toolbar">
                    <Segments parameter="metric" label=t(Word::CompareMetric) choices=METRICS.iter().map(|(name, _, word)| (*name, *word)).collect() />
                    <Show when=move || asked.metric.get() != Metric::Count>
                        <span class="quiet">{t(Word::CompareOnly)}</span>
                        <Menu label=Signal::derive(move || least_text(&asked.least.get())) title=t(Word::CompareOnly)>
                            {LEAST.iter().map(|least| view! {
                                <button
                                    type="button"
                                    role="menuitemradio"
                                    aria-checked=move || (asked.least.get() == *least).to_string()
                                    on:click=move |_| asked.set_least(least)
                                >{least_text(least)}</button>
                            }).collect_view()}
                        </Menu>
                    </Show>
                    <span class="grow"></span>
                    <Explained diff=diff />
                </div>
                <Loaded load=diff rows=20 show=move |answer| view! { <steps::Steps diff=Arc::new(answer.data.clone()) /> } />
            </Show>
        </div>
    }
}

fn least_text(least: &str) -> String {
    let ns = daymark_view::duration::parse(least).unwrap_or(0);
    if ns == 0 { t(Word::CompareAll).to_owned() } else { figure::duration(ns as u64).to_string() }
}

/// Both sides, and the way to turn them around.
#[component]
fn Sides(diff: Load<Diff>) -> impl IntoView {
    let asked = expect_context::<Asked>();
    let side = move |letter: &'static str, text: Memo<Option<String>>, of: fn(&Diff) -> &SideSum| {
        move || {
            let shell = Shell::here();
            let sum = diff.answer().map(|answer| of(&answer.data).clone());
            let name = match text.get().as_deref().and_then(SideText::read) {
                Some(SideText::Trace(id)) => {
                    let to = shell.link(["traces", &id]).to_string();
                    view! { <a class="link mono" href=to>{figure::short_id(&id)}</a> }.into_any()
                }
                Some(SideText::Set { q, .. }) => {
                    let shown = if q.trim().is_empty() { t(Word::CompareEverything).to_owned() } else { q };
                    view! { <code class="cut">{shown}</code> }.into_any()
                }
                None => ().into_any(),
            };
            view! {
                <span class="compare-head" data-side=letter>
                    <b class="compare-letter" data-side=letter>{letter}</b>
                    {name}
                    {sum.map(|sum| {
                        let start = sum.start.map(|at| shell.civil(at).hms()).unwrap_or_default();
                        let spans = figure::grouped(sum.spans.round().max(0.0) as u64);
                        let text = if sum.traces > 1 {
                            say(Word::CompareOfTraces, &[("traces", &figure::grouped(sum.traces)), ("spans", &spans)])
                        } else {
                            say(Word::CompareOfSpans, &[("spans", &spans), ("time", &start)])
                        };
                        view! { <b>{figure::duration(sum.duration_ns.max(0.0) as u64).to_string()}</b><span class="quiet small">{text}</span> }
                    })}
                </span>
            }
        }
    };
    view! {
        {side("A", asked.a, |diff| &diff.a)}
        <a class="button" data-kind="plain" data-icon href=move || asked.swapped().to_string() title=t(Word::CompareKeySwap) aria-label=t(Word::CompareKeySwap)>"⇄"</a>
        {side("B", asked.b, |diff| &diff.b)}
    }
}

/// How few steps make up how much of the difference; the way to the next difference.
#[component]
fn Explained(diff: Load<Diff>) -> impl IntoView {
    move || {
        let answer = diff.answer()?;
        let whole = answer.data.a.duration_ns - answer.data.b.duration_ns;
        let text = contrast::explained(&answer.data).map(|(steps, share)| {
            say(
                Word::CompareExplained,
                &[
                    ("steps", &steps.to_string()),
                    ("all", &answer.data.tree.len().to_string()),
                    ("share", &format!("{:.0}\u{a0}%", share * 100.0)),
                ],
            )
        });
        let side = if whole > 0.0 { "A" } else { "B" };
        Some(view! {
            <span class="quiet cut">{text}</span>
            <b class="compare-whole" data-side=side>{signed(whole, Metric::Duration)}</b>
            <Icon name="right" size=12 />
        })
    }
}

/// A difference with its sign.
pub(super) fn signed(value: f64, metric: Metric) -> String {
    let sign = if value > 0.0 {
        "+"
    } else if value < 0.0 {
        "−"
    } else {
        ""
    };
    format!("{sign}{}", plain(value.abs(), metric))
}

/// A value of a metric.
pub(super) fn plain(value: f64, metric: Metric) -> String {
    match metric {
        Metric::Count if value.fract() == 0.0 => figure::grouped(value as u64),
        Metric::Count if value < 1.0 => format!("{value:.2}"),
        Metric::Count => format!("{value:.1}"),
        _ => figure::duration(value.max(0.0).round() as u64).to_string(),
    }
}
