//! `POST /why-empty`: what each clause of a search leaves out, and where the nearest records are.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int64Type, TimestampNanosecondType};
use daymark_model::time::Nanos;
use daymark_view::error::AskError;
use daymark_view::meta::Answer;
use daymark_view::range::Range;
use daymark_view::search::{Domain, Query, condition};
use daymark_view::why::{CLAUSES_MAX, Clause, Nearest, REACH_DAYS, WhyAsk, WhyEmpty, WhySignal};

use super::desk::Desk;
use super::words::{between, check_expressions, instant, of_scope};

/// A table, its instants, and whose records are meant.
struct Records<'a> {
    desk: &'a Desk,
    table: &'static str,
    time: &'static str,
    scope: String,
}

impl Desk {
    pub(crate) async fn why_empty(self, ask: WhyAsk) -> Result<Answer<WhyEmpty>, AskError> {
        let (domain, table, time) = match ask.signal {
            WhySignal::Spans => (Domain::Traces, "spans", "start"),
            WhySignal::Logs => (Domain::Logs, "logs", "time"),
        };
        for (node, _) in &ask.clauses {
            check_expressions(&Query { node: Some(node.clone()) })?;
        }
        let scope: Vec<String> = ask.scope.iter().map(of_scope).chain(["true".to_owned()]).collect();
        let records = Records { desk: &self, table, time, scope: scope.join(" AND ") };
        // What no single record tells is none.
        let clauses: Vec<_> = ask.clauses.iter().map(|(node, _)| condition(domain, node)).collect();
        let places = ask.clauses.iter().map(|(_, place)| *place);
        let mut told = Vec::new();
        for (number, (clause, span)) in clauses.iter().zip(places).enumerate().take(CLAUSES_MAX) {
            let others = clauses.iter().enumerate().filter(|(other, _)| *other != number);
            let others: Option<Vec<&str>> = others.map(|(_, other)| other.as_deref()).collect();
            let passes = match clause {
                Some(clause) => Some(records.count(ask.range, clause).await?),
                None => None,
            };
            let without = match others {
                Some(others) => Some(records.count(ask.range, &all(&others)).await?),
                None => None,
            };
            told.push(Clause { span, passes, without });
        }
        let whole: Option<Vec<&str>> = clauses.iter().map(Option::as_deref).collect();
        let matches = match whole.filter(|whole| !whole.is_empty()) {
            Some(whole) => records.nearest(ask.range, Some(REACH_DAYS * Nanos::DAY), &all(&whole)).await?,
            None => Nearest::default(),
        };
        let data = WhyEmpty {
            total: records.count(ask.range, "true").await?,
            clauses: told,
            nearest: records.nearest(ask.range, None, "true").await?,
            matches,
            series_outside: None,
        };
        Ok(self.answer(data))
    }
}

fn all(conditions: &[&str]) -> String {
    if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") }
}

impl Records<'_> {
    async fn count(&self, range: Range, condition: &str) -> Result<u64, AskError> {
        let inside = between(self.time, range.from, range.to);
        let sql = format!(
            "SELECT count(*) AS found FROM {} WHERE {inside} AND {} AND {condition}",
            self.table, self.scope
        );
        let batches = self.desk.rows(&sql).await?;
        let first = batches.first().and_then(|batch| batch.column(0).as_primitive_opt::<Int64Type>());
        Ok(first.and_then(|found| found.values().first()).map_or(0, |found| found.unsigned_abs()))
    }

    async fn nearest(&self, range: Range, reach: Option<i64>, condition: &str) -> Result<Nearest, AskError> {
        let time = self.time;
        let (from, to) = (instant(range.from.0), instant(range.to.0));
        let mut before = format!("{time} < {from} AND {condition}");
        let mut after = format!("{time} >= {to} AND {condition}");
        if let Some(reach) = reach {
            before = format!("{time} >= {} AND {before}", instant(range.from.plus(-reach).0));
            after = format!("{time} < {} AND {after}", instant(range.to.plus(reach).0));
        }
        Ok(Nearest { before: self.first(&before, "DESC").await?, after: self.first(&after, "ASC").await? })
    }

    async fn first(&self, condition: &str, order: &str) -> Result<Option<Nanos>, AskError> {
        let (time, table, scope) = (self.time, self.table, &self.scope);
        let sql = format!(
            "SELECT {time} FROM {table} WHERE {condition} AND {scope} ORDER BY {time} {order} LIMIT 1"
        );
        let batches = self.desk.rows(&sql).await?;
        let first = batches.iter().find(|batch| batch.num_rows() > 0);
        let times = first.and_then(|batch| batch.column(0).as_primitive_opt::<TimestampNanosecondType>());
        Ok(times.filter(|times| times.is_valid(0)).map(|times| Nanos(times.value(0))))
    }
}
