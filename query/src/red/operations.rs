//! The operations of a service: spans by name and kind.

use std::collections::HashMap;
use std::sync::Arc;

use daymark_aggregate::Aggregate;
use daymark_view::error::AskError;
use daymark_view::meta::{Answer, Buckets};
use daymark_view::service::{Operation, ServiceAsk};

use super::figures::{Figures, rate};
use super::reader::Reader;
use super::rows::RedRows;
use super::sample::{Spread, sample};
use super::whose::Whose;
use super::windows::{self, buckets, seconds, starts};
use crate::page::page;
use crate::sql::failure;
use crate::sums::Keys;

/// Rows that are looked through for the newest trace of each operation.
const ROWS: usize = 8_192;

/// Name, kind, and whether it enters the service.
pub(crate) type OperationKey = (String, String, bool);

/// Those with the most time first.
pub(crate) async fn operations(
    ask: &ServiceAsk,
    reader: &Reader,
) -> Result<Answer<Vec<Operation>>, AskError> {
    let now = buckets(ask.range, Aggregate::Red.step_s(), reader.now);
    let whose = Whose::of_names(&ask.scope)?;
    let gathered = gathered(reader, &ask.service, &whose, &now).await;
    let gathered = gathered.map_err(|error| failure::of(&error))?;
    let of_entries = gathered.iter().filter(|((.., is_entry), _)| *is_entry);
    let whole: f64 = of_entries.map(|(_, figures)| figures.sum_ns as f64).sum();
    let mut all: Vec<_> = gathered.iter().collect();
    all.sort_by(|(one_key, one), (other_key, other)| {
        other.sum_ns.cmp(&one.sum_ns).then_with(|| one_key.cmp(other_key))
    });
    let rows = all.into_iter().map(|((name, kind, entry), figures)| Operation {
        name: name.clone(),
        kind: kind.clone(),
        entry: *entry,
        rate: rate(figures.count, seconds(&now)),
        count: figures.count,
        errors: figures.errors,
        error_rate: figures.error_rate(),
        p50_ns: figures.quantile(0.5),
        p95_ns: figures.quantile(0.95),
        p99_ns: figures.quantile(0.99),
        time_share: (*entry && whole > 0.0).then(|| figures.sum_ns as f64 / whole),
        last_trace_id: None,
    });
    let (mut data, cursor) = page(rows.collect(), ask.cursor.as_deref(), ask.limit)?;
    let spans = sample(reader, &ask.service, &ask.scope, ask.range, Spread::Newest(ROWS)).await;
    let spans = spans.map_err(|error| failure::of(&error))?;
    for row in &mut data {
        let of_row = spans.iter().filter(|span| span.name == row.name && span.kind == row.kind);
        row.last_trace_id = of_row.max_by_key(|span| span.start).map(|span| span.trace_id);
    }
    let mut answer = reader.answer(data, Some(now));
    answer.meta.cursor = cursor;
    Ok(answer)
}

async fn gathered(
    reader: &Reader,
    service: &str,
    whose: &Whose<'_>,
    buckets: &Buckets,
) -> datafusion::common::Result<Arc<HashMap<OperationKey, Figures>>> {
    let (range, key) = (starts(buckets), format!("{} {whose:?} {service}", windows::key(buckets)));
    if let Some(known) = reader.recent.operations.find(&reader.sums.parts, &key) {
        return Ok(known);
    }
    let mut all: HashMap<OperationKey, Figures> = HashMap::new();
    let gathering = reader.each(&[Aggregate::Red], range.clone(), Keys::Of(service), |_, batch| {
        // Rows of one operation stand together.
        let (mut last, mut figures) = (None, Figures::default());
        for row in RedRows::of(batch)?.within(range.clone()) {
            if row.service != service || !whose.has(&row) {
                continue;
            }
            let key = (row.name, row.kind, row.is_entry);
            if last != Some(key) {
                keep(&mut all, last.replace(key), &mut figures);
            }
            figures.add(&row)?;
        }
        keep(&mut all, last, &mut figures);
        Ok(())
    });
    gathering.await?;
    let all = Arc::new(all);
    let bytes = all.iter().map(|((name, kind, _), figures)| name.len() + kind.len() + figures.size()).sum();
    reader.recent.operations.keep(&reader.sums.parts, key, &all, bytes, &reader.tally);
    Ok(all)
}

fn keep(all: &mut HashMap<OperationKey, Figures>, key: Option<(&str, &str, bool)>, figures: &mut Figures) {
    if let Some((name, kind, is_entry)) = key {
        let figures = std::mem::take(figures);
        all.entry((name.to_owned(), kind.to_owned(), is_entry)).or_default().merge(&figures);
    }
}
