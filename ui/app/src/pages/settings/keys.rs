//! Keys of everywhere, each to be replaced by others: press the button, then the keys.

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::shell::help::shown;
use crate::shell::keys::{Key, name, remapped};
use crate::shell::{Shell, choice};
use crate::words::{Word, say, t};

/// Keys of a sequence.
const MOST: usize = 2;

#[component]
pub(super) fn Remap() -> impl IntoView {
    let shell = Shell::here();
    // The one that is being replaced, and what was pressed for it so far.
    let asked = RwSignal::new(None::<(&'static str, String)>);
    let keep = move |keys: &'static str, pressed: &str| {
        let mut all = remapped();
        if pressed == keys {
            all.remove(keys)
        } else {
            all.insert(keys.to_owned(), pressed.to_owned())
        };
        choice::keep("keys", &serde_json::to_string(&all).unwrap_or_default());
        shell.keys.remap();
        asked.set(None);
    };
    let finish = move || {
        let Some((keys, pressed)) = asked.get_untracked() else { return };
        let taken = shell
            .keys
            .list()
            .into_iter()
            .find(|key| key.is_global && key.pressed == pressed && key.keys != keys);
        match taken {
            _ if pressed.is_empty() => asked.set(None),
            Some(key) => {
                shell.toasts.say(say(Word::SettingsKeyTaken, &[("does", &key.does)]));
                asked.set(None);
            }
            None => keep(keys, &pressed),
        }
    };
    let pressed = move |event: KeyboardEvent| {
        if asked.with_untracked(Option::is_none)
            || matches!(event.key().as_str(), "Tab" | "Shift" | "Control" | "Alt" | "Meta")
        {
            return;
        }
        event.prevent_default();
        event.stop_propagation();
        match event.key().as_str() {
            "Escape" => asked.set(None),
            "Enter" => finish(),
            _ => {
                let Some(next) = name(&event) else { return };
                asked.update(|asked| {
                    if let Some((_, pressed)) = asked {
                        let begun = if pressed.is_empty() { String::new() } else { format!("{pressed} ") };
                        *pressed = format!("{begun}{next}");
                    }
                });
                if asked.with_untracked(|asked| {
                    asked.as_ref().is_some_and(|(_, pressed)| pressed.split(' ').count() >= MOST)
                }) {
                    finish();
                }
            }
        }
    };
    let row = move |key: Key| {
        let keys = key.keys;
        let is_asked = move || asked.with(|asked| asked.as_ref().is_some_and(|(asked, _)| *asked == keys));
        let parts = move || {
            let begun = asked.with(|asked| {
                asked.as_ref().filter(|(asked, _)| *asked == keys).map(|(_, pressed)| pressed.clone())
            });
            match begun {
                Some(begun) if begun.is_empty() => {
                    view! { <span class="quiet">{t(Word::SettingsPressKeys)}</span> }.into_any()
                }
                Some(begun) => kbds(&begun).into_any(),
                None => kbds(&key.pressed).into_any(),
            }
        };
        let label = say(Word::SettingsReplaceKeys, &[("does", &key.does)]);
        view! {
            <div class="settings-line settings-key">
                <span>{key.does.clone()}</span>
                <button
                    type="button" class="button" aria-pressed=move || is_asked().to_string()
                    on:click=move |_| asked.set(Some((keys, String::new()))) on:keydown=pressed on:blur=move |_| asked.set(None)
                >{parts}<span class="unseen">{label}</span></button>
            </div>
        }
    };
    let rows = move || {
        let mut keys: Vec<Key> =
            shell.keys.list().into_iter().filter(|key| key.is_global && key.keys != "Escape").collect();
        keys.reverse();
        keys.into_iter().map(row).collect_view()
    };
    let reset = move |_| {
        choice::keep("keys", "{}");
        shell.keys.remap();
    };
    view! {
        <p class="faint small settings-note">{t(Word::SettingsKeysHint)} " " <button type="button" class="link" on:click=reset>{t(Word::SettingsKeysReset)}</button></p>
        <div class="settings-keys">{rows}</div>
    }
}

fn kbds(keys: &str) -> impl IntoView + use<> {
    keys.split(' ').map(|part| view! { <kbd class="kbd">{shown(part)}</kbd> }).collect_view()
}
