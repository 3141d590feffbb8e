//! Keys and what they do. A page's key wins over a global one, the latest over an earlier; letters are text
//! while somebody writes.

use std::collections::BTreeMap;

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use daymark_viz::span::{self, Span};

use crate::life;
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, say, t};

/// A key or a sequence of two, such as `g o`, and what it does.
#[derive(Clone)]
pub(crate) struct Key {
    id: u64,
    pub(crate) keys: &'static str,
    /// What is pressed for it: something else than `keys` where the reader chose so.
    pub(crate) pressed: String,
    pub(crate) does: String,
    pub(crate) is_global: bool,
    act: StoredValue<Box<dyn Fn()>, LocalStorage>,
}

#[derive(Clone, Copy)]
pub(crate) struct Keys {
    known: RwSignal<Vec<Key>, LocalStorage>,
    /// The first of two, and when it was pressed.
    pending: StoredValue<Option<(String, f64)>>,
    count: StoredValue<u64>,
}

/// Between the two keys of a sequence, in milliseconds.
const PATIENCE: f64 = 1_200.0;

impl Keys {
    pub(super) fn install() -> Self {
        let keys = Self {
            known: RwSignal::new_local(Vec::new()),
            pending: StoredValue::new(None),
            count: StoredValue::new(0),
        };
        life::on_window(leptos::ev::keydown, move |event| keys.pressed(&event));
        keys
    }

    /// A key of the page that is being made; it goes with the page.
    pub(crate) fn on(self, keys: &'static str, does: Word, act: impl Fn() + 'static) {
        self.add(keys, t(does).into(), false, act);
    }

    fn everywhere(self, keys: &'static str, does: String, act: impl Fn() + 'static) {
        self.add(keys, does, true, act);
    }

    fn add(self, keys: &'static str, does: String, is_global: bool, act: impl Fn() + 'static) {
        self.count.update_value(|count| *count += 1);
        let id = self.count.get_value();
        let act = StoredValue::new_local(Box::new(act) as Box<dyn Fn()>);
        let pressed = if is_global { chosen(keys) } else { None }.unwrap_or_else(|| keys.to_owned());
        self.known.update(|known| known.push(Key { id, keys, pressed, does, is_global, act }));
        on_cleanup(move || {
            self.known.try_update(|known| known.retain(|key| key.id != id));
        });
    }

    /// Reads again what the reader chose.
    pub(crate) fn remap(self) {
        self.known.update(|known| {
            for key in known.iter_mut().filter(|key| key.is_global) {
                key.pressed = chosen(key.keys).unwrap_or_else(|| key.keys.to_owned());
            }
        });
    }

    /// All that act now, the latest first.
    pub(crate) fn list(self) -> Vec<Key> {
        self.known.get().into_iter().rev().collect()
    }

    fn pressed(self, event: &KeyboardEvent) {
        if event.is_composing() || event.alt_key() {
            return;
        }
        let Some(pressed) = name(event) else { return };
        let is_command = pressed.starts_with("Mod+");
        if !is_command && pressed != "Escape" && window::is_writing() || event.default_prevented() {
            return;
        }
        if window::stored("daymark.letters").as_deref() == Some("off") && pressed.chars().count() == 1 {
            return;
        }
        let before = self.pending.get_value().filter(|(_, at)| window::uptime_ms() - at < PATIENCE);
        let sequence = before.map(|(first, _)| format!("{first} {pressed}"));
        let known = self.known.get_untracked();
        let find =
            |keys: &str| known.iter().rev().filter(|key| key.pressed == keys).min_by_key(|key| key.is_global);
        let found = sequence.as_deref().and_then(find).or_else(|| find(&pressed));
        self.pending.set_value(None);
        if let Some(key) = found {
            event.prevent_default();
            key.act.with_value(|act| act());
            return;
        }
        let begins = format!("{pressed} ");
        if known.iter().any(|key| key.pressed.starts_with(&begins)) {
            self.pending.set_value(Some((pressed, window::uptime_ms())));
        }
    }
}

/// What the reader presses instead.
fn chosen(keys: &str) -> Option<String> {
    remapped().remove(keys).filter(|chosen| !chosen.is_empty())
}

