//! A list that is read page by page: the first page when the question changes, the next one when its end
//! comes into sight.

use std::sync::Arc;

use daymark_view::meta::{Answer, Meta};
use leptos::prelude::*;
use serde::de::DeserializeOwned;

use crate::life::Life;
use crate::net::{self, Abort, Failed, Question};
use crate::shell::Shell;

/// The question of the page after a cursor.
type Asks = Box<dyn Fn(Option<String>) -> Option<Question> + Send + Sync>;

/// What is known of a list.
pub(crate) struct Paged<T: 'static> {
    pub(crate) rows: RwSignal<Vec<Arc<T>>>,
    /// Of the first page; its cursor is that of the latest.
    pub(crate) meta: RwSignal<Option<Meta>>,
    problem: RwSignal<Option<Failed>>,
    is_waiting: RwSignal<bool>,
    is_reading_on: RwSignal<bool>,
    life: Life,
    turn: StoredValue<u64>,
    running: StoredValue<Option<Abort>, LocalStorage>,
    question: StoredValue<Asks>,
}

impl<T> Clone for Paged<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Paged<T> {}

/// Asks whenever the question of the first page changes and whenever the page is to be asked again. `question`
/// makes that of a page out of the cursor of the page before.
pub(crate) fn paged<T: DeserializeOwned + Send + Sync + 'static>(
    question: impl Fn(Option<String>) -> Option<Question> + Send + Sync + Clone + 'static,
) -> Paged<T> {
    let shell = Shell::here();
    let made = question.clone();
    let first = Memo::new(move |_| made(None));
    let paged = Paged {
        rows: RwSignal::new(Vec::new()),
        meta: RwSignal::new(None),
        problem: RwSignal::new(None),
        is_waiting: RwSignal::new(true),
        is_reading_on: RwSignal::new(false),
        life: Life::here(),
        turn: StoredValue::new(0),
        running: StoredValue::new_local(None),
        question: StoredValue::new(Box::new(question)),
    };
    Effect::new(move |_| {
        shell.asked_again();
        match first.get() {
            Some(question) => paged.ask(question, true),
            None => {
                paged.stop();
                paged.rows.set(Vec::new());
                paged.meta.set(None);
                paged.is_waiting.set(false);
            }
        }
    });
    paged
}

impl<T: DeserializeOwned + Send + Sync + 'static> Paged<T> {
    fn stop(self) {
        self.turn.update_value(|turn| *turn += 1);
        self.running.set_value(None);
    }

    fn ask(self, question: Question, is_first: bool) {
        self.stop();
        let abort = Abort::new();
        let signal = abort.as_ref().map(Abort::signal);
        self.running.set_value(abort);
        let mine = self.turn.get_value();
        self.is_waiting.set(is_first);
        self.is_reading_on.set(!is_first);
        self.life.spawn(async move {
            let answer = net::ask::<Answer<Vec<T>>>(&question, signal.as_ref()).await;
            if self.turn.get_value() != mine {
                return;
            }
            self.is_waiting.set(false);
            self.is_reading_on.set(false);
            match answer {
                Ok(answer) => {
                    self.problem.set(None);
                    let more = answer.data.into_iter().map(Arc::new);
                    if is_first {
                        self.rows.set(more.collect());
                        self.meta.set(Some(answer.meta));
                    } else {
                        self.rows.update(|rows| rows.extend(more));
                        self.meta.update(|meta| {
                            if let Some(meta) = meta {
                                meta.cursor = answer.meta.cursor
                            }
                        });
                    }
                }
                Err(problem) => self.problem.set(Some(problem)),
            }
        });
    }

    /// Reads the next page, where there is one and it is not being read.
    pub(crate) fn more(self) {
        if self.is_waiting.get_untracked() || self.is_reading_on.get_untracked() {
            return;
        }
        let cursor = self.meta.with_untracked(|meta| meta.as_ref().and_then(|meta| meta.cursor.clone()));
        let Some(cursor) = cursor else { return };
        if let Some(question) = self.question.with_value(|question| untrack(|| question(Some(cursor)))) {
            self.ask(question, false);
        }
    }

    pub(crate) fn problem(self) -> Option<Failed> {
        self.problem.get()
    }

    /// The first page of another question is under way.
    pub(crate) fn is_waiting(self) -> bool {
        self.is_waiting.get()
    }

    pub(crate) fn is_reading_on(self) -> bool {
        self.is_reading_on.get()
    }

    pub(crate) fn has_answer(self) -> bool {
        self.meta.with(Option::is_some)
    }

    /// The question was answered, with nothing.
    pub(crate) fn is_empty(self) -> bool {
        self.has_answer() && self.rows.with(Vec::is_empty)
    }
}
