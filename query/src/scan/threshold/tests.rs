//! Filters over instants against all instants of a block.

use super::*;

const OPS: [Operator; 5] = [Operator::Gt, Operator::GtEq, Operator::Lt, Operator::LtEq, Operator::Eq];
const INSTANTS: std::ops::Range<i64> = 0..4;

/// A filter and what it says of an instant.
type Case = (Arc<dyn PhysicalExpr>, Arc<dyn Fn(i64) -> bool + Send + Sync>);

fn compared(op: Operator, bound: i64) -> Case {
    let literal = ScalarValue::TimestampNanosecond(Some(bound), None);
    let (column, literal) = (Arc::new(Column::new("time", 0)), Arc::new(Literal::new(literal)));
    let passes = move |at: i64| match op {
        Operator::Gt => at > bound,
        Operator::GtEq => at >= bound,
        Operator::Lt => at < bound,
        Operator::LtEq => at <= bound,
        _ => at == bound,
    };
    (Arc::new(BinaryExpr::new(column, op, literal)), Arc::new(passes))
}

fn both(op: Operator, one: &Case, other: &Case) -> Case {
    let filter = Arc::new(BinaryExpr::new(Arc::clone(&one.0), op, Arc::clone(&other.0)));
    let (one, other) = (Arc::clone(&one.1), Arc::clone(&other.1));
    let passes = move |at| if op == Operator::And { one(at) && other(at) } else { one(at) || other(at) };
    (filter, Arc::new(passes))
}

fn blocks() -> impl Iterator<Item = Instants> {
    INSTANTS.flat_map(|min| (min..INSTANTS.end).map(move |max| Instants { min, max }))
}

#[test]
fn blocks_are_judged_as_their_instants_are() {
    let single: Vec<Case> =
        OPS.into_iter().flat_map(|op| INSTANTS.map(move |bound| compared(op, bound))).collect();
    let pairs = single.iter().flat_map(|one| {
        single.iter().flat_map(|other| [Operator::And, Operator::Or].map(|op| both(op, one, other)))
    });
    for (filter, passes) in single.iter().cloned().chain(pairs) {
        for block in blocks() {
            let told = format!("{filter} {block:?}");
            if !may_hold(&filter, "time", block) {
                assert!(!(block.min..=block.max).any(|at| passes(at)), "may not: {told}");
            }
            if must_hold(&filter, "time", block) {
                assert!((block.min..=block.max).all(|at| passes(at)), "must: {told}");
            }
        }
    }
}

/// Without this the rows of whole blocks would be judged one by one.
#[test]
fn a_range_of_time_holds_for_the_blocks_within() {
    let range = both(Operator::And, &compared(Operator::GtEq, 1), &compared(Operator::Lt, 3)).0;
    assert!(must_hold(&range, "time", Instants { min: 1, max: 2 }));
    assert!(!must_hold(&range, "time", Instants { min: 1, max: 3 }));
    assert!(!must_hold(&range, "start", Instants { min: 1, max: 2 }));
}
