//! What goes because it is old. A segment expires as a whole, when its last row and the newest arrival in it
//! both lie further back than its rows are to be kept: what is sent late or replayed is kept for the full age.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use daymark_model::reason::Expired;
use daymark_model::signal::{Signal, Table};
use daymark_model::time::Nanos;
use daymark_segment::Meta;

use crate::catalog::{Publication, SegmentRow};
use crate::error::Error;
use crate::flush::Written;
use crate::ledger::{Entry, Unsaved, accounts};
use crate::store::{Inner, Store};
use crate::streams::Stream;
use crate::version::{Shelved, Version};

const DAY: Duration = Duration::from_secs(86_400);

/// How long rows are kept; `None` is for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    pub spans: Option<Duration>,
    pub logs: Option<Duration>,
    pub metrics: Option<Duration>,
    /// How long the sums of spans that are gone are kept in steps of a minute …
    pub sums_minutes: Option<Duration>,
    /// … and of an hour.
    pub sums_hours: Option<Duration>,
    /// How long files may keep rows that were erased, and that no answer has any more.
    pub erased: Duration,
    /// Rules, of which the first that fits a row decides instead; at most [`STREAMS_MAX`].
    ///
    /// [`STREAMS_MAX`]: crate::streams::STREAMS_MAX
    pub streams: Vec<Stream>,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            spans: Some(14 * DAY),
            logs: Some(14 * DAY),
            metrics: Some(30 * DAY),
            sums_minutes: Some(30 * DAY),
            sums_hours: Some(395 * DAY),
            erased: DAY,
            streams: Vec::new(),
        }
    }
}

impl Keep {
    /// How long rows of a stream are kept; those of a stream without a rule as long as their signal.
    pub fn of(&self, signal: Signal, stream: &str) -> Option<Duration> {
        if let Some(rule) = self.streams.iter().find(|one| one.name == stream) {
            return rule.keep;
        }
        match signal {
            Signal::Spans => self.spans,
            Signal::Logs => self.logs,
            Signal::Metrics => self.metrics,
        }
    }

    /// When a segment expires by its age.
    pub fn expires_at(&self, meta: &Meta) -> Option<Nanos> {
        if let Some(step_s) = meta.rolled_s {
            return self.sums_expire_at(meta, step_s);
        }
        Some(newest(meta).plus(nanos(self.of(meta.table.signal(), &meta.stream)?)))
    }
}

pub(crate) fn nanos(age: Duration) -> i64 {
    i64::try_from(age.as_nanos()).unwrap_or(i64::MAX)
}

/// The later of the last row and the newest arrival.
pub(crate) fn newest(meta: &Meta) -> Nanos {
    Nanos(meta.time_max.max(meta.arrival_max))
}

/// A segment that is to go.
#[derive(Clone, Debug)]
pub(crate) struct Goner {
    pub(crate) tenant: Arc<str>,
    pub(crate) table: Table,
    pub(crate) shelved: Shelved,
}

impl Goner {
    /// Every segment of a version.
    pub(crate) fn candidates(version: &Version) -> impl Iterator<Item = Self> {
        version.shelves.iter().flat_map(|(tenant, shelf)| {
            shelf.all_segments().map(|(table, shelved)| Self {
                tenant: Arc::clone(tenant),
                table,
                shelved: shelved.clone(),
            })
        })
    }

    pub(crate) fn meta(&self) -> &Meta {
        self.shelved.segment.meta()
    }
}

impl Store {
    /// Removes what is too old now, instead of at the next look.
    pub async fn expire(&self) -> Result<(), Error> {
        let inner = Arc::clone(&self.inner);
        let work = async move {
            let _only_one = inner.merging.lock().await;
            inner.expire().await
        };
        tokio::spawn(work).await.map_err(|_| Error::Died)?
    }
}

impl Inner {
    /// Keeps the store within its age and its disk; asked for every few seconds, while nobody merges.
    pub(crate) async fn look_after_space(self: &Arc<Self>) {
        if let Err(error) = self.expire().await {
            tracing::error!(error = &error as &dyn std::error::Error, "expired segments stay for now");
            self.relieve(&error);
        }
    }

    async fn expire(self: &Arc<Self>) -> Result<(), Error> {
        self.disk.look();
        let old = self.expire_old().await;
        let excess = self.expire_excess().await;
        self.clear_retired(self.disk.is_tight()).await;
        old.and(excess)
    }

    async fn expire_old(self: &Arc<Self>) -> Result<(), Error> {
        let is_trusted = self.steady.lock().unwrap_or_else(PoisonError::into_inner).trusts(&*self.clock);
        if !is_trusted {
            return Ok(());
        }
        let now = self.clock.now();
        let is_old = |one: &Goner| self.options.keep.expires_at(one.meta()).is_some_and(|at| at < now);
        let goners = Goner::candidates(&self.current.load()).filter(is_old).collect();
        self.drop_segments(goners, Expired::Age).await
    }

    /// Removes whole segments in one transaction, in which the sums of their spans stay. Whoever holds an older
    /// snapshot goes on reading them.
    pub(crate) async fn drop_segments(
        self: &Arc<Self>,
        goners: Vec<Goner>,
        reason: Expired,
    ) -> Result<(), Error> {
        if goners.is_empty() {
            return Ok(());
        }
        let (inner, going) = (Arc::clone(self), goners.clone());
        let rolled =
            tokio::task::spawn_blocking(move || inner.roll(&going)).await.map_err(|_| Error::Died)?;
        let rolled = match rolled {
            Ok(rolled) => rolled,
            // Space has to be made, with or without room for what would stay.
            Err(error) if reason == Expired::DiskBudget => {
                tracing::error!(error = &error as &dyn std::error::Error, "sums go with their spans");
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        let _nobody_else = self.replacing.lock().await;
        let mut unsaved = Unsaved::default();
        for goner in &goners {
            for (account, rows) in accounts(&goner.tenant, goner.table, &goner.shelved.sources) {
                self.ledger.note(self.clock.now(), &account, Entry::Expired(reason), rows, &mut unsaved);
            }
        }
        let removed: Vec<String> = goners.iter().map(|goner| goner.shelved.id.to_string()).collect();
        let added: Vec<SegmentRow> = rolled.iter().map(|rolled| rolled.row.clone()).collect();
        let change =
            Publication { added: &added, removed: &removed, ledger: &[&unsaved], ..Publication::default() };
        self.commit(change).await?;
        self.current.change(|version| {
            self.ledger.count(&unsaved);
            for goner in &goners {
                let segments = version.shelf_mut(&goner.tenant).segments.entry(goner.table).or_default();
                *segments = segments.iter().filter(|one| one.id != goner.shelved.id).cloned().collect();
            }
            for Written { row, shelved } in rolled {
                let segments = version.shelf_mut(&row.tenant).segments.entry(row.table).or_default();
                *segments = segments.iter().cloned().chain([shelved]).collect();
            }
        });
        self.note_debt();
        let segments = goners.len();
        self.retired.add(goners.into_iter().map(|goner| goner.shelved), self.clock.elapsed());
        tracing::info!(segments, reason = reason.name(), "expired");
        Ok(())
    }
}