/// Keys of everywhere, and what the reader presses instead.
pub(crate) fn remapped() -> BTreeMap<String, String> {
    window::stored("daymark.keys").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// The name of what was pressed: `Mod+k`, `Escape`, `a`. On a Korean keyboard the letter on the key cap.
pub(crate) fn name(event: &KeyboardEvent) -> Option<String> {
    let (key, code) = (event.key(), event.code());
    if matches!(key.as_str(), "Shift" | "Control" | "Meta" | "Alt" | "Process") {
        return None;
    }
    let letter = if key.chars().count() == 1 && !key.is_ascii() {
        let letter = code.strip_prefix("Key")?;
        if event.shift_key() { letter.to_owned() } else { letter.to_lowercase() }
    } else {
        key
    };
    Some(match event.ctrl_key() || event.meta_key() {
        true if event.shift_key() => format!("Mod+Shift+{}", letter.to_lowercase()),
        true => format!("Mod+{}", letter.to_lowercase()),
        false => letter,
    })
}

/// Keys that work on every page.
pub(super) fn install_global(shell: Shell) {
    let keys = shell.keys;
    keys.everywhere("Mod+k", t(Word::ShellKeyPalette).into(), move || shell.open_omnibox());
    keys.everywhere("/", t(Word::ShellKeyQuery).into(), move || {
        if !window::focus("[data-query]") {
            shell.open_omnibox();
        }
    });
    let places: [(&'static str, &'static str, Word); 10] = [
        ("g o", "", Word::NavOverview),
        ("g s", "services", Word::NavServices),
        ("g p", "map", Word::NavMap),
        ("g t", "traces", Word::NavTraces),
        ("g l", "logs", Word::NavLogs),
        ("g m", "metrics/explore", Word::NavMetrics),
        ("g q", "sql", Word::NavSql),
        ("g a", "alerts", Word::NavAlerts),
        ("g y", "system", Word::NavSystem),
        ("g ,", "settings", Word::NavSettings),
    ];
    for (sequence, path, word) in places {
        keys.everywhere(sequence, say(Word::ShellKeyGo, &[("page", t(word))]), move || {
            shell.address.push(shell.address.now().to_page(path.split('/').filter(|part| !part.is_empty())));
        });
    }
    keys.everywhere("y", t(Word::ShellKeyCopyAbsolute).into(), move || copy_link(shell, true));
    keys.everywhere("Y", t(Word::ShellKeyCopyRelative).into(), move || copy_link(shell, false));
    keys.everywhere("t a", t(Word::ShellKeyFreeze).into(), move || {
        shell.go_to_range(shell.range.get_untracked())
    });
    for (sequence, word, share) in
        [("t ArrowLeft", Word::ShellKeyShiftBack, -1.0), ("t ArrowRight", Word::ShellKeyShiftOn, 1.0)]
    {
        keys.everywhere(sequence, t(word).into(), move || {
            shell.go_to_range(span::shifted(shell.range.get_untracked(), share));
        });
    }
    keys.everywhere("t -", t(Word::ShellKeyWiden).into(), move || {
        shell.go_to_range(span::widened(shell.range.get_untracked(), shell.now.get_untracked()));
    });
    keys.everywhere("t l", t(Word::ShellKeyLast).into(), move || {
        let last = Span { from: "-15m".into(), to: "now".into() };
        shell.address.push(last.write(shell.address.now()));
    });
    keys.everywhere("t c", t(Word::ShellKeyCompare).into(), move || {
        let is_off = shell.address.now().get("cmp") == Some("off");
        shell.address.set("cmp", if is_off { "" } else { "off" });
    });
    keys.everywhere("r", t(Word::ShellKeyRerun).into(), move || shell.ask_again());
    keys.everywhere(".", t(Word::ShellKeyRefresh).into(), move || {
        let is_on = shell.address.now().get("refresh").is_some_and(|every| every != "off");
        shell.address.set("refresh", if is_on { "" } else { "10s" });
    });
    keys.everywhere("S", t(Word::ShellSaveView).into(), move || shell.is_saving.set(true));
    keys.everywhere("?", t(Word::ShellKeyHelp).into(), move || {
        shell.is_help_open.update(|open| *open = !*open)
    });
    keys.everywhere("Escape", t(Word::ShellKeyClose).into(), move || {
        if shell.is_help_open.get_untracked() {
            shell.is_help_open.set(false);
        } else if shell.is_omnibox_open.get_untracked() {
            shell.is_omnibox_open.set(false);
        }
    });
}

/// Puts the address of what is seen on the clipboard; with fixed time it shows the same tomorrow.
pub(crate) fn copy_link(shell: Shell, is_fixed: bool) {
    let mut address = shell.address.now();
    if is_fixed
        && address
            .path
            .first()
            .is_none_or(|place| !matches!(place.as_str(), "trace" | "compare" | "system" | "settings"))
    {
        address = Span::fixed(shell.range.get_untracked()).write(address);
    }
    let base = document().base_uri().ok().flatten().unwrap_or_default();
    let text = address.to_string();
    window::copy(&format!("{base}{}", text.strip_prefix('.').unwrap_or(&text)));
    shell.toasts.say(t(Word::ShellCopied));
}
