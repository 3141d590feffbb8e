//! What a query's filters say that indexes can use.
//!
//! Only narrows: a filter that is not understood says nothing, and the plan filters every row again.

use std::collections::BTreeSet;
use std::ops::Range;

use datafusion::logical_expr::expr::{InList, ScalarFunction};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use datafusion::scalar::ScalarValue;
use daymark_model::id::TraceId;
use daymark_model::rows::{Resource, Series};
use daymark_model::severity;
use daymark_model::signal::Table;
use daymark_model::words::Wanted;
use daymark_segment::{EXCEPTION_MESSAGE, Predicate, RowRanges};

use crate::functions::matches::Matches;
use crate::scan::key::{Key, Place};
use crate::scan::part::Part;
use crate::typed_json;

/// One aspect after the other.
mod aspects;

#[derive(Clone, Debug, Default)]
pub(crate) struct Question {
    predicate: Predicate,
    /// Any of these traces.
    traces: Option<Vec<TraceId>>,
    /// The service in lower case, when its case does not matter.
    service_folded: Option<String>,
    /// Columns of the resource or series, each with the texts it may have.
    joined: Vec<(String, Vec<String>)>,
    /// Attributes with the text they must have.
    attributes: Vec<(Key, String)>,
    is_metric: bool,
}

impl Question {
    pub(crate) fn new(table: Table, keys: &[Key], filters: &[Expr]) -> Self {
        let is_metric = !matches!(table, Table::Spans | Table::Logs | Table::Exemplars);
        let mut question = Self { is_metric, ..Self::default() };
        filters.iter().for_each(|filter| question.narrow(table, keys, filter));
        question
    }

    /// The instants asked for.
    pub(crate) fn time(&self) -> Option<&Range<i64>> {
        self.predicate.time.as_ref()
    }

    /// The one service that is asked for.
    pub(crate) fn only_service(&self) -> Option<&str> {
        match self.predicate.service.as_deref() {
            Some([only]) => Some(only),
            _ => None,
        }
    }

    /// Rows of a part that may match.
    pub(crate) fn candidates(&self, part: &Part) -> RowRanges {
        let mut predicate = self.predicate.clone();
        for (key, value) in &self.attributes {
            let has = |resource: &Resource| has_attribute(&resource.attributes, &key.name, value);
            let in_resource = part.resources().iter().any(|resource| has(resource));
            match key.place {
                Place::Resource if !in_resource => return RowRanges::default(),
                Place::Any if in_resource => {}
                Place::Any | Place::Own if !self.is_metric => {
                    predicate.attributes.push((key.name.clone(), value.clone()));
                }
                _ => {}
            }
        }
        if !self.joined.is_empty() && !self.has_owner(part) {
            return RowRanges::default();
        }
        // A part that has lost its resources still has its rows.
        if let Some(folded) = self.service_folded.as_ref().filter(|_| !part.resources().is_empty()) {
            let named = part.resources().iter().map(|resource| &resource.service);
            let services: BTreeSet<&String> = named.filter(|name| name.to_lowercase() == *folded).collect();
            if services.is_empty() {
                return RowRanges::default();
            }
            predicate.service.get_or_insert(services.into_iter().cloned().collect());
        }
        let rows = part.candidates(&predicate);
        match &self.traces {
            Some(traces) => {
                let of_traces = traces.iter().map(|id| part.trace_rows(*id));
                rows.intersect(&of_traces.reduce(|all, more| all.union(&more)).unwrap_or_default())
            }
            None => rows,
        }
    }

    /// Whether any resource or series of the part has all that is asked for.
    fn has_owner(&self, part: &Part) -> bool {
        if !self.is_metric {
            return part.resources().iter().any(|resource| self.fits(Some(resource.as_ref()), None));
        }
        use crate::scan::owners::Describe;
        part.series().iter().any(|series| self.fits(part.resource(series.resource_id), Some(series.as_ref())))
    }

