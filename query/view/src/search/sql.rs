//! A search as a condition in SQL over the rows of its table: what the engine runs, and what the console
//! shows for "the same in SQL".
//!
//! Only what can be judged by one row alone becomes SQL. Whole traces and spans in relation to each other
//! cannot.

use super::key::{Domain, Field, FieldKind, Key, Level};
use super::tree::{Node, Op, Term, Test};
use super::value::Value;

/// The least number of each severity, in the order of their names.
const SEVERITY_STEP: usize = 4;

/// Conditions that are joined without further brackets.
const CHAIN: usize = 32;

/// The condition, or nothing when one row does not tell.
pub fn condition(domain: Domain, node: &Node) -> Option<String> {
    let all = |parts: &[Node], between: &str| {
        let parts: Option<Vec<String>> = parts.iter().map(|part| condition(domain, part)).collect();
        parts.map(|parts| joined(&parts, between))
    };
    match node {
        Node::And(parts) => all(parts, " AND "),
        Node::Or(parts) => all(parts, " OR "),
        // What is not known of a row is not so.
        Node::Not(inner) => condition(domain, inner).map(|inner| format!("({inner}) IS NOT TRUE")),
        Node::Term(term) => of_term(domain, term),
        Node::Spans(_) | Node::Count { .. } => None,
    }
}

/// Many conditions in groups, so that no chain of operators becomes long.
fn joined(parts: &[String], between: &str) -> String {
    let of = |parts: &[String]| format!("({})", parts.join(between));
    if parts.len() <= CHAIN {
        return of(parts);
    }
    let groups: Vec<String> = parts.chunks(CHAIN).map(of).collect();
    joined(&groups, between)
}

fn of_term(domain: Domain, term: &Term) -> Option<String> {
    match &term.test {
        Test::Exists(key) => Some(format!("{} IS NOT NULL", expression(domain, key)?)),
        Test::Text(words) => texts(domain, words),
        Test::Compare { key: Key::Field(field), op, value } => of_field(domain, *field, *op, value),
        Test::Compare { key, op, value } => of_attribute(domain, key, *op, value),
    }
}

/// A text in SQL.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn column(field: Field) -> Option<&'static str> {
    match field {
        Field::Duration => Some("duration_ns"),
        Field::Service
        | Field::Name
        | Field::Kind
        | Field::Status
        | Field::Env
        | Field::Version
        | Field::Instance
        | Field::Namespace
        | Field::Peer
        | Field::TraceId
        | Field::SpanId
        | Field::Source
        | Field::Tier
        | Field::Severity
        | Field::SeverityText
        | Field::StatusMessage
        | Field::EventName
        | Field::Body
        | Field::TemplateId => Some(field.name()),
        _ => None,
    }
}

/// The key as an expression of SQL; nothing when no row has it.
pub fn expression(domain: Domain, key: &Key) -> Option<String> {
    match key {
        Key::Field(field) => column(*field).map(str::to_owned),
        Key::Attribute { level: Level::Body, name } if domain == Domain::Logs => {
            Some(format!("attr(body, {})", quoted(name)))
        }
        attribute => Some(format!("attr({})", quoted(&attribute.text()))),
    }
}

fn texts(domain: Domain, words: &Value) -> Option<String> {
    let wanted = if words.is_quoted { format!("\"{}\"", words.text) } else { words.text.clone() };
    let wanted = quoted(&wanted);
    match domain {
        Domain::Logs => Some(format!("matches(body, {wanted})")),
        Domain::Traces | Domain::InTrace => {
            let places = ["name", "status_message", "attr('event.exception.message')"];
            Some(format!("({})", places.map(|place| format!("matches({place}, {wanted})")).join(" OR ")))
        }
        Domain::Map | Domain::Metrics => None,
    }
}

