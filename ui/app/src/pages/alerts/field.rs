//! Controls of the sentence that a rule is written as. Each shows what is wrong with its value below itself.

use daymark_view::alerts::fields::Fault;
use daymark_view::alerts::rule::Rule;
use daymark_viz::rule_draft::{self, is_at};
use leptos::prelude::*;
use serde_json::{Value, json};

use crate::words::{Word, t};

/// The rule as it is being written, and what the server refused of it.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub(super) rule: RwSignal<Value>,
    pub(super) refused: RwSignal<Option<Fault>>,
    faults: Memo<Vec<Fault>>,
    /// Places that a field of the form stands for.
    shown: StoredValue<Vec<&'static str>>,
}

impl Draft {
    pub(super) fn of(rule: Value) -> Self {
        let rule = RwSignal::new(rule);
        let refused = RwSignal::new(None::<Fault>);
        let faults = Memo::new(move |_| {
            let mut faults = rule.with(|rule| Rule::read(rule, "").err().unwrap_or_default());
            if faults.is_empty() {
                faults.extend(refused.get());
            }
            faults
        });
        Self { rule, refused, faults, shown: StoredValue::new(Vec::new()) }
    }

    /// What keeps it from being saved: the refusal of the server counts until something changed.
    pub(super) fn is_wrong(self) -> bool {
        self.rule.with(|rule| Rule::read(rule, "").is_err())
    }

    pub(super) fn faults(self) -> Vec<Fault> {
        self.faults.get()
    }

    /// Those that no field shows.
    pub(super) fn others(self) -> Vec<Fault> {
        let shown = self.shown.get_value();
        let mut faults = self.faults.get();
        faults.retain(|fault| !shown.iter().any(|pointer| is_at(fault, pointer)));
        faults
    }

    fn at(self, pointer: &'static str) -> Option<Fault> {
        self.faults.with(|faults| faults.iter().find(|fault| is_at(fault, pointer)).cloned())
    }

    /// The text at a pointer; numbers as they are written.
    pub(super) fn text(self, pointer: &str) -> String {
        self.rule.with(|rule| match rule.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        })
    }

    /// Sets the value at a pointer; an empty one is taken away, what is above it is made.
    pub(super) fn set(self, pointer: &'static str, value: Value) {
        self.refused.set(None);
        self.rule.update(|rule| {
            let mut keys: Vec<&str> = pointer.split('/').skip(1).collect();
            let Some(last) = keys.pop() else { return };
            let mut above = rule;
            for key in keys {
                let Value::Object(map) = above else { return };
                above = map.entry(key).or_insert_with(|| json!({}));
            }
            let Value::Object(map) = above else { return };
            if value.is_null() || value == "" {
                map.remove(last);
            } else {
                map.insert(last.to_owned(), value);
            }
        });
    }

    /// The unit of what is compared with the threshold.
    pub(super) fn unit(self) -> &'static str {
        self.rule.with(|rule| match rule.get("compare") {
            Some(_) => "",
            None => rule_draft::unit(&rule["signal"]),
        })
    }

    fn shows(self, pointer: &'static str) {
        self.shown.update_value(|shown| shown.push(pointer));
        on_cleanup(move || {
            self.shown.try_update_value(|shown| {
                if let Some(at) = shown.iter().position(|known| *known == pointer) {
                    shown.remove(at);
                }
            });
        });
    }
}

/// A word, a control, and what is wrong with its value.
fn labelled(draft: Draft, pointer: &'static str, word: Word, field: AnyView) -> AnyView {
    draft.shows(pointer);
    let fault = move || {
        draft.at(pointer).map(|fault| view! {
            <span class="alert-fault">{fault.detail}{fault.hint.map(|hint| view! { " " <span class="faint">{hint}</span> })}</span>
        })
    };
    view! { <label class="alert-field" data-field=pointer><span class="alert-word">{t(word)}</span>{field}{fault}</label> }
        .into_any()
}

