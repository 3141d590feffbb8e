//! A file for each place in the navigation.

mod alerts;
mod compare;
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

use std::time::Duration;

use daymark_viz::address::Address;
use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos::tachys::reactive_graph::OwnedView;

use crate::life;
use crate::shell::Shell;

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

fn page(place: Place) -> AnyView {
    let address = Shell::here().address;
    // The service or trace that a page is about.
    let id = Memo::new(move |_| address.get().path.get(1).cloned().unwrap_or_default());
    match place {
        Place::Overview => view! { <overview::Page /> }.into_any(),
        Place::Services => view! { <services::Page /> }.into_any(),
        Place::Service => view! { <service::Page service=id /> }.into_any(),
        Place::Map => view! { <map::Page /> }.into_any(),
        Place::Traces => view! { <traces::Page /> }.into_any(),
        Place::Trace => view! { <trace::Page id=id /> }.into_any(),
        Place::Compare => view! { <compare::Page /> }.into_any(),
        Place::Logs => view! { <logs::Page /> }.into_any(),
        Place::Metrics => view! { <metrics::Page /> }.into_any(),
        Place::Sql => view! { <sql::Page /> }.into_any(),
        Place::Alerts => view! { <alerts::Page /> }.into_any(),
        Place::System => view! { <system::Page /> }.into_any(),
        Place::Settings => view! { <settings::Page /> }.into_any(),
        Place::Missing => view! { <missing::Page /> }.into_any(),
    }
}
