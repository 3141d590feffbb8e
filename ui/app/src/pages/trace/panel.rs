//! One span in full: four figures, how long its operation takes, attributes, events, links, resource, log lines,
//! and where the critical path of the trace spent its time.

use daymark_trace_model::groups::{self, By};
use daymark_view::distribution::Durations;
use daymark_view::events::ChangeEvent;
use daymark_view::skeleton::Detail;
use daymark_view::trace_logs::LogRow;
use daymark_viz::figure;
use leptos::prelude::*;
use serde_json::{Map, Value};

use crate::load::load;
use crate::net::{Question, part};
use crate::pages::trace::coloured::variable;
use crate::pages::trace::seen::Seen;
use crate::parts::copied::Copy;
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::menu::Menu;
use crate::parts::swatch::Swatch;
use crate::shell::events::{icon_of, told};
use crate::shell::keys::copy_link;
use crate::words::{Word, say, t};

/// Around the span: what its duration is compared with.
const AROUND_NS: i64 = 3_600_000_000_000;
/// What changed so long before or after may have to do with it, and how much of that is shown.
const BEFORE_NS: i64 = 900_000_000_000;
const AFTER_NS: i64 = 60_000_000_000;
const CHANGES: usize = 3;
/// Longer values are cut until somebody wants them.
const VALUE_MAX: usize = 4_096;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Attributes,
    Events,
    Logs,
    Links,
    Resource,
}

#[component]
pub(super) fn Panel() -> impl IntoView {
    let seen = Seen::here();
    let detail = Memo::new(move |_| {
        let at = seen.selected.get()?;
        let row = seen.trace.with(|trace| ((at as usize) < trace.len()).then(|| trace.row_of(at)))?;
        let answer = seen.details.answer()?;
        answer.data.spans.iter().find(|detail| detail.row == row).cloned()
    });
    let facts = Memo::new(move |_| {
        let at = seen.selected.get()? as usize;
        seen.trace.with(|trace| {
            (at < trace.len()).then(|| {
                (
                    trace.service(at as u32).to_owned(),
                    trace.operation(at as u32).to_owned(),
                    trace.dur[at],
                    trace.own[at],
                    trace.duration,
                )
            })
        })
    });
    let kind = move || detail.get().map(|detail| detail.span.kind.clone());
    let duration = |ns: i64| figure::duration(ns.max(0) as u64).to_string();
    let durations = load::<Durations>(move || {
        let detail = detail.get()?;
        let span = &detail.span;
        let question = Question::get(format!("services/{}/durations", part(&span.service)));
        let question = question.with("from", span.start.0 - AROUND_NS).with("to", span.start.0 + AROUND_NS);
        Some(
            question
                .with("op", &span.name)
                .with("kind", &span.kind)
                .with("at_ns", span.duration_ns.max(0))
                .with("bins", 40),
        )
    });
    let rank = move || {
        durations
            .map(|found| found.rank)
            .map_or_else(|| "–".to_owned(), |rank| format!("p{:.1}", (rank * 100.0).min(99.9)))
    };
    let four = move || {
        facts.get().map(|(_, _, whole, own, trace)| {
            let share = figure::percent(own.max(0) as f64 / trace.max(1) as f64).to_string();
            let pair = |word: Word, value: String| view! { <div><dt>{t(word)}</dt><dd>{value}</dd></div> };
            view! {
                <dl class="trace-four">
                    {pair(Word::TraceDuration, duration(whole))}
                    {pair(Word::TraceOwn, duration(own))}
                    {pair(Word::TraceOfTrace, share)}
                    {pair(Word::TracePercentile, rank())}
                </dl>
            }
        })
    };
    let shown = RwSignal::new(Part::Attributes);
    let tab = move |which: Part, word: Word, count: Option<usize>| {
        view! {
            <button type="button" role="tab" aria-selected=move || (shown.get() == which).to_string() on:click=move |_| shown.set(which)>
                {t(word)}{count.map(|count| view! { <span class="n">{count}</span> })}
            </button>
        }
    };
    let parts = move || {
        detail.get().map(|detail| {
        let span = detail.span.clone();
        let logs = seen.selected.get_untracked().map_or(0, |at| seen.trace.with_untracked(|trace| trace.logs[at as usize] as usize));
        let resource = seen.details.peek().and_then(|answer| answer.data.resources.get(&span.resource).cloned()).unwrap_or_default();
        let message = span.status_message.clone().filter(|message| !message.is_empty());
        view! {
            {message.map(|message| view! { <p class="trace-message crit"><Mark state=State::Critical />" "{message}</p> })}
            <div class="tabs trace-parts" role="tablist">
                {tab(Part::Attributes, Word::TraceAttributes, Some(span.attributes.0.len()))}
                {tab(Part::Events, Word::TraceEvents, Some(span.events.len()))}
                {tab(Part::Logs, Word::TraceLogs, Some(logs))}
                {tab(Part::Links, Word::TraceLinks, Some(span.links.len()))}
                {tab(Part::Resource, Word::TraceResource, None)}
            </div>
            {move || match shown.get() {
                Part::Attributes => view! { <Pairs pairs=span.attributes.0.clone() prefix="" /> }.into_any(),
                Part::Resource => view! { <Pairs pairs=resource.0.clone() prefix="resource." /> }.into_any(),
                Part::Events => events(&detail).into_any(),
                Part::Links => links(&detail).into_any(),
                Part::Logs => view! { <SpanLogs span=detail.span.span_id.to_string() /> }.into_any(),
            }}
        }
    })
    };
    let name = move || {
        facts.get().map(|(service, operation, ..)| view! {
        <div class="grow">
            <p class="small quiet trace-panel-service"><Swatch service=service.clone() />{service}" "<span class="faint">{kind}</span></p>
            <h2 class="trace-panel-title">{operation}</h2>
        </div>
    })
    };
    view! {
        <aside class="side trace-panel" aria-label=t(Word::TracePanel)>
            <div class="side-head">
                {name}
                <div class="actions">
                    <button type="button" class="button" data-kind="plain" data-icon title=t(Word::ShellCopyLink) aria-label=t(Word::ShellCopyLink) on:click=move |_| copy_link(seen.shell, true)><Icon name="link" size=14 /></button>
                    <Copies detail=detail />
                    <button type="button" class="button" data-kind="plain" data-icon title=t(Word::ShellClose) aria-label=t(Word::ShellClose) on:click=move |_| seen.close()><Icon name="close" size=14 /></button>
                </div>
            </div>
            {four}
            {move || durations.answer().filter(|answer| !answer.data.counts.is_empty()).map(|answer| distribution(&answer.data, facts.get().map_or(0, |facts| facts.2)))}
            {parts}
            <Changed detail=detail />
            <Critical />
        </aside>
    }
}

