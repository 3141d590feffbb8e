//! `a || b` of two texts, with a limit on what it makes: chains of it double a text at every step.

use std::sync::Arc;

use arrow::array::{Array, AsArray, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::{DFSchema, Result, resources_err};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::sql::sqlparser::ast::BinaryOperator;
use daymark_model::limits::SQL_FUNCTION_TEXT_BYTES;

use crate::functions::capped::CALLS;

const NAME: &str = "join_text";

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct JoinText {
    signature: Signature,
}

impl JoinText {
    fn new() -> Self {
        Self { signature: Signature::variadic(vec![DataType::Utf8], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for JoinText {
    fn name(&self) -> &'static str {
        NAME
    }

    /// As it is written, because it becomes the name of a result column.
    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        let written: Vec<String> = args.iter().map(|arg| arg.schema_name().to_string()).collect();
        Ok(written.join(" || "))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let texts: Vec<_> = arrays.iter().map(|array| array.as_string::<i32>()).collect();
        let rows = texts.first().map_or(0, |first| first.len());
        let bytes = |row: usize| texts.iter().map(|text| text.value(row).len()).sum::<usize>();
        let longest = (0..rows).map(bytes).max().unwrap_or_default();
        let total: usize = (0..rows).map(bytes).sum();
        if longest > SQL_FUNCTION_TEXT_BYTES || total as u64 > SQL_FUNCTION_TEXT_BYTES as u64 * CALLS {
            return resources_err!("|| would make more than {SQL_FUNCTION_TEXT_BYTES} bytes of text");
        }
        let joined = |row: usize| {
            let is_whole = texts.iter().all(|text| text.is_valid(row));
            is_whole.then(|| texts.iter().map(|text| text.value(row)).collect::<String>())
        };
        Ok(ColumnarValue::Array(Arc::new((0..rows).map(joined).collect::<StringArray>())))
    }
}

/// Plans `||` of texts as the function above.
#[derive(Debug)]
pub(crate) struct TextJoins;

impl ExprPlanner for TextJoins {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        if expr.op != BinaryOperator::StringConcat {
            return Ok(PlannerResult::Original(expr));
        }
        let is_text = |expr: &Expr| {
            expr.get_type(schema).is_ok_and(|kind| match kind {
                DataType::Dictionary(_, values) => values.is_string(),
                kind => kind.is_string(),
            })
        };
        // A chain becomes one call, so that it nests no deeper the longer it is.
        let mut parts = match &expr.left {
            Expr::ScalarFunction(call) if call.func.name() == NAME => call.args.clone(),
            left if is_text(left) => vec![left.clone()],
            _ => return Ok(PlannerResult::Original(expr)),
        };
        if !is_text(&expr.right) {
            return Ok(PlannerResult::Original(expr));
        }
        parts.push(expr.right);
        let function = Arc::new(ScalarUDF::from(JoinText::new()));
        Ok(PlannerResult::Planned(Expr::ScalarFunction(ScalarFunction::new_udf(function, parts))))
    }
}
