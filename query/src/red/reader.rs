//! Reads the sums of one snapshot for one question, straight from where they are kept.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::Result;
use daymark_aggregate::Aggregate;
use daymark_model::rows::Resource;
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_view::meta::{Answer, Buckets, Meta};
use daymark_view::range::Range;
use tokio::task::yield_now;

use super::recent::Recent;
use crate::running::scanned;
use crate::scan::part::Part;
use crate::scan::reader::Tally;
use crate::senders::{Sender, senders};
use crate::sums::{Keys, SpanSums};

/// One question's view of the store.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) sums: SpanSums,
    /// The parts of each table by which a service is seen.
    pub(crate) parts: Vec<(Table, Vec<Part>)>,
    pub(crate) now: Nanos,
    pub(crate) recent: Arc<Recent>,
    pub(crate) tally: Arc<Tally>,
}

impl Reader {
    /// Hands over rows of some tables, among them all that are wanted whose buckets begin in a range.
    pub(crate) async fn each(
        &self,
        tables: &[Aggregate],
        range: std::ops::Range<i64>,
        keys: Keys<'_>,
        mut each: impl FnMut(Aggregate, &RecordBatch) -> Result<()>,
    ) -> Result<()> {
        let starts = range.start.saturating_sub(Nanos::MINUTE)..range.end.saturating_add(Nanos::MINUTE);
        for source in self.sums.sources(&starts, &self.tally) {
            for (table, rows) in self.sums.read(&source, tables, keys, &self.tally)? {
                each(table, &rows)?;
            }
            // Whoever asked may have gone.
            yield_now().await;
        }
        Ok(())
    }

    /// Who sent rows of any table in a range.
    pub(crate) fn senders(&self, range: Range) -> Vec<Sender> {
        let time = range.from.0..range.to.0;
        self.parts.iter().flat_map(|(table, parts)| senders(parts, *table, &time)).collect()
    }

    /// The resources of all spans that there are.
    pub(crate) fn span_resources(&self) -> impl Iterator<Item = &Arc<Resource>> {
        let spans = self.parts.iter().filter(|(table, _)| *table == Table::Spans);
        spans.flat_map(|(_, parts)| parts).flat_map(Part::resources)
    }

    /// An answer over buckets.
    pub(crate) fn answer<T>(&self, data: T, buckets: Option<Buckets>) -> Answer<T> {
        let meta = Meta {
            scanned: scanned(&self.tally),
            partial: self.tally.partial(),
            buckets: buckets.map(Box::new),
            ..Meta::default()
        };
        Answer { data, meta }
    }
}