/// One of a few.
pub(super) fn select(
    draft: Draft,
    pointer: &'static str,
    word: Word,
    choices: Vec<(&'static str, String)>,
    choose: impl Fn(String) + Copy + Send + 'static,
) -> AnyView {
    let now = Memo::new(move |_| draft.text(pointer));
    let choice = |(name, text): (&'static str, String)| {
        view! { <option value=name selected=move || now.with(|now| now == name)>{text}</option> }
    };
    let field = view! { <select class="input" on:change=move |event| choose(event_target_value(&event))>{choices.into_iter().map(choice).collect_view()}</select> };
    labelled(draft, pointer, word, field.into_any())
}

pub(super) fn pick(draft: Draft, pointer: &'static str, word: Word, choices: &[&'static str]) -> AnyView {
    let choices = choices.iter().map(|name| (*name, (*name).to_owned())).collect();
    select(draft, pointer, word, choices, move |chosen| draft.set(pointer, json!(chosen)))
}

/// How wide a field is: in letters.
fn input(
    draft: Draft,
    pointer: &'static str,
    word: Word,
    now: String,
    (hint, letters): (&'static str, u32),
    set: impl Fn(String) + Send + 'static,
) -> AnyView {
    let is_bad = move || draft.at(pointer).is_some().to_string();
    let field = view! {
        <input class="input mono" type="text" size=letters.to_string() spellcheck="false" autocomplete="off" value=now placeholder=hint aria-invalid=is_bad data-at=pointer on:input=move |event| set(event_target_value(&event)) />
    };
    labelled(draft, pointer, word, field.into_any())
}

pub(super) fn typed(draft: Draft, pointer: &'static str, word: Word, hint: (&'static str, u32)) -> AnyView {
    let now = untrack(|| draft.text(pointer));
    input(draft, pointer, word, now, hint, move |text| draft.set(pointer, json!(text)))
}

/// A text of several lines.
pub(super) fn long(draft: Draft, pointer: &'static str, word: Word, hint: &'static str) -> AnyView {
    let now = untrack(|| draft.text(pointer));
    let is_bad = move || draft.at(pointer).is_some().to_string();
    let field = view! {
        <textarea class="input mono alert-long" rows="4" spellcheck="false" placeholder=hint aria-invalid=is_bad data-at=pointer on:input=move |event| draft.set(pointer, json!(event_target_value(&event)))>{now}</textarea>
    };
    labelled(draft, pointer, word, field.into_any())
}

/// Names with commas between them.
pub(super) fn listed(draft: Draft, pointer: &'static str, word: Word, hint: (&'static str, u32)) -> AnyView {
    let now = untrack(|| draft.text(pointer));
    let set = move |text: String| {
        let all: Vec<&str> = text.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
        draft.set(pointer, json!(all));
    };
    input(draft, pointer, word, now, hint, set)
}

/// Labels: `team=pay, tier=1`.
pub(super) fn labels(draft: Draft, word: Word, hint: (&'static str, u32)) -> AnyView {
    let now = untrack(|| draft.rule.with(|rule| rule_draft::labelled(&rule["labels"])));
    input(draft, "/labels", word, now, hint, move |text| draft.set("/labels", rule_draft::labels(&text)))
}

/// A number in a unit: `5%`, `1.5s`. What is none stays as text, so that it is told to be none.
pub(super) fn number(
    draft: Draft,
    pointer: &'static str,
    word: Word,
    unit: &'static str,
    hint: (&'static str, u32),
) -> AnyView {
    let now = untrack(|| {
        draft
            .rule
            .with(|rule| rule.pointer(pointer).and_then(Value::as_f64))
            .map(|number| rule_draft::written(number, unit))
    });
    let set = move |text: String| {
        let value = match rule_draft::number(&text) {
            _ if text.trim().is_empty() => Value::Null,
            Some(number) if number.fract() == 0.0 && number.abs() < 9e15 => json!(number as i64),
            Some(number) => json!(number),
            None => json!(text),
        };
        draft.set(pointer, value);
    };
    input(draft, pointer, word, now.unwrap_or_default(), hint, set)
}
