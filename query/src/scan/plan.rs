//! The leaf of every plan over signals: which rows of which parts to read, in what order, and what to
//! leave out.
//!
//! It takes over the filters above it, so that columns are read only for rows that pass, and follows the
//! sort above it in the order of its reads: newest blocks first for `ORDER BY start DESC`.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, Statistics};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::{Column, DynamicFilterPhysicalExpr};
use datafusion::physical_expr::utils::{collect_columns, reassign_expr_columns};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::filter_pushdown::{
    ChildPushdownResult, FilterPushdownPhase, FilterPushdownPropagation, PushedDown,
};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, SortOrderPushdownResult,
};
use daymark_model::signal::Table;
use daymark_model::tables::PublicTable;
use daymark_segment::RowRanges;
use daymark_view::explain::{Pruned, ScannedTable};
use futures::stream;

use crate::scan::alone::Alone;
use crate::scan::key::Key;
use crate::scan::layout::Layout;
use crate::scan::part::{Part, Unit};
use crate::scan::portions::Order;
use crate::scan::question::Question;
use crate::scan::reader::{Conditions, Filters, Reader, Shared, Tally};

/// Rows that are read at once where their order does not matter.
const READ_ROWS: usize = 65_536;

/// The rows to read of each part.
pub(crate) type Chosen = Arc<[(usize, RowRanges)]>;

#[derive(Clone, Debug)]
pub(crate) struct ScanExec {
    table: Table,
    keys: Arc<[Key]>,
    question: Question,
    parts: Arc<[Part]>,
    chosen: Chosen,
    layout: Layout,
    conditions: Vec<Arc<dyn PhysicalExpr>>,
    order: Order,
    limit: Option<usize>,
    tally: Arc<Tally>,
    properties: Arc<PlanProperties>,
}

