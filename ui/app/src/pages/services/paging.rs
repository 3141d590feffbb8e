//! The list as far as it was asked for: the first page comes with the question, further ones when the reader
//! gets there.

use daymark_view::meta::Answer;
use daymark_view::services::ServiceRow;
use leptos::prelude::*;

use crate::life::Life;
use crate::load::Load;
use crate::net::{self, Question};
use crate::shell::Shell;
use crate::words::{Word, t};

#[derive(Clone, Copy)]
pub(super) struct Paged {
    pub(super) rows: Memo<Vec<ServiceRow>>,
    pub(super) is_empty: Memo<bool>,
    /// How many there are, also those that were not asked for yet.
    pub(super) total: Memo<u64>,
    /// Whether more can be asked for.
    pub(super) is_cut: Memo<bool>,
    further: RwSignal<Vec<ServiceRow>>,
    cursor: RwSignal<Option<String>>,
    question: Memo<Question>,
    life: Life,
    /// Which first page the further ones belong to, and whether one is under way.
    turn: StoredValue<(u64, bool)>,
}

impl Paged {
    pub(super) fn of(first: Load<Vec<ServiceRow>>, question: Memo<Question>) -> Self {
        let further = RwSignal::new(Vec::new());
        let cursor = RwSignal::new(None);
        let turn = StoredValue::new((0, false));
        Effect::new(move |_| {
            let next = first.answer().and_then(|answer| answer.meta.cursor.clone());
            turn.update_value(|(turn, is_busy)| (*turn, *is_busy) = (*turn + 1, false));
            further.set(Vec::new());
            cursor.set(next);
        });
        let rows = Memo::new(move |_| {
            let mut rows = first.map(Clone::clone);
            further.with(|further: &Vec<ServiceRow>| rows.extend_from_slice(further));
            rows
        });
        let total = Memo::new(move |_| {
            let told = first.answer().and_then(|answer| answer.meta.total);
            told.unwrap_or(0).max(rows.with(Vec::len) as u64)
        });
        Self {
            rows,
            is_empty: Memo::new(move |_| rows.with(Vec::is_empty)),
            total,
            is_cut: Memo::new(move |_| cursor.with(Option::is_some)),
            further,
            cursor,
            question,
            life: Life::here(),
            turn,
        }
    }

    /// Asks for the next page, once.
    pub(super) fn ask_more(self) {
        let Some(cursor) = self.cursor.get_untracked() else { return };
        let (turn, is_busy) = self.turn.get_value();
        if is_busy {
            return;
        }
        self.turn.set_value((turn, true));
        let question = self.question.get_untracked().with("cursor", cursor);
        let shell = Shell::here();
        self.life.spawn(async move {
            let answer = net::ask::<Answer<Vec<ServiceRow>>>(&question, None).await;
            if self.turn.get_value().0 != turn {
                return;
            }
            self.turn.set_value((turn, false));
            match answer {
                Ok(answer) => {
                    self.further.update(|further| further.extend(answer.data));
                    self.cursor.set(answer.meta.cursor);
                }
                Err(_) => {
                    self.cursor.set(None);
                    shell.toasts.say(t(Word::ServicesMoreFailed));
                }
            }
        });
    }
}
