//! What the trace is, in one line; how it is looked at, in another.

use daymark_trace_model::{Folds, Preset};
use daymark_view::trace::Completeness;
use daymark_viz::figure;
use leptos::prelude::*;

use crate::pages::trace::coloured::Choice;
use crate::pages::trace::seen::Seen;
use crate::parts::copied::Copy;
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::menu::Menu;
use crate::parts::tabs::{Segments, Tabs};
use crate::shell::keys::copy_link;
use crate::words::{Word, say, t};

#[component]
pub(super) fn Head() -> impl IntoView {
    let seen = Seen::here();
    let shell = seen.shell;
    // Back to the search that this was opened from.
    let back = move || {
        let here = shell.address.get();
        let there = here.to_page(["traces"]);
        ["q", "sort", "box"]
            .into_iter()
            .fold(there, |there, key| there.with(key, here.get(key).unwrap_or_default()))
            .to_string()
    };
    let title = move || {
        seen.skeleton
            .map(|skeleton| skeleton.root.as_ref().map(|root| format!("{} {}", root.service, root.name)))
            .unwrap_or_else(|| t(Word::TraceNoRoot).into())
    };
    let id = move || {
        seen.skeleton.answer().map_or_else(|| seen.id.get(), |answer| answer.data.trace_id.to_string())
    };
    let facts = move || {
        let answer = seen.skeleton.answer()?;
        let skeleton = &answer.data;
        let (shown, total) =
            (figure::grouped(u64::from(skeleton.shown)), figure::grouped(u64::from(skeleton.total)));
        let count = |word: Word, count: u64| say(word, &[("count", &figure::grouped(count))]);
        Some(view! {
            <strong class="trace-duration">{figure::duration(skeleton.duration_ns.max(0) as u64).to_string()}</strong>
            {(skeleton.error_count > 0).then(|| view! { <span class="crit strong"><Mark state=State::Critical />" "{count(Word::TraceErrors, skeleton.error_count)}</span> })}
            <span class="quiet">{say(Word::TraceSpansOf, &[("shown", &shown), ("total", &total)])}</span>
            <span class="quiet">{count(Word::TraceServices, skeleton.services.len() as u64)}</span>
            <span class="quiet">{count(Word::TraceLogCount, skeleton.log_count)}</span>
            <span class="quiet">{shell.civil(skeleton.start).hms_ms()}</span>
        })
    };
    let sql = move || {
        let text = format!("SELECT * FROM spans WHERE trace_id = '{}' ORDER BY start", id());
        shell.link(["sql"]).with("sql", &text).to_string()
    };
    let compare = move || shell.link(["compare"]).with("a", &format!("trace:{}", id())).to_string();
    view! {
        <div class="page-head trace-head">
            <a class="button" data-kind="plain" data-icon href=back title=t(Word::TraceBack) aria-label=t(Word::TraceBack)><Icon name="left" /></a>
            <h1 class="cut">{title}</h1>
            <span class="mono quiet trace-id">{move || figure::shortened(&id(), 17)}<Copy text=Signal::derive(id) /></span>
            {facts}
            <div class="actions">
                <a class="button" data-kind="plain" href=sql>"SQL"</a>
                <a class="button" data-kind="plain" href=compare>{t(Word::NavCompare)}</a>
                <button type="button" class="button" on:click=move |_| copy_link(shell, true)>{t(Word::ShellCopyLink)}</button>
            </div>
        </div>
    }
}

