//! What the rows of `red` and `red_instances` say of each service, in the windows of a question.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use arrow::array::{Array, AsArray, RecordBatch, StringArray, TypedDictionaryArray};
use arrow::datatypes::{Int32Type, TimestampNanosecondType, UInt64Type};
use datafusion::common::{Result, exec_datafusion_err};
use daymark_aggregate::{Aggregate, Owner, Sketch};
use daymark_model::time::Nanos;
use daymark_view::meta::Buckets;
use daymark_view::range::Range;
use daymark_view::services::{Scope, ScopeKey};

/// Steps of a row's small charts, at most.
const STEPS: i64 = 40;

/// Rate, errors and durations.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    pub(super) count: u64,
    pub(super) errors: u64,
    sketch: Sketch,
}

impl Figures {
    fn add(&mut self, row: &Row<'_>) {
        self.count += row.count;
        self.errors += row.errors;
        self.sketch.merge(&row.sketch);
    }

    pub(super) fn quantile(&self, share: f64) -> Option<u64> {
        self.sketch.quantile(share).map(|ns| ns as u64)
    }

    pub(super) fn error_rate(&self) -> Option<f64> {
        (self.count > 0).then(|| self.errors as f64 / self.count as f64)
    }
}

/// What was gathered of one service.
#[derive(Clone, Debug, Default)]
pub(super) struct Service {
    pub(super) now: Figures,
    pub(super) before: Figures,
    pub(super) compared: Figures,
    pub(super) steps: BTreeMap<usize, Figures>,
    pub(super) versions: BTreeMap<String, Figures>,
    pub(super) version_instances: BTreeMap<String, BTreeSet<String>>,
    pub(super) instances: BTreeSet<String>,
    /// The first and the last bucket.
    pub(super) seen: Option<(i64, i64)>,
}

/// The windows of a question, in whole buckets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    pub(super) range: Range,
    pub(super) now: Buckets,
    pub(super) before: Buckets,
    pub(super) compared: Option<Buckets>,
}

/// The buckets that begin in a range. The last one may not be over yet.
pub(super) fn buckets(range: Range, step_s: i32, now: Nanos) -> Buckets {
    let step = i64::from(step_s) * Nanos::SECOND;
    let up = |at: Nanos| Nanos(at.0.saturating_add(step - 1)).floor(step);
    let from = up(range.from);
    let to = up(range.to).min(range.to.max(now)).max(from);
    Buckets { from, to, step_s }
}

pub(super) fn seconds(buckets: &Buckets) -> f64 {
    buckets.to.0.saturating_sub(buckets.from.0) as f64 / 1e9
}

/// Length of a step of the small charts: whole buckets.
pub(super) fn step_ns(buckets: &Buckets) -> i64 {
    let bucket = i64::from(buckets.step_s) * Nanos::SECOND;
    let up = |whole: i64, part: i64| whole / part + i64::from(whole % part > 0);
    let width = buckets.to.0.saturating_sub(buckets.from.0);
    up(up(width, bucket), STEPS).max(1) * bucket
}

fn contains(buckets: &Buckets, bucket: i64) -> bool {
    (buckets.from.0..buckets.to.0).contains(&bucket)
}

/// Whose rows count.
#[derive(Debug)]
pub(super) struct Whose<'a> {
    pub(super) scope: &'a [Scope],
    /// The owners that have what the scope wants of attributes; none when it wants nothing of them.
    pub(super) owners: Option<HashSet<Owner>>,
}

impl Whose<'_> {
    /// The table whose figures count: only instances tell two owners of one service apart.
    pub(super) fn table(&self) -> Aggregate {
        if self.owners.is_some() { Aggregate::RedInstances } else { Aggregate::Red }
    }

    fn has(&self, row: &Row<'_>) -> bool {
        let names = self.scope.iter().all(|Scope { key, value }| match key {
            ScopeKey::Env => row.env == Some(value.as_str()),
            ScopeKey::Namespace => row.namespace == Some(value.as_str()),
            ScopeKey::Cluster | ScopeKey::Team => true,
        });
        names && self.owners.as_ref().is_none_or(|owners| owners.contains(&row.owner()))
    }
}

/// One row of either table.
struct Row<'a> {
    bucket: i64,
    service: &'a str,
    namespace: Option<&'a str>,
    env: Option<&'a str>,
    version: Option<&'a str>,
    instance: Option<&'a str>,
    is_entry: bool,
    count: u64,
    errors: u64,
    sketch: Sketch,
}

impl Row<'_> {
    fn owner(&self) -> Owner {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Owner {
            service: self.service.to_owned(),
            namespace: owned(self.namespace),
            env: owned(self.env),
            version: owned(self.version),
            instance: owned(self.instance),
        }
    }
}