/// Deploys and the like shortly before the span and after it.
#[component]
fn Changed(detail: Memo<Option<Detail>>) -> impl IntoView {
    let shell = Seen::here().shell;
    let events = load::<Vec<ChangeEvent>>(move || {
        let start = detail.get()?.span.start.0;
        let range = Question::get("events").with("from", start - BEFORE_NS).with("to", start + AFTER_NS);
        Some(shell.in_scope(range))
    });
    let row = move |event: ChangeEvent, start: i64| {
        let (icon, class) = icon_of(event.kind);
        let distance = figure::duration((event.time.0 - start).unsigned_abs()).to_string();
        let word = if event.time.0 <= start { Word::TraceBefore } else { Word::TraceAfter };
        let to = event.service.as_ref().map(|service| shell.link(["services", service]).to_string());
        view! {
            <a class="trace-change" href=to>
                <span class=class><Icon name=icon size=14 /></span>
                <span class="cut">{told(&event)}</span>
                <span class="faint">{say(word, &[("distance", &distance)])}</span>
            </a>
        }
    };
    move || {
        let start = detail.get()?.span.start.0;
        let mut all = events.map(Clone::clone);
        all.sort_by_key(|event| (event.time.0 - start).abs());
        all.truncate(CHANGES);
        (!all.is_empty()).then(|| {
            view! {
                <section class="trace-changed">
                    <div class="section-head panel-head"><h2>{t(Word::TraceChanged)}</h2></div>
                    {all.into_iter().map(|event| row(event, start)).collect_view()}
                </section>
            }
        })
    }
}

/// A span of a trace, written as people pass it on.
type Form = (Word, fn(&str, &Detail) -> String);

#[component]
fn Copies(detail: Memo<Option<Detail>>) -> impl IntoView {
    let seen = Seen::here();
    let forms: [Form; 4] = [
        (Word::TraceCopySpan, |_, detail| detail.span.span_id.to_string()),
        (Word::TraceCopyParent, |trace, detail| format!("00-{trace}-{}-01", detail.span.span_id)),
        (Word::TraceCopySummary, |trace, detail| {
            let span = &detail.span;
            let took = figure::duration(span.duration_ns.max(0) as u64);
            format!(
                "{} {} {took} {} (trace {trace}, span {})",
                span.service, span.name, span.status, span.span_id
            )
        }),
        (Word::TraceCopyCurl, |trace, _| {
            let base = document().base_uri().ok().flatten().unwrap_or_default();
            format!("curl '{base}api/v1/traces/{trace}'")
        }),
    ];
    let form = move |(word, written): Form| {
        let copy = move |_| {
            if let Some(detail) = detail.get_untracked() {
                crate::window::copy(&written(&seen.id.get_untracked(), &detail));
                seen.shell.toasts.say(t(Word::ShellCopied));
            }
        };
        view! { <button type="button" role="menuitem" on:click=copy>{t(word)}</button> }
    };
    view! {
        <Menu label=Signal::stored(String::new()) title=t(Word::ShellCopy) kind="plain" icon="copy">
            {forms.map(form).into_iter().collect_view()}
        </Menu>
    }
}