    fn fits(&self, resource: Option<&Resource>, series: Option<&Series>) -> bool {
        self.joined.iter().all(|(column, values)| {
            let text = match column.as_str() {
                "namespace" => resource.and_then(|resource| resource.namespace.as_deref()),
                "instance" => resource.and_then(|resource| resource.instance.as_deref()),
                "env" => resource.and_then(|resource| resource.env.as_deref()),
                "version" => resource.and_then(|resource| resource.version.as_deref()),
                "service" => resource.map(|resource| resource.service.as_str()),
                "metric" => series.map(|series| series.metric.as_str()),
                _ => return true,
            };
            text.is_some_and(|text| values.iter().any(|value| value == text))
        })
    }

    fn narrow(&mut self, table: Table, keys: &[Key], filter: &Expr) {
        if let Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) = filter {
            self.narrow(table, keys, left);
            self.narrow(table, keys, right);
        } else if let Expr::ScalarFunction(ScalarFunction { func, args }) = filter
            && func.name() == Matches::NAME
        {
            self.has_words(table, keys, args);
        } else if let Some(folded) = folded_service(filter).filter(|_| !self.is_metric) {
            self.service_folded = Some(folded);
        } else if let Some((column, values)) = any_of(filter) {
            self.equals(table, keys, column, &values);
        } else if let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter {
            match (left.as_ref(), right.as_ref()) {
                (Expr::Column(column), Expr::Literal(value, _)) => {
                    self.compares(table, &column.name, *op, value)
                }
                (Expr::Literal(value, _), Expr::Column(column)) => {
                    if let Some(op) = op.swap() {
                        self.compares(table, &column.name, op, value);
                    }
                }
                _ => {}
            }
        }
    }

    /// `matches` over the column whose words are indexed.
    fn has_words(&mut self, table: Table, keys: &[Key], args: &[Expr]) {
        let [Expr::Column(column), Expr::Literal(words, _)] = args else { return };
        let is_message = |key: &Key| {
            key.column() == column.name && key.place == Place::Event && key.name == EXCEPTION_MESSAGE
        };
        let is_indexed = match table {
            Table::Logs => column.name == "body",
            Table::Spans => keys.iter().any(is_message),
            _ => false,
        };
        if let Some(words) = text(words).filter(|_| is_indexed) {
            self.predicate.words.and(Wanted::parse(&words));
        }
    }

    fn compares(&mut self, table: Table, column: &str, op: Operator, value: &ScalarValue) {
        if column == table.time_column() {
            if let Some(at) = instant(value) {
                self.within(match op {
                    Operator::Gt => at.saturating_add(1)..i64::MAX,
                    Operator::GtEq => at..i64::MAX,
                    Operator::Lt => i64::MIN..at,
                    Operator::LtEq => i64::MIN..at.saturating_add(1),
                    _ => i64::MIN..i64::MAX,
                });
            }
        } else if table == Table::Logs
            && column == "severity_number"
            && matches!(op, Operator::Gt | Operator::GtEq)
        {
            let ScalarValue::UInt8(Some(least)) = value else { return };
            self.severity_min(least.saturating_add(u8::from(op == Operator::Gt)));
        }
    }

    fn within(&mut self, range: Range<i64>) {
        let known = self.predicate.time.take().unwrap_or(i64::MIN..i64::MAX);
        self.predicate.time = Some(known.start.max(range.start)..known.end.min(range.end));
    }

    fn severity_min(&mut self, least: u8) {
        self.predicate.severity_min = Some(self.predicate.severity_min.unwrap_or_default().max(least));
    }

    fn equals(&mut self, table: Table, keys: &[Key], column: &str, values: &[&ScalarValue]) {
        if column == table.time_column() {
            let instants: Option<Vec<i64>> = values.iter().map(|value| instant(value)).collect();
            if let Some((least, most)) = instants.and_then(|at| Some((*at.iter().min()?, *at.iter().max()?)))
            {
                self.within(least..most.saturating_add(1));
            }
            return;
        }
        if column == "trace_id" {
            let ids: Option<Vec<TraceId>> = values.iter().map(|value| trace(value)).collect();
            self.traces = self.traces.take().or(ids);
            return;
        }
        let texts: Option<Vec<String>> = values.iter().map(|value| text(value)).collect();
        let Some(texts) = texts else { return };
        match column {
            "service" if self.is_metric => self.joined.push((column.into(), texts)),
            "service" => self.predicate.service = Some(texts),
            "name" if table == Table::Spans => self.predicate.name = Some(texts),
            "metric" if self.is_metric => self.predicate.name = Some(texts),
            "status" if table == Table::Spans => {
                self.predicate.errors_only |= texts.iter().all(|text| text == "error");
                self.predicate.columns.push((column.into(), texts));
            }
            "kind" | "source" if !self.is_metric => self.predicate.columns.push((column.into(), texts)),
            "severity" if table == Table::Logs => {
                let least = (0..=24)
                    .find(|number| texts.iter().any(|text| text == severity::WORDS[severity::rank(*number)]));
                self.severity_min(least.unwrap_or_default());
            }
            "namespace" | "instance" | "env" | "version" => self.joined.push((column.into(), texts)),
            hidden => {
                if let ([value], Some(key)) =
                    (texts.as_slice(), keys.iter().find(|key| key.column() == hidden))
                {
                    self.attributes.push((key.clone(), value.clone()));
                }
            }
        }
    }
}

