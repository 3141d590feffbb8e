//! Where we are, and going elsewhere. This alone owns the history of the browser: every page reads its state
//! from the address and writes it there, so that a copied link shows the same.

use daymark_viz::address::Address;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use web_sys::{Element, MouseEvent};

use crate::life;

/// Longer addresses are cut by some proxies and chat programs.
const LONGEST: usize = 6_000;

#[derive(Clone, Copy, Debug)]
pub(crate) struct AddressBar {
    current: RwSignal<Address>,
}

impl AddressBar {
    /// Follows the history, and takes over clicks on links to our own pages.
    pub(crate) fn install() -> Self {
        let bar = Self { current: RwSignal::new(read()) };
        life::on_window(leptos::ev::popstate, move |_| bar.current.set(read()));
        life::on_window(leptos::ev::click, move |event| bar.take_over(&event));
        bar
    }

    pub(crate) fn get(self) -> Address {
        self.current.get()
    }

    pub(crate) fn now(self) -> Address {
        self.current.get_untracked()
    }

    /// One parameter; what depends on it changes only with it.
    pub(crate) fn param(self, key: &'static str) -> Memo<Option<String>> {
        Memo::new(move |_| self.current.with(|address| address.get(key).map(Into::into)))
    }

    /// A parameter that may come several times.
    pub(crate) fn params(self, key: &'static str) -> Memo<Vec<String>> {
        Memo::new(move |_| self.current.with(|address| address.all(key).map(Into::into).collect()))
    }

    /// Goes to another address; the way back leads here.
    pub(crate) fn push(self, address: Address) {
        self.go(address, true);
    }

    /// Corrects the address; the way back leads to what was before.
    pub(crate) fn replace(self, address: Address) {
        self.go(address, false);
    }

    /// Changes one parameter of this page.
    pub(crate) fn set(self, key: &str, value: &str) {
        self.push(self.now().with(key, value));
    }

    fn go(self, address: Address, is_new: bool) {
        if address == self.now() {
            return;
        }
        let text = address.to_string();
        if text.len() > LONGEST {
            // The state stays right for this visit; only the address cannot hold it.
            self.current.set(address);
            return;
        }
        if let Ok(history) = window().history() {
            let done = match is_new {
                true => history.push_state_with_url(&JsValue::NULL, "", Some(&text)),
                false => history.replace_state_with_url(&JsValue::NULL, "", Some(&text)),
            };
            drop(done);
        }
        self.current.set(address);
    }

    fn take_over(self, event: &MouseEvent) {
        let is_plain = event.button() == 0
            && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key())
            && !event.default_prevented();
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let anchor = target.and_then(|target| target.closest("a[href]").ok().flatten());
        let Some(anchor) = anchor.filter(|_| is_plain) else { return };
        let elsewhere = anchor.has_attribute("target") || anchor.has_attribute("download");
        let Some(href) = anchor.get_attribute("href").filter(|_| !elsewhere) else { return };
        if href.contains("://") || href.starts_with(['#', '/']) || href.starts_with("api/") {
            return;
        }
        event.prevent_default();
        self.push(Address::read(if href == "." { "" } else { href.strip_prefix('.').unwrap_or(&href) }));
    }
}

/// The address below the base of the document.
fn read() -> Address {
    let base = document().base_uri().ok().flatten().and_then(|base| web_sys::Url::new(&base).ok());
    let base = base.map_or_else(|| "/".into(), |base| base.pathname());
    let location = window().location();
    let path = location.pathname().unwrap_or_default();
    let below = path.strip_prefix(&base).unwrap_or(&path);
    Address::read(&format!("{below}{}", location.search().unwrap_or_default()))
}
