//! `GET /logs/patterns`: matching lines by the shape of their text, against the window before.
//!
//! Every line is looked at once, by its numbers alone; texts are read of one line of each pattern that is
//! shown.

use std::collections::HashMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{TimestampNanosecondType, UInt8Type, UInt64Type};
use datafusion::common::{Result, internal_datafusion_err};
use daymark_model::severity;
use daymark_model::shape::shape;
use daymark_view::error::AskError;
use daymark_view::meta::{Answer, Partial, Truncated};
use daymark_view::patterns::{PatternRow, PatternSort, PatternsAsk, TREND};
use daymark_view::range::Range;

use super::desk::Desk;
use super::lines::matching;
use super::words::{check_expressions, instant};
use crate::trace::spans::Columns;

/// Shapes that are counted at once.
const SHAPES_MAX: usize = 200_000;
/// Shapes that lines are read of at once.
const SAMPLES: usize = 100;

impl Desk {
    pub(crate) async fn patterns(
        self,
        ask: PatternsAsk,
    ) -> std::result::Result<Answer<Vec<PatternRow>>, AskError> {
        check_expressions(&ask.query)?;
        let mut tellers = Tellers::new(ask.range);
        let from = ask.range.from.plus(-ask.range.width_ns());
        let condition = matching(&ask.query, &ask.scope, from, ask.range.to);
        let sql = format!("SELECT template_id, time, severity_number FROM logs WHERE {condition}");
        self.each(&sql, |batch| tellers.add(&batch)).await?;

        let (total, known, left_out) = (tellers.total, tellers.shapes.len(), tellers.left_out);
        let shown = tellers.most(ask.sort, ask.limit);
        let mut texts = HashMap::new();
        for some in shown.chunks(SAMPLES) {
            texts.extend(self.samples(some, &condition).await?);
        }
        let row = |(id, told): &(u64, Teller)| {
            let (log_id, pattern) = texts.get(id).cloned().unzip();
            PatternRow {
                template_id: id.to_string(),
                pattern: pattern.unwrap_or_default(),
                count: told.count,
                share: if total > 0 { told.count as f64 / total as f64 } else { 0.0 },
                severity: severity::WORDS[severity::rank(told.severity)].into(),
                trend: told.trend.iter().map(|count| u64::from(*count)).collect(),
                before: told.before,
                sample_log_id: log_id,
            }
        };
        let mut answer = self.answer(shown.iter().map(row).collect());
        answer.meta.total = Some(total);
        answer.meta.truncated = (known > shown.len()).then(|| Truncated {
            reason: "limit".into(),
            shown: shown.len() as u64,
            total: (left_out == 0).then_some(known as u64),
        });
        answer.meta.partial.extend((left_out > 0).then(|| Partial {
            what: "patterns".into(),
            reason: format!(
                "{left_out} lines of rare patterns were not counted: there are too many patterns"
            ),
        }));
        Ok(answer)
    }

    /// The id of the newest line of each pattern, and the pattern.
    async fn samples(
        &self,
        shown: &[(u64, Teller)],
        condition: &str,
    ) -> std::result::Result<HashMap<u64, (String, String)>, AskError> {
        let mut samples = HashMap::new();
        let ids: Vec<String> = shown.iter().map(|(id, _)| id.to_string()).collect();
        let instants: Vec<String> = shown.iter().map(|(_, told)| instant(told.newest)).collect();
        let sql = format!(
            "SELECT template_id, log_id, body FROM logs WHERE template_id IN ({}) AND time IN ({}) AND {condition}",
            ids.join(", "),
            instants.join(", "),
        );
        let mut text = String::new();
        self.each(&sql, |batch| {
            let (columns, ids) = (Columns::of(&batch), templates(&batch)?);
            let (log_ids, bodies) = (columns.texts("log_id")?, columns.texts("body")?);
            for (row, id) in ids.values().iter().enumerate() {
                samples.entry(*id).or_insert_with(|| {
                    shape(if bodies.is_valid(row) { bodies.value(row) } else { "" }, &mut text);
                    (log_ids.value(row).to_owned(), text.clone())
                });
            }
            Ok(())
        })
        .await?;
        Ok(samples)
    }
}

fn templates(batch: &RecordBatch) -> Result<&arrow::array::UInt64Array> {
    let column = batch.column_by_name("template_id").and_then(|ids| ids.as_primitive_opt::<UInt64Type>());
    column.ok_or_else(|| internal_datafusion_err!("template_id was not read"))
}

/// What is known of one shape.
#[derive(Debug)]
struct Teller {
    count: u64,
    before: u64,
    severity: u8,
    newest: i64,
    trend: [u32; TREND],
}