#[derive(Debug)]
pub(super) struct Gathered<'a> {
    pub(super) windows: Windows,
    pub(super) whose: Whose<'a>,
    pub(super) services: HashMap<String, Service>,
}

impl Gathered<'_> {
    /// Adds the rows of a table that lie in the windows; of the compared one only these, or all others.
    pub(super) fn add(&mut self, table: Aggregate, batch: &RecordBatch, is_compared: bool) -> Result<()> {
        for row in rows(batch)? {
            let row = row?;
            if !self.whose.has(&row) {
                continue;
            }
            if !self.services.contains_key(row.service) {
                self.services.insert(row.service.to_owned(), Service::default());
            }
            let Some(service) = self.services.get_mut(row.service) else { continue };
            let has_figures = table == self.whose.table();
            if is_compared {
                if has_figures
                    && row.is_entry
                    && self.windows.compared.is_some_and(|window| contains(&window, row.bucket))
                {
                    service.compared.add(&row);
                }
                continue;
            }
            if has_figures {
                service.add(&row, &self.windows);
            }
            if table == Aggregate::RedInstances {
                service.add_instance(&row, self.windows.range);
            }
        }
        Ok(())
    }
}

impl Service {
    fn add(&mut self, row: &Row<'_>, windows: &Windows) {
        if row.is_entry && contains(&windows.before, row.bucket) {
            self.before.add(row);
        }
        if !contains(&windows.now, row.bucket) {
            return;
        }
        let (first, last) = self.seen.unwrap_or((row.bucket, row.bucket));
        self.seen = Some((first.min(row.bucket), last.max(row.bucket)));
        if !row.is_entry {
            return;
        }
        self.now.add(row);
        let step = (row.bucket - windows.now.from.0) / step_ns(&windows.now);
        self.steps.entry(usize::try_from(step).unwrap_or_default()).or_default().add(row);
        if let Some(version) = row.version {
            self.versions.entry(version.to_owned()).or_default().add(row);
        }
    }

    /// An instance is seen when one of its minutes touches the range.
    fn add_instance(&mut self, row: &Row<'_>, range: Range) {
        let end = row.bucket.saturating_add(i64::from(Aggregate::RedInstances.step_s()) * Nanos::SECOND);
        let is_inside = row.bucket < range.to.0 && range.from.0 < end;
        if let (Some(instance), true) = (row.instance, is_inside) {
            self.instances.insert(instance.to_owned());
            if let Some(version) = row.version {
                let instances = self.version_instances.entry(version.to_owned()).or_default();
                instances.insert(instance.to_owned());
            }
        }
    }
}

type Texts<'a> = TypedDictionaryArray<'a, Int32Type, StringArray>;

fn text<'a>(texts: &Option<Texts<'a>>, row: usize) -> Option<&'a str> {
    let texts = texts.as_ref().filter(|texts| texts.is_valid(row))?;
    Some(texts.values().value(usize::try_from(texts.keys().value(row)).ok()?))
}

fn rows(batch: &RecordBatch) -> Result<impl Iterator<Item = Result<Row<'_>>>> {
    let column = |name: &str| {
        batch.column_by_name(name).ok_or_else(|| exec_datafusion_err!("sums without the column {name}"))
    };
    let texts = |name: &str| -> Result<Option<Texts<'_>>> {
        let Some(column) = batch.column_by_name(name) else { return Ok(None) };
        let texts = column.as_dictionary_opt::<Int32Type>().and_then(|column| column.downcast_dict());
        texts.map(Some).ok_or_else(|| exec_datafusion_err!("sums whose {name} is not text"))
    };
    let (services, namespaces, envs) = (texts("service")?, texts("namespace")?, texts("env")?);
    let (versions, instances) = (texts("version")?, texts("instance")?);
    let buckets = column("bucket")?.as_primitive::<TimestampNanosecondType>();
    let (counts, errors) =
        (column("count")?.as_primitive::<UInt64Type>(), column("errors")?.as_primitive::<UInt64Type>());
    let sketches = column("sketch")?.as_binary::<i32>();
    let entries = batch.column_by_name("entry").map(|entries| entries.as_boolean());
    Ok((0..batch.num_rows()).map(move |row| {
        let sketch = Sketch::from_bytes(sketches.value(row));
        Ok(Row {
            bucket: buckets.value(row),
            service: text(&services, row).unwrap_or_default(),
            namespace: text(&namespaces, row),
            env: text(&envs, row),
            version: text(&versions, row),
            instance: text(&instances, row),
            is_entry: entries.is_none_or(|entries| entries.value(row)),
            count: counts.value(row),
            errors: errors.value(row),
            sketch: sketch.ok_or_else(|| exec_datafusion_err!("sums whose sketch cannot be read"))?,
        })
    }))
}
