//! The frame of every page, and what all pages share: the address, the range of time, the zone, the keys,
//! what the last answer cost.

/// What is chosen for good, and for this visit.
pub(crate) mod choice;
/// What happened in the range, under the head of a page.
pub(crate) mod events;
/// The list of keys.
pub(crate) mod help;
/// Keys and what they do.
pub(crate) mod keys;
/// Places to go.
mod nav;
/// Anything pasted or typed becomes a place to go.
mod omnibox;
/// The range of time, its zone and the refresh.
mod range;
/// Keeping a page under a name.
mod saving;
/// What all pages are narrowed to.
mod scope;
/// What the answer on the page cost.
mod status;
/// Short notices.
pub(crate) mod toasts;
/// Brand, omnibox, range, state of the intake.
mod top;
/// Five steps from a finding to its cause.
mod tour;

use daymark_model::time::Nanos;
use daymark_view::meta::Meta;
use daymark_view::range::Range;
use daymark_view::server::Bootstrap;
use daymark_viz::address::Address;
use daymark_viz::clock::{Civil, Offset};
use daymark_viz::figure;
use daymark_viz::span::{self, Span};
use leptos::prelude::*;

use crate::address_bar::AddressBar;
use crate::load::{Load, load};
use crate::net::Question;
use crate::paged::Paged;
use crate::pages::{self, Place};
use crate::shell::keys::Keys;
use crate::shell::toasts::Toasts;
use crate::window;
use crate::words::{Word, say, t};

/// What every page may use; a copy is a handle.
#[derive(Clone, Copy)]
pub(crate) struct Shell {
    pub(crate) address: AddressBar,
    pub(crate) keys: Keys,
    pub(crate) toasts: Toasts,
    /// What relative ranges count from. Moves when the page is asked again.
    now: RwSignal<Nanos>,
    range: Memo<Range>,
    offset: Memo<Offset>,
    /// What the main answer of the page cost.
    cost: RwSignal<Option<Meta>>,
    rows: RwSignal<Option<String>>,
    is_omnibox_open: RwSignal<bool>,
    is_help_open: RwSignal<bool>,
    is_saving: RwSignal<bool>,
    /// Of the server's clock before ours, in milliseconds.
    skew_ms: RwSignal<Option<f64>>,
}

