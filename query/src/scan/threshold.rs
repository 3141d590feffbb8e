//! Whether a filter can hold for any row of a block, or must for all, going by the instants between which its
//! rows lie.
//!
//! This is what ends `ORDER BY start DESC LIMIT 20` early: the sort tells the scan the worst row it still
//! takes as a filter that changes while the query runs.

use std::sync::Arc;

use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{
    BinaryExpr, Column, DynamicFilterPhysicalExpr, IsNullExpr, Literal,
};
use datafusion::scalar::ScalarValue;

/// The instants of a block's rows, both ends included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instants {
    pub(crate) min: i64,
    pub(crate) max: i64,
}

/// False only if no row of the block passes. `time` is the name of the table's time column.
pub(crate) fn may_hold(filter: &Arc<dyn PhysicalExpr>, time: &str, block: Instants) -> bool {
    if let Some(changing) = filter.downcast_ref::<DynamicFilterPhysicalExpr>() {
        return changing.current().map_or(true, |now| may_hold(&now, time, block));
    }
    if let Some(literal) = filter.downcast_ref::<Literal>() {
        return literal.value() != &ScalarValue::Boolean(Some(false));
    }
    if let Some(is_null) = filter.downcast_ref::<IsNullExpr>() {
        return !is_time(is_null.arg(), time);
    }
    let Some(binary) = filter.downcast_ref::<BinaryExpr>() else { return true };
    let (left, right) = (binary.left(), binary.right());
    match binary.op() {
        Operator::And => may_hold(left, time, block) && may_hold(right, time, block),
        Operator::Or => may_hold(left, time, block) || may_hold(right, time, block),
        op => {
            let Some(bound) = instant(right).filter(|_| is_time(left, time)) else { return true };
            match op {
                Operator::Gt => block.max > bound,
                Operator::GtEq => block.max >= bound,
                Operator::Lt => block.min < bound,
                Operator::LtEq => block.min <= bound,
                Operator::Eq => block.min <= bound && bound <= block.max,
                _ => true,
            }
        }
    }
}

/// True only if every row of the block passes.
pub(crate) fn must_hold(filter: &Arc<dyn PhysicalExpr>, time: &str, block: Instants) -> bool {
    if let Some(changing) = filter.downcast_ref::<DynamicFilterPhysicalExpr>() {
        return changing.current().is_ok_and(|now| must_hold(&now, time, block));
    }
    if let Some(literal) = filter.downcast_ref::<Literal>() {
        return literal.value() == &ScalarValue::Boolean(Some(true));
    }
    let Some(binary) = filter.downcast_ref::<BinaryExpr>() else { return false };
    let (left, right) = (binary.left(), binary.right());
    match binary.op() {
        Operator::And => must_hold(left, time, block) && must_hold(right, time, block),
        Operator::Or => must_hold(left, time, block) || must_hold(right, time, block),
        op => {
            let Some(bound) = instant(right).filter(|_| is_time(left, time)) else { return false };
            match op {
                Operator::Gt => block.min > bound,
                Operator::GtEq => block.min >= bound,
                Operator::Lt => block.max < bound,
                Operator::LtEq => block.max <= bound,
                _ => false,
            }
        }
    }
}

fn is_time(expr: &Arc<dyn PhysicalExpr>, time: &str) -> bool {
    expr.downcast_ref::<Column>().is_some_and(|column| column.name() == time)
}

fn instant(expr: &Arc<dyn PhysicalExpr>) -> Option<i64> {
    match expr.downcast_ref::<Literal>()?.value() {
        ScalarValue::TimestampNanosecond(at, _) => *at,
        _ => None,
    }
}

#[cfg(test)]
mod tests;
