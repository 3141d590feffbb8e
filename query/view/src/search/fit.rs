//! Whether a key can be compared with a value, judged while the text is read, so that a typing error is not
//! an empty answer.

use daymark_model::spelling::{self, SpellingError};

use super::key::{Domain, Field, FieldKind, Key};
use super::tree::Op;
use super::value::Value;
use crate::duration::BadDuration;
use crate::nearest::nearest;

/// Why a key cannot be compared so, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    pub(super) detail: String,
    pub(super) hint: Option<String>,
}

impl Misfit {
    fn new(detail: String) -> Self {
        Self { detail, hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// Some comparisons can never hold.
pub(super) fn fits(key: &Key, op: Op, value: &Value, domain: Domain) -> Result<(), Misfit> {
    let Key::Field(field) = key else { return fits_attribute(key, op, value, domain) };
    let text = value.text.as_str();
    let misfit = |what: &str| Misfit::new(format!("{}: {what}", field.name()));
    let no_order = |what: &str| Err(misfit(what).hint("use : = !="));
    let holds = |is_fit: bool, what: &str| {
        if is_fit { Ok(()) } else { Err(misfit(&format!("\"{text}\" is not {what}"))) }
    };
    match field.kind() {
        FieldKind::Text if op.is_ordered() => Err(misfit("no text is above another").hint("use : = != ~")),
        FieldKind::Text => Ok(()),
        _ if op.is_regex() => Err(misfit("no text that an expression could match").hint("use : = != > <")),
        FieldKind::OneOf(_) if op.is_ordered() => no_order("its names are in no order"),
        FieldKind::OneOf(names) | FieldKind::Ranked(names) => one_of(*field, names, value, op),
        FieldKind::Duration => {
            holds(value.duration().is_some(), "a duration").map_err(|misfit| misfit.hint(BadDuration::HINT))
        }
        FieldKind::Number => holds(value.number().is_some(), "a number"),
        FieldKind::TraceId | FieldKind::SpanId | FieldKind::Flag if op.is_ordered() => {
            no_order("there is no order")
        }
        FieldKind::TraceId => spelling::trace_id(text).map(drop).map_err(misspelt),
        FieldKind::SpanId => spelling::span_id(text).map(drop).map_err(misspelt),
        FieldKind::Flag => holds(value.boolean().is_some(), "true or false"),
    }
}

fn misspelt(bad: SpellingError) -> Misfit {
    Misfit::new(bad.detail).hint(SpellingError::HINT)
}

fn one_of(field: Field, names: &'static [&'static str], value: &Value, op: Op) -> Result<(), Misfit> {
    let is_pattern = op == Op::Like && value.is_pattern();
    // Severities can also be told by their number.
    let is_number = matches!(field.kind(), FieldKind::Ranked(_)) && value.number().is_some();
    if is_pattern || is_number || names.iter().any(|name| name.eq_ignore_ascii_case(&value.text)) {
        return Ok(());
    }
    let misfit = Misfit::new(format!("{}: no such value \"{}\"", field.name(), value.text));
    Err(match nearest(&value.text, names.iter().copied()) {
        Some(name) => misfit.hint(format!("did you mean {name}?")),
        None => misfit.hint(format!("one of {}", names.join(", "))),
    })
}

fn fits_attribute(key: &Key, op: Op, value: &Value, domain: Domain) -> Result<(), Misfit> {
    if !op.is_ordered() || value.number().is_some() || value.duration().is_some() {
        return Ok(());
    }
    let misfit = Misfit::new(format!("{}{}: \"{}\" is not a number", key.text(), op.sign(), value.text));
    Err(match key.meant(domain) {
        Some(field) => misfit.hint(format!("did you mean {field}?")),
        None => misfit,
    })
}
