//! What the trace is, its figures, the ways to look at it.

use daymark_view::trace::Completeness;
use daymark_viz::figure;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::pages::trace::Read;
use crate::pages::trace::sight::Sight;
use crate::parts::copied::Copy;
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::menu::Menu;
use crate::parts::tabs::Tabs;
use crate::shell::Shell;
use crate::shell::keys;
use crate::words::{Word, say, t};

#[component]
pub(crate) fn Head(read: Read) -> impl IntoView {
    let shell = Shell::here();
    let skeleton = read.skeleton.clone();
    let id = skeleton.trace_id.to_string();
    let name = skeleton.root.as_ref().map_or_else(|| read.name(0).to_owned(), |root| root.name.clone());
    let start = skeleton.start;
    let errors = skeleton.error_count;
    let spans = match skeleton.shown == skeleton.total {
        true => say(Word::TraceSpans, &[("count", &figure::grouped(u64::from(skeleton.total)))]),
        false => say(
            Word::TraceSpansOf,
            &[
                ("shown", &figure::grouped(u64::from(skeleton.shown))),
                ("total", &figure::grouped(u64::from(skeleton.total))),
            ],
        ),
    };
    let services = say(Word::TraceServices, &[("count", &skeleton.services.len().to_string())]);
    let logs = skeleton.log_count;
    let sql = format!("SELECT * FROM spans WHERE trace_id = '{id}' ORDER BY start");
    let is_whole = skeleton.completeness == Completeness::Complete;
    let missing = skeleton.missing_parents.len();
    let episodes = (skeleton.episode.of > 1).then_some(skeleton.episode);
    let episode = move |n: u32| {
        let href = move || {
            shell
                .address
                .get()
                .with("episode", &n.to_string())
                .without("row")
                .without("open")
                .without("zoom")
                .to_string()
        };
        view! { <a class="link" href=href>{n}</a> " " }
    };
    let tabs = vec![
        ("waterfall", Word::TraceWaterfall),
        ("table", Word::TraceTable),
        ("logs", Word::TraceLogs),
        ("json", Word::TraceJson),
    ];
    let counts = Callback::new(move |tab: &'static str| (tab == "logs").then(|| figure::grouped(logs)));
    let copied = id.clone();
    view! {
        <div class="page-head trace-head">
            <h1 class="cut">{name}</h1>
            <code class="faint trace-id">{id.clone()}</code>
            <Copy text=Signal::stored(copied) />
            <b class="trace-duration">{figure::duration(skeleton.duration_ns.max(0) as u64).to_string()}</b>
            {(errors > 0).then(|| view! { <span class="crit strong"><Mark state=State::Critical /> " " {say(Word::TraceErrors, &[("count", &figure::grouped(errors))])}</span> })}
            <span class="quiet">{spans}</span>
            <span class="quiet trace-wide">{services}</span>
            <span class="quiet trace-wide">{move || shell.civil(start).date_hms_ms()}</span>
            <span class="actions">
                <a class="button" data-kind="plain" href=move || shell.link(["sql"]).with("sql", &sql).to_string()>"SQL"</a>
                <button type="button" class="button" on:click=move |_| keys::copy_link(shell, true)>{t(Word::ShellCopyLink)}</button>
            </span>
        </div>
        {(!is_whole).then(|| view! {
            <div class="note-bar"><Mark state=State::Warning /> {say(Word::TraceIncomplete, &[("count", &missing.to_string())])}</div>
        })}
        {episodes.map(|now| view! {
            <div class="note-bar"><Mark state=State::Info /> {say(Word::TraceEpisode, &[("n", &now.n.to_string()), ("of", &now.of.to_string())])} " " {(1..=now.of).map(episode).collect_view()}</div>
        })}
        <div class="toolbar trace-toolbar">
            <Tabs parameter="view" tabs=tabs counts=counts />
            <span class="grow"></span>
            <Find read=read />
            <Fold />
        </div>
    }
}

/// Looks for a text in names of services and operations; `status:error` for what failed.
#[component]
fn Find(read: Read) -> impl IntoView {
    let shell = Shell::here();
    let sight = expect_context::<Sight>();
    let find = shell.address.param("find");
    let step = {
        let read = read.clone();
        move |on: bool| {
            let matches = sight.matches.get_untracked();
            let at = sight.chosen.get_untracked();
            let next = match (at, on) {
                (Some(at), true) => matches.iter().find(|row| **row > at).or(matches.first()),
                (Some(at), false) => matches.iter().rev().find(|row| **row < at).or(matches.last()),
                (None, _) => matches.first(),
            };
            if let Some(row) = next {
                sight.reveal(&read, *row);
            }
        }
    };
    let (next, before, pressed) = (step.clone(), step.clone(), step.clone());
    shell.keys.on("n", Word::TraceNextMatch, {
        let step = step.clone();
        move || step(true)
    });
    shell.keys.on("N", Word::TraceMatchBefore, {
        let step = step.clone();
        move || step(false)
    });
    let errors = read;
    let to_error = move |on: bool| {
        let rows = errors.waterfall.len() as u32;
        let at = sight.chosen.get_untracked();
        let is_error = |row: &u32| errors.waterfall.is_error(*row);
        let found = match (at, on) {
            (Some(at), true) => (at + 1..rows).find(is_error).or_else(|| (0..rows).find(is_error)),
            (Some(at), false) => (0..at).rev().find(is_error).or_else(|| (0..rows).rev().find(is_error)),
            (None, _) => (0..rows).find(is_error),
        };
        if let Some(row) = found {
            sight.reveal(&errors, row);
        }
    };
    let other = to_error.clone();
    shell.keys.on("e", Word::TraceNextError, move || to_error(true));
    shell.keys.on("E", Word::TraceErrorBefore, move || other(false));
    let count = move || {
        let matches = sight.matches.get();
        let at = sight.chosen.get().and_then(|row| matches.binary_search(&row).ok()).map(|at| at + 1);
        find.get().map(|_| match at {
            Some(at) => {
                say(Word::ShellStatusOf, &[("shown", &at.to_string()), ("total", &matches.len().to_string())])
            }
            None => matches.len().to_string(),
        })
    };
    view! {
        <div class="trace-find">
            <Icon name="search" size=14 />
            <input
                type="search"
                data-query=""
                placeholder=t(Word::TraceFind)
                aria-label=t(Word::TraceFind)
                prop:value=move || find.get().unwrap_or_default()
                on:input=move |event| shell.address.replace(shell.address.now().with("find", &event_target_value(&event)))
                on:keydown=move |event: KeyboardEvent| if event.key() == "Enter" { event.prevent_default(); pressed(!event.shift_key()); }
            />
            <span class="small quiet" role="status">{count}</span>
            <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::TraceMatchBefore) on:click=move |_| before(false)><Icon name="up" size=14 /></button>
            <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::TraceNextMatch) on:click=move |_| next(true)><Icon name="down" size=14 /></button>
        </div>
    }
}

