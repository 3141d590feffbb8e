//! One question that takes several statements: they run one after the other in one session, over one
//! snapshot, within the limits of one query.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::Result;
use datafusion::execution::SessionState;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use daymark_view::error::AskError;
use futures::TryStreamExt;

use crate::scan::reader::Tally;
use crate::scan::sieve::Sieve;
use crate::sql::{failure, statement, views};

#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) state: SessionState,
    pub(crate) tally: Arc<Tally>,
}

impl Desk {
    /// All rows of a statement. The statement names how many it wants.
    pub(crate) async fn rows(&self, sql: &str) -> Result<Vec<RecordBatch>, AskError> {
        let mut all = Vec::new();
        self.each(sql, |batch| {
            all.push(batch);
            Ok(())
        })
        .await?;
        Ok(all)
    }

    /// Hands the rows of a statement on as they come.
    pub(crate) async fn each(
        &self,
        sql: &str,
        mut take: impl FnMut(RecordBatch) -> Result<()>,
    ) -> Result<(), AskError> {
        let plan = self.plan(sql).await?;
        let work = async {
            let mut rows = execute_stream(plan, self.state.task_ctx())?;
            while let Some(batch) = rows.try_next().await? {
                take(batch)?;
            }
            Ok(())
        };
        work.await.map_err(|error| failure::of(&error))
    }

    async fn plan(&self, sql: &str) -> Result<Arc<dyn ExecutionPlan>, AskError> {
        let statement = statement::parse(sql)?;
        let work = async {
            views::add(&self.state, &statement).await?;
            let plan = self.state.statement_to_plan(statement).await?;
            self.state.create_physical_plan(&plan).await
        };
        work.await.map_err(|error| failure::of(&error))
    }

    /// The sieve of a statement that only reads and filters.
    pub(crate) async fn sieve(&self, sql: &str) -> Result<Sieve, AskError> {
        Sieve::of(&self.plan(sql).await?).map_err(|error| failure::of(&error))
    }
}
