//! The states of the map at an instant of the range: dragged to, stepped through, or played.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use daymark_model::time::Nanos;
use daymark_view::map::ReplayStep;
use daymark_view::services::ServiceState;
use leptos::prelude::*;

use crate::life;
use crate::load::{Load, load};
use crate::net::Question;
use crate::parts::icon::Icon;
use crate::shell::Shell;
use crate::words::{Word, t};

const STEPS: usize = 60;
/// How long a step is shown while it is played.
const SHOWN: Duration = Duration::from_millis(600);

/// Of services by name, and of calls by who calls whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct States {
    nodes: HashMap<String, ServiceState>,
    edges: HashMap<[String; 2], ServiceState>,
}

impl States {
    fn at(steps: &[ReplayStep], at: Nanos) -> Self {
        let mut states = Self::default();
        for change in steps.iter().take_while(|step| step.at <= at).flat_map(|step| &step.changes) {
            if let Some(node) = &change.node {
                states.nodes.insert(node.clone(), change.state);
            }
            if let Some(edge) = &change.edge {
                states.edges.insert(edge.clone(), change.state);
            }
        }
        states
    }

    /// Of a service; databases and outsiders have none of their own.
    pub(super) fn node(&self, id: &str) -> Option<ServiceState> {
        self.nodes.get(id).copied()
    }

    /// What a line is drawn as: none where it is well.
    pub(super) fn trouble(&self, client: &str, server: &str) -> Option<ServiceState> {
        let state = self.edges.get(&[client.to_owned(), server.to_owned()]).copied()?;
        matches!(state, ServiceState::Warning | ServiceState::Critical).then_some(state)
    }
}

/// The instant that the address names, with what is known of it.
#[derive(Clone, Copy)]
pub(super) struct Replay {
    at: Memo<Option<Nanos>>,
    steps: Load<Vec<ReplayStep>>,
    /// None while nothing is replayed.
    pub(super) states: Memo<Option<Arc<States>>>,
}

impl Replay {
    pub(super) fn of(shell: Shell) -> Self {
        let written = shell.address.param("at");
        let at = Memo::new(move |_| Some(Nanos(written.get()?.parse().ok()?)));
        let is_on = Memo::new(move |_| at.get().is_some());
        let steps = load::<Vec<ReplayStep>>(move || {
            is_on.get().then(|| shell.in_range(Question::get("map/replay")).with("steps", STEPS))
        });
        let states = Memo::new(move |_| {
            let at = at.get()?;
            steps.answer().map(|answer| Arc::new(States::at(&answer.data, at)))
        });
        Self { at, steps, states }
    }

    fn instants(self) -> Vec<Nanos> {
        self.steps.map(|steps| steps.iter().map(|step| step.at).collect())
    }

    /// Which step is shown.
    fn number(self) -> usize {
        let at = self.at.get().unwrap_or(Nanos(0));
        self.instants().partition_point(|step| *step <= at).saturating_sub(1)
    }
}

/// Begins and ends a replay.
#[component]
pub(super) fn Begin(replay: Replay) -> impl IntoView {
    let shell = Shell::here();
    let turn = move |_| {
        let is_on = replay.at.get_untracked().is_some();
        let from = if is_on { String::new() } else { untrack(|| shell.range()).from.0.to_string() };
        shell.address.set("at", &from);
    };
    view! {
        <button type="button" class="button" data-kind="plain" aria-pressed=move || replay.at.get().is_some().to_string() on:click=turn>
            <Icon name="clock" size=14 />{t(Word::MapReplay)}
        </button>
    }
}

#[component]
pub(super) fn Scrubber(replay: Replay) -> impl IntoView {
    view! { <Show when=move || replay.at.get().is_some()><Controls replay=replay /></Show> }
}

#[component]
fn Controls(replay: Replay) -> impl IntoView {
    let shell = Shell::here();
    let is_played = RwSignal::new(false);
    let go = move |step: usize| {
        if let Some(at) = untrack(|| replay.instants()).get(step) {
            shell.address.replace(shell.address.now().with("at", &at.0.to_string()));
        }
    };
    life::every(SHOWN, move || {
        if is_played.get_untracked() {
            let (now, count) = untrack(|| (replay.number(), replay.instants().len()));
            if now + 1 < count { go(now + 1) } else { is_played.set(false) }
        }
    });
    let time = move || replay.at.get().map(|at| shell.civil(at).hms());
    view! {
        <div class="map-replay">
            <button
                type="button" class="button" data-icon
                aria-label=move || if is_played.get() { t(Word::MapReplayPause) } else { t(Word::MapReplayPlay) }
                on:click=move |_| is_played.update(|is_played| *is_played = !*is_played)
            >
                {move || view! { <Icon name=if is_played.get() { "pause" } else { "play" } size=14 /> }}
            </button>
            <input
                type="range" min="0" aria-label=t(Word::MapReplay) aria-valuetext=time
                max=move || replay.instants().len().saturating_sub(1).to_string()
                prop:value=move || replay.number().to_string()
                on:input=move |event| go(event_target_value(&event).parse().unwrap_or(0))
            />
            <b class="num">{time}</b>
            <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::ShellClose) on:click=move |_| shell.address.set("at", "")><Icon name="close" size=14 /></button>
        </div>
    }
}