impl ScanExec {
    pub(crate) fn new(
        (table, keys, question): (Table, Arc<[Key]>, Question),
        (parts, chosen): (Arc<[Part]>, Chosen),
        schema: SchemaRef,
        (limit, partitions): (Option<usize>, usize),
        tally: Arc<Tally>,
    ) -> Result<Self> {
        let layout = Layout::new(table, Arc::clone(&schema), &keys)?;
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions.max(1)),
            EmissionType::Incremental,
            Boundedness::Bounded,
        ));
        let order = Order::Stored;
        Ok(Self {
            table,
            keys,
            question,
            parts,
            chosen,
            layout,
            conditions: Vec::new(),
            order,
            limit,
            tally,
            properties,
        })
    }

    fn rows(&self) -> usize {
        self.chosen.iter().map(|(_, rows)| rows.count()).sum()
    }

    /// What the indexes leave of the table.
    pub(crate) fn told(&self) -> ScannedTable {
        let mut told = ScannedTable { table: PublicTable::of(self.table).name.into(), ..Default::default() };
        for part in self.parts.iter() {
            told.of_parts += 1;
            told.of_segments += u64::from(part.is_segment());
            told.of_rows += part.all_rows().count() as u64;
            told.of_bytes += part.bytes();
        }
        for (at, rows) in self.chosen.iter() {
            let Some(part) = self.parts.get(*at) else { continue };
            told.parts += 1;
            told.segments += u64::from(part.is_segment());
            told.rows += rows.count() as u64;
            told.bytes += part.bytes_of(rows.count());
        }
        told.pruned = self.pruned();
        told.conditions = self.conditions.iter().map(ToString::to_string).collect();
        told
    }

    /// What each condition leaves that an index knows.
    fn pruned(&self) -> Vec<Pruned> {
        let left = |(by, question): (&str, Question)| {
            let rows = self.parts.iter().map(|part| question.candidates(part, &mut |_| {}).count() as u64);
            let kept: Vec<u64> = rows.filter(|rows| *rows > 0).collect();
            Pruned { by: by.into(), parts: kept.len() as u64, rows: kept.iter().sum() }
        };
        self.question.narrower().into_iter().map(left).collect()
    }

    /// Every partition's units, dealt out so that each partition follows the order.
    fn units(&self, partition: usize) -> Vec<Unit> {
        let units_of = |at: usize, rows: &RowRanges| {
            let part = self.parts.get(at)?;
            // Rows that are read as they lie are chosen by their instants already.
            let late = if self.order == Order::Stored { None } else { self.question.predicate_of(part) };
            Some(part.units(at, rows, late.as_ref()))
        };
        let units = self.chosen.iter().filter_map(|(at, rows)| units_of(*at, rows));
        let mut units: Vec<Unit> = units.flatten().collect();
        match self.order {
            Order::Stored => units = united(units),
            Order::NewestFirst => units.sort_by_key(|unit| std::cmp::Reverse(unit.usual)),
            Order::OldestFirst => units.sort_by_key(|unit| unit.time_min),
        }
        let partitions = self.properties.partitioning.partition_count();
        if self.order == Order::Stored {
            let share = units.len().div_ceil(partitions).max(1);
            units.into_iter().skip(partition * share).take(share).collect()
        } else {
            units.into_iter().skip(partition).step_by(partitions).collect()
        }
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn filters(&self) -> Result<Option<Filters>> {
        if self.conditions.is_empty() {
            return Ok(None);
        }
        let columns = self.conditions.iter().flat_map(collect_columns);
        let needed: BTreeSet<usize> = columns.map(|column: Column| column.index()).collect();
        let time = self.layout.schema().index_of(self.table.time_column()).ok();
        let is_early = |condition: &&Arc<dyn PhysicalExpr>| {
            let mut columns = collect_columns(condition).into_iter().map(|column| column.index());
            let is_by_time = columns.next().is_some_and(|one| Some(one) == time) && columns.next().is_none();
            self.order != Order::Stored && is_by_time
        };
        let (early, others): (Vec<_>, Vec<_>) = self.conditions.iter().partition(is_early);
        let early = time.map(|time| self.judged(&early, [time].into()));
        let covers = 0..self.layout.schema().fields().len();
        let covers = covers.map(|column| needed.iter().position(|other| *other == column)).collect();
        Ok(Some(Filters { early: early.transpose()?, others: self.judged(&others, needed)?, covers }))
    }

    /// Conditions over no more than some columns.
    fn judged(&self, conditions: &[&Arc<dyn PhysicalExpr>], columns: BTreeSet<usize>) -> Result<Conditions> {
        let columns: Vec<usize> = columns.into_iter().collect();
        let narrow: SchemaRef = Arc::new(self.layout.schema().project(&columns)?);
        let over = |condition: &&Arc<dyn PhysicalExpr>| reassign_expr_columns(Arc::clone(condition), &narrow);
        let all = conditions.iter().map(over).collect::<Result<_>>()?;
        let alone = |condition: &&Arc<dyn PhysicalExpr>| match is_changing(condition) {
            true => Ok(None),
            false => Alone::of(condition, &self.keys),
        };
        let alone = conditions.iter().map(alone).collect::<Result<_>>()?;
        Ok(Conditions { all, alone, layout: Layout::new(self.table, narrow, &self.keys)? })
    }

    fn start(&self, partition: usize) -> Result<SendableRecordBatchStream> {
        let filters = self.filters()?;
        let time = self.table.time_column();
        // A sort that takes only some rows tells which by a filter on the instants that changes.
        let knows_time =
            filters.as_ref().is_some_and(|all| all.others.layout.schema().index_of(time).is_ok());
        let is_kept_short = knows_time && self.conditions.iter().any(is_changing);
        let shared = Shared {
            parts: Arc::clone(&self.parts),
            layout: self.layout.clone(),
            filters,
            order: if is_kept_short { self.order } else { Order::Stored },
            time,
            tally: Arc::clone(&self.tally),
        };
        let reader = Reader::new(Arc::new(shared), self.units(partition), self.limit);
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), stream::iter(reader))))
    }

    fn row_statistics(&self, partition: Option<usize>) -> Arc<Statistics> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        let is_exact = partition.is_none() && self.conditions.is_empty() && self.limit.is_none();
        let rows = self.rows();
        statistics.num_rows = if is_exact { Precision::Exact(rows) } else { Precision::Inexact(rows) };
        Arc::new(statistics)
    }

    /// Follows a sort whose first key is the time column.
    fn ordered(&self, sort: &PhysicalSortExpr) -> Option<Self> {
        let column = sort.expr.downcast_ref::<Column>()?;
        if column.name() != self.table.time_column() {
            return None;
        }
        let order = if sort.options.descending { Order::NewestFirst } else { Order::OldestFirst };
        Some(Self { order, ..self.clone() })
    }
}