#[component]
pub(super) fn Toolbar() -> impl IntoView {
    let seen = Seen::here();
    let shell = seen.shell;
    let tabs = vec![
        ("waterfall", Word::TraceWaterfall),
        ("flame", Word::TraceFlame),
        ("graph", Word::TraceGraph),
        ("table", Word::TraceTable),
        ("logs", Word::TraceLogs),
        ("json", Word::TraceJson),
    ];
    let counts = move |tab: &'static str| {
        (tab == "logs")
            .then(|| seen.skeleton.map(|skeleton| skeleton.log_count))
            .filter(|count| *count > 0)
            .map(|count| count.to_string())
    };
    let query = shell.address.param("find");
    let place = move || {
        let found = seen.found.get()?;
        let count = figure::grouped(found.len() as u64);
        Some(match seen.selected.get().and_then(|at| found.binary_search(&at).ok()) {
            Some(at) => say(Word::ShellStatusOf, &[("shown", &(at + 1).to_string()), ("total", &count)]),
            None => count,
        })
    };
    let step = move |is_back| {
        if let Some(found) = seen.found.get_untracked() {
            seen.step(&found, is_back)
        }
    };
    let fold_name = move || match seen.folds.get().preset {
        Preset::Auto => t(Word::TraceFoldAuto).into(),
        Preset::All => t(Word::TraceFoldAll).into(),
        Preset::Level(level) => level.to_string(),
        Preset::Critical => t(Word::TraceFoldCritical).into(),
        Preset::Errors => t(Word::TraceFoldErrors).into(),
        Preset::Service(name) => name,
        Preset::Root(_) => t(Word::TraceFoldRoot).into(),
    };
    let choices = move || {
        let choice = |preset: Preset, text: String| {
            view! {
                <button type="button" role="menuitem" on:click=move |_| seen.set_folds(&Folds::new(preset.clone()))>{text}</button>
            }
        };
        let services = seen.trace.with(|trace| {
            trace
                .services_by_count()
                .into_iter()
                .take(12)
                .map(|(name, _)| name.to_owned())
                .collect::<Vec<_>>()
        });
        view! {
            {choice(Preset::Auto, t(Word::TraceFoldAuto).into())}
            {choice(Preset::All, t(Word::TraceFoldAll).into())}
            {choice(Preset::Critical, t(Word::TraceFoldCritical).into())}
            {choice(Preset::Errors, t(Word::TraceFoldErrors).into())}
            {[1, 2, 3].map(|level| choice(Preset::Level(level), say(Word::TraceFoldLevel, &[("level", &level.to_string())])))}
            {services.into_iter().map(|name| choice(Preset::Service(name.clone()), name)).collect_view()}
        }
    };
    let skew = shell.address.param("skew");
    let skewed = move || {
        let is_skewed = seen.skeleton.map(|skeleton| skeleton.skew.iter().any(|skew| skew.offset_ns != 0));
        is_skewed.then(|| {
            let is_aligned = move || skew.get().as_deref() == Some("aligned");
            let turn = move |_| shell.address.replace(shell.address.now().with("skew", if untrack(is_aligned) { "" } else { "aligned" }));
            view! { <button type="button" class="button" data-kind="plain" aria-pressed=move || is_aligned().to_string() title=t(Word::TraceAlignHint) on:click=turn><Icon name="clock" size=14 />{t(Word::TraceAlign)}</button> }
        })
    };
    view! {
        <div class="toolbar trace-bar">
            <Tabs parameter="view" tabs=tabs counts=Callback::new(counts) />
            <div class="trace-find" role="search">
                <Icon name="search" size=14 />
                <input
                    type="text" data-query="" class="mono" spellcheck="false" autocomplete="off"
                    aria-label=t(Word::TraceFind) placeholder=t(Word::TraceFindHint)
                    prop:value=move || query.get().unwrap_or_default()
                    on:change=move |event| shell.address.replace(shell.address.now().with("find", event_target_value(&event).trim()))
                    on:keydown=move |event| match event.key().as_str() {
                        "Enter" => {
                            let text = event_target_value(&event);
                            if query.get_untracked().unwrap_or_default() == text.trim() { step(event.shift_key()) }
                            else { shell.address.replace(shell.address.now().with("find", text.trim())) }
                        }
                        "Escape" => shell.address.replace(shell.address.now().with("find", "")),
                        _ => {}
                    }
                />
                <span class="faint small" role="status">{place}</span>
                <button type="button" title=t(Word::TraceKeyBefore) aria-label=t(Word::TraceKeyBefore) on:click=move |_| step(true)><Icon name="up" size=14 /></button>
                <button type="button" title=t(Word::TraceKeyNext) aria-label=t(Word::TraceKeyNext) on:click=move |_| step(false)><Icon name="down" size=14 /></button>
            </div>
            <Segments parameter="mode" label=t(Word::TraceMode) choices=vec![("highlight", Word::TraceHighlight), ("filter", Word::TraceFilter), ("isolate", Word::TraceIsolate)] />
            <Menu label=Signal::stored(t(Word::TraceFold).to_owned()) value=Signal::derive(fold_name) title=t(Word::TraceFold) kind="plain">{choices()}</Menu>
            <Choice />
            {skewed}
        </div>
    }
}

/// What is odd about the trace, and what to make of it.
#[component]
pub(super) fn Notes() -> impl IntoView {
    let seen = Seen::here();
    let (skew, below) = (seen.shell.address.param("skew"), seen.shell.address.param("below"));
    let text = move || {
        let answer = seen.skeleton.answer()?;
        let skeleton = &answer.data;
        let mut texts = Vec::new();
        let is_aligned = skew.get().as_deref() == Some("aligned");
        match skeleton.completeness {
            Completeness::MissingRoot => texts.push(t(Word::TraceMissingRoot).to_owned()),
            Completeness::Truncated => texts.push(t(Word::TraceTruncated).to_owned()),
            Completeness::Open => texts.push(t(Word::TraceOpen).to_owned()),
            _ => {}
        }
        if !skeleton.missing_parents.is_empty() {
            texts.push(say(Word::TraceMissing, &[("count", &skeleton.missing_parents.len().to_string())]));
        }
        for skew in skeleton.skew.iter().filter(|skew| skew.offset_ns != 0).take(3) {
            let service = skeleton.services.get(skew.svc as usize).map_or("", String::as_str);
            let sign = if skew.offset_ns < 0 { "−" } else { "+" };
            let offset = format!("{sign}{}", figure::duration(skew.offset_ns.unsigned_abs()));
            let word = if is_aligned { Word::TraceSkewAligned } else { Word::TraceSkew };
            texts.push(say(word, &[("service", service), ("offset", &offset)]));
        }
        (!texts.is_empty()).then(|| texts.join(" "))
    };
    let episodes = move || {
        seen.skeleton.map(|skeleton| Some(skeleton.episode)).filter(|episode| episode.of > 1).map(|episode| {
        let link = move |n: u32| {
            let href = move || seen.shell.address.get().with("episode", &n.to_string()).without("span").without("open").without("zoom").to_string();
            view! { <a class="link" href=href aria-current=(n == episode.n).then_some("true")>{n.to_string()}</a>" " }
        };
        view! { <div class="note-bar" role="status">{say(Word::TraceEpisodes, &[("count", &episode.of.to_string())])}" "{(1..=episode.of.min(20)).map(link).collect_view()}</div> }
    })
    };
    let part_of = move || {
        below.get().map(|_| {
        let whole = move || seen.shell.address.get().without("below").without("open").without("zoom").to_string();
        view! { <div class="note-bar" role="status">{t(Word::TraceBelow)}" "<a class="link" href=whole>{t(Word::TraceWhole)}</a></div> }
    })
    };
    view! {
        {episodes}
        {part_of}
        {move || text().map(|text| view! { <div class="note-bar" role="status"><Mark state=State::Warning />{text}</div> })}
    }
}
