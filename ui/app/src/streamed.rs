//! A stream of events that is open while somebody looks: closed in a hidden tab and when its page goes, opened
//! again where it broke off.

use std::time::Duration;

use daymark_viz::server_events::{Reader, ServerEvent};
use leptos::ev::Custom;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, TextDecodeOptions, TextDecoder};

use crate::life::{self, Life};
use crate::net::{self, Abort, Failed, Question};

/// Waits between attempts, doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A server that says nothing for so long is gone: it sends a heartbeat every ten seconds.
const SILENCE_MS: f64 = 25_000.0;
/// How often that is looked at.
const LISTEN: Duration = Duration::from_secs(5);

/// How the stream is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Flow {
    Opening,
    Open,
    /// In a hidden tab.
    Resting,
    /// Broken; it is tried again.
    Broken(Failed),
}

/// A stream that follows its question.
#[derive(Clone, Copy)]
pub(crate) struct Streamed {
    pub(crate) flow: RwSignal<Flow>,
    life: Life,
    turn: StoredValue<u64>,
    running: StoredValue<Option<Abort>, LocalStorage>,
    last: StoredValue<Option<String>>,
    heard: StoredValue<f64>,
}

/// Opens the stream of `question` and of each that it changes to; none closes it. A changed question begins at
/// its own beginning.
pub(crate) fn streamed(
    question: impl Fn() -> Option<Question> + Send + Sync + 'static,
    hear: impl Fn(Vec<ServerEvent>) + Clone + 'static,
) -> Streamed {
    let stream = Streamed {
        flow: RwSignal::new(Flow::Opening),
        life: Life::here(),
        turn: StoredValue::new(0),
        running: StoredValue::new_local(None),
        last: StoredValue::new(None),
        heard: StoredValue::new(0.0),
    };
    let question = Memo::new(move |_| question());
    let is_hidden = RwSignal::new(document().hidden());
    life::on_window(Custom::<web_sys::Event>::new("visibilitychange"), move |_| {
        is_hidden.set(document().hidden());
    });
    life::every(LISTEN, move || {
        let is_silent = js_sys::Date::now() - stream.heard.get_value() > SILENCE_MS;
        if stream.flow.get_untracked() == Flow::Open && is_silent {
            // Aborting makes the reader fail, and that opens it again.
            stream.running.set_value(None);
        }
    });
    on_cleanup(move || stream.close());
    Effect::new(move |before: Option<Option<Question>>| {
        let question = question.get();
        if before.is_some_and(|before| before != question) {
            stream.last.set_value(None);
        }
        stream.close();
        match (&question, is_hidden.get()) {
            (Some(_), true) => stream.flow.set(Flow::Resting),
            (Some(question), false) => stream.open(question.clone(), hear.clone()),
            (None, _) => {}
        }
        question
    });
    stream
}

impl Streamed {
    fn close(self) {
        self.turn.try_update_value(|turn| *turn += 1);
        self.running.try_update_value(|running| *running = None);
    }

    fn open(self, question: Question, hear: impl Fn(Vec<ServerEvent>) + 'static) {
        let mine = self.turn.get_value();
        self.life.spawn(async move {
            let mut wait = FIRST_WAIT;
            loop {
                if self.turn.get_value() != mine {
                    return;
                }
                self.flow.set(Flow::Opening);
                let abort = Abort::new();
                let signal = abort.as_ref().map(Abort::signal);
                self.running.set_value(abort);
                let asked = question.clone().accepting("text/event-stream").after(self.last.get_value());
                let ended = match net::send(&asked, signal.as_ref()).await {
                    Ok(response) => {
                        wait = FIRST_WAIT;
                        self.read(mine, &response, &hear).await;
                        None
                    }
                    Err(problem) => Some(problem),
                };
                if self.turn.get_value() != mine {
                    return;
                }
                if let Some(problem) = ended {
                    self.flow.set(Flow::Broken(problem));
                }
                life::pause(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        });
    }

    /// Reads until the stream ends or is closed.
    async fn read(
        self,
        mine: u64,
        response: &web_sys::Response,
        hear: &impl Fn(Vec<ServerEvent>),
    ) -> Option<()> {
        let body = response.body()?;
        let pieces: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        let decoder = TextDecoder::new().ok()?;
        let options = TextDecodeOptions::new();
        // A letter may be cut in two by the network.
        options.set_stream(true);
        let mut reader = Reader::default();
        self.heard.set_value(js_sys::Date::now());
        self.flow.set(Flow::Open);
        loop {
            let piece = JsFuture::from(pieces.read()).await.ok()?;
            if self.turn.get_value() != mine {
                return None;
            }
            let get = |key: &str| js_sys::Reflect::get(&piece, &JsValue::from_str(key)).ok();
            if get("done").is_none_or(|done| done.is_truthy()) {
                return None;
            }
            let bytes: js_sys::Uint8Array = get("value")?.unchecked_into();
            let text = decoder.decode_with_js_u8_array_and_options(&bytes, &options).ok()?;
            self.heard.set_value(js_sys::Date::now());
            let events = reader.take(&text);
            if let Some(id) = events.iter().rev().find_map(|event| event.id.clone()) {
                self.last.set_value(Some(id));
            }
            if !events.is_empty() {
                hear(events);
            }
        }
    }
}
