//! Failed spans of a service by what failed: type of the exception, message without its variable parts, and
//! the innermost line of the stack.

use std::collections::{BTreeSet, HashMap};

use arrow::array::{Array, RecordBatch};
use datafusion::common::Result as Answered;
use daymark_model::id::SpanId;
use daymark_model::shape::{shape, template_id};
use daymark_model::time::Nanos;
use daymark_view::error::AskError;
use daymark_view::meta::{Answer, Buckets, Meta, Truncated};
use daymark_view::search::quoted;
use daymark_view::service::{ErrorGroup, ServiceAsk};

use super::windows::Steps;
use crate::page::page;
use crate::running::scanned;
use crate::search::{Desk, between, of_scope};
use crate::trace::found::trace_id;
use crate::trace::spans::{Columns, text};

const TREND: usize = 40;
/// Groups that are told apart; failures of others are only counted.
const GROUPS_MAX: usize = 2_000;
/// Versions and instances that a group names.
const NAMES_MAX: usize = 20;
const STACK_BYTES: usize = 16 << 10;

/// Failures that were met so far.
#[derive(Debug)]
struct Failures {
    steps: Steps,
    groups: HashMap<u64, Group>,
    left_out: u64,
    shape: String,
}

#[derive(Debug, Default)]
struct Group {
    row: ErrorGroup,
    versions: BTreeSet<String>,
    instances: BTreeSet<String>,
}

/// Those that come most often first.
pub(crate) async fn errors(ask: &ServiceAsk, desk: &Desk) -> Result<Answer<Vec<ErrorGroup>>, AskError> {
    let mut conditions = vec![
        format!("service = {}", quoted(&ask.service)),
        "status = 'error'".to_owned(),
        between("start", ask.range.from, ask.range.to),
    ];
    conditions.extend(ask.scope.iter().map(of_scope));
    let sql = format!(
        "SELECT start, trace_id, span_id, name, status_message, version, instance, \
         attr('event.exception.type') AS exception, attr('event.exception.message') AS message, \
         attr('event.exception.stacktrace') AS stack, attr('span.error.type') AS error \
         FROM spans WHERE {}",
        conditions.join(" AND ")
    );
    let whole = Buckets { from: ask.range.from, to: ask.range.to, step_s: 1 };
    let steps = Steps::of(whole, TREND);
    let mut failures = Failures { steps, groups: HashMap::new(), left_out: 0, shape: String::new() };
    desk.each(&sql, |batch| failures.add(&batch)).await?;
    let left_out = failures.left_out;
    let mut rows: Vec<ErrorGroup> = failures.groups.into_values().map(Group::row).collect();
    rows.sort_by(|one, other| {
        other.count.cmp(&one.count).then_with(|| one.fingerprint.cmp(&other.fingerprint))
    });
    let total = rows.len() as u64;
    let (data, cursor) = page(rows, ask.cursor.as_deref(), ask.limit)?;
    let truncated = (left_out > 0).then(|| Truncated {
        reason: format!("{left_out} failures of further groups"),
        shown: total,
        total: None,
    });
    let meta = Meta {
        cursor,
        truncated,
        total: Some(total),
        scanned: scanned(&desk.tally),
        partial: desk.tally.partial(),
        ..Meta::default()
    };
    Ok(Answer { data, meta })
}

impl Failures {
    fn add(&mut self, batch: &RecordBatch) -> Answered<()> {
        let columns = Columns::of(batch);
        let starts = columns.instants("start")?;
        let (names, states) = (columns.texts("name")?, columns.texts("status_message")?);
        let (versions, instances) = (columns.texts("version")?, columns.texts("instance")?);
        let (exceptions, messages) = (columns.texts("exception")?, columns.texts("message")?);
        let (stacks, errors) = (columns.texts("stack")?, columns.texts("error")?);
        for (row, start) in starts.iter().enumerate() {
            let kind = text(&exceptions, row).or_else(|| text(&errors, row));
            let said = [&messages, &states, &names]
                .into_iter()
                .find(|texts| texts.is_valid(row) && !texts.value(row).trim().is_empty());
            shape(said.map_or("", |texts| texts.value(row)), &mut self.shape);
            let stack = stacks.is_valid(row).then(|| stacks.value(row));
            let frame = stack.and_then(innermost);
            let identity = format!("{kind:?}\n{}\n{frame:?}", self.shape);
            let fingerprint = template_id(&identity);
            if !self.groups.contains_key(&fingerprint) && self.groups.len() >= GROUPS_MAX {
                self.left_out += 1;
                continue;
            }
            let steps = self.steps;
            let group = self.groups.entry(fingerprint).or_insert_with(|| {
                let row = ErrorGroup {
                    fingerprint: format!("{fingerprint:016x}"),
                    kind,
                    message: self.shape.clone(),
                    frame: frame.map(str::to_owned),
                    trend: vec![0; steps.len],
                    first_seen: Nanos(*start),
                    last_seen: Nanos(i64::MIN),
                    ..ErrorGroup::default()
                };
                Group { row, ..Group::default() }
            });
            group.row.count += 1;
            if let Some(sum) = steps.at(*start).and_then(|at| group.row.trend.get_mut(at)) {
                *sum += 1;
            }
            group.row.first_seen = group.row.first_seen.min(Nanos(*start));
            name(&mut group.versions, text(&versions, row));
            name(&mut group.instances, text(&instances, row));
            if group.row.last_seen <= Nanos(*start) {
                group.row.last_seen = Nanos(*start);
                group.row.last_trace_id = trace_id(batch, row);
                let id: Option<SpanId> = columns.span_id("span_id", row)?;
                group.row.last_span_id = id;
                group.row.stack = stack.map(|stack| cut(stack, STACK_BYTES).to_owned());
            }
        }
        Ok(())
    }
}

impl Group {
    fn row(self) -> ErrorGroup {
        ErrorGroup {
            versions: self.versions.into_iter().collect(),
            instances: self.instances.into_iter().collect(),
            ..self.row
        }
    }
}

fn name(names: &mut BTreeSet<String>, one: Option<String>) {
    if names.len() < NAMES_MAX {
        names.extend(one);
    }
}

fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

/// Where it was thrown: the first `at …` of most languages, the last `File …` of Python.
fn innermost(stack: &str) -> Option<&str> {
    let lines = || stack.lines().map(str::trim);
    let thrown = lines().find(|line| line.starts_with("at "));
    let line = thrown.or_else(|| lines().rfind(|line| line.starts_with("File \"")))?;
    Some(cut(line, 512))
}

#[cfg(test)]
mod tests {
    use super::innermost;

    #[test]
    fn the_innermost_frame_is_where_it_was_thrown() {
        let java = "java.io.IOException: gone\n\tat a.B.c(B.java:7)\n\tat a.Main.main(Main.java:1)";
        assert_eq!(innermost(java), Some("at a.B.c(B.java:7)"));
        let python = "Traceback (most recent call last):\n  File \"main.py\", line 1, in <module>\n  File \"b.py\", line 7, in c\nValueError: x";
        assert_eq!(innermost(python), Some("File \"b.py\", line 7, in c"));
        assert_eq!(innermost("nothing known"), None);
    }
}
