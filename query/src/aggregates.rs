//! The tables `red`, `red_instances` and `edges`: the sums that segments keep, and the sums of the spans
//! that are in none of them, because they are buffered or wait for another half.
//!
//! Sums are additive, so a key and bucket may have several rows, one of each part that has such spans.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use daymark_aggregate::{Aggregate, Sums, wanted};
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_segment::spans_of_rows;
use daymark_storage::version::Shelved;
use futures::stream;

use crate::scan::part::Part;
use crate::scan::question::Question;
use crate::scan::reader::Tally;

/// How far from the instants asked for the other half of a call is looked for.
const REACH: i64 = 10 * Nanos::MINUTE;

#[derive(Clone, Debug)]
pub(crate) struct AggregateTable {
    aggregate: Aggregate,
    schema: SchemaRef,
    /// The parts of `spans`.
    parts: Arc<[Part]>,
    tally: Arc<Tally>,
}

impl AggregateTable {
    pub(crate) fn new(aggregate: Aggregate, parts: Arc<[Part]>, tally: Arc<Tally>) -> Self {
        Self { aggregate, schema: aggregate.schema(), parts, tally }
    }

    /// The starts of the spans that a query can see in its buckets.
    fn starts(&self, filters: &[Expr]) -> Range<i64> {
        let as_start = |expr: Expr| match expr {
            Expr::Column(column) if column.name == "bucket" => {
                Ok(Transformed::yes(Expr::Column(Column::from_name(Table::Spans.time_column()))))
            }
            other => Ok(Transformed::no(other)),
        };
        let filters: Vec<Expr> = filters
            .iter()
            .filter_map(|filter| Some(filter.clone().transform_up(as_start).ok()?.data))
            .collect();
        let buckets = Question::new(Table::Spans, &[], &filters).time().cloned();
        let Range { start, end } = buckets.unwrap_or(i64::MIN..i64::MAX);
        let step = i64::from(self.aggregate.step_s()) * Nanos::SECOND;
        start..end.saturating_add(step)
    }

    fn partitions(&self, starts: &Range<i64>, count: usize) -> Vec<Arc<dyn PartitionStream>> {
        let overlapping = |reach: i64| {
            let range = starts.start.saturating_sub(reach)..starts.end.saturating_add(reach);
            let inside = move |part: &&Part| part.time().start < range.end && range.start < part.time().end;
            self.parts.iter().filter(inside).cloned()
        };
        let mut sources: Vec<Source> = Vec::new();
        for part in overlapping(0) {
            self.tally.count_part(&part);
            if let Part::Segment(shelved) = &part {
                self.tally.count_read(&part, 0);
                sources.push(Source::Kept(shelved.clone()));
            }
        }
        sources.push(Source::Rest(overlapping(REACH).collect()));
        let mut partitions = vec![Vec::new(); count.max(1)];
        for (source, partition) in sources.into_iter().rev().zip((0..count.max(1)).cycle()) {
            partitions[partition].push(source);
        }
        let stream = |sources: Vec<Source>| -> Arc<dyn PartitionStream> {
            let (aggregate, schema, tally) =
                (self.aggregate, Arc::clone(&self.schema), Arc::clone(&self.tally));
            Arc::new(Partition { aggregate, schema, sources: sources.into(), tally })
        };
        partitions.into_iter().map(stream).collect()
    }
}

#[async_trait]
impl TableProvider for AggregateTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let partitions = self.partitions(&self.starts(filters), state.config().target_partitions());
        let table = StreamingTable::try_new(Arc::clone(&self.schema), partitions)?;
        // A limit below filters would count rows that do not pass.
        table.scan(state, projection, &[], limit.filter(|_| filters.is_empty())).await
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}

/// Where rows come from.
#[derive(Clone, Debug)]
enum Source {
    /// The sums that a segment keeps.
    Kept(Shelved),
    /// The spans of these parts that are in no sums.
    Rest(Vec<Part>),
}

/// Some sources, read one after the other.
#[derive(Clone, Debug)]
struct Partition {
    aggregate: Aggregate,
    schema: SchemaRef,
    sources: Arc<[Source]>,
    tally: Arc<Tally>,
}

impl PartitionStream for Partition {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let reader = self.clone();
        let batches = (0..self.sources.len()).map(move |at| reader.read(&reader.sources[at]));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream::iter(batches)))
    }
}

impl Partition {
    fn read(&self, source: &Source) -> Result<RecordBatch> {
        let rows = match source {
            Source::Kept(shelved) => match shelved.segment.aggregate(self.aggregate) {
                Ok(rows) => rows,
                Err(error) => {
                    let missing = self.aggregate.table().name;
                    self.tally.damaged(missing, format!("sums of segment {}: {error}", shelved.id));
                    RecordBatch::new_empty(Arc::clone(&self.schema))
                }
            },
            Source::Rest(parts) => self.aggregate.rows(&self.rest(parts)?).map_err(external)?,
        };
        self.tally.rows.fetch_add(rows.num_rows() as u64, std::sync::atomic::Ordering::Relaxed);
        Ok(rows)
    }

    fn rest(&self, parts: &[Part]) -> Result<Sums> {
        let mut open = Vec::new();
        for part in parts {
            let spans = match part {
                Part::Chunk(_, chunk) => spans_of_rows(&chunk.rows, &chunk.resources),
                Part::Segment(shelved) => shelved.segment.open_spans(),
            };
            open.extend(self.or_damaged(part, spans));
        }
        let keys: HashSet<_> = open.iter().flat_map(wanted).collect();
        let mut others = Vec::new();
        for part in parts {
            // What is buffered is among the open spans already.
            if let Part::Segment(Shelved { segment, hidden, .. }) = part
                && segment.is_open()
                && !keys.is_empty()
            {
                others.extend(self.or_damaged(part, segment.spans(&keys, hidden.as_deref())));
            }
        }
        let mut sums = Sums::default();
        sums.rest(&open, &others);
        Ok(sums)
    }

    fn or_damaged<T: Default>(&self, part: &Part, read: daymark_segment::Result<T>) -> T {
        read.unwrap_or_else(|error| {
            let part = if let Part::Segment(shelved) = part { shelved.id.as_ref() } else { "a buffer" };
            self.tally.damaged(self.aggregate.table().name, format!("open spans of {part}: {error}"));
            T::default()
        })
    }
}

fn external(error: daymark_aggregate::Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