/// Counts lines by their shapes.
#[derive(Debug)]
struct Tellers {
    range: Range,
    step: i128,
    shapes: HashMap<u64, Box<Teller>>,
    /// Lines in the range.
    total: u64,
    /// Lines of shapes that were given up because others are more frequent.
    left_out: u64,
}

impl Tellers {
    fn new(range: Range) -> Self {
        let step = (i128::from(range.width_ns()).max(1) as u128).div_ceil(TREND as u128) as i128;
        Self { range, step, shapes: HashMap::new(), total: 0, left_out: 0 }
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        let (ids, columns) = (templates(batch)?, batch.column_by_name("severity_number"));
        let severities = columns.and_then(|numbers| numbers.as_primitive_opt::<UInt8Type>());
        let severities =
            severities.ok_or_else(|| internal_datafusion_err!("severity_number was not read"))?;
        let times =
            batch.column_by_name("time").and_then(|at| at.as_primitive_opt::<TimestampNanosecondType>());
        let times = times.ok_or_else(|| internal_datafusion_err!("time was not read"))?;
        for row in 0..batch.num_rows() {
            let (time, severity) = (times.value(row), severities.value(row));
            let is_inside = time >= self.range.from.0;
            self.total += u64::from(is_inside);
            if ids.is_valid(row) {
                self.line(ids.value(row), time, severity, is_inside);
            }
        }
        Ok(())
    }

    fn line(&mut self, id: u64, time: i64, severity: u8, is_inside: bool) {
        if self.shapes.len() >= SHAPES_MAX && !self.shapes.contains_key(&id) {
            self.give_up_rare();
        }
        let told = self.shapes.entry(id).or_insert_with(|| {
            Box::new(Teller { count: 0, before: 0, severity: 0, newest: i64::MIN, trend: [0; TREND] })
        });
        told.newest = told.newest.max(time);
        if is_inside {
            told.count += 1;
            told.severity = told.severity.max(severity);
            let step = (i128::from(time) - i128::from(self.range.from.0)) / self.step;
            if let Some(count) = told.trend.get_mut(step as usize) {
                *count += 1;
            }
        } else {
            told.before += 1;
            // Of a pattern that is gone the severity that it had.
            if told.count == 0 {
                told.severity = told.severity.max(severity);
            }
        }
    }

    /// Makes room: the rarer half goes.
    fn give_up_rare(&mut self) {
        let mut counts: Vec<u64> = self.shapes.values().map(|told| told.count + told.before).collect();
        let middle = counts.len() / 2;
        let (_, median, _) = counts.select_nth_unstable(middle);
        let least = *median;
        let left_out = &mut self.left_out;
        self.shapes.retain(|_, told| {
            let lines = told.count + told.before;
            let stays = lines > least;
            *left_out += if stays { 0 } else { lines };
            stays
        });
    }

    fn most(self, sort: PatternSort, limit: usize) -> Vec<(u64, Teller)> {
        let mut all: Vec<(u64, Teller)> = self.shapes.into_iter().map(|(id, told)| (id, *told)).collect();
        let rank = |told: &Teller| match sort {
            PatternSort::Count => (told.count, told.before),
            PatternSort::Change => (told.count.abs_diff(told.before), told.count),
        };
        all.sort_unstable_by(|a, b| rank(&b.1).cmp(&rank(&a.1)).then(a.0.cmp(&b.0)));
        all.truncate(limit);
        all
    }
}

#[cfg(test)]
mod tests {
    use daymark_model::time::Nanos;
    use daymark_view::patterns::PatternSort;
    use daymark_view::range::Range;

    use super::{SHAPES_MAX, Tellers};

    /// Scenario: more shapes than are counted at once, and a few that many lines have.
    /// Guarantee: the frequent ones are counted exactly, and of the others it is known how many lines they had.
    #[test]
    fn frequent_shapes_survive_a_flood_of_rare_ones() {
        let mut tellers = Tellers::new(Range { from: Nanos(0), to: Nanos(1_000_000) });
        for number in 0..SHAPES_MAX as u64 * 2 {
            tellers.line(number + 10, number as i64, 9, true);
            tellers.line(number % 3, number as i64, 9, true);
        }
        let (kept, left_out) = (tellers.shapes.len(), tellers.left_out);
        let most = tellers.most(PatternSort::Count, 3);
        let counted: u64 = most.iter().map(|(_, told)| told.count).sum();
        assert_eq!(counted, SHAPES_MAX as u64 * 2);
        assert_eq!(left_out + kept as u64 - 3, SHAPES_MAX as u64 * 2);
    }
}
