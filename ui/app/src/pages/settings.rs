//! What the reader chose, and views that were kept.

/// Keys of everywhere.
mod keys;

use daymark_view::stored::{SavedView, Stored};
use leptos::prelude::*;

use crate::life;
use crate::load::load;
use crate::net::{self, Question};
use crate::parts::icon::Icon;
use crate::parts::states::{Loaded, Nothing};
use crate::shell::Shell;
use crate::shell::choice;
use crate::window as browser;
use crate::words::{Word, language, t};

#[component]
pub(crate) fn Page() -> impl IntoView {
    let zone = browser::stored("daymark.tz").unwrap_or_else(|| "local".into());
    let local = crate::words::say(Word::ShellZoneLocal, &[("zone", &browser::local_zone())]);
    view! {
        <div class="page">
            <div class="page-head"><h1>{t(Word::NavSettings)}</h1></div>
            <div class="scroll settings">
                <h2>{t(Word::SettingsLook)}</h2>
                <Choice parameter="theme" label=Word::SettingsTheme now=kept("theme", "auto") choices=named(&choice::THEMES, &[Word::SettingsAuto, Word::SettingsLight, Word::SettingsDark, Word::SettingsContrast]) />
                <Choice parameter="density" label=Word::SettingsDensity now=kept("density", "default") choices=named(&choice::DENSITIES, &[Word::SettingsCompact, Word::SettingsNormal, Word::SettingsComfortable]) />
                <Choice parameter="nav" label=Word::SettingsNavigation now=kept("nav", "auto") choices=named(&["auto", "full", "icons"], &[Word::SettingsAuto, Word::SettingsFull, Word::SettingsIcons]) />
                <h2>{t(Word::SettingsWords)}</h2>
                <Choice parameter="lang" label=Word::ShellLanguage now=language().code().to_owned() choices=vec![("en", "English".into()), ("ko", "한국어".into())] />
                <Choice parameter="tz" label=Word::ShellZone now=zone choices=vec![("local", local), ("utc", "UTC".into())] />
                <h2>{t(Word::ShellHelp)}</h2>
                <Choice parameter="letters" label=Word::SettingsLetters now=kept("letters", "on") choices=named(&["on", "off"], &[Word::SettingsOn, Word::SettingsOff]) />
                <keys::Remap />
                <h2>{t(Word::SettingsViews)}</h2>
                <Views />
            </div>
        </div>
    }
}

fn kept(parameter: &str, default: &str) -> String {
    browser::stored(&format!("daymark.{parameter}"))
        .filter(|value| !value.is_empty())
        .unwrap_or_else(|| default.into())
}

fn named(names: &[&'static str], words: &[Word]) -> Vec<(&'static str, String)> {
    names.iter().copied().zip(words.iter().map(|word| t(*word).to_owned())).collect()
}

/// One of a few, kept when it is chosen.
#[component]
fn Choice(
    parameter: &'static str,
    label: Word,
    now: String,
    choices: Vec<(&'static str, String)>,
) -> impl IntoView {
    let now = RwSignal::new(now);
    let choice = move |(name, text): (&'static str, String)| {
        let choose = move |_| {
            now.set(name.into());
            choice::keep(parameter, name);
        };
        view! { <button type="button" aria-pressed=move || (now.get() == name).to_string() on:click=choose>{text}</button> }
    };
    view! {
        <div class="settings-line">
            <span>{t(label)}</span>
            <div class="segments" role="group" aria-label=t(label)>{choices.into_iter().map(choice).collect_view()}</div>
        </div>
    }
}

/// Views that somebody gave a name.
#[component]
fn Views() -> impl IntoView {
    let shell = Shell::here();
    let views = load::<Vec<Stored<SavedView>>>(|| Some(Question::get("saved-views")));
    let row = move |saved: &Stored<SavedView>| {
        let id = saved.id.clone();
        let to = saved.body.url.trim_start_matches('/').to_owned();
        let remove = move |_| {
            let question = Question::delete(format!("saved-views/{id}"));
            life::finish(async move {
                match net::send(&question, None).await {
                    Ok(_) => shell.ask_again(),
                    Err(problem) => shell.toasts.say(problem.detail.clone()),
                }
            });
        };
        view! {
            <div class="settings-line">
                <a class="link cut" href=to>{saved.body.name.clone()}</a>
                <span class="faint">{saved.body.kind.clone()}</span>
                <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::SettingsRemove) title=t(Word::SettingsRemove) on:click=remove>
                    <Icon name="trash" size=14 />
                </button>
            </div>
        }
    };
    view! {
        <Loaded load=views rows=2 show=move |answer| match answer.data.is_empty() {
            true => view! { <Nothing text=t(Word::SettingsNoViews) /> }.into_any(),
            false => answer.data.iter().map(row).collect_view().into_any(),
        } />
    }
}
