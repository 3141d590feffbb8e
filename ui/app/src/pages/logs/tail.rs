//! Lines as they come in, newest at the bottom. While somebody reads, nothing moves: new lines are counted
//! until they are asked for.

use std::sync::Arc;
use std::time::Duration;

use daymark_view::tail::TailStatus;
use daymark_view::trace_logs::LogRow;
use daymark_viz::figure;
use daymark_viz::server_events::ServerEvent;
use leptos::html;
use leptos::prelude::*;

use super::found::WrapButton;
use super::lines::{Line, Lines, Scrolled};
use super::search::Search;
use crate::life::{self, Life};
use crate::net::Question;
use crate::parts::icon::Icon;
use crate::parts::states::{Nothing, Stale};
use crate::shell::Shell;
use crate::streamed::{Flow, streamed};
use crate::words::{Word, say, t};

/// Lines that are kept.
const KEPT: usize = 50_000;
/// Lines that came are shown together this often.
const BEAT: Duration = Duration::from_millis(200);
/// Lines a second that the server sends.
const PER_S: u32 = 400;

#[derive(Clone, Copy)]
struct Tailed {
    shown: RwSignal<Vec<Line>>,
    /// Came while nothing moved, or since the last beat.
    came: StoredValue<Vec<Line>>,
    new: RwSignal<usize>,
    status: RwSignal<TailStatus>,
    is_following: RwSignal<bool>,
    frame: NodeRef<html::Div>,
    /// Where the list was scrolled to last.
    top: StoredValue<f64>,
    life: Life,
}

#[component]
pub(super) fn Tail() -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let tailed = Tailed {
        shown: RwSignal::new(Vec::new()),
        came: StoredValue::new(Vec::new()),
        new: RwSignal::new(0),
        status: RwSignal::new(TailStatus::default()),
        is_following: RwSignal::new(true),
        frame: NodeRef::new(),
        top: StoredValue::new(0.0),
        life: Life::here(),
    };
    let question = move || {
        let question = shell.in_scope(Question::get("logs/tail")).with("q", search.q.get());
        Some(question.with("max_per_s", PER_S))
    };
    let stream = streamed(question, move |events| tailed.hear(events));
    life::every(BEAT, move || tailed.beat());
    life::on_window(leptos::ev::pointerup, move |_| tailed.pause_for_selection());
    life::on_window(leptos::ev::pointermove, move |_| tailed.pause_for_selection());
    Effect::new(move |_| {
        if search.open.with(Option::is_some) {
            tailed.is_following.set(false);
        }
    });
    shell.keys.on("p", Word::LogsKeyPause, move || tailed.turn());
    shell.keys.on("End", Word::LogsKeyFollow, move || tailed.follow());
    let scrolled = Callback::new(move |now: Scrolled| {
        let before = tailed.top.get_value();
        tailed.top.set_value(now.top);
        if now.top < before - 1.0 && !now.is_end {
            tailed.is_following.set(false);
        }
    });
    let pill = move || {
        let new = tailed.new.get();
        if tailed.is_following.get() {
            view! { <Icon name="pause" size=14 />{t(Word::LogsFollowing)} }.into_any()
        } else {
            let text = if new > 0 {
                say(Word::LogsPausedNew, &[("count", &figure::grouped(new as u64))])
            } else {
                t(Word::LogsPaused).into()
            };
            view! { <Icon name="play" size=14 />{text} }.into_any()
        }
    };
    let rates = move || {
        let status = tailed.status.get();
        let text = |rate: f64| figure::rate(rate).to_string();
        say(
            Word::LogsRates,
            &[("matched", &text(status.matched_per_s)), ("shown", &text(status.shown_per_s))],
        )
    };
    let skipped = move || {
        let dropped = tailed.status.with(|status| status.dropped);
        (dropped > 0).then(|| view! { <span class="badge" data-state="warning">{say(Word::LogsSkipped, &[("count", &figure::grouped(dropped))])}</span> })
    };
    let gap = move || {
        tailed
            .status
            .with(|status| status.gap)
            .then(|| view! { <span class="badge" data-state="warning">{t(Word::LogsGap)}</span> })
    };
    let buffer = move || {
        let count = figure::grouped(tailed.shown.with(Vec::len) as u64);
        say(Word::LogsBuffer, &[("count", &count), ("most", &figure::grouped(KEPT as u64))])
    };
    view! {
        <div class="toolbar logs-bar" aria-busy=move || (stream.flow.get() == Flow::Opening).to_string()>
            <button type="button" class="button tail-pill" data-following=move || tailed.is_following.get().then_some("") on:click=move |_| tailed.turn()>{pill}</button>
            <span class="quiet cut">{rates}</span>
            {skipped}
            {gap}
            <span class="grow"></span>
            <span class="faint small cut">{buffer}</span>
            <WrapButton />
        </div>
        {move || match stream.flow.get() {
            Flow::Broken(problem) => view! { <Stale problem=problem /> }.into_any(),
            Flow::Resting | Flow::Opening | Flow::Open => ().into_any(),
        }}
        <Show
            when=move || tailed.shown.with(|shown| !shown.is_empty())
            fallback=|| view! { <Nothing text=t(Word::LogsWaiting) /> }
        >
            <Lines rows=tailed.shown scrolled=scrolled frame=tailed.frame />
        </Show>
    }
}

impl Tailed {
    fn hear(self, events: Vec<ServerEvent>) {
        for event in events {
            match event.name.as_str() {
                "log" => {
                    if let Ok(row) = serde_json::from_str::<LogRow>(&event.data) {
                        self.came.update_value(|came| came.push(Arc::new(row)));
                    }
                }
                "status" => {
                    if let Ok(status) = serde_json::from_str(&event.data) {
                        self.status.set(status);
                    }
                }
                _ => {}
            }
        }
    }

    /// Shows what came, or counts it.
    fn beat(self) {
        self.came.update_value(|came| {
            let late = came.len().saturating_sub(KEPT);
            came.drain(..late);
        });
        let count = self.came.with_value(Vec::len);
        if !self.is_following.get_untracked() {
            if count != self.new.get_untracked() {
                self.new.set(count);
            }
            return;
        }
        if count > 0 {
            self.shown.update(|shown| {
                self.came.update_value(|came| shown.append(came));
                let late = shown.len().saturating_sub(KEPT);
                shown.drain(..late);
            });
            self.to_end();
        }
    }

    fn to_end(self) {
        self.life.next_frame(move || {
            if let Some(frame) = self.frame.get_untracked().filter(|_| self.is_following.get_untracked()) {
                frame.set_scroll_top(frame.scroll_height());
            }
        });
    }

    fn follow(self) {
        self.is_following.set(true);
        self.new.set(0);
        self.beat();
        self.to_end();
    }

    fn turn(self) {
        if self.is_following.get_untracked() { self.is_following.set(false) } else { self.follow() }
    }

    /// Text that is being selected must not move away.
    fn pause_for_selection(self) {
        let selection = window().get_selection().ok().flatten().filter(|selection| !selection.is_collapsed());
        let inside = selection.and_then(|selection| selection.anchor_node()).zip(self.frame.get_untracked());
        if inside.is_some_and(|(node, frame)| frame.contains(Some(&node))) {
            self.is_following.set(false);
        }
    }
}
