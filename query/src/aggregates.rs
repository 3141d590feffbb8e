//! The tables `red`, `red_instances` and `edges`: [`SpanSums`] as rows.
//!
//! Sums are additive, so a key and bucket may have several rows, one of each part that has such spans.

use std::ops::Range;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use daymark_aggregate::Aggregate;
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use futures::stream;

use crate::scan::question::Question;
use crate::scan::reader::Tally;
use crate::sums::{Keys, Source, SpanSums};

#[derive(Clone, Debug)]
pub(crate) struct AggregateTable {
    aggregate: Aggregate,
    schema: SchemaRef,
    sums: SpanSums,
    tally: Arc<Tally>,
}

impl AggregateTable {
    pub(crate) fn new(aggregate: Aggregate, sums: SpanSums, tally: Arc<Tally>) -> Self {
        Self { aggregate, schema: aggregate.schema(), sums, tally }
    }

    /// The starts of the spans that a query can see in its buckets, and the only service that it asks for.
    fn wanted(&self, filters: &[Expr]) -> (Range<i64>, Option<String>) {
        let key = self.aggregate.key();
        let as_start = |expr: Expr| match expr {
            Expr::Column(column) if column.name == "bucket" => {
                Ok(Transformed::yes(Expr::Column(Column::from_name(Table::Spans.time_column()))))
            }
            Expr::Column(column) if column.name == key => {
                Ok(Transformed::yes(Expr::Column(Column::from_name("service"))))
            }
            // The service that is called is none of the key.
            Expr::Column(column) if column.name == "service" => {
                Ok(Transformed::yes(Expr::Column(Column::from_name("server"))))
            }
            other => Ok(Transformed::no(other)),
        };
        let filters: Vec<Expr> = filters
            .iter()
            .filter_map(|filter| Some(filter.clone().transform_up(as_start).ok()?.data))
            .collect();
        let question = Question::new(Table::Spans, &[], &filters);
        let Range { start, end } = question.time().cloned().unwrap_or(i64::MIN..i64::MAX);
        let step = i64::from(self.aggregate.step_s()) * Nanos::SECOND;
        (start..end.saturating_add(step), question.only_service().map(str::to_owned))
    }

    fn partitions(
        &self,
        (starts, service): (Range<i64>, Option<String>),
        count: usize,
    ) -> Vec<Arc<dyn PartitionStream>> {
        let sources = self.sums.sources(&starts, &self.tally);
        let mut partitions = vec![Vec::new(); count.max(1)];
        for (source, partition) in sources.into_iter().zip((0..count.max(1)).cycle()) {
            partitions[partition].push(source);
        }
        let stream = |sources: Vec<Source>| -> Arc<dyn PartitionStream> {
            Arc::new(Partition { table: self.clone(), sources: sources.into(), service: service.clone() })
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
        let partitions = self.partitions(self.wanted(filters), state.config().target_partitions());
        let table = StreamingTable::try_new(Arc::clone(&self.schema), partitions)?;
        // A limit below filters would count rows that do not pass.
        table.scan(state, projection, &[], limit.filter(|_| filters.is_empty())).await
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}

/// Some sources, read one after the other.
#[derive(Clone, Debug)]
struct Partition {
    table: AggregateTable,
    sources: Arc<[Source]>,
    /// The only one that is asked for.
    service: Option<String>,
}

impl PartitionStream for Partition {
    fn schema(&self) -> &SchemaRef {
        &self.table.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let Self { table, sources, service } = self.clone();
        let schema = Arc::clone(&table.schema);
        let batches = (0..sources.len()).flat_map(move |at| {
            let keys = service.as_deref().map_or(Keys::All, Keys::Of);
            match table.sums.read(&sources[at], &[table.aggregate], keys, &table.tally) {
                Ok(tables) => tables.into_iter().map(|(_, rows)| Ok(rows)).collect(),
                Err(error) => vec![Err(error)],
            }
        });
        Box::pin(RecordBatchStreamAdapter::new(schema, stream::iter(batches)))
    }
}