/// Unites neighbours of one part, so that fewer reads are begun where their order does not matter.
fn united(units: Vec<Unit>) -> Vec<Unit> {
    let mut larger: Vec<Unit> = Vec::new();
    let mut rows = 0;
    for unit in units {
        let more = unit.rows.count();
        match larger.last_mut() {
            Some(last) if last.part == unit.part && rows + more <= READ_ROWS => {
                rows += more;
                // Units of a part come in the order of its rows.
                unit.rows.as_slice().iter().for_each(|range| last.rows.push(range.clone()));
                last.time_min = last.time_min.min(unit.time_min);
                last.time_max = last.time_max.max(unit.time_max);
                last.usual_max = last.time_max;
            }
            _ => {
                rows = more;
                larger.push(unit);
            }
        }
    }
    larger
}

/// Whether a filter changes while the query runs.
fn is_changing(condition: &Arc<dyn PhysicalExpr>) -> bool {
    condition.exists(|part| Ok(part.is::<DynamicFilterPhysicalExpr>())).unwrap_or(true)
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, _kind: DisplayFormatType, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: u64 = self.chosen.iter().filter_map(|(at, _)| self.parts.get(*at)).map(Part::bytes).sum();
        write!(
            out,
            "ScanExec: table={}, parts={} of {}, rows={}, bytes={bytes}",
            self.table,
            self.chosen.len(),
            self.parts.len(),
            self.rows(),
        )?;
        let pruned = self.pruned();
        let left = pruned.iter().map(|one| format!("{} {}/{}", one.by, one.parts, one.rows));
        if !pruned.is_empty() {
            write!(out, ", left=[{}]", left.collect::<Vec<_>>().join(", "))?;
        }
        if self.order != Order::Stored {
            write!(out, ", order={:?}", self.order)?;
        }
        if let Some(limit) = self.limit {
            write!(out, ", limit={limit}")?;
        }
        if !self.conditions.is_empty() {
            let conditions: Vec<String> = self.conditions.iter().map(ToString::to_string).collect();
            write!(out, ", filter={}", conditions.join(" AND "))?;
        }
        Ok(())
    }
}

impl ExecutionPlan for ScanExec {
    fn name(&self) -> &'static str {
        "ScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        for condition in &self.conditions {
            if visit(condition)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        _none: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    /// A plan that runs again starts without what an earlier run had found out.
    fn reset_state(self: Arc<Self>) -> Result<Arc<dyn ExecutionPlan>> {
        let mut next = Self::clone(&self);
        next.conditions.retain(|condition| !is_changing(condition));
        Ok(Arc::new(next))
    }

    fn execute(&self, partition: usize, _context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.start(partition)
    }

    fn statistics_from_inputs(
        &self,
        _none: &[Arc<Statistics>],
        args: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        Ok(self.row_statistics(args.partition()))
    }

    fn supports_limit_pushdown(&self) -> bool {
        false
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        Some(Arc::new(Self { limit, ..self.clone() }))
    }

    fn fetch(&self) -> Option<usize> {
        self.limit
    }

    fn handle_child_pushdown_result(
        &self,
        _phase: FilterPushdownPhase,
        pushed: ChildPushdownResult,
        _config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        // A limit counts rows before the filters, so nothing may be filtered below it.
        if self.limit.is_some() || pushed.parent_filters.is_empty() {
            return Ok(FilterPushdownPropagation::all_unsupported(pushed));
        }
        let mut next = self.clone();
        let taken = vec![PushedDown::Yes; pushed.parent_filters.len()];
        next.conditions.extend(pushed.parent_filters.into_iter().map(|filter| filter.filter));
        let next: Arc<dyn ExecutionPlan> = Arc::new(next);
        Ok(FilterPushdownPropagation::with_parent_pushdown_result(taken).with_updated_node(next))
    }

    fn try_pushdown_sort(
        &self,
        order: &[PhysicalSortExpr],
    ) -> Result<SortOrderPushdownResult<Arc<dyn ExecutionPlan>>> {
        Ok(match order.first().and_then(|first| self.ordered(first)) {
            Some(inner) => SortOrderPushdownResult::Inexact { inner: Arc::new(inner) },
            None => SortOrderPushdownResult::Unsupported,
        })
    }
}
