//! Texts compared with id columns: `WHERE trace_id = '8F2C…'` in every spelling.
//!
//! The engine knows no common type of ids and text, and finds that out while it plans an operator, before
//! any rule runs; so comparisons are mended by a planner of expressions, and lists by a rule.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, ExprSchema, Result, plan_datafusion_err};
use datafusion::logical_expr::expr::{InList, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, ScalarUDF};
use datafusion::optimizer::AnalyzerRule;
use datafusion::sql::sqlparser::ast::BinaryOperator;

use crate::functions::id::{IdOf, literal};

#[derive(Debug)]
pub(crate) struct IdLiterals;

impl ExprPlanner for IdLiterals {
    fn plan_binary_op(
        &self,
        mut expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        let compares = matches!(
            expr.op,
            BinaryOperator::Eq
                | BinaryOperator::NotEq
                | BinaryOperator::Lt
                | BinaryOperator::LtEq
                | BinaryOperator::Gt
                | BinaryOperator::GtEq
        );
        if compares {
            if let Some(width) = id_width(&expr.left, schema) {
                expr.right = as_id(expr.right, width, schema)?;
            } else if let Some(width) = id_width(&expr.right, schema) {
                expr.left = as_id(expr.left, width, schema)?;
            }
        }
        Ok(PlannerResult::Original(expr))
    }
}

/// Texts in `id IN (…)`.
#[derive(Debug)]
pub(crate) struct IdLists;

impl AnalyzerRule for IdLists {
    fn name(&self) -> &'static str {
        "id_lists"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            let schema = merge_schema(&plan.inputs());
            let names = NamePreserver::new(&plan);
            plan.map_expressions(|expr| {
                let name = names.save(&expr);
                Ok(ids_in_lists(expr, &schema)?.update_data(|expr| name.restore(expr)))
            })
        })?;
        Ok(rewritten.data)
    }
}

fn ids_in_lists(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    use datafusion::common::tree_node::TreeNode;
    expr.transform_up(|expr| match expr {
        Expr::InList(InList { expr, list, negated }) => match id_width(&expr, schema) {
            Some(width) => {
                let list = list.into_iter().map(|item| as_id(item, width, schema)).collect::<Result<_>>()?;
                Ok(Transformed::yes(Expr::InList(InList { expr, list, negated })))
            }
            None => Ok(Transformed::no(Expr::InList(InList { expr, list, negated }))),
        },
        other => Ok(Transformed::no(other)),
    })
}

/// The width of an id column's type.
fn id_width(expr: &Expr, schema: &dyn ExprSchema) -> Option<i32> {
    match expr.get_type(schema) {
        Ok(DataType::FixedSizeBinary(width @ (8 | 16))) => Some(width),
        _ => None,
    }
}

fn as_id(expr: Expr, width: i32, schema: &DFSchema) -> Result<Expr> {
    if let Expr::Literal(value, _) = &expr {
        return match value.try_as_str() {
            Some(Some(text)) => Ok(Expr::Literal(literal(text, width)?, None)),
            _ => Ok(expr),
        };
    }
    let is_text = match &expr {
        Expr::Placeholder(_) => true,
        other => other.get_type(schema).is_ok_and(|kind| kind.is_string()),
    };
    if !is_text {
        return Ok(expr);
    }
    let function = match width {
        16 => IdOf::trace(),
        8 => IdOf::span(),
        _ => return Err(plan_datafusion_err!("no id has {width} bytes")),
    };
    let function = ScalarUDF::from(function);
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(function.into(), vec![expr])))
}