impl Shell {
    /// The shell of the page that is being made.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    fn new() -> Self {
        let address = AddressBar::install();
        let now = RwSignal::new(window::now());
        let range = Memo::new(move |last: Option<&Range>| {
            let asked = Span::of(&address.get()).range(now.get());
            asked.or(last.copied()).unwrap_or_else(|| Range::last_hour(now.get()))
        });
        let zone = address.param("tz");
        let offset = Memo::new(move |_| {
            let zone = zone.get().or_else(|| window::stored("daymark.tz")).unwrap_or_else(|| "local".into());
            let at = range.get().to;
            match zone.as_str() {
                "utc" => Offset(0),
                "local" => window::local_offset(at),
                zone => window::zone_offset(zone, at).unwrap_or_else(|| window::local_offset(at)),
            }
        });
        Self {
            address,
            keys: Keys::install(),
            toasts: Toasts::new(),
            now,
            range,
            offset,
            cost: RwSignal::new(None),
            rows: RwSignal::new(None),
            is_omnibox_open: RwSignal::new(false),
            is_help_open: RwSignal::new(false),
            is_saving: RwSignal::new(false),
            skew_ms: RwSignal::new(None),
        }
    }

    /// The range of the page, in instants.
    pub(crate) fn range(self) -> Range {
        self.range.get()
    }

    /// The window compared with, where one is.
    pub(crate) fn compared(self) -> Option<Range> {
        let cmp = self.address.get().get("cmp").unwrap_or("prev").to_owned();
        span::compared(self.range(), &cmp)
    }

    /// Goes to a range, in this page's history.
    pub(crate) fn go_to_range(self, range: Range) {
        self.address.push(Span::fixed(range).write(self.address.now()));
    }

    pub(crate) fn now(self) -> Nanos {
        self.now.get()
    }

    pub(crate) fn offset(self) -> Offset {
        self.offset.get()
    }

    /// An instant on the clock of the reader.
    pub(crate) fn civil(self, at: Nanos) -> Civil {
        Civil::of(at, self.offset.get())
    }

    /// Asks everything on the page again, up to now.
    pub(crate) fn ask_again(self) {
        self.now.set(window::now());
    }

    /// For what has to be asked again with the page.
    pub(crate) fn asked_again(self) {
        self.now.track();
    }

    /// The question with the range and the scope of the page.
    pub(crate) fn in_range(self, question: Question) -> Question {
        let range = self.range();
        self.in_scope(question.with("from", range.from.0).with("to", range.to.0))
    }

    pub(crate) fn in_scope(self, question: Question) -> Question {
        self.scope().iter().fold(question, |question, scope| question.with("scope", scope))
    }

    pub(crate) fn scope(self) -> Vec<String> {
        self.address.get().all("scope").map(Into::into).collect()
    }

    /// A link to another page that keeps range and scope.
    pub(crate) fn link<'a>(self, path: impl IntoIterator<Item = &'a str>) -> Address {
        self.address.get().to_page(path)
    }

    /// Tells what the main answer of the page cost; `rows` is what is shown of it.
    pub(crate) fn tell_cost<T: 'static>(self, load: Load<T>, rows: impl Fn(&T, &Meta) -> String + 'static) {
        Effect::new(move |_| {
            if let Some(answer) = load.answer() {
                self.rows.set(Some(rows(&answer.data, &answer.meta)));
                self.cost.set(Some(answer.meta.clone()));
            }
        });
        on_cleanup(move || {
            self.cost.try_set(None);
            self.rows.try_set(None);
        });
    }

    /// The same of a list that is read page by page; `total` counts all its rows where that is known.
    pub(crate) fn tell_list<T: Send + Sync + 'static>(
        self,
        list: Paged<T>,
        total: impl Fn() -> Option<u64> + 'static,
    ) {
        Effect::new(move |_| {
            let Some(meta) = list.meta.get() else { return };
            let shown = figure::grouped(list.rows.with(Vec::len) as u64);
            self.rows.set(Some(match total() {
                Some(total) => {
                    say(Word::ShellStatusOf, &[("shown", &shown), ("total", &figure::grouped(total))])
                }
                None => shown,
            }));
            self.cost.set(Some(meta));
        });
        on_cleanup(move || {
            self.cost.try_set(None);
            self.rows.try_set(None);
        });
    }

    pub(crate) fn open_omnibox(self) {
        self.is_omnibox_open.set(true);
    }
}

/// What the server says once at the beginning and every half minute.
#[derive(Clone, Copy)]
pub(crate) struct Known(pub(crate) Load<Bootstrap>);

#[component]
pub(crate) fn Frame() -> impl IntoView {
    let shell = Shell::new();
    provide_context(shell);
    choice::install(shell);
    let known = Known(load(|| Some(Question::get("bootstrap").of_now())));
    provide_context(known);
    keys::install_global(shell);
    watch_skew(shell, known);
    let is_embedded = shell.address.param("embed");
    let place = Memo::new(move |_| Place::of(&shell.address.get()));
    let has_icons = Memo::new(move |_| choice::has_icons(shell));
    view! {
        <div
            class="shell"
            data-nav=move || if has_icons.get() { "icons" } else { "full" }
            data-embed=move || is_embedded.get().map(|_| "1")
        >
            <a class="skip button" href="#main" on:click=|event| {
                event.prevent_default();
                window::focus("#main");
            }>{t(Word::NavSkip)}</a>
            <Show when=move || is_embedded.get().is_none()>
                <top::Top />
                <nav::Nav />
            </Show>
            <main class="main" id="main" tabindex="-1"><tour::Tour />{pages::shown(place)}</main>
            <Show when=move || is_embedded.get().is_none()>
                <status::Status />
                <nav::TabBar />
            </Show>
            <omnibox::Omnibox />
            <help::Help />
            <saving::Saving />
            <toasts::Shown />
        </div>
    }
}

/// Compares clocks on every answer that tells the time of the server.
fn watch_skew(shell: Shell, known: Known) {
    Effect::new(move |_| {
        if let Some(at) = known.0.answer().and_then(|answer| answer.data.server_time) {
            shell.skew_ms.set(Some((window::now().0 - at.0) as f64 / 1e6));
        }
    });
}
