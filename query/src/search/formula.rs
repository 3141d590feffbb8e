//! A search taken apart: conditions that one row tells become SQL, the rest is judged over all spans of a
//! trace.
//!
//! A trace matches when one of its spans makes the whole formula true; what is said of the trace or of its
//! other spans is true or false for all of its spans alike.

use daymark_view::error::{AskError, Code};
use daymark_view::search::{Domain, Field, Key, Node, Op, Relation, Spans, Test, Value, condition};
use regex::Regex;

use super::summary::{SpanFact, TraceFacts};

#[derive(Debug)]
pub(super) enum Formula {
    All(Vec<Formula>),
    Any(Vec<Formula>),
    Not(Box<Formula>),
    /// The number of a condition over rows.
    Row(usize),
    Trace(TraceTest),
    Place(PlaceTest),
    Spans(Set),
    Count {
        of: Set,
        op: Op,
        count: u64,
    },
}

/// Spans of a trace.
#[derive(Debug)]
pub(super) enum Set {
    Of(Box<Formula>),
    Related { left: Box<Set>, relation: Relation, is_absent: bool, right: Box<Set> },
}

/// What is asked of the trace as a whole.
#[derive(Debug)]
pub(super) struct TraceTest {
    field: Field,
    op: Op,
    value: Value,
    regex: Option<Regex>,
}

/// What is asked of a span's place in its trace.
#[derive(Debug)]
pub(super) struct PlaceTest {
    field: Field,
    op: Op,
    value: Value,
}

/// A search in parts.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) formula: Formula,
    /// SQL over rows of spans.
    pub(super) conditions: Vec<String>,
}

impl Plan {
    pub(super) fn of(node: Option<&Node>) -> Result<Self, AskError> {
        let mut conditions = Vec::new();
        let formula = match node {
            Some(node) => formula(node, &mut conditions)?,
            None => Formula::All(Vec::new()),
        };
        Ok(Self { formula, conditions })
    }

    /// A condition that every matching span meets; nothing when any span may match.
    pub(super) fn candidates(&self) -> Option<String> {
        self.loosened(&self.formula)
    }

    /// The condition when rows alone tell which spans match.
    pub(super) fn of_rows(&self) -> Option<&str> {
        match &self.formula {
            Formula::All(parts) if parts.is_empty() => Some("true"),
            Formula::Row(number) => self.conditions.get(*number).map(String::as_str),
            _ => None,
        }
    }

    fn loosened(&self, formula: &Formula) -> Option<String> {
        match formula {
            Formula::Row(number) => self.conditions.get(*number).cloned(),
            Formula::All(parts) => {
                let parts: Vec<String> = parts.iter().filter_map(|part| self.loosened(part)).collect();
                (!parts.is_empty()).then(|| format!("({})", parts.join(" AND ")))
            }
            Formula::Any(parts) => {
                let parts: Option<Vec<String>> = parts.iter().map(|part| self.loosened(part)).collect();
                parts.map(|parts| format!("({})", parts.join(" OR ")))
            }
            Formula::Spans(set) => self.loosened_set(set),
            // What holds for some trace may hold for each of its spans.
            Formula::Not(_) | Formula::Trace(_) | Formula::Place(_) | Formula::Count { .. } => None,
        }
    }

    fn loosened_set(&self, set: &Set) -> Option<String> {
        match set {
            Set::Of(formula) => self.loosened(formula),
            Set::Related { right, .. } => self.loosened_set(right),
        }
    }

    /// For each span of a trace whether it makes the formula true.
    pub(super) fn judge(&self, trace: &TraceFacts) -> Vec<bool> {
        judge(&self.formula, trace)
    }
}

