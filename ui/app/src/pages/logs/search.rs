//! What is searched, as the address has it, and the questions that come of it.

use daymark_view::logs::LogsBody;
use daymark_view::search::Domain;
use daymark_viz::clause;
use leptos::prelude::*;

use crate::net::Question;
use crate::shell::Shell;

pub(super) const VIEWS: [&str; 3] = ["table", "stream", "patterns"];
/// Lines around one.
const AROUND: &str = "20";

#[derive(Clone, Copy)]
pub(super) struct Search {
    shell: Shell,
    pub(super) q: Memo<String>,
    pub(super) view: Memo<&'static str>,
    pub(super) is_tail: Memo<bool>,
    pub(super) wraps: Memo<bool>,
    /// The opened line.
    pub(super) open: Memo<Option<String>>,
    /// How many lines are shown around it.
    pub(super) around: Memo<Option<usize>>,
    /// Keys that each line shows before its message.
    pub(super) columns: Memo<Vec<String>>,
    /// To be marked in the lines.
    pub(super) words: Memo<Vec<String>>,
    /// Looked for among the lines of the list.
    pub(super) find: Memo<Option<String>>,
    /// The line of the list that is to be gone to.
    pub(super) to_line: RwSignal<Option<usize>>,
}

impl Search {
    pub(super) fn new(shell: Shell) -> Self {
        let q = shell.address.param("q");
        let q = Memo::new(move |_| q.get().unwrap_or_default());
        let view = shell.address.param("view");
        let wrap = shell.address.param("wrap");
        let around = shell.address.param("ctx");
        let find = shell.address.param("find");
        Self {
            shell,
            q,
            view: Memo::new(move |_| {
                let view = view.get().unwrap_or_default();
                VIEWS.iter().find(|known| **known == view).copied().unwrap_or("table")
            }),
            is_tail: Memo::new(move |_| shell.address.get().path.get(1).is_some_and(|part| part == "tail")),
            wraps: Memo::new(move |_| wrap.get().as_deref() == Some("1")),
            open: shell.address.param("log"),
            around: Memo::new(move |_| {
                around.get().and_then(|count| count.parse().ok()).filter(|count| *count > 0)
            }),
            columns: shell.address.params("cols"),
            words: Memo::new(move |_| {
                let mut words = q.with(|q| clause::words(Domain::Logs, q));
                words.extend(find.get());
                words
            }),
            find,
            to_line: RwSignal::new(None),
        }
    }

    pub(super) fn body(self) -> LogsBody {
        let range = self.shell.range();
        LogsBody {
            q: self.q.get(),
            from: Some(range.from.0.to_string()),
            to: Some(range.to.0.to_string()),
            scope: self.shell.scope(),
            ..LogsBody::default()
        }
    }

    pub(super) fn page(self, cursor: Option<String>) -> Option<Question> {
        Some(Question::post("logs/search", &LogsBody { cursor, ..self.body() }))
    }

    /// A question about all lines that match; none where the list alone says what is wrong with the query.
    pub(super) fn about(self, path: &str) -> Option<Question> {
        let q = self.q.get();
        (!clause::is_bad(Domain::Logs, &q)).then(|| self.shell.in_range(Question::get(path)).with("q", q))
    }

    /// Adds a clause, or takes it away where the query has it.
    pub(super) fn toggle(self, clause: &str) {
        let q = self.q.with_untracked(|q| clause::toggled(Domain::Logs, q, clause));
        self.shell.address.set("q", &q);
    }

    pub(super) fn has(self, clause: &str) -> bool {
        self.q.with(|q| clause::has(Domain::Logs, q, clause))
    }

    /// Opens a line, or closes it where it is open.
    pub(super) fn toggle_line(self, id: &str) {
        let is_open = self.open.with_untracked(|open| open.as_deref() == Some(id));
        let address = self.shell.address.now().without("ctx");
        self.shell.address.push(address.with("log", if is_open { "" } else { id }));
    }

    /// Shows the lines around the opened one, or hides them.
    pub(super) fn around(self) {
        if self.open.with_untracked(Option::is_some) {
            let is_on = self.around.get_untracked().is_some();
            self.shell.address.set("ctx", if is_on { "" } else { AROUND });
        }
    }

    /// Shows a key before the message of each line, or no longer.
    pub(super) fn toggle_column(self, key: &str) {
        let address = self.shell.address.now();
        let is_on = address.all("cols").any(|known| known == key);
        self.shell.address.push(if is_on { address.less("cols", key) } else { address.and("cols", key) });
    }

    /// Turns a yes or no of the address.
    pub(super) fn flip(self, key: &str) {
        let is_on = self.shell.address.now().get(key) == Some("1");
        self.shell.address.set(key, if is_on { "" } else { "1" });
    }
}
