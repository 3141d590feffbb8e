//! A file for each place in the navigation.

mod alerts;
mod compare;
mod fetched;
mod logs;
mod map;
mod metrics;
mod missing;
mod overview;
mod service;
mod services;
mod settings;
mod sql;
mod system;
mod trace;
mod traces;

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use daymark_viz::address::Address;
use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos::tachys::reactive_graph::OwnedView;

use self::fetched::{Coming, Make, NotFetched};
use crate::life::{self, Life};
use crate::parts::mark::{Mark, State};
use crate::parts::states::Bones;
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, t};

/// A place that an address may lead to. What it is about (a service, a trace) is no part of it: a page follows
/// that by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Overview,
    Services,
    Service,
    Map,
    Traces,
    Trace,
    Compare,
    Logs,
    Metrics,
    Sql,
    Alerts,
    System,
    Settings,
    Missing,
}

impl Place {
    pub(crate) fn of(address: &Address) -> Self {
        let path: Vec<&str> = address.path.iter().map(String::as_str).collect();
        match path[..] {
            [] => Self::Overview,
            ["services"] => Self::Services,
            ["services", _] => Self::Service,
            ["map"] => Self::Map,
            ["traces"] => Self::Traces,
            ["traces", _] => Self::Trace,
            ["compare"] => Self::Compare,
            ["logs"] | ["logs", "tail"] => Self::Logs,
            ["metrics", "explore"] => Self::Metrics,
            ["sql"] => Self::Sql,
            ["alerts"] => Self::Alerts,
            ["system"] => Self::System,
            ["settings"] => Self::Settings,
            _ => Self::Missing,
        }
    }
}

/// The page of the place. That of the place before rests at once, but its values go only after its elements:
/// the browser still sends these the end of whatever led away.
pub(crate) fn shown(place: Memo<Place>) -> impl IntoView {
    let frame = Owner::new();
    let before = StoredValue::new(None::<Owner>);
    // At once, before anything of it hears of an address that is not about it.
    ImmediateEffect::new_scoped(move || {
        place.track();
        before.with_value(|before| before.iter().for_each(Owner::pause));
    });
    move || {
        let place = place.get();
        let owner = frame.with(Owner::new);
        let left = before.try_update_value(|before| before.replace(owner.clone())).flatten();
        if let Some(left) = left {
            life::finish(async move {
                life::pause(Duration::ZERO).await;
                left.cleanup();
            });
        }
        let page = owner.with(|| untrack(|| page(place)));
        OwnedView::new_with_owner(page, owner)
    }
}

/// The page, or what stands in its place until it has come.
fn page(place: Place) -> AnyView {
    let address = Shell::here().address;
    // The service or trace that a page is about.
    let id = Memo::new(move |_| address.get().path.get(1).cloned().unwrap_or_default());
    let mut coming = fetched::fetch(place);
    match coming.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(fetched) => made(fetched, id),
        Poll::Pending => view! { <Fetching coming=coming id=id /> }.into_any(),
    }
}

fn made(fetched: Result<Make, NotFetched>, id: Memo<String>) -> AnyView {
    match fetched {
        Ok(make) => make(id),
        Err(NotFetched) => view! { <Unfetched /> }.into_any(),
    }
}

#[component]
fn Fetching(coming: Coming, id: Memo<String>) -> impl IntoView {
    let fetched = RwSignal::new(None::<Result<Make, NotFetched>>);
    Life::here().spawn(async move { fetched.set(Some(coming.await)) });
    move || match fetched.get() {
        None => view! { <Bones rows=12 /> }.into_any(),
        Some(fetched) => made(fetched, id),
    }
}

/// The server cannot be reached, or is a newer one, whose pages have other addresses.
#[component]
fn Unfetched() -> impl IntoView {
    view! {
        <div class="state" role="alert">
            <Mark state=State::Warning />
            <div class="grow">
                <h2>{t(Word::StateUnfetched)}</h2>
                <p>{t(Word::StateUnfetchedText)}</p>
                <div class="actions">
                    <button type="button" class="button" on:click=|_| window::reload()>{t(Word::StateReload)}</button>
                </div>
            </div>
        </div>
    }
}