fn of_field(domain: Domain, field: Field, op: Op, value: &Value) -> Option<String> {
    let column = expression(domain, &Key::Field(field))?;
    match field.kind() {
        FieldKind::Text => Some(of_text(&column, op, value)),
        FieldKind::OneOf(_) if op == Op::Like && value.is_pattern() => Some(of_text(&column, op, value)),
        FieldKind::OneOf(_) => Some(compared(&column, op, &quoted(&value.text.to_lowercase()))),
        FieldKind::Ranked(names) => of_severity(&column, names, op, value),
        FieldKind::Duration => Some(compared(&column, op, &value.duration()?.to_string())),
        // A double does not hold every whole number.
        FieldKind::Number => match value.text.parse::<u64>() {
            Ok(whole) => Some(compared(&column, op, &whole.to_string())),
            Err(_) => Some(compared(&column, op, &value.number()?.to_string())),
        },
        FieldKind::TraceId => Some(compared(&column, op, &format!("trace_id({})", quoted(&value.text)))),
        FieldKind::SpanId => Some(compared(&column, op, &format!("span_id({})", quoted(&value.text)))),
        FieldKind::Flag => None,
    }
}

/// A column without order or with numbers in it; null is another value.
fn compared(column: &str, op: Op, value: &str) -> String {
    match op {
        Op::IsNot => format!("{column} IS DISTINCT FROM {value}"),
        Op::Like => format!("{column} = {value}"),
        op => format!("{column} {} {value}", op.sign()),
    }
}

fn of_text(text: &str, op: Op, value: &Value) -> String {
    let wanted = quoted(&value.text);
    match op {
        Op::Like if value.is_pattern() => {
            let pattern = value.text.to_lowercase().replace('\\', "\\\\");
            let pattern = pattern.replace('%', "\\%").replace('_', "\\_").replace('*', "%");
            format!("lower({text}) LIKE {}", quoted(&pattern))
        }
        Op::Like => format!("lower({text}) = {}", quoted(&value.text.to_lowercase())),
        Op::Matches => format!("regexp_like({text}, {wanted})"),
        Op::MatchesNot => format!("regexp_like({text}, {wanted}) IS NOT TRUE"),
        op => compared(text, op, &wanted),
    }
}

/// Severities are named by ranges of numbers.
fn of_severity(column: &str, names: &[&str], op: Op, value: &Value) -> Option<String> {
    if op == Op::Like && value.is_pattern() {
        return Some(of_text(column, op, value));
    }
    if let Some(number) = value.number() {
        return Some(compared("severity_number", op, &number.to_string()));
    }
    let rank = names.iter().position(|name| name.eq_ignore_ascii_case(&value.text))?;
    let (first, last) = (rank * SEVERITY_STEP + 1, (rank + 1) * SEVERITY_STEP);
    Some(match op {
        Op::Above => format!("severity_number > {last}"),
        Op::AtLeast => format!("severity_number >= {first}"),
        // Zero is a line that tells none.
        Op::Below => format!("severity_number BETWEEN 1 AND {}", first.saturating_sub(1)),
        Op::AtMost => format!("severity_number BETWEEN 1 AND {last}"),
        op => compared(column, op, &quoted(names[rank])),
    })
}

fn of_attribute(domain: Domain, key: &Key, op: Op, value: &Value) -> Option<String> {
    let text = expression(domain, key)?;
    if op.is_ordered() {
        let number = value.number().or_else(|| value.duration().map(|nanos| nanos as f64))?;
        return Some(format!("{} {} {number}", text.replacen("attr(", "attr_num(", 1), op.sign()));
    }
    // A whole number may also have been sent as one with a point.
    let whole = value.number().filter(|number| number.fract() == 0.0 && value.text.parse::<i64>().is_ok());
    match (op, whole) {
        (Op::Is | Op::Like, Some(_)) => {
            let number = quoted(&value.text);
            Some(format!("{text} IN ({number}, {})", quoted(&format!("{}.0", value.text))))
        }
        _ => Some(of_text(&text, op, value)),
    }
}
