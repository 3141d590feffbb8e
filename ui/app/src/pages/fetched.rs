//! Pages come from the server when one of their group is first opened: the first load carries the frame and one
//! group, not all of them. The build cuts the program where this file says (`xtask/src/build_ui/split.rs`).

use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use super::{
    Place, alerts, compare, logs, map, metrics, missing, overview, service, services, settings, sql, system,
    trace, traces,
};

/// Makes a page about the service or trace that an address names.
pub(super) type Make = fn(Memo<String>) -> AnyView;

/// The server is away, or a newer one has other pages.
#[derive(Clone, Copy, Debug)]
pub(super) struct NotFetched;

impl From<SplitLoaderError> for NotFetched {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

macro_rules! fetched {
    ($($name:ident of $group:ident: $make:expr;)*) => {$(
        #[wasm_split($group, wasm_split_path = ::leptos::wasm_split, fallible)]
        fn $name() -> Result<Make, NotFetched> {
            Ok($make)
        }
    )*};
}

// What a group shares with others comes in modules of its own, as many as there are sets of groups: more groups
// would be more requests. `js/boot.js` knows which places are of which group.
fetched! {
    overview_page of first: |_| view! { <overview::Page /> }.into_any();
    services_page of estate: |_| view! { <services::Page /> }.into_any();
    service_page of estate: |id| view! { <service::Page service=id /> }.into_any();
    map_page of estate: |_| view! { <map::Page /> }.into_any();
    metrics_page of estate: |_| view! { <metrics::Page /> }.into_any();
    traces_page of finding: |_| view! { <traces::Page /> }.into_any();
    trace_page of finding: |id| view! { <trace::Page id=id /> }.into_any();
    compare_page of finding: |_| view! { <compare::Page /> }.into_any();
    logs_page of finding: |_| view! { <logs::Page /> }.into_any();
    sql_page of desk: |_| view! { <sql::Page /> }.into_any();
    alerts_page of desk: |_| view! { <alerts::Page /> }.into_any();
    system_page of desk: |_| view! { <system::Page /> }.into_any();
    settings_page of desk: |_| view! { <settings::Page /> }.into_any();
}

/// A page on its way; what has come once is there at once.
pub(super) type Coming = Pin<Box<dyn Future<Output = Result<Make, NotFetched>>>>;

pub(super) fn fetch(place: Place) -> Coming {
    match place {
        Place::Overview => Box::pin(overview_page()),
        Place::Services => Box::pin(services_page()),
        Place::Service => Box::pin(service_page()),
        Place::Map => Box::pin(map_page()),
        Place::Traces => Box::pin(traces_page()),
        Place::Trace => Box::pin(trace_page()),
        Place::Compare => Box::pin(compare_page()),
        Place::Logs => Box::pin(logs_page()),
        Place::Metrics => Box::pin(metrics_page()),
        Place::Sql => Box::pin(sql_page()),
        Place::Alerts => Box::pin(alerts_page()),
        Place::System => Box::pin(system_page()),
        Place::Settings => Box::pin(settings_page()),
        Place::Missing => Box::pin(async { Ok((|_| view! { <missing::Page /> }.into_any()) as Make) }),
    }
}
