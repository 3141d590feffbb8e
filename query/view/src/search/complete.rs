//! What may stand at the caret: which bytes a choice replaces, and the choices that the grammar itself knows.
//! Names of attributes and their values come from the store; this says which to ask for.

use super::key::{Domain, Field, FieldKind, Key};
use super::scan::Scan;
use super::tree::{Op, Place};

/// What to offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The bytes before the caret that a choice replaces.
    pub place: Place,
    /// What stands there already.
    pub typed: String,
    /// Keys that begin so: fields and levels of attributes.
    pub keys: Vec<&'static str>,
    /// Comparisons that the key before the caret can take.
    pub ops: Vec<&'static str>,
    /// Values that the key before the caret can have, where these are known.
    pub values: Vec<&'static str>,
    /// The key whose values are wanted.
    pub value_of: Option<Key>,
}

/// What may stand at a caret. The text need not make sense yet.
pub fn complete(domain: Domain, text: &str, caret: usize) -> Completion {
    let mut caret = caret.min(text.len());
    while !text.is_char_boundary(caret) {
        caret -= 1;
    }
    let before = text.get(..caret).unwrap_or_default();
    let mut scan = Scan::new(before);
    loop {
        scan.skip_space();
        let signs = ["exists(", "count(", "(", ")", "{", "}", "!", ">", "<", "~", "-"];
        while signs.iter().any(|sign| scan.take(sign)) {
            scan.skip_space();
        }
        let start = scan.at();
        if let Some((name, _)) = scan.key() {
            let key = Key::of(domain, &name);
            scan.op();
            while scan.take("(") || scan.take_word("OR") {
                scan.skip_space();
            }
            let from = scan.at();
            if !past_text(&mut scan) || scan.is_done() {
                return values(key, before, from);
            }
        } else if !past_text(&mut scan) || scan.is_done() {
            return keys(domain, before, start);
        }
    }
}

/// Passes a word or a phrase; false when it is not finished.
fn past_text(scan: &mut Scan<'_>) -> bool {
    if scan.peek() == Some('"') {
        return scan.quoted().is_ok();
    }
    scan.bare().is_ok()
}

fn nothing(before: &str, from: usize) -> Completion {
    Completion {
        place: [from, before.len()],
        typed: before.get(from..).unwrap_or_default().trim_start_matches('"').to_owned(),
        keys: Vec::new(),
        ops: Vec::new(),
        values: Vec::new(),
        value_of: None,
    }
}

fn keys(domain: Domain, before: &str, from: usize) -> Completion {
    let mut answer = nothing(before, from);
    let names = Field::all(domain).map(Field::name).chain(domain.levels().map(|(prefix, _)| prefix));
    let typed = answer.typed.to_lowercase();
    answer.keys = names.filter(|name| name.starts_with(&typed)).collect();
    if !typed.is_empty() {
        answer.ops = ops(&Key::of(domain, &answer.typed));
    }
    answer
}

fn ops(key: &Key) -> Vec<&'static str> {
    let fits = |op: &Op| match key {
        Key::Attribute { .. } => true,
        Key::Field(field) => match field.kind() {
            FieldKind::Text => !op.is_ordered(),
            FieldKind::Duration | FieldKind::Number | FieldKind::Ranked(_) => !op.is_regex(),
            FieldKind::OneOf(_) | FieldKind::TraceId | FieldKind::SpanId | FieldKind::Flag => {
                !op.is_ordered() && !op.is_regex()
            }
        },
    };
    Op::ALL.into_iter().filter(fits).map(Op::sign).collect()
}

fn values(key: Key, before: &str, from: usize) -> Completion {
    let mut answer = nothing(before, from);
    let names: &[&str] = match &key {
        Key::Field(field) => match field.kind() {
            FieldKind::OneOf(names) | FieldKind::Ranked(names) => names,
            FieldKind::Flag => &["true", "false"],
            _ => &[],
        },
        Key::Attribute { .. } => &[],
    };
    let typed = answer.typed.to_lowercase();
    answer.values = names.iter().copied().filter(|name| name.starts_with(&typed)).collect();
    answer.value_of = Some(key);
    answer
}
