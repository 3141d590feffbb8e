//! Anything pasted or typed becomes a place to go: ids in every spelling, log lines, names, pages.

use daymark_view::resolve::{Hit, HitKind, Preview};
use daymark_viz::address::Address;
use daymark_viz::figure;
use daymark_viz::palette::{self, Palette};
use leptos::html;
use leptos::prelude::*;
use serde_json::Value;
use web_sys::KeyboardEvent;

use crate::load::{load, load_when};
use crate::net::Question;
use crate::parts::dialog::Dialog;
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::shell::Shell;
use crate::words::{Word, say, t};

/// Rules that are offered at once.
const RULES: usize = 6;

/// A row of the list.
#[derive(Clone, PartialEq)]
struct Choice {
    icon: &'static str,
    title: String,
    text: String,
    preview: Option<Preview>,
    to: Address,
    is_page: bool,
}

#[component]
pub(super) fn Omnibox() -> impl IntoView {
    let shell = Shell::here();
    view! {
        <Dialog is_open=shell.is_omnibox_open title=t(Word::ShellOmnibox) is_bare=true>
            <Inside />
        </Dialog>
    }
}

#[component]
fn Inside() -> impl IntoView {
    let shell = Shell::here();
    let text = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let field = NodeRef::<html::Input>::new();
    let answer = load::<Vec<Hit>>(move || {
        let text = text.get();
        (text.trim().chars().count() > 1).then(|| Question::get("resolve").with("s", text.trim()))
    });
    let known = load_when::<Vec<Value>>(|| (), || Some(Question::get("alerts/rules")));
    let choices = Memo::new(move |_| {
        let hits = answer.answer();
        let hits = hits.iter().flat_map(|answer| answer.data.iter()).flat_map(|hit| choices_of(shell, hit));
        let rules = text.with(|typed| known.map(|known| rules(shell, typed, known)));
        hits.chain(rules).chain(pages(shell, &text.get())).collect::<Vec<_>>()
    });
    Effect::new(move |_| {
        choices.track();
        at.set(0);
    });
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            drop(field.focus());
        }
    });
    let close = move || shell.is_omnibox_open.set(false);
    let open = move |choice: &Choice, is_new_tab: bool| {
        if is_new_tab {
            drop(window().open_with_url_and_target(&choice.to.to_string(), "_blank"));
        } else {
            shell.address.push(choice.to.clone());
        }
        close();
    };
    let pressed = move |event: KeyboardEvent| {
        let count = choices.with(Vec::len);
        match event.key().as_str() {
            "ArrowDown" if count > 0 => at.update(|at| *at = (*at + 1) % count),
            "ArrowUp" if count > 0 => at.update(|at| *at = (*at + count - 1) % count),
            "Enter" if !event.is_composing() => {
                if let Some(choice) = choices.with(|choices| choices.get(at.get_untracked()).cloned()) {
                    open(&choice, event.meta_key() || event.ctrl_key());
                }
            }
            "Escape" => close(),
            _ => return,
        }
        event.prevent_default();
    };
    let read_as = move || {
        let form = answer.answer()?.meta.read_as?;
        let form = serde_json::to_value(form).ok()?.as_str()?.replace('_', " ");
        Some(
            view! { <div class="omni-note"><Mark state=State::Info /> {say(Word::ShellOmniboxReadAs, &[("form", &form)])}</div> },
        )
    };
    let row = move |(index, choice): (usize, Choice)| {
        let is_first_page =
            choice.is_page && choices.with_untracked(|all| index == 0 || !all[index - 1].is_page);
        let is_first = index == 0 && !choice.is_page;
        let heading = match (is_first, is_first_page) {
            (true, _) => Some(Word::ShellOmniboxFound),
            (_, true) => Some(Word::ShellOmniboxPages),
            _ => None,
        };
        let chosen = choice.clone();
        view! {
            {heading.map(|word| view! { <div class="omni-group" role="presentation">{t(word)}</div> })}
            <div
                class="omni-row"
                role="option"
                id=format!("omni-{index}")
                aria-selected=move || (at.get() == index).to_string()
                on:pointermove=move |_| if at.get_untracked() != index { at.set(index) }
                on:click=move |event| open(&chosen, event.meta_key() || event.ctrl_key())
            >
                <span class="omni-icon"><Icon name=choice.icon /></span>
                <span class="grow">
                    <div class="strong cut">{choice.title.clone()}</div>
                    {(!choice.text.is_empty()).then(|| view! { <div class="quiet small cut">{choice.text.clone()}</div> })}
                </span>
                {choice.preview.map(shape)}
            </div>
        }
    };
    let is_empty = move || {
        !text.with(|text| text.trim().is_empty()) && choices.with(Vec::is_empty) && !answer.is_waiting()
    };
    view! {
        <div class="omni-field">
            <Icon name="search" />
            <input
                node_ref=field
                class="mono"
                role="combobox"
                aria-expanded="true"
                aria-controls="omni-list"
                aria-activedescendant=move || format!("omni-{}", at.get())
                aria-label=t(Word::ShellOmnibox)
                placeholder=t(Word::ShellOmnibox)
                spellcheck="false"
                autocomplete="off"
                prop:value=text
                on:input=move |event| text.set(event_target_value(&event))
                on:keydown=pressed
            />
            <kbd class="kbd">"esc"</kbd>
        </div>
        {read_as}
        <div class="omni-list" id="omni-list" role="listbox" aria-label=t(Word::ShellOmnibox)>
            {move || choices.get().into_iter().enumerate().map(row).collect_view()}
            <Show when=is_empty><p class="omni-none">{t(Word::ShellOmniboxNone)}</p></Show>
        </div>
        <div class="omni-foot small quiet">
            <span><kbd class="kbd">"↑"</kbd> <kbd class="kbd">"↓"</kbd> " " {t(Word::ShellOmniboxMove)}</span>
            <span><kbd class="kbd">"↵"</kbd> " " {t(Word::ShellOmniboxOpen)}</span>
            <span><kbd class="kbd">"⌘"</kbd> <kbd class="kbd">"↵"</kbd> " " {t(Word::ShellOmniboxTab)}</span>
            <span class="end">{t(Word::ShellOmniboxHelp)}</span>
        </div>
    }
}

