//! What the rows of `red` and `red_instances` say of each service, in the windows of a question.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::Result;
use daymark_aggregate::Aggregate;
use daymark_model::time::{Nanos, overlap};
use daymark_view::meta::Buckets;
use daymark_view::range::Range;

use crate::red::figures::Figures;
use crate::red::reader::Reader;
use crate::red::rows::{RedRow, RedRows};
use crate::red::whose::Whose;
use crate::red::windows::{Steps, before, buckets, key, starts};
use crate::sums::Keys;

/// Steps of a row's small charts, at most.
const STEPS: usize = 40;

/// What was gathered of one service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Service {
    pub(crate) now: Figures,
    pub(crate) before: Figures,
    pub(crate) compared: Figures,
    pub(crate) steps: BTreeMap<usize, Figures>,
    pub(crate) versions: BTreeMap<String, Figures>,
    pub(crate) version_instances: BTreeMap<String, BTreeSet<String>>,
    pub(crate) instances: BTreeSet<String>,
    /// The first and the last bucket.
    pub(crate) seen: Option<(i64, i64)>,
}

/// The windows of a question, in whole buckets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Windows {
    pub(crate) range: Range,
    pub(crate) now: Buckets,
    pub(crate) before: Buckets,
    pub(crate) compared: Option<Buckets>,
    pub(crate) steps: Steps,
}

#[derive(Debug)]
pub(crate) struct Gathered<'a> {
    pub(crate) windows: Windows,
    pub(crate) whose: Whose<'a>,
    pub(crate) services: Arc<HashMap<String, Service>>,
}

/// Sums by service that are being gathered.
#[derive(Debug)]
struct Gathering<'a> {
    windows: Windows,
    whose: &'a Whose<'a>,
    services: HashMap<String, Service>,
}

impl<'a> Gathered<'a> {
    /// Gathers all services, or one.
    pub(crate) async fn of(
        reader: &Reader,
        whose: Whose<'a>,
        range: Range,
        compare: Option<Range>,
        only: Option<&str>,
    ) -> Result<Self> {
        let table = whose.table();
        let in_buckets = |range: Range| buckets(range, table.step_s(), reader.now);
        let now = in_buckets(range);
        let windows = Windows {
            range,
            now,
            before: in_buckets(before(range)),
            compared: compare.map(in_buckets),
            steps: Steps::of(now, STEPS),
        };
        let key = key_of(&windows, &whose, only);
        if let Some(services) = reader.recent.services.find(&reader.sums.parts, &key) {
            return Ok(Self { windows, whose, services });
        }
        let mut gathering = Gathering { windows, whose: &whose, services: HashMap::new() };
        gathering.read(reader, only).await?;
        let services = Arc::new(gathering.services);
        let bytes = services.values().map(Service::size).sum();
        reader.recent.services.keep(&reader.sums.parts, key, &services, bytes, &reader.tally);
        Ok(Self { windows, whose, services })
    }
}

/// What the sums depend on: buckets, and minutes that instances are seen in.
fn key_of(windows: &Windows, whose: &Whose<'_>, only: Option<&str>) -> String {
    let Windows { range, now, before, compared, steps } = windows;
    let last_minute = Nanos(range.to.0.saturating_add(Nanos::MINUTE - 1)).floor(Nanos::MINUTE);
    let minutes = (range.from.floor(Nanos::MINUTE), last_minute);
    let (now, before, compared) = (key(now), key(before), compared.as_ref().map(key));
    format!("{now} {before} {compared:?} {minutes:?} {} {whose:?} {only:?}", steps.step_ns)
}

impl Gathering<'_> {
    async fn read(&mut self, reader: &Reader, only: Option<&str>) -> Result<()> {
        let table = self.whose.table();
        let Windows { range, compared, .. } = self.windows;
        let keys = only.map_or(Keys::Services, Keys::Service);
        let both: &[Aggregate] =
            if table == Aggregate::Red { &[table, Aggregate::RedInstances] } else { &[table] };
        let is_wanted = |row: &RedRow<'_>| only.is_none_or(|only| row.service == only);
        let around = before(range).from.0..range.to.0;
        reader.each(both, around, keys, |table, batch| self.add(table, batch, is_wanted)).await?;
        if let Some(compared) = compared {
            let window = starts(&compared);
            reader.each(&[table], window, keys, |_, batch| self.compare(batch, &compared, is_wanted)).await?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        table: Aggregate,
        batch: &RecordBatch,
        is_wanted: impl Fn(&RedRow<'_>) -> bool,
    ) -> Result<()> {
        let windows = self.windows;
        let has_figures = table == self.whose.table();
        // A minute of an instance may begin before the range.
        for row in RedRows::of(batch)?.within(i64::MIN..i64::MAX) {
            if !is_wanted(&row) || !self.whose.has(&row) {
                continue;
            }
            let service = entry(&mut self.services, row.service);
            if has_figures {
                service.add(&row, &windows)?;
            }
            if table == Aggregate::RedInstances {
                service.add_instance(&row, windows.range);
            }
        }
        Ok(())
    }

    fn compare(
        &mut self,
        batch: &RecordBatch,
        compared: &Buckets,
        is_wanted: impl Fn(&RedRow<'_>) -> bool,
    ) -> Result<()> {
        for row in RedRows::of(batch)?.within(starts(compared)) {
            if row.is_entry && is_wanted(&row) && self.whose.has(&row) {
                entry(&mut self.services, row.service).compared.add(&row)?;
            }
        }
        Ok(())
    }
}

fn entry<'a>(services: &'a mut HashMap<String, Service>, name: &str) -> &'a mut Service {
    if !services.contains_key(name) {
        services.insert(name.to_owned(), Service::default());
    }
    services.entry(name.to_owned()).or_default()
}

impl Service {
    fn size(&self) -> usize {
        let figures = [&self.now, &self.before, &self.compared].into_iter();
        let all = figures.chain(self.steps.values()).chain(self.versions.values());
        size_of_val(self) + all.map(Figures::size).sum::<usize>()
    }

    fn add(&mut self, row: &RedRow<'_>, windows: &Windows) -> Result<()> {
        if row.is_entry && starts(&windows.before).contains(&row.bucket) {
            self.before.add(row)?;
        }
        let Some(step) = windows.steps.at(row.bucket) else { return Ok(()) };
        let (first, last) = self.seen.unwrap_or((row.bucket, row.bucket));
        self.seen = Some((first.min(row.bucket), last.max(row.bucket)));
        if !row.is_entry {
            return Ok(());
        }
        self.steps.entry(step).or_default().add(row)?;
        if let Some(version) = row.version {
            if !self.versions.contains_key(version) {
                self.versions.insert(version.to_owned(), Figures::default());
            }
            if let Some(figures) = self.versions.get_mut(version) {
                figures.add(row)?;
            }
        }
        self.now.add(row)
    }

    /// An instance is seen when one of its minutes touches the range.
    fn add_instance(&mut self, row: &RedRow<'_>, range: Range) {
        let is_inside = overlap(&row.span(), &(range.from.0..range.to.0));
        if let (Some(instance), true) = (row.instance, is_inside) {
            self.instances.insert(instance.to_owned());
            if let Some(version) = row.version {
                let instances = self.version_instances.entry(version.to_owned()).or_default();
                instances.insert(instance.to_owned());
            }
        }
    }
}