#[component]
fn Fold() -> impl IntoView {
    let shell = Shell::here();
    let fold = shell.address.param("fold");
    let presets: [(&'static str, Word); 6] = [
        ("", Word::TraceFoldAuto),
        ("all", Word::TraceFoldAll),
        ("1", Word::TraceFoldOne),
        ("2", Word::TraceFoldTwo),
        ("critical", Word::TraceFoldCritical),
        ("errors", Word::TraceFoldErrors),
    ];
    let choose =
        move |name: &'static str| shell.address.push(shell.address.now().with("fold", name).without("open"));
    shell.keys.on("z", Word::TraceFold, move || {
        let now = fold.get_untracked().unwrap_or_default();
        let at = presets.iter().position(|(name, _)| *name == now).unwrap_or(0);
        choose(presets[(at + 1) % presets.len()].0);
    });
    let label = move || {
        let now = fold.get().unwrap_or_default();
        let word =
            presets.iter().find(|(name, _)| *name == now).map_or(Word::TraceFoldAuto, |(_, word)| *word);
        format!("{} {}", t(Word::TraceFold), t(word))
    };
    view! {
        <Menu label=Signal::derive(label) title=t(Word::TraceFold) kind="plain">
            {presets.map(|(name, word)| view! { <button type="button" role="menuitem" on:click=move |_| choose(name)>{t(word)}</button> }).collect_view()}
        </Menu>
    }
}
