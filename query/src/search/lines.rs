//! `POST /logs/search` and what belongs to it: the lines around one, one line alone, counts over time.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::{Int64Type, UInt8Type};
use daymark_model::severity;
use daymark_model::time::Nanos;
use daymark_view::error::{AskError, Code};
use daymark_view::logs::{
    ContextAsk, Direction, Histogram, HistogramAsk, HistogramSeries, LineAsk, LogId, LogsAsk,
};
use daymark_view::meta::Answer;
use daymark_view::range::Range;
use daymark_view::search::{Domain, Query, condition, quoted};
use daymark_view::services::Scope;
use daymark_view::trace_logs::LogRow;

use super::cursor::Cursor;
use super::desk::Desk;
use super::words::{between, check_expressions, instant, of_scope};
use crate::running::scanned;
use crate::trace::logs::{fields, rows_of};
use crate::trace::spans::Columns;

fn shortened(rows: Vec<LogRow>) -> Vec<LogRow> {
    rows.into_iter().map(LogRow::shortened).collect()
}

/// Lines that a question is about.
pub(super) fn matching(query: &Query, scope: &[Scope], from: Nanos, to: Nanos) -> String {
    let mut parts = vec![between("time", from, to)];
    parts.extend(scope.iter().map(of_scope));
    // Every term of a line is told by its row.
    parts.extend(query.node.as_ref().and_then(|node| condition(Domain::Logs, node)));
    parts.join(" AND ")
}

/// Lines of a search within a range.
pub(super) fn of_ask(ask: &LogsAsk, range: Range) -> String {
    let condition = matching(&ask.query, &ask.scope, range.from, range.to);
    match ask.trace_id {
        Some(id) => format!("{condition} AND trace_id = '{id}'"),
        None => condition,
    }
}

impl Desk {
    async fn lines(&self, condition: &str, rest: &str) -> Result<Vec<LogRow>, AskError> {
        let columns: Vec<&str> = fields().map(|column| column.name).collect();
        let sql = format!("SELECT {} FROM logs WHERE {condition} {rest}", columns.join(", "));
        let mut rows = Vec::new();
        self.each(&sql, |batch| {
            rows.extend(rows_of(&batch)?);
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    pub(super) fn answer<T>(&self, data: T) -> Answer<T> {
        let mut answer = Answer::of(data);
        answer.meta.scanned = scanned(&self.tally);
        answer.meta.read_by = self.tally.told_by();
        answer.meta.partial = self.tally.partial();
        answer
    }

    pub(crate) async fn logs(self, ask: LogsAsk) -> Result<Answer<Vec<LogRow>>, AskError> {
        check_expressions(&ask.query)?;
        let question = format!("{} {:?} {:?} {:?}", ask.query, ask.trace_id, ask.scope, ask.direction);
        let (sign, order, start) = match ask.direction {
            Direction::Backward => ("<=", "DESC", i64::MAX),
            Direction::Forward => (">=", "ASC", i64::MIN),
        };
        let mut cursor = match &ask.cursor {
            Some(text) => Cursor::read(text, &question)?,
            None => Cursor::start(ask.range, start),
        };
        let condition = of_ask(&ask, cursor.range);
        let total = if ask.count { Some(self.count(&condition).await?) } else { None };
        let page = format!("{condition} AND time {sign} {}", instant(cursor.bound));
        let rest = format!("ORDER BY time {order} LIMIT {}", ask.limit + 1 + cursor.shown());
        let mut rows = self.lines(&page, &rest).await?;
        let has_more = cursor.turn(&mut rows, ask.limit, |row| (row.time.0, row.log_id.clone().into_bytes()));
        let mut answer = self.answer(shortened(rows));
        answer.meta.cursor = has_more.then(|| cursor.text(&question));
        answer.meta.total = total;
        Ok(answer)
    }

    async fn count(&self, condition: &str) -> Result<u64, AskError> {
        let batches = self.rows(&format!("SELECT count(*) AS total FROM logs WHERE {condition}")).await?;
        let first = batches.first().and_then(|batch| batch.column(0).as_primitive_opt::<Int64Type>());
        Ok(first.and_then(|totals| totals.values().first()).map_or(0, |total| total.unsigned_abs()))
    }

    async fn line_of(&self, id: &LogId) -> Result<LogRow, AskError> {
        let condition = format!("time = {}", instant(id.time.0));
        let rows = self.lines(&condition, "").await?;
        rows.into_iter()
            .find(|row| row.log_id == id.text)
            .ok_or_else(|| AskError::new(Code::NotFound, format!("no line has the id {}", id.text)))
    }

    pub(crate) async fn line(self, ask: LineAsk) -> Result<Answer<LogRow>, AskError> {
        let row = self.line_of(&ask.log_id).await?;
        Ok(self.answer(row))
    }

    pub(crate) async fn context(self, ask: ContextAsk) -> Result<Answer<Vec<LogRow>>, AskError> {
        let line = self.line_of(&ask.log_id).await?;
        let instance = match &line.instance {
            Some(instance) => format!("instance = {}", quoted(instance)),
            None => "instance IS NULL".to_owned(),
        };
        let whose = format!("service = {} AND {instance}", quoted(&line.service));
        let at = instant(line.time.0);
        let mut rows = self
            .lines(&format!("{whose} AND time < {at}"), &format!("ORDER BY time DESC LIMIT {}", ask.before))
            .await?;
        rows.reverse();
        rows.extend(self.lines(&format!("{whose} AND time = {at}"), "").await?);
        let after = format!("ORDER BY time LIMIT {}", ask.after);
        rows.extend(self.lines(&format!("{whose} AND time > {at}"), &after).await?);
        Ok(self.answer(shortened(rows)))
    }

    pub(crate) async fn histogram(self, ask: HistogramAsk) -> Result<Answer<Histogram>, AskError> {
        check_expressions(&ask.query)?;
        let width = ask.range.width_ns().max(1);
        let step_ns = (width as u64).div_ceil(ask.buckets.max(1) as u64) as i64;
        let steps = (width as u64).div_ceil(step_ns as u64) as usize;
        let sql = format!(
            "SELECT time, severity_number FROM logs WHERE {}",
            matching(&ask.query, &ask.scope, ask.range.from, ask.range.to),
        );
        let mut counts = vec![[0_u64; 1 << u8::BITS]; steps];
        self.each(&sql, |batch| {
            let columns = Columns::of(&batch);
            let severities = columns.column("severity_number")?.as_primitive::<UInt8Type>();
            for (time, severity) in columns.instants("time")?.iter().zip(severities.values()) {
                let step = usize::try_from((time - ask.range.from.0) / step_ns).ok();
                if let Some(counts) = step.and_then(|step| counts.get_mut(step)) {
                    counts[usize::from(*severity)] += 1;
                }
            }
            Ok(())
        })
        .await?;
        // The worst first.
        let mut series: BTreeMap<Reverse<usize>, Vec<u64>> = BTreeMap::new();
        for (step, counts) in counts.iter().enumerate() {
            for (severity, count) in (0..=u8::MAX).zip(counts).filter(|(_, count)| **count > 0) {
                let rank = Reverse(severity::rank(severity));
                series.entry(rank).or_insert_with(|| vec![0; steps])[step] += count;
            }
        }
        let named = |(Reverse(rank), counts): (Reverse<usize>, _)| HistogramSeries {
            key: severity::WORDS[rank].into(),
            counts,
        };
        let series = series.into_iter().map(named).collect();
        Ok(self.answer(Histogram { t0: ask.range.from, step_ns, series }))
    }
}
