//! What a part shows that has no data to show: still loading, failed, nothing in the range, filtered to
//! nothing. Never a blank, and always what to do next.

use std::rc::Rc;
use std::time::Duration;

use daymark_view::error::{Code, Problem};
use daymark_view::meta::Answer;
use daymark_view::why::{WhyBody, WhyEmpty, WhySignal};
use daymark_viz::figure;
use daymark_viz::span::Span;
use leptos::prelude::*;

use crate::life;
use crate::load::{Load, load};
use crate::net::{Failed, Question};
use crate::parts::mark::{Mark, State};
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, say, t};

/// Shorter waits show nothing new.
const PATIENCE: Duration = Duration::from_millis(150);

/// The answer of a load, or what stands in its place. While a new answer is under way the old one stays.
#[component]
pub(crate) fn Loaded<T: 'static, V: IntoView + 'static>(
    load: Load<T>,
    /// Makes the part from an answer.
    show: impl Fn(Rc<Answer<T>>) -> V + Send + 'static,
    /// Bones of about this many rows while loading.
    #[prop(default = 4)]
    rows: usize,
) -> impl IntoView {
    view! {
        <Show when=move || load.is_waiting() && load.has_answer()><Progress /></Show>
        {move || match (load.answer(), load.problem()) {
            (Some(answer), problem) => view! {
                {problem.map(|problem| view! { <Stale problem=problem /> })}
                {partial(answer.meta.partial.len())}
                {show(answer)}
            }.into_any(),
            (None, Some(problem)) => view! { <Failure problem=problem /> }.into_any(),
            (None, None) => view! { <Bones rows=rows /> }.into_any(),
        }}
    }
}

/// What could not be read is told, or the answer would look whole.
fn partial(missing: usize) -> impl IntoView {
    (missing > 0).then(|| {
        let text = say(Word::StatePartial, &[("count", &figure::grouped(missing as u64))]);
        view! { <div class="note-bar" role="status"><Mark state=State::Warning /> {text}</div> }
    })
}

/// A thin bar while something is asked again.
#[component]
pub(crate) fn Progress() -> impl IntoView {
    let is_late = RwSignal::new(false);
    life::after(PATIENCE, move || is_late.set(true));
    view! { <Show when=move || is_late.get()><div class="progress" aria-hidden="true"></div></Show> }
}

/// Rows to come.
#[component]
pub(crate) fn Bones(rows: usize) -> impl IntoView {
    let is_late = RwSignal::new(false);
    life::after(PATIENCE, move || is_late.set(true));
    let bone = |at: usize| view! { <div class="grid-row bones"><span class="bone" style:width=format!("{}%", 30 + at * 37 % 50)></span></div> };
    view! {
        <div aria-busy="true">
            <span class="unseen">{t(Word::StateLoading)}</span>
            <Show when=move || is_late.get()>{(0..rows).map(bone).collect_view()}</Show>
        </div>
    }
}

/// Beside an answer from before: why there is no newer one.
#[component]
pub(crate) fn Older<T: 'static>(load: Load<T>) -> impl IntoView {
    move || load.problem().filter(|_| load.has_answer()).map(|problem| view! { <Stale problem=problem /> })
}

/// The answer on the page is from before.
#[component]
pub(crate) fn Stale(problem: Failed) -> impl IntoView {
    let text =
        if is_unreachable(&problem) { t(Word::StateUnreachable).to_owned() } else { problem.detail.clone() };
    view! { <div class="note-bar" role="status"><Mark state=State::Warning /> {text}</div> }
}

fn is_unreachable(problem: &Problem) -> bool {
    problem.code == Code::Unavailable && problem.detail.is_empty()
}

/// Why there is no answer, in the server's words, and what to do.
#[component]
pub(crate) fn Failure(problem: Failed) -> impl IntoView {
    let shell = Shell::here();
    let is_away = is_unreachable(&problem);
    let diagnostics = serde_json::to_string_pretty(&*problem).unwrap_or_default();
    let title = if is_away { t(Word::StateUnreachable).to_owned() } else { problem.title.clone() };
    let text = if is_away { t(Word::StateUnreachableText).to_owned() } else { problem.detail.clone() };
    let hint = problem.hint.clone();
    let id = problem.query_id.as_ref().map(|id| say(Word::StateQueryId, &[("id", &id.to_string())]));
    view! {
        <div class="state" role="alert">
            <Mark state=if is_away { State::Warning } else { State::Critical } />
            <div class="grow">
                <h2>{title}</h2>
                <p>{text} " " {hint} " " <span class="faint">{id}</span></p>
                <div class="actions">
                    <button type="button" class="button" on:click=move |_| shell.ask_again()>{t(Word::StateRetry)}</button>
                    <button type="button" class="button" on:click=move |_| {
                        window::copy(&diagnostics);
                        shell.toasts.say(t(Word::ShellCopied));
                    }>{t(Word::StateDiagnostics)}</button>
                </div>
            </div>
        </div>
    }
}

