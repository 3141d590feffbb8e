//! One SELECT, WITH or EXPLAIN out of a text; everything else is refused before it is planned.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{
    Query, SetExpr, Statement as SqlStatement, Visit, Visitor, visit_relations,
};
use daymark_model::limits::SQL_DEPTH;
use daymark_view::error::{AskError, Code};

use crate::sql::failure;
use crate::sql::precheck::precheck;

/// Tables that a query may name once its WITH parts are written out.
const RELATIONS: u64 = 64;

pub(crate) fn parse(sql: &str) -> Result<Statement, AskError> {
    precheck(sql)?;
    let mut statements = DFParserBuilder::new(sql)
        .with_recursion_limit(SQL_DEPTH)
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| failure::of(&error))?;
    let statement = statements.pop_front().ok_or_else(|| refused("the query is empty"))?;
    if !statements.is_empty() {
        return Err(refused("only one statement can be run at a time"));
    }
    inspect(&statement)?;
    Ok(statement)
}

fn refused(detail: &str) -> AskError {
    AskError::new(Code::BadQuery, detail)
}

fn inspect(statement: &Statement) -> Result<(), AskError> {
    match statement {
        Statement::Statement(statement) => match statement.as_ref() {
            SqlStatement::Query(query) => inspect_query(query),
            SqlStatement::Explain { statement, .. } => match statement.as_ref() {
                SqlStatement::Query(query) => inspect_query(query),
                _ => Err(only_reads()),
            },
            _ => Err(only_reads()),
        },
        Statement::Explain(explain) => match explain.statement.as_ref() {
            Statement::Statement(inner) if matches!(inner.as_ref(), SqlStatement::Query(_)) => {
                inspect(&explain.statement)
            }
            _ => Err(only_reads()),
        },
        _ => Err(only_reads()),
    }
}

fn only_reads() -> AskError {
    refused("only SELECT, WITH and EXPLAIN can be run")
}

fn inspect_query(query: &Query) -> Result<(), AskError> {
    let mut inspection = Inspection;
    if let ControlFlow::Break(refusal) = query.visit(&mut inspection) {
        return Err(refused(refusal));
    }
    if weight(query, &HashMap::new()) > RELATIONS {
        return Err(refused(&format!(
            "the query names more than {RELATIONS} tables once its WITH parts are written out"
        )));
    }
    Ok(())
}

/// Looks for parts of a query that would do more than read.
#[derive(Debug)]
struct Inspection;

impl Visitor for Inspection {
    type Break = &'static str;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        match query.body.as_ref() {
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                ControlFlow::Break("only SELECT, WITH and EXPLAIN can be run")
            }
            SetExpr::Select(select) if select.into.is_some() => {
                ControlFlow::Break("SELECT INTO cannot be run")
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

/// How many tables the query names, counting a WITH part as often as it is used: planning writes it out
/// every time.
fn weight(query: &Query, outer: &HashMap<String, u64>) -> u64 {
    let mut known = outer.clone();
    for part in query.with.iter().flat_map(|with| &with.cte_tables) {
        let part_weight = weight(&part.query, &known);
        known.insert(part.alias.name.value.to_lowercase(), part_weight.max(1));
    }
    let mut total = 0_u64;
    // Relations inside WITH parts are counted again here, which only errs on the safe side.
    let _visited: ControlFlow<()> = visit_relations(query, |name| {
        let one = known.get(&name.to_string().to_lowercase()).copied().unwrap_or(1);
        total = total.saturating_add(one);
        ControlFlow::Continue(())
    });
    total
}

#[cfg(test)]
mod tests;
