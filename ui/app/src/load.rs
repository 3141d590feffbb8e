//! A question to the server and its latest answer. While a new one is asked the old answer stays; an answer
//! that comes after its question was replaced is never shown.

use std::rc::Rc;

use daymark_view::meta::Answer;
use leptos::prelude::*;
use serde::de::DeserializeOwned;

use crate::life::Life;
use crate::net::{self, Abort, Failed, Question};
use crate::shell::Shell;

/// What is known of an answer.
pub(crate) struct Load<T: 'static> {
    answer: RwSignal<Option<Rc<Answer<T>>>, LocalStorage>,
    problem: RwSignal<Option<Failed>>,
    is_waiting: RwSignal<bool>,
}

impl<T> Clone for Load<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Load<T> {}

impl<T> Load<T> {
    pub(crate) fn answer(self) -> Option<Rc<Answer<T>>> {
        self.answer.get()
    }

    pub(crate) fn peek(self) -> Option<Rc<Answer<T>>> {
        self.answer.get_untracked()
    }

    pub(crate) fn problem(self) -> Option<Failed> {
        self.problem.get()
    }

    pub(crate) fn is_waiting(self) -> bool {
        self.is_waiting.get()
    }

    pub(crate) fn has_answer(self) -> bool {
        self.answer.with(Option::is_some)
    }

    /// A value out of the answer; the default while there is none.
    pub(crate) fn map<V: Default>(self, read: impl FnOnce(&T) -> V) -> V {
        self.answer.with(|answer| answer.as_ref().map_or_else(V::default, |answer| read(&answer.data)))
    }
}

/// Asks whenever the question changes and whenever the page is to be asked again. A question of none empties
/// the answer.
pub(crate) fn load<T: DeserializeOwned + 'static>(
    question: impl Fn() -> Option<Question> + Send + Sync + 'static,
) -> Load<T> {
    let shell = Shell::here();
    load_when(move || shell.asked_again(), question)
}

/// The same, but asked again whenever what `again` reads changes.
pub(crate) fn load_when<T: DeserializeOwned + 'static>(
    again: impl Fn() + 'static,
    question: impl Fn() -> Option<Question> + Send + Sync + 'static,
) -> Load<T> {
    let question = Memo::new(move |_| question());
    let load = Load {
        answer: RwSignal::new_local(None),
        problem: RwSignal::new(None),
        is_waiting: RwSignal::new(false),
    };
    let running = StoredValue::new_local((0_u64, None::<Abort>));
    let life = Life::here();
    Effect::new(move |_| {
        again();
        let Some(question) = question.get() else {
            running.update_value(|(at, abort)| {
                *at += 1;
                *abort = None;
            });
            load.answer.set(None);
            load.problem.set(None);
            load.is_waiting.set(false);
            return;
        };
        let abort = Abort::new();
        let signal = abort.as_ref().map(Abort::signal);
        running.update_value(|(at, running)| {
            *at += 1;
            *running = abort;
        });
        let mine = running.with_value(|(at, _)| *at);
        load.is_waiting.set(true);
        life.spawn(async move {
            let answer = net::ask::<Answer<T>>(&question, signal.as_ref()).await;
            if running.with_value(|(at, _)| *at) != mine {
                return;
            }
            load.is_waiting.set(false);
            match answer {
                Ok(answer) => {
                    load.answer.set(Some(Rc::new(answer)));
                    load.problem.set(None);
                }
                Err(problem) => load.problem.set(Some(problem)),
            }
        });
    });
    load
}