/// `column = a`, `column IN (a, b)` and `column = a OR column = b`.
fn any_of<'a>(filter: &'a Expr) -> Option<(&'a str, Vec<&'a ScalarValue>)> {
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
            match (left.as_ref(), right.as_ref()) {
                (Expr::Column(column), Expr::Literal(value, _))
                | (Expr::Literal(value, _), Expr::Column(column)) => Some((&column.name, vec![value])),
                _ => None,
            }
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            let (column, mut values) = any_of(left)?;
            let (other, more) = any_of(right)?;
            values.extend(more);
            (column == other).then_some((column, values))
        }
        Expr::InList(InList { expr, list, negated: false }) => {
            let Expr::Column(column) = expr.as_ref() else { return None };
            let literal =
                |item: &'a Expr| if let Expr::Literal(value, _) = item { Some(value) } else { None };
            Some((&column.name, list.iter().map(literal).collect::<Option<_>>()?))
        }
        _ => None,
    }
}

/// `lower(service) = 'name'`.
fn folded_service(filter: &Expr) -> Option<String> {
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = filter else { return None };
    let (Expr::ScalarFunction(ScalarFunction { func, args }), Expr::Literal(value, _)) =
        (left.as_ref(), right.as_ref())
    else {
        return None;
    };
    let is_service = |arg: &Expr| match arg {
        Expr::Column(column) => column.name == "service",
        Expr::Cast(cast) => matches!(cast.expr.as_ref(), Expr::Column(column) if column.name == "service"),
        _ => false,
    };
    if func.name() == "lower" && args.iter().all(is_service) { text(value) } else { None }
}

fn instant(value: &ScalarValue) -> Option<i64> {
    if let ScalarValue::TimestampNanosecond(at, _) = value { *at } else { None }
}

fn trace(value: &ScalarValue) -> Option<TraceId> {
    let ScalarValue::FixedSizeBinary(16, Some(bytes)) = value else { return None };
    bytes.as_slice().try_into().ok().map(TraceId)
}

fn text(value: &ScalarValue) -> Option<String> {
    value.try_as_str().flatten().map(str::to_owned)
}

fn has_attribute(json: &str, key: &str, value: &str) -> bool {
    typed_json::text(&typed_json::parse(json), key).is_some_and(|text| text == value)
}