/// A hit, and what belongs to it.
fn choices_of(shell: Shell, hit: &Hit) -> Vec<Choice> {
    let here = shell.address.now();
    let choice = |icon, title: String, text: String, to| Choice {
        icon,
        title,
        text,
        preview: None,
        to,
        is_page: false,
    };
    match hit.kind {
        HitKind::Trace | HitKind::Span => {
            let trace = hit.params.get("trace_id").unwrap_or(&hit.id);
            let mut to = here.to_page(["traces", trace]);
            if hit.kind == HitKind::Span {
                to = to.with("span", &hit.id);
            }
            let text = hit.preview.as_ref().map_or_else(
                || hit.id.clone(),
                |preview| {
                    let trace = &preview.trace;
                    format!(
                        "{}, {} spans, {}",
                        figure::duration(trace.duration_ns as u64),
                        trace.span_count,
                        shell.civil(trace.start).date_hms_ms()
                    )
                },
            );
            let preview = hit.preview.as_deref().cloned();
            let lines: u64 = preview.iter().flat_map(|preview| &preview.logs).map(|lines| lines.count).sum();
            let mut all = vec![Choice { preview, ..choice("traces", hit.label.clone(), text, to) }];
            if lines > 0 {
                let to = here.to_page(["traces", trace]).with("view", "logs");
                all.push(choice("logs", format!("{lines} {}", t(Word::StateLogs)), trace.clone(), to));
            }
            all
        }
        HitKind::Log => vec![choice(
            "logs",
            hit.label.clone(),
            hit.id.clone(),
            here.to_page(["logs"]).with("log", &hit.id),
        )],
        HitKind::Service => {
            vec![choice("services", hit.label.clone(), String::new(), here.to_page(["services", &hit.id]))]
        }
        HitKind::Operation => {
            let service = hit.params.get("service").cloned().unwrap_or_default();
            let to = here.to_page(["services", &service]).with("tab", "operations").with("op", &hit.id);
            vec![choice("services", hit.label.clone(), service, to)]
        }
        HitKind::Instance => {
            let service = hit.params.get("service").cloned().unwrap_or_default();
            let to = here.to_page(["services", &service]).with("tab", "instances").with("inst", &hit.id);
            vec![choice("system", hit.label.clone(), service, to)]
        }
    }
}

