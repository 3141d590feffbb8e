//! `GET /metrics/catalog`: what the parts of a snapshot list as series, by metric.

use std::collections::{BTreeMap, HashSet};

use arrow::array::AsArray;
use arrow::datatypes::{TimestampNanosecondType, UInt64Type};
use daymark_model::rows::Series;
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_segment::Predicate;
use daymark_view::error::AskError;
use daymark_view::meta::{Answer, Meta};
use daymark_view::metrics::{CatalogAsk, MetricRow};

use super::PointParts;
use crate::page::page;
use crate::scan::part::Part;

/// A metric, type, unit and temporality.
type Name = (String, &'static str, Option<String>, &'static str);

#[derive(Debug, Default)]
struct Known {
    series: HashSet<u64>,
    description: Option<String>,
}

pub(crate) async fn catalog(ask: CatalogAsk, parts: PointParts) -> Result<Answer<Vec<MetricRow>>, AskError> {
    let mut metrics: BTreeMap<Name, Known> = BTreeMap::new();
    for part in parts.iter().flat_map(|(_, parts)| parts) {
        for series in part.series() {
            let known = metrics.entry(name_of(series)).or_default();
            known.series.insert(series.id);
            if known.description.is_none() {
                known.description.clone_from(&series.description);
            }
        }
        tokio::task::yield_now().await;
    }
    let wanted = ask.search.to_lowercase();
    metrics.retain(|(metric, ..), known| {
        let description = known.description.as_deref().unwrap_or_default();
        metric.to_lowercase().contains(&wanted) || description.to_lowercase().contains(&wanted)
    });
    let total = metrics.len() as u64;
    let all: Vec<(Name, Known)> = metrics.into_iter().collect();
    let (shown, cursor) = page(all, ask.cursor.as_deref(), ask.limit)?;
    let mut rows = Vec::with_capacity(shown.len());
    for ((metric, kind, unit, temporality), known) in shown {
        let last_seen = last_seen(&parts, &metric, &known.series).map(Nanos);
        rows.push(MetricRow {
            metric,
            kind: kind.into(),
            unit,
            temporality: temporality.into(),
            description: known.description,
            series: known.series.len() as u64,
            last_seen,
        });
        tokio::task::yield_now().await;
    }
    Ok(Answer { data: rows, meta: Meta { cursor, total: Some(total), ..Meta::default() } })
}

fn name_of(series: &Series) -> Name {
    (series.metric.clone(), series.kind, series.unit.clone(), series.temporality)
}

/// The newest instant: exact where rows are buffered, of stored ones that of the block that holds them.
fn last_seen(parts: &PointParts, metric: &str, ids: &HashSet<u64>) -> Option<i64> {
    let mut newest: Vec<&Part> = parts.iter().flat_map(|(_, parts)| parts).collect();
    newest.sort_unstable_by_key(|part| std::cmp::Reverse(part.time().end));
    let mut last: Option<i64> = None;
    for part in newest {
        if last.is_some_and(|last| part.time().end <= last) {
            break;
        }
        last = last.max(last_in(part, metric, ids));
    }
    last
}

fn last_in(part: &Part, metric: &str, ids: &HashSet<u64>) -> Option<i64> {
    if !part.series().iter().any(|one| ids.contains(&one.id)) {
        return None;
    }
    if let Part::Chunk(_, chunk) = part {
        let series = chunk.rows.column_by_name("series_id")?.as_primitive_opt::<UInt64Type>()?;
        let times = chunk.rows.column_by_name(Table::Points.time_column())?;
        let times = times.as_primitive_opt::<TimestampNanosecondType>()?;
        let rows = series.values().iter().zip(times.values());
        return rows.filter(|(id, _)| ids.contains(id)).map(|(_, at)| *at).max();
    }
    let predicate = Predicate { name: Some(vec![metric.to_owned()]), ..Predicate::default() };
    part.units(0, &part.candidates(&predicate), None).iter().map(|unit| unit.time_max).max()
}