fn formula(node: &Node, conditions: &mut Vec<String>) -> Result<Formula, AskError> {
    if let Some(sql) = condition(Domain::Traces, node) {
        conditions.push(sql);
        return Ok(Formula::Row(conditions.len() - 1));
    }
    let mut each =
        |parts: &[Node]| parts.iter().map(|part| formula(part, conditions)).collect::<Result<Vec<_>, _>>();
    Ok(match node {
        Node::And(parts) => Formula::All(each(parts)?),
        Node::Or(parts) => Formula::Any(each(parts)?),
        Node::Not(inner) => Formula::Not(Box::new(formula(inner, conditions)?)),
        Node::Spans(spans) => Formula::Spans(set(spans, conditions)?),
        Node::Count { of, op, value } => {
            let count = value.number().unwrap_or_default() as u64;
            Formula::Count { of: set(of, conditions)?, op: *op, count }
        }
        Node::Term(term) => match &term.test {
            Test::Compare {
                key: Key::Field(field @ (Field::SelfTime | Field::Depth | Field::Critical | Field::Row)),
                op,
                value,
            } => Formula::Place(PlaceTest { field: *field, op: *op, value: value.clone() }),
            Test::Compare { key: Key::Field(field), op, value } => {
                Formula::Trace(TraceTest::new(*field, *op, value.clone(), term.place)?)
            }
            // Every trace has what is told of whole traces.
            _ => Formula::All(Vec::new()),
        },
    })
}

fn set(spans: &Spans, conditions: &mut Vec<String>) -> Result<Set, AskError> {
    Ok(match spans {
        Spans::Of(None) => Set::Of(Box::new(Formula::All(Vec::new()))),
        Spans::Of(Some(node)) => Set::Of(Box::new(formula(node, conditions)?)),
        Spans::Related { left, relation, is_absent, right } => Set::Related {
            left: Box::new(set(left, conditions)?),
            relation: *relation,
            is_absent: *is_absent,
            right: Box::new(set(right, conditions)?),
        },
    })
}

fn judge(formula: &Formula, trace: &TraceFacts) -> Vec<bool> {
    let spans = trace.spans.len();
    let all = |parts: &[Formula], start: bool, join: fn(bool, bool) -> bool| {
        parts.iter().fold(vec![start; spans], |known, part| {
            known.into_iter().zip(judge(part, trace)).map(|(a, b)| join(a, b)).collect()
        })
    };
    match formula {
        Formula::All(parts) => all(parts, true, |a, b| a && b),
        Formula::Any(parts) => all(parts, false, |a, b| a || b),
        Formula::Not(inner) => judge(inner, trace).into_iter().map(|holds| !holds).collect(),
        Formula::Row(number) => trace.spans.iter().map(|span| span.holds(*number)).collect(),
        Formula::Trace(test) => vec![test.holds(trace); spans],
        Formula::Place(test) => test.holds(trace),
        Formula::Spans(set) => members(set, trace),
        Formula::Count { of, op, count } => {
            let found = members(of, trace).into_iter().filter(|is_member| *is_member).count() as u64;
            vec![compares(found.cmp(count), *op); spans]
        }
    }
}

/// For each span whether it is in the set.
fn members(set: &Set, trace: &TraceFacts) -> Vec<bool> {
    match set {
        Set::Of(formula) => judge(formula, trace),
        Set::Related { left, relation, is_absent, right } => {
            let left = members(left, trace);
            let related = related(&left, *relation, trace);
            let right = members(right, trace);
            right.into_iter().zip(related).map(|(is_member, has)| is_member && has != *is_absent).collect()
        }
    }
}

/// For each span whether it stands in the relation to one of the left side. Each is one pass over rows, whose
/// parents come before them.
fn related(left: &[bool], relation: Relation, trace: &TraceFacts) -> Vec<bool> {
    let tree = &trace.tree;
    let is_left = |row: usize| left[tree.spans[row] as usize];
    let parent = |row: usize| tree.parents[row].map(|parent| parent as usize);
    let mut rows = vec![false; left.len()];
    match relation {
        Relation::Child => (0..rows.len()).for_each(|row| rows[row] = parent(row).is_some_and(is_left)),
        Relation::Descendant => {
            (0..rows.len()).for_each(|row| rows[row] = parent(row).is_some_and(|up| is_left(up) || rows[up]));
        }
        Relation::Parent => {
            (0..rows.len()).filter(|row| is_left(*row)).filter_map(parent).for_each(|up| rows[up] = true);
        }
        Relation::Ancestor => {
            for row in (0..rows.len()).rev() {
                if let Some(up) = parent(row) {
                    rows[up] |= is_left(row) || rows[row];
                }
            }
        }
        Relation::Sibling => {
            let mut counts = vec![0_usize; rows.len()];
            (0..rows.len()).filter(|row| is_left(*row)).filter_map(parent).for_each(|up| counts[up] += 1);
            for (row, found) in rows.iter_mut().enumerate() {
                *found = parent(row).is_some_and(|up| counts[up] > usize::from(is_left(row)));
            }
        }
    }
    trace.by_span(rows)
}

