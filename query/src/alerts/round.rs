//! Figures for one round of evaluations. Most rules look at the same requests and differ in the figure that they
//! judge: what several of them look at is gathered once, and all of a round see the same.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use daymark_view::alerts::rule::GROUPS_MAX;
use daymark_view::alerts::sample::{Sample, SampleAsk, Sampler};
use daymark_view::alerts::signal::{EdgeMetric, Signal, SpanMetric};
use daymark_view::ask::Answering;
use daymark_view::error::{AskError, Code};
use daymark_view::query_id::QueryId;
use daymark_view::range::Range;
use tokio::sync::OnceCell;

use super::{Merged, are_summed, edges, metrics, red, statement};
use crate::ask::Answerer;
use crate::red::calls::Calls;
use crate::red::figures::Figures;

/// Groups of all windows that are kept for other rules of the round: some tens of megabytes.
const KEPT_GROUPS: usize = 10_000;

#[derive(Debug)]
pub(super) struct Round<'a> {
    answerer: &'a Answerer,
    red: Kept<Figures>,
    edges: Kept<Calls>,
}

impl<'a> Round<'a> {
    pub(super) fn of(answerer: &'a Answerer) -> Self {
        Self { answerer, red: Kept::default(), edges: Kept::default() }
    }

    async fn read(&self, ask: SampleAsk) -> Result<Vec<Vec<Sample>>, AskError> {
        let SampleAsk { query_id: id, signal, windows } = ask;
        let samples = match signal {
            Signal::Red { metric, q, by } if are_summed(&q, &by)? => {
                self.red(id, metric, q, by, windows).await?
            }
            Signal::BurnRate { q, by, .. } if are_summed(&q, &by)? => {
                self.red(id, SpanMetric::ErrorRate, q, by, windows).await?
            }
            Signal::Edge { metric, client, server, by } => {
                let wanted =
                    edges::Wanted { client, server, by, is_on_the_way: metric == EdgeMetric::NetworkMean };
                let key = format!("{wanted:?} {windows:?}");
                let gather = async {
                    let windows = windows.clone();
                    let work = move |reader| async move { edges::merged(&wanted, &windows, &reader).await };
                    Ok(self.answerer.reading(id, "alert_edge", work).await?.data)
                };
                edges::judged(metric, &*self.edges.find(key, gather).await?, &windows)
            }
            Signal::Metric(query) => metrics::samples(self.answerer, id, &query, &windows).await?,
            signal => statement::samples(self.answerer, id, &signal, &windows).await?,
        };
        if let Some(groups) = samples.iter().map(Vec::len).find(|groups| *groups > GROUPS_MAX) {
            let detail = format!("the rule has {groups} groups; {GROUPS_MAX} are allowed");
            return Err(
                AskError::new(Code::LimitExceeded, detail).hint("group by less, or narrow the search")
            );
        }
        Ok(samples)
    }

    async fn red(
        &self,
        id: QueryId,
        metric: SpanMetric,
        q: String,
        by: Vec<String>,
        windows: Vec<Range>,
    ) -> Result<Vec<Vec<Sample>>, AskError> {
        let key = format!("{q:?} {by:?} {windows:?}");
        let gather = async {
            let windows = windows.clone();
            let work = move |reader| async move { red::merged(&q, &by, &windows, &reader).await };
            Ok(self.answerer.reading(id, "alert_red", work).await?.data)
        };
        Ok(red::judged(metric, &*self.red.find(key, gather).await?, &windows))
    }
}

impl Sampler for Round<'_> {
    fn sample(&self, ask: SampleAsk) -> Answering<'_, Vec<Vec<Sample>>> {
        Box::pin(self.read(ask))
    }

    fn for_round(&self) -> Box<dyn Sampler + '_> {
        Box::new(Round::of(self.answerer))
    }
}

/// What was gathered, by what was asked. Who asks while it is being gathered waits for it.
#[derive(Debug)]
struct Kept<T> {
    by_key: Mutex<HashMap<String, Cell<T>>>,
    groups: AtomicUsize,
}

type Cell<T> = Arc<OnceCell<Arc<Merged<T>>>>;

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { by_key: Mutex::default(), groups: AtomicUsize::new(0) }
    }
}

impl<T> Kept<T> {
    async fn find(
        &self,
        key: String,
        gather: impl Future<Output = Result<Merged<T>, AskError>>,
    ) -> Result<Arc<Merged<T>>, AskError> {
        let cell = Arc::clone(self.by_key().entry(key.clone()).or_default());
        let gathered = async {
            let merged = gather.await?;
            let groups: usize = merged.iter().map(Vec::len).sum();
            if self.groups.fetch_add(groups, Ordering::Relaxed) + groups > KEPT_GROUPS {
                self.groups.fetch_sub(groups, Ordering::Relaxed);
                self.by_key().remove(&key);
            }
            Ok(Arc::new(merged))
        };
        cell.get_or_try_init(|| gathered).await.cloned()
    }

    fn by_key(&self) -> MutexGuard<'_, HashMap<String, Cell<T>>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
