//! Replaces `attr('key')` by a column of the one signal table of its SELECT.
//!
//! The table is told to carry the attribute as a hidden column, so that only the values asked for are read
//! and filters on them reach the indexes; JSON is never parsed row by row for it.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result, internal_err};
use datafusion::datasource::{provider_as_source, source_as_provider};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection, SubqueryAlias, TableScan, TableScanBuilder};
use datafusion::optimizer::AnalyzerRule;

use crate::functions::attr::Attr;
use crate::scan::key::Key;
use crate::scan::signal_table::SignalTable;

#[derive(Debug)]
pub(crate) struct AttrColumns;

impl AnalyzerRule for AttrColumns {
    fn name(&self) -> &'static str {
        "attr_columns"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        Ok(plan.transform_up_with_subqueries(replace)?.data)
    }
}

/// An attribute as a query wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    spelled: String,
    is_number: bool,
}

/// The call of `attr` with a key alone.
fn asked(expr: &Expr) -> Option<Asked> {
    let Expr::ScalarFunction(ScalarFunction { func, args }) = expr else { return None };
    let is_number = match func.name() {
        Attr::TEXT => false,
        Attr::NUMBER => true,
        _ => return None,
    };
    let [Expr::Literal(key, _)] = args.as_slice() else { return None };
    let spelled = key.try_as_str().flatten()?.to_owned();
    Some(Asked { spelled, is_number })
}

fn replace(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let mut calls = Vec::new();
    plan.apply_expressions(|expr| {
        expr.apply(|expr| {
            calls.extend(asked(expr));
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    let mut inputs: Vec<LogicalPlan> = plan.inputs().into_iter().cloned().collect();
    if calls.is_empty() || inputs.iter().map(tables).sum::<usize>() != 1 {
        return Ok(Transformed::no(plan));
    }
    let mut columns = Vec::new();
    for call in calls {
        for input in inputs.iter_mut().filter(|input| tables(input) == 1) {
            let (carrying, column) = carry(input.clone(), &call)?;
            *input = carrying;
            columns.push((call.clone(), column));
        }
    }
    rebuild(&plan, inputs, &columns).map(Transformed::yes)
}

/// The plan over inputs that carry the columns, with the calls replaced.
fn rebuild(plan: &LogicalPlan, inputs: Vec<LogicalPlan>, columns: &[(Asked, Column)]) -> Result<LogicalPlan> {
    let column = |expr: &Expr| {
        let call = asked(expr)?;
        columns.iter().find(|(other, _)| *other == call).map(|(_, column)| column.clone())
    };
    let names = NamePreserver::new(plan);
    let replaced = |expr: Expr| {
        let name = names.save(&expr);
        let replaced = expr.transform_up(|expr| match column(&expr) {
            Some(column) => Ok(Transformed::yes(Expr::Column(column))),
            None => Ok(Transformed::no(expr)),
        })?;
        Ok(if replaced.transformed { name.restore(replaced.data) } else { replaced.data })
    };
    let expressions = plan.expressions().into_iter().map(replaced).collect::<Result<_>>()?;
    let rebuilt = plan.with_new_exprs(expressions, inputs)?;
    // A sort is the last step of its SELECT: what it only sorts by must not become part of the answer.
    if matches!(plan, LogicalPlan::Sort(_)) {
        let answer = plan.schema().iter().map(|(table, field)| Expr::Column(Column::from((table, field))));
        return Ok(LogicalPlan::Projection(Projection::try_new(answer.collect(), Arc::new(rebuilt))?));
    }
    Ok(rebuilt)
}

/// How many signal tables the SELECT that the plan belongs to reads.
fn tables(plan: &LogicalPlan) -> usize {
    match plan {
        LogicalPlan::TableScan(scan) => usize::from(signal_table(scan).is_some()),
        // Anything but a table under an alias is a SELECT of its own.
        LogicalPlan::SubqueryAlias(alias) => match alias.input.as_ref() {
            LogicalPlan::TableScan(_) => tables(&alias.input),
            _ => 0,
        },
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Window(_)
        | LogicalPlan::Join(_) => plan.inputs().into_iter().map(tables).sum(),
        _ => 0,
    }
}

fn signal_table(scan: &TableScan) -> Option<SignalTable> {
    let provider = source_as_provider(&scan.source).ok()?;
    provider.downcast_ref::<SignalTable>().cloned()
}

/// The plan with the attribute among its columns. It reads exactly one signal table.
fn carry(plan: LogicalPlan, call: &Asked) -> Result<(LogicalPlan, Column)> {
    match plan {
        LogicalPlan::TableScan(scan) => {
            let Some(table) = signal_table(&scan) else { return internal_err!("not a signal table") };
            let key = Key::new(table.table(), &call.spelled, call.is_number);
            let column = Column::new(Some(scan.table_name.clone()), key.column());
            let source = provider_as_source(Arc::new(table.with_key(key)));
            let scan = TableScanBuilder::new(scan.table_name, source)
                .with_filters(scan.filters)
                .with_fetch(scan.fetch)
                .build()?;
            Ok((LogicalPlan::TableScan(scan), column))
        }
        LogicalPlan::SubqueryAlias(SubqueryAlias { input, alias, .. }) => {
            let (input, column) = carry(Arc::unwrap_or_clone(input), call)?;
            let plan = SubqueryAlias::try_new(Arc::new(input), alias.clone())?;
            Ok((LogicalPlan::SubqueryAlias(plan), Column::new(Some(alias), column.name)))
        }
        LogicalPlan::Projection(Projection { mut expr, input, .. }) => {
            let (input, column) = carry(Arc::unwrap_or_clone(input), call)?;
            let hidden = Expr::Column(column.clone());
            if !expr.contains(&hidden) {
                expr.push(hidden);
            }
            Ok((LogicalPlan::Projection(Projection::try_new(expr, Arc::new(input))?), column))
        }
        other => {
            let mut inputs = Vec::new();
            let mut found = None;
            for input in other.inputs() {
                if tables(input) == 1 {
                    let (input, column) = carry(input.clone(), call)?;
                    inputs.push(input);
                    found = Some(column);
                } else {
                    inputs.push(input.clone());
                }
            }
            let Some(column) = found else {
                return internal_err!("no signal table below {}", other.display());
            };
            Ok((other.with_new_exprs(other.expressions(), inputs)?, column))
        }
    }
}