/// One sentence with a mark, for parts that have nothing and need nothing.
#[component]
pub(crate) fn Nothing(#[prop(into)] text: String) -> impl IntoView {
    view! { <div class="state"><Mark state=State::Unknown /><div class="grow"><p>{text}</p></div></div> }
}

/// Why a search found nothing: no data in the range at all, or which clause removed it.
#[component]
pub(crate) fn Empty(signal: WhySignal, #[prop(into)] q: Signal<String>) -> impl IntoView {
    let shell = Shell::here();
    let why = load::<WhyEmpty>(move || {
        let range = shell.range();
        let body = WhyBody {
            signal,
            q: q.get(),
            from: Some(range.from.0.to_string()),
            to: Some(range.to.0.to_string()),
            scope: shell.scope(),
        };
        Some(Question::post("why-empty", &body))
    });
    let what = if signal == WhySignal::Logs { t(Word::StateLogs) } else { t(Word::StateSpans) };
    let show = move |answer: Rc<Answer<WhyEmpty>>| {
        if answer.data.total > 0 {
            filtered(shell, &answer.data, &q.get_untracked(), what).into_any()
        } else {
            outside(shell, &answer.data, what).into_any()
        }
    };
    view! { <Loaded load=why show=show /> }
}

/// The range has nothing; the nearest thing is a click away.
fn outside(shell: Shell, why: &WhyEmpty, what: &'static str) -> impl IntoView {
    let range = shell.range();
    let (from, to) = (shell.civil(range.from).hm(), shell.civil(range.to).hm());
    let title = say(Word::StateNoData, &[("what", what), ("from", &from), ("to", &to)]);
    let near = [(why.nearest.before, Word::StateNearestBefore), (why.nearest.after, Word::StateNearestAfter)];
    let near: Vec<_> = near.into_iter().filter_map(|(at, word)| at.map(|at| (at, word))).collect();
    let text: Vec<String> = near
        .iter()
        .map(|(at, word)| {
            let end = if *at < range.from { range.from } else { range.to };
            let distance = figure::duration(at.0.abs_diff(end.0)).to_string();
            say(*word, &[("distance", &distance)])
        })
        .collect();
    let button = move |(at, _): (daymark_model::time::Nanos, Word)| {
        let half = range.width_ns() / 2;
        let there = daymark_view::range::Range { from: at.plus(-half), to: at.plus(half.max(1)) };
        let label =
            say(Word::StateGoTo, &[("time", &daymark_viz::clock::near(at, shell.now(), shell.offset()))]);
        view! { <button type="button" class="button" on:click=move |_| shell.go_to_range(there)>{label}</button> }
    };
    let day = move |_| {
        let last = Span { from: "-24h".into(), to: "now".into() };
        shell.address.push(last.write(shell.address.now()));
    };
    view! {
        <div class="state" role="status">
            <Mark state=State::Unknown />
            <div class="grow">
                <h2>{title}</h2>
                <p>{text.join(" ")}</p>
                <div class="actions">
                    {near.into_iter().map(button).collect_view()}
                    <button type="button" class="button" on:click=day>{t(Word::StateLastDay)}</button>
                </div>
            </div>
        </div>
    }
}

/// The range has something, the query leaves none of it.
fn filtered(shell: Shell, why: &WhyEmpty, q: &str, what: &'static str) -> impl IntoView {
    let text = say(Word::StateFilteredText, &[("total", &figure::grouped(why.total)), ("what", what)]);
    let mut clauses = why.clauses.clone();
    clauses.sort_by_key(|clause| std::cmp::Reverse(clause.without));
    let q = q.to_owned();
    let button = move |clause: daymark_view::why::Clause| {
        let [start, end] = clause.span;
        let text = q.get(start..end).unwrap_or_default().to_owned();
        let rest = format!(
            "{} {}",
            q.get(..start).unwrap_or_default().trim_end(),
            q.get(end..).unwrap_or_default().trim_start()
        );
        let left = clause.without.map(figure::grouped);
        view! {
            <button type="button" class="button" on:click=move |_| shell.address.set("q", rest.trim())>
                {t(Word::StateRemoveClause)} " " <code>{text}</code> {left.map(|left| view! { <span class="faint">" +"{left}</span> })}
            </button>
        }
    };
    view! {
        <div class="state" role="status">
            <Mark state=State::Info />
            <div class="grow">
                <h2>{t(Word::StateFiltered)}</h2>
                <p>{text}</p>
                <div class="actions">{clauses.into_iter().map(button).collect_view()}</div>
            </div>
        </div>
    }
}