/// Bars on a log axis, the span as an upright.
fn distribution(found: &Durations, own: i64) -> impl IntoView + use<> {
    let most = found.counts.iter().copied().max().unwrap_or(1).max(1) as f64;
    let step = 320.0 / found.counts.len().max(1) as f64;
    let bars = found.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(at, count)| {
        let high = (*count as f64 / most * 34.0).max(1.0);
        let is_below = found.bounds_ns.get(at).is_some_and(|bound| (*bound as i64) < own);
        view! { <rect x=at as f64 * step y=36.0 - high width=(step - 1.0).max(0.5) height=high data-below=is_below.then_some("") /> }
    }).collect_view();
    let place =
        found.bounds_ns.partition_point(|bound| (*bound as i64) < own).min(found.counts.len()) as f64 * step;
    let ends =
        [found.bounds_ns.first(), found.bounds_ns.get(found.bounds_ns.len() / 2), found.bounds_ns.last()]
            .map(|bound| bound.map(|bound| figure::duration(*bound).to_string()));
    let [low, middle, high] = ends;
    view! {
        <section class="trace-distribution">
            <div class="section-head panel-head"><h2>{t(Word::TraceDistribution)}</h2><span class="small faint">{t(Word::TraceAround)}</span></div>
            <svg viewBox="0 0 320 36" preserveAspectRatio="none" aria-hidden="true">{bars}<line x1=place x2=place y1="0" y2="36" /></svg>
            <div class="trace-distribution-axis small faint"><span>{low}</span><span>{middle}</span><span>{high}</span></div>
        </section>
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Keys and values, with a filter; each can be copied or looked for.
#[component]
fn Pairs(pairs: Map<String, Value>, prefix: &'static str) -> impl IntoView {
    let seen = Seen::here();
    let filter = RwSignal::new(String::new());
    let count = pairs.len();
    let pairs: Vec<(String, String)> = pairs.into_iter().map(|(key, value)| (key, written(&value))).collect();
    let row = move |(key, value): (String, String)| {
        let is_open = RwSignal::new(value.len() <= VALUE_MAX);
        let query = format!("{prefix}{key}={}", daymark_viz::clause::value(&value));
        let href = {
            let query = query.clone();
            move || seen.shell.link(["traces"]).with("q", &query).to_string()
        };
        let here = query.clone();
        let (whole, text) = (value.clone(), value.clone());
        let shown = move || if is_open.get() { whole.clone() } else { whole.chars().take(200).collect() };
        view! {
            <dt title=key.clone()>{key.clone()}</dt>
            <dd>
                <span class="trace-value">{shown}{move || (!is_open.get()).then(|| view! { <button type="button" class="link" on:click=move |_| is_open.set(true)>" "{t(Word::ShellShowMore)}</button> })}</span>
                <span class="trace-value-acts">
                    <button type="button" title=t(Word::TraceFindHere) aria-label=format!("{} {key}", t(Word::TraceFindHere)) on:click=move |_| seen.shell.address.replace(seen.shell.address.now().with("find", &here))><Icon name="filter" size=12 /></button>
                    <a href=href title=t(Word::TraceFindAll) aria-label=format!("{} {key}", t(Word::TraceFindAll))><Icon name="search" size=12 /></a>
                    <Copy text=Signal::stored(text) />
                </span>
            </dd>
        }
    };
    let shown = move || {
        filter.with(|filter| {
            let filter = filter.to_lowercase();
            pairs
                .iter()
                .filter(|(key, value)| {
                    filter.is_empty()
                        || key.to_lowercase().contains(&filter)
                        || value.to_lowercase().contains(&filter)
                })
                .cloned()
                .map(row)
                .collect_view()
        })
    };
    view! {
        {(count > 8).then(|| view! {
            <div class="trace-pairs-filter"><input class="input mono" type="text" aria-label=t(Word::TraceFilterPairs) placeholder=t(Word::TraceFilterPairs) on:input=move |event| filter.set(event_target_value(&event)) /></div>
        })}
        {(count == 0).then(|| view! { <p class="faint trace-none">{t(Word::StateNothing)}</p> })}
        {(count > 0).then(|| view! { <dl class="pairs trace-pairs">{shown}</dl> })}
    }
}

fn events(detail: &Detail) -> impl IntoView + use<> {
    let start = detail.span.start;
    let none = detail
        .span
        .events
        .is_empty()
        .then(|| view! { <p class="faint trace-none">{t(Word::StateNothing)}</p> });
    let event = move |event: daymark_view::trace::Event| {
        let after = figure::duration((event.time.0 - start.0).max(0) as u64).to_string();
        view! {
            <h3 class="trace-event"><span class="faint">"+"{after}</span>" "{event.name}</h3>
            <Pairs pairs=event.attributes.0 prefix="" />
        }
    };
    (none, detail.span.events.clone().into_iter().map(event).collect_view())
}

fn links(detail: &Detail) -> impl IntoView + use<> {
    let shell = Seen::here().shell;
    let none = detail
        .span
        .links
        .is_empty()
        .then(|| view! { <p class="faint trace-none">{t(Word::StateNothing)}</p> });
    let link = move |link: daymark_view::trace::Link| {
        let (trace, span) = (link.trace_id.to_string(), link.span_id.to_string());
        let text = format!("{} / {}", figure::shortened(&trace, 17), span);
        let href = move || shell.link(["traces", &trace]).with("span", &span).to_string();
        view! { <p class="trace-none"><a class="link mono" href=href>{text}</a></p><Pairs pairs=link.attributes.0 prefix="" /> }
    };
    (none, detail.span.links.clone().into_iter().map(link).collect_view())
}

#[component]
fn SpanLogs(span: String) -> impl IntoView {
    let seen = Seen::here();
    let asked = span.clone();
    let logs = load::<Vec<LogRow>>(move || {
        Some(
            Question::get(format!("traces/{}/logs", part(&seen.id.get())))
                .with("span_id", &asked)
                .with("limit", 50),
        )
    });
    let row = move |log: LogRow| view! { <super::logs::LogLine log=log is_short=true /> };
    view! {
        <div class="trace-logs-short">
            {move || logs.answer().map(|answer| if answer.data.is_empty() { view! { <p class="faint trace-none">{t(Word::StateNothing)}</p> }.into_any() } else { answer.data.iter().cloned().map(row).collect_view().into_any() })}
            <p class="trace-none"><a class="link" href=move || seen.shell.link(["logs"]).with("q", &format!("span={span}")).to_string()>{t(Word::TraceOpenLogs)}</a></p>
        </div>
    }
}

/// Where the critical path spent its time.
#[component]
pub(super) fn Critical() -> impl IntoView {
    let seen = Seen::here();
    let rows = move || {
        let trace = seen.trace.get();
        let mut groups = groups::groups(&trace, &seen.colours.get(), By::Operation);
        groups.retain(|group| group.crit > 0);
        groups.sort_by_key(|group| std::cmp::Reverse(group.crit));
        let most = groups.first().map_or(1, |group| group.crit).max(1) as f64;
        let others: i64 = groups.iter().skip(6).map(|group| group.crit).sum();
        let count = groups.len().saturating_sub(6);
        let rest = (others > 0).then(|| (say(Word::TraceOthers, &[("count", &count.to_string())]), others));
        let row = move |text: AnyView, at: Option<u32>, ns: i64, own: String| {
            let width = format!("{:.0}%", (ns as f64 / most * 100.0).min(100.0));
            let duration = figure::duration(ns.max(0) as u64).to_string();
            view! {
                <button type="button" class="trace-critical-row" disabled=at.is_none() on:click=move |_| if let Some(at) = at { seen.go(at) }>
                    <span class="cut">{text}</span><span class="meter"><i style:width=width style:--own=own></i></span><span class="num">{duration}</span>
                </button>
            }
        };
        let main = groups
            .into_iter()
            .take(6)
            .map(|group| {
                let own = variable(group.colour);
                row(
                    view! { <b>{group.service}</b>" "{group.name} }.into_any(),
                    Some(group.longest),
                    group.crit,
                    own,
                )
            })
            .collect_view();
        (
            main,
            rest.map(|(text, ns)| {
                row(view! { <span class="quiet">{text}</span> }.into_any(), None, ns, "var(--ctl)".into())
            }),
        )
    };
    let whole = move || figure::duration(seen.trace.with(|trace| trace.duration).max(0) as u64).to_string();
    view! {
        <section class="trace-critical">
            <div class="section-head panel-head"><h2>{t(Word::TraceCriticalTitle)}</h2><span class="small faint">{whole}</span></div>
            {rows}
        </section>
    }
}