/// Rules whose name has what was typed in it.
fn rules(shell: Shell, typed: &str, known: &[Value]) -> Vec<Choice> {
    let typed = typed.trim().to_lowercase();
    if typed.chars().count() < 2 {
        return Vec::new();
    }
    let here = shell.address.now();
    let rule = |rule: &Value| {
        let name = rule["name"].as_str().filter(|name| name.to_lowercase().contains(&typed))?;
        let to = here.to_page(["alerts"]).with("tab", "rules").with("rule", rule["id"].as_str()?);
        Some(Choice {
            icon: "bell",
            title: name.into(),
            text: t(Word::AlertsRule).into(),
            preview: None,
            to,
            is_page: false,
        })
    };
    known.iter().filter_map(rule).take(RULES).collect()
}

fn pages(shell: Shell, typed: &str) -> Vec<Choice> {
    let typed = typed.trim().to_lowercase();
    let places: [(&'static str, &str, Word); 10] = [
        ("overview", "", Word::NavOverview),
        ("services", "services", Word::NavServices),
        ("map", "map", Word::NavMap),
        ("traces", "traces", Word::NavTraces),
        ("logs", "logs", Word::NavLogs),
        ("metrics", "metrics/explore", Word::NavMetrics),
        ("sql", "sql", Word::NavSql),
        ("bell", "alerts", Word::NavAlerts),
        ("system", "system", Word::NavSystem),
        ("settings", "settings", Word::NavSettings),
    ];
    let matching = places
        .into_iter()
        .filter(|(icon, _, word)| icon.starts_with(&typed) || t(*word).to_lowercase().starts_with(&typed));
    let here = shell.address.now();
    let choice = |(icon, path, word): (&'static str, &str, Word)| Choice {
        icon,
        title: t(word).into(),
        text: String::new(),
        preview: None,
        to: here.to_page(path.split('/').filter(|part| !part.is_empty())),
        is_page: true,
    };
    matching.map(choice).collect()
}

/// The picture of a trace: a bar for each of its longest spans.
fn shape(preview: Preview) -> impl IntoView {
    let whole = preview.shape.iter().map(|row| row.1 + row.2).max().unwrap_or(1).max(1) as f64;
    let palette = Palette::of(preview.shape.iter().map(|row| row.3.as_str()));
    let rows = preview.shape.len().max(1) as f64;
    let high = (36.0 / rows).clamp(1.0, 4.0);
    let bars = preview.shape.iter().enumerate().map(|(at, row)| {
        let colour = if row.4 {
            "var(--crit)".into()
        } else {
            format!("var({})", palette::variable(palette.slot(&row.3)))
        };
        let (x, wide) = (row.1 as f64 / whole * 200.0, (row.2 as f64 / whole * 200.0).max(1.0));
        view! { <rect x=x y=at as f64 * high width=wide height=(high - 0.5).max(0.8) style:fill=colour /> }
    });
    view! { <svg class="omni-shape" viewBox="0 0 200 36" preserveAspectRatio="none" aria-hidden="true">{bars.collect_view()}</svg> }
}