fn compares(order: std::cmp::Ordering, op: Op) -> bool {
    match op {
        Op::Like | Op::Is => order.is_eq(),
        Op::IsNot => order.is_ne(),
        Op::Above => order.is_gt(),
        Op::AtLeast => order.is_ge(),
        Op::Below => order.is_lt(),
        Op::AtMost => order.is_le(),
        Op::Matches | Op::MatchesNot => false,
    }
}

impl PlaceTest {
    /// For each span.
    fn holds(&self, trace: &TraceFacts) -> Vec<bool> {
        let by_row: Vec<bool> = match self.field {
            Field::SelfTime => {
                let wanted = self.value.duration().unwrap_or_default();
                let own = trace.tree.self_times(&trace.nodes).into_iter();
                own.map(|own| compares(own.cmp(&wanted), self.op)).collect()
            }
            Field::Depth => trace.tree.depths.iter().map(|depth| self.is(f64::from(*depth))).collect(),
            Field::Critical => {
                let mut is_critical = vec![false; trace.tree.len()];
                let main = trace.tree.main_row(&trace.nodes);
                let sections = main.map(|row| trace.tree.critical(&trace.nodes, row)).unwrap_or_default();
                sections.iter().for_each(|section| is_critical[section.row as usize] = true);
                let wanted = self.value.boolean() == Some(true);
                is_critical.into_iter().map(|is| (is == wanted) != (self.op == Op::IsNot)).collect()
            }
            _ => (0..trace.tree.len()).map(|row| self.is(row as f64)).collect(),
        };
        trace.by_span(by_row)
    }

    fn is(&self, known: f64) -> bool {
        let wanted = self.value.number().unwrap_or(f64::NAN);
        known.partial_cmp(&wanted).is_some_and(|order| compares(order, self.op))
    }
}

impl TraceTest {
    fn new(field: Field, op: Op, value: Value, place: [usize; 2]) -> Result<Self, AskError> {
        let regex = if op.is_regex() {
            let compiled = Regex::new(&value.text)
                .map_err(|error| AskError::new(Code::BadQuery, error.to_string()).span(place[0], place[1]));
            Some(compiled?)
        } else {
            None
        };
        Ok(Self { field, op, value, regex })
    }

    fn holds(&self, trace: &TraceFacts) -> bool {
        let number = |known: u64| {
            let wanted = self.value.number().unwrap_or(f64::NAN);
            (known as f64).partial_cmp(&wanted).is_some_and(|order| compares(order, self.op))
        };
        match self.field {
            Field::TraceDuration => self
                .value
                .duration()
                .is_some_and(|wanted| compares(trace.duration_ns().cmp(&wanted), self.op)),
            Field::TraceSpans => number(trace.spans.len() as u64),
            Field::TraceErrors => number(trace.spans.iter().filter(|span| span.is_error()).count() as u64),
            Field::TraceRootService => self.fits(&trace.root().service),
            Field::TraceRootName => self.fits(&trace.root().name),
            Field::TraceCompleteness => self.fits(trace.completeness.name()),
            _ => false,
        }
    }

    fn fits(&self, text: &str) -> bool {
        let wanted = &self.value.text;
        match (self.op, &self.regex) {
            (Op::Matches, Some(regex)) => regex.is_match(text),
            (Op::MatchesNot, Some(regex)) => !regex.is_match(text),
            (Op::Like, _) if self.value.is_pattern() => is_like(&text.to_lowercase(), &wanted.to_lowercase()),
            (Op::Like, _) => text.to_lowercase() == wanted.to_lowercase(),
            (Op::IsNot, _) => text != wanted,
            _ => text == wanted,
        }
    }
}

/// Whether a text is a pattern's, in which stars stand for any text.
pub(crate) fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}

impl SpanFact {
    fn holds(&self, condition: usize) -> bool {
        self.truths.get(condition).copied().unwrap_or_default()
    }
}
