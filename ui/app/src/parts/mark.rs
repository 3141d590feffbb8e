//! The shape of a state: never told by colour alone.

use daymark_view::services::ServiceState;
use leptos::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Ok,
    Warning,
    Critical,
    Info,
    /// Set by hand.
    Manual,
    Moving,
    Unknown,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Info => "info",
            Self::Manual => "manual",
            Self::Moving => "moving",
            Self::Unknown => "unknown",
        }
    }
}

impl From<ServiceState> for State {
    fn from(state: ServiceState) -> Self {
        match state {
            ServiceState::Ok => Self::Ok,
            ServiceState::Warning => Self::Warning,
            ServiceState::Critical => Self::Critical,
            ServiceState::Unknown => Self::Unknown,
        }
    }
}

/// A disc, triangle, crossed square, ring, diamond, half disc or dashed ring.
#[component]
pub(crate) fn Mark(state: State, #[prop(optional, into)] title: Option<String>) -> impl IntoView {
    let shape = match state {
        State::Ok => view! { <circle cx="6" cy="6" r="4" fill="currentColor" /> }.into_any(),
        State::Warning => view! { <path d="M6 1.2 11.3 10.500H.7Z" fill="currentColor" /> }.into_any(),
        State::Critical => view! {
            <rect x="1" y="1" width="10" height="10" rx="1.5" fill="currentColor" />
            <path d="M4 4l4 4M8 4l-4 4" stroke="var(--surface)" stroke-width="1.4" stroke-linecap="round" />
        }.into_any(),
        State::Info => view! { <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.8" /> }.into_any(),
        State::Manual => view! { <path d="M6 .8 11.2 6 6 11.2.8 6Z" fill="currentColor" /> }.into_any(),
        State::Moving => view! {
            <circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="1.4" />
            <path d="M6 1.800a4.2 4.2 0 0 1 0 8.400Z" fill="currentColor" />
        }.into_any(),
        State::Unknown => {
            view! { <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.4" stroke-dasharray="2.2 2" /> }.into_any()
        }
    };
    let role = title.is_some().then_some("img");
    let hidden = title.is_none().then_some("true");
    view! { <svg class="mark" data-state=state.name() viewBox="0 0 12 12" role=role aria-label=title aria-hidden=hidden>{shape}</svg> }
}
