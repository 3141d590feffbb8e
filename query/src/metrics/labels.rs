//! `GET /metrics/labels`: the keys that tell the series of a metric apart, or the values of one of them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use daymark_view::error::{AskError, Code};
use daymark_view::meta::{Answer, Meta};
use daymark_view::metrics::{LabelKey, LabelValue, Labels, LabelsAsk};
use daymark_view::nearest::nearest;

use super::PointParts;
use super::sight::{COLUMNS, Sight};
use crate::page::page;
use crate::scan::owners::Describe;
use crate::scan::part::Part;
use crate::typed_json;

/// For each value the number of series that have it.
type Values = BTreeMap<String, u64>;

pub(crate) async fn labels(ask: LabelsAsk, parts: PointParts) -> Result<Answer<Labels>, AskError> {
    let mut seen: HashSet<u64> = HashSet::new();
    let mut keys: BTreeMap<String, Values> = BTreeMap::new();
    for part in parts.iter().flat_map(|(_, parts)| parts) {
        for series in part.series().iter().filter(|series| series.metric == ask.metric) {
            if seen.insert(series.id) {
                let sight = Sight::of(series, part.resource(series.resource_id));
                match &ask.key {
                    Some(key) => sight.label(key).into_iter().for_each(|value| count(&mut keys, key, value)),
                    None => all_of(&sight).for_each(|(key, value)| count(&mut keys, &key, value)),
                }
            }
        }
        tokio::task::yield_now().await;
    }
    if seen.is_empty() {
        return Err(unknown(&ask.metric, &parts));
    }
    let wanted = ask.search.to_lowercase();
    let is_wanted = |text: &str| text.to_lowercase().contains(&wanted);
    let (data, cursor, total) = match ask.key {
        None => {
            let key = |(key, values): (String, Values)| LabelKey {
                key,
                values: values.len() as u64,
                series: values.values().sum(),
            };
            let rows: Vec<_> = keys.into_iter().filter(|(key, _)| is_wanted(key)).map(key).collect();
            let total = rows.len();
            let (rows, cursor) = page(rows, ask.cursor.as_deref(), ask.limit)?;
            (Labels::Keys(rows), cursor, total)
        }
        Some(_) => {
            let values = keys.into_values().flatten().filter(|(value, _)| is_wanted(value));
            let mut rows: Vec<_> = values.map(|(value, series)| LabelValue { value, series }).collect();
            rows.sort_by_key(|row| Reverse(row.series));
            let total = rows.len();
            let (rows, cursor) = page(rows, ask.cursor.as_deref(), ask.limit)?;
            (Labels::Values(rows), cursor, total)
        }
    };
    Ok(Answer { data, meta: Meta { cursor, total: Some(total as u64), ..Meta::default() } })
}

fn count(keys: &mut BTreeMap<String, Values>, key: &str, value: String) {
    if !keys.contains_key(key) {
        keys.insert(key.to_owned(), Values::new());
    }
    if let Some(values) = keys.get_mut(key) {
        *values.entry(value).or_default() += 1;
    }
}

/// What a series tells of itself, its own attributes, and those of its resource.
fn all_of<'a>(sight: &'a Sight<'_>) -> impl Iterator<Item = (String, String)> + 'a {
    let columns =
        COLUMNS.iter().filter_map(|name| Some(((*name).to_owned(), sight.column(name)?.to_owned())));
    let own = sight.own();
    let own = own.keys().filter_map(|key| Some((key.clone(), typed_json::text(own, key)?)));
    let resource = sight.of_resource();
    let resource =
        resource.keys().filter_map(|key| Some((format!("resource.{key}"), typed_json::text(resource, key)?)));
    columns.chain(own).chain(resource)
}

fn unknown(metric: &str, parts: &PointParts) -> AskError {
    let series = parts.iter().flat_map(|(_, parts)| parts).flat_map(Part::series);
    let names: BTreeSet<&str> = series.map(|series| series.metric.as_str()).collect();
    let error = AskError::new(Code::NotFound, format!("no metric has the name \"{metric}\""));
    match nearest(metric, names) {
        Some(meant) => error.hint(format!("did you mean \"{meant}\"?")),
        None => error.hint("/metrics/catalog lists all"),
    }
}
