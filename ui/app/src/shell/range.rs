//! The range of time, the zone of its clock, and how often the page is asked again.

use std::time::Duration;

use daymark_view::{duration, instant};
use daymark_viz::clock::Civil;
use daymark_viz::span::{PRESETS, Span};
use leptos::prelude::*;

use crate::life;
use crate::parts::icon::Icon;
use crate::parts::menu::{Menu, Popover};
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, say, t};

const REFRESHES: [&str; 5] = ["off", "5s", "10s", "30s", "1m"];

/// `-1h` as people say it: `1 h`.
pub(crate) fn preset_text(preset: &str) -> String {
    let text = preset.trim_start_matches('-');
    let at = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    say(
        Word::ShellRangeLast,
        &[("duration", &format!("{number}\u{a0}{}", if unit == "m" { "min" } else { unit }))],
    )
}

#[component]
pub(super) fn RangeControls() -> impl IntoView {
    let shell = Shell::here();
    let is_open = RwSignal::new(false);
    let span = Memo::new(move |_| Span::of(&shell.address.get()));
    let title =
        move || span.with(|span| span.preset().map_or_else(|| t(Word::ShellRangeFixed).into(), preset_text));
    let ends = move || {
        let range = shell.range();
        let (from, to) = (shell.civil(range.from), shell.civil(range.to));
        match from.date() == to.date() {
            true => format!("{}–{}", from.hm(), to.hm()),
            false => format!("{} {}–{} {}", from.month_day(), from.hm(), to.month_day(), to.hm()),
        }
    };
    refresh_while_chosen(shell);
    let every = shell.address.param("refresh");
    let refresh_label =
        move || every.get().filter(|every| every != "off").unwrap_or_else(|| t(Word::ShellRefreshOff).into());
    view! {
        <div class="anchor">
            <div class="range">
                <button type="button" aria-haspopup="dialog" aria-expanded=move || is_open.get().to_string() on:click=move |_| is_open.update(|open| *open = !*open)>
                    <Icon name="clock" />
                    {title}
                </button>
                <button type="button" on:click=move |_| is_open.update(|open| *open = !*open)>{ends}</button>
                <button type="button" class="zone" title=t(Word::ShellZone) on:click=move |_| next_zone(shell)>{move || shell.offset().name()}</button>
            </div>
            <Popover is_open=is_open><RangeForm is_open=is_open /></Popover>
        </div>
        <span class="refresh">
            <Menu label=Signal::derive(refresh_label) title=t(Word::ShellRefresh) kind="plain" icon="refresh">
                <button type="button" role="menuitem" on:click=move |_| shell.ask_again()>
                    {t(Word::ShellRefreshNow)} <kbd class="kbd">"r"</kbd>
                </button>
                {REFRESHES.map(|every| view! {
                    <button type="button" role="menuitem" on:click=move |_| shell.address.set("refresh", if every == "off" { "" } else { every })>
                        {if every == "off" { t(Word::ShellRefreshOff) } else { every }}
                    </button>
                }).collect_view()}
            </Menu>
        </span>
    }
}

/// Local, then UTC, then local again.
fn next_zone(shell: Shell) {
    let is_utc = shell.address.now().get("tz") == Some("utc");
    shell.address.set("tz", if is_utc { "" } else { "utc" });
}

/// Asks again as often as the address says, while somebody looks.
fn refresh_while_chosen(shell: Shell) {
    let every = shell.address.param("refresh");
    Effect::new(move |_| {
        let step =
            every.get().and_then(|every| duration::parse(&every).ok()).filter(|step| *step >= 1_000_000_000);
        let Some(step) = step else { return };
        let tick = move || {
            if !document().hidden() {
                shell.ask_again();
            }
        };
        life::every(Duration::from_nanos(step as u64), tick);
    });
}

#[component]
fn RangeForm(is_open: RwSignal<bool>) -> impl IntoView {
    let shell = Shell::here();
    let span = Span::of(&shell.address.now());
    let text = move |end: &str| match instant::parse(end, window::now()) {
        Ok(at) if end.len() > 12 => Civil::of(at, shell.offset()).date_hm(),
        _ => end.to_owned(),
    };
    let (from, to) = (RwSignal::new(text(&span.from)), RwSignal::new(text(&span.to)));
    let is_bad = RwSignal::new(false);
    let apply = move || {
        let read = |text: String| shell.offset().instant(&text);
        let written = Span { from: read(from.get_untracked()), to: read(to.get_untracked()) };
        match written.range(window::now()) {
            Some(range) => {
                let span = if written.is_live() { written } else { Span::fixed(range) };
                shell.address.push(span.write(shell.address.now()));
                is_open.set(false);
            }
            None => is_bad.set(true),
        }
    };
    let presets = PRESETS.map(|preset| {
        view! {
            <button type="button" on:click=move |_| {
                let span = Span { from: preset.into(), to: "now".into() };
                shell.address.push(span.write(shell.address.now()));
                shell.ask_again();
                is_open.set(false);
            }>{preset_text(preset)}</button>
        }
    });
    let is_compared = move || shell.address.get().get("cmp") != Some("off");
    view! {
        <form class="range-form" on:submit=move |event| { event.prevent_default(); apply(); }>
            <div class="presets">{presets.collect_view()}</div>
            <div class="ends">
                <label><span class="unseen">{t(Word::ShellRangeFrom)}</span>
                    <input class="input mono" prop:value=from on:input=move |event| from.set(event_target_value(&event)) aria-invalid=move || is_bad.get().to_string() />
                </label>
                <label><span class="unseen">{t(Word::ShellRangeTo)}</span>
                    <input class="input mono" prop:value=to on:input=move |event| to.set(event_target_value(&event)) aria-invalid=move || is_bad.get().to_string() />
                </label>
                <Show when=move || is_bad.get()><p class="crit small" role="alert">{t(Word::ShellRangeBad)}</p></Show>
                <div class="line">
                    <span class="faint">{move || shell.offset().name()}", "{window::local_zone()}</span>
                    <button type="submit" class="button" data-kind="primary">{t(Word::ShellRangeApply)}</button>
                </div>
                <label class="check">
                    <input type="checkbox" prop:checked=is_compared on:change=move |_| {
                        let off = is_compared();
                        shell.address.set("cmp", if off { "off" } else { "" });
                    } />
                    {t(Word::ShellRangeCompare)}
                </label>
            </div>
        </form>
    }
}
