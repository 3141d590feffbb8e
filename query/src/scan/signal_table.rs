//! A signal table as the engine sees it: one snapshot's parts, and the attributes that a query asked for.
//!
//! The trait's methods only forward; see docs/architecture.md for why.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use daymark_model::signal::Table;
use daymark_model::tables::PublicTable;
use daymark_model::time::overlap;
use daymark_segment::RowRanges;

use crate::columns;
use crate::scan::key::Key;
use crate::scan::part::Part;
use crate::scan::plan::{Chosen, ScanExec};
use crate::scan::question::Question;
use crate::scan::reader::{ReadBy, Tally};

#[derive(Clone, Debug)]
pub(crate) struct SignalTable {
    table: Table,
    parts: Arc<[Part]>,
    keys: Arc<[Key]>,
    schema: SchemaRef,
    tally: Arc<Tally>,
}

impl SignalTable {
    pub(crate) fn new(table: Table, parts: Arc<[Part]>, tally: Arc<Tally>) -> Self {
        Self { table, parts, keys: Arc::new([]), schema: columns::schema(PublicTable::of(table)), tally }
    }

    pub(crate) fn table(&self) -> Table {
        self.table
    }

    /// The same table with one more hidden column.
    pub(crate) fn with_key(&self, key: Key) -> Self {
        if self.keys.contains(&key) {
            return self.clone();
        }
        let fields = self.schema.fields().iter().cloned().chain([Arc::new(key.field())]);
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let keys = self.keys.iter().cloned().chain([key]).collect();
        Self { schema, keys, ..self.clone() }
    }

    fn plan(
        &self,
        partitions: usize,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let question = Question::new(self.table, &self.keys, filters);
        let chosen: Chosen = self
            .parts
            .iter()
            .enumerate()
            .map(|(at, part)| (at, self.candidates(&question, part)))
            .filter(|(_, rows)| !rows.is_empty())
            .collect();
        self.count(&question, &chosen);
        let schema = match projection {
            Some(columns) => Arc::new(self.schema.project(columns)?),
            None => Arc::clone(&self.schema),
        };
        // A limit below filters would count rows that do not pass.
        let limit = limit.filter(|_| filters.is_empty());
        let what = (self.table, Arc::clone(&self.keys), question);
        let rows = (Arc::clone(&self.parts), chosen);
        let scan = ScanExec::new(what, rows, schema, (limit, partitions), Arc::clone(&self.tally))?;
        Ok(Arc::new(scan))
    }

    /// The rows of a part that may match. Notes what told them.
    fn candidates(&self, question: &Question, part: &Part) -> RowRanges {
        let mut is_narrowed = false;
        let rows = question.candidates(part, &mut |index| {
            is_narrowed = true;
            self.tally.read_by(ReadBy::Index(index));
        });
        if !is_narrowed && !rows.is_empty() {
            self.tally.read_by(ReadBy::Scan);
        }
        rows
    }

    fn count(&self, question: &Question, chosen: &Chosen) {
        let in_range = |part: &&Part| question.time().is_none_or(|asked| overlap(asked, &part.time()));
        for part in self.parts.iter().filter(in_range) {
            self.tally.count_part(part);
        }
        for (at, rows) in chosen.iter() {
            if let Some(part) = self.parts.get(*at) {
                // Rows count when they are read.
                self.tally.count_read(part, 0);
                self.tally.of_rows.fetch_add(rows.count() as u64, Ordering::Relaxed);
            }
        }
    }
}

#[async_trait]
impl TableProvider for SignalTable {
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
        self.plan(state.config().target_partitions(), projection, filters, limit)
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}
