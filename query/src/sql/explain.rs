//! How a statement would be answered: plans it without running it, and counts what the indexes leave.

use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, displayable};
use daymark_view::error::{AskError, Code};
use daymark_view::explain::{Explained, PlanStep};
use daymark_view::meta::Answer;
use daymark_view::sql::SqlAsk;

use crate::scan::plan::ScanExec;
use crate::search::Desk;
use crate::sql::{failure, params, statement, views};

pub(crate) async fn explain(desk: Desk, ask: SqlAsk) -> Result<Answer<Explained>, AskError> {
    let statement = statement::parse(&ask.query)?;
    let params = params::bind(&ask.params, ask.range)?;
    let planned = async {
        views::add(&desk.state, &statement).await?;
        let plan = desk.state.statement_to_plan(statement).await?;
        let plan = plan.replace_params_with_values(&params)?;
        let is_explain = matches!(plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_));
        Ok::<_, DataFusionError>((!is_explain).then_some(desk.state.create_physical_plan(&plan).await?))
    };
    let plan = planned.await.map_err(|error| failure::of(&error))?.ok_or_else(|| {
        AskError::new(Code::BadQuery, "this already is an EXPLAIN").hint("send the SELECT itself")
    })?;
    let mut explained = Explained::default();
    let last = step(&plan, &mut explained);
    explained.plan.push(last);
    explained.segments = explained.tables.iter().map(|table| table.segments).sum();
    explained.bytes = explained.tables.iter().map(|table| table.bytes).sum();
    let mut answer = Answer::of(explained);
    answer.meta.partial = desk.tally.partial();
    Ok(answer)
}

fn step(plan: &Arc<dyn ExecutionPlan>, explained: &mut Explained) -> PlanStep {
    if let Some(scan) = plan.downcast_ref::<ScanExec>() {
        explained.tables.push(scan.told());
    }
    let line = displayable(plan.as_ref()).one_line().to_string();
    let detail = line.trim().trim_start_matches(plan.name()).trim_start_matches(':').trim().to_owned();
    let children = plan.children().into_iter().map(|child| step(child, explained)).collect();
    PlanStep { name: plan.name().to_owned(), detail, children }
}
