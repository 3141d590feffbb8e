//! A planned scan taken apart into its filters and its columns, for rows that come one part after the other:
//! nothing is planned again.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::{Result, internal_err};
use datafusion::physical_plan::ExecutionPlan;
use daymark_segment::RowRanges;

use crate::scan::layout::Layout;
use crate::scan::part::Part;
use crate::scan::plan::ScanExec;
use crate::scan::reader::Filters;

#[derive(Debug)]
pub(crate) struct Sieve {
    /// None when no row can pass.
    scan: Option<(Option<Filters>, Layout)>,
}

impl Sieve {
    /// The sieve of a plan that does nothing but read one table and filter.
    pub(crate) fn of(plan: &Arc<dyn ExecutionPlan>) -> Result<Self> {
        if let Some(scan) = plan.downcast_ref::<ScanExec>() {
            return Ok(Self { scan: Some((scan.filters()?, scan.layout().clone())) });
        }
        match (plan.name(), plan.children().as_slice()) {
            ("EmptyExec" | "PlaceholderRowExec", _) => Ok(Self { scan: None }),
            // They pass all rows on; a projection only leaves out columns and changes their order.
            ("ProjectionExec" | "CoalescePartitionsExec" | "CooperativeExec", [input]) => Self::of(input),
            (name, _) => internal_err!("{name} is not part of a filtered scan"),
        }
    }

    /// The rows of a part that pass.
    pub(crate) fn rows(&self, part: &Part) -> Result<Vec<u32>> {
        let Some((filters, _)) = &self.scan else { return Ok(Vec::new()) };
        let all = part.all_rows();
        let Some(filters) = filters else { return Ok(all.rows().collect()) };
        let mut passed = Vec::new();
        filters.pass(part, &all, false, |_, rows| {
            passed.extend(rows);
            Ok(())
        })?;
        Ok(passed)
    }

    /// The columns of some rows of a part.
    pub(crate) fn read(&self, part: &Part, rows: &RowRanges) -> Result<Vec<RecordBatch>> {
        let Some((_, layout)) = &self.scan else { return Ok(Vec::new()) };
        let stored = part.read(layout.projection(), rows)?;
        stored.map(|stored| layout.assemble(&stored?, part)).collect()
    }
}
