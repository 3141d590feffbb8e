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
use daymark_segment::{AttributeIs, EXCEPTION_MESSAGE, Index, Predicate, RowRanges};

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
    /// The services in lower case, when their case does not matter.
    services_folded: Option<Vec<String>>,
    /// Columns of the resource or series, each with the texts it may have.
    joined: Vec<(String, Vec<String>)>,
    /// Attributes with the texts they must have, and where these may stand.
    attributes: Vec<(Place, AttributeIs)>,
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
    pub(crate) fn candidates(&self, part: &Part, tell: &mut dyn FnMut(Index)) -> RowRanges {
        let Some(predicate) = self.predicate_of(part) else { return RowRanges::default() };
        let rows = part.candidates_told(&predicate, tell);
        match &self.traces {
            Some(traces) => {
                tell(Index::Traces);
                let of_traces = traces.iter().map(|id| part.trace_rows(*id));
                rows.intersect(&of_traces.reduce(|all, more| all.union(&more)).unwrap_or_default())
            }
            None => rows,
        }
    }

    /// What is asked of the rows of a part; none when it can have none that match.
    pub(crate) fn predicate_of(&self, part: &Part) -> Option<Predicate> {
        let mut predicate = self.predicate.clone();
        for (place, asked) in &self.attributes {
            let in_resource = part.resources().iter().any(|resource| has(resource, asked));
            match place {
                Place::Resource if !in_resource => return None,
                Place::Any if in_resource => {}
                Place::Any | Place::Own if !self.is_metric => predicate.attributes.push(asked.clone()),
                _ => {}
            }
        }
        if !self.joined.is_empty() && !self.has_owner(part) {
            return None;
        }
        // A part that has lost its resources still has its rows.
        if let Some(folded) = self.services_folded.as_ref().filter(|_| !part.resources().is_empty()) {
            let named = part.resources().iter().map(|resource| &resource.service);
            let services: BTreeSet<&String> =
                named.filter(|name| folded.contains(&name.to_lowercase())).collect();
            if services.is_empty() {
                return None;
            }
            predicate.service.get_or_insert(services.into_iter().cloned().collect());
        }
        Some(predicate)
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
        } else if let Some((column, values)) = any_of_folded(filter) {
            self.equals_folded(keys, column, values);
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
        } else if table == Table::Spans
            && column == "duration_ns"
            && matches!(op, Operator::Gt | Operator::GtEq)
        {
            let ScalarValue::Int64(Some(least)) = value else { return };
            let least = least.saturating_add(i64::from(op == Operator::Gt));
            let known = self.predicate.duration_min.unwrap_or(i64::MIN);
            self.predicate.duration_min = Some(known.max(least));
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
            hidden => self.attribute_is(keys, hidden, texts, false),
        }
    }

    fn equals_folded(&mut self, keys: &[Key], column: &str, values: Vec<String>) {
        match column {
            "service" if self.is_metric => {}
            "service" => self.services_folded = Some(values),
            hidden => self.attribute_is(keys, hidden, values, true),
        }
    }

    /// A hidden column that carries an attribute.
    fn attribute_is(&mut self, keys: &[Key], column: &str, values: Vec<String>, in_any_case: bool) {
        if let Some(key) = keys.iter().find(|key| key.column() == column) {
            self.attributes.push((key.place, AttributeIs { key: key.name.clone(), values, in_any_case }));
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

/// `lower(column) = 'a'` and `lower(column) = 'a' OR lower(column) = 'b'`.
fn any_of_folded(filter: &Expr) -> Option<(&str, Vec<String>)> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { return None };
    if *op == Operator::Or {
        let (column, mut values) = any_of_folded(left)?;
        let (other, more) = any_of_folded(right)?;
        values.extend(more);
        return (column == other).then_some((column, values));
    }
    let (Expr::ScalarFunction(ScalarFunction { func, args }), Expr::Literal(value, _)) =
        (left.as_ref(), right.as_ref())
    else {
        return None;
    };
    let column = match args.as_slice() {
        [Expr::Column(column)] => &column.name,
        [Expr::Cast(cast)] => match cast.expr.as_ref() {
            Expr::Column(column) => &column.name,
            _ => return None,
        },
        _ => return None,
    };
    let is_equal = *op == Operator::Eq && func.name() == "lower";
    Some((column, vec![text(value).filter(|_| is_equal)?]))
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

fn has(resource: &Resource, asked: &AttributeIs) -> bool {
    let text = typed_json::text_in(&resource.attributes, &asked.key);
    let text = text.map(|text| if asked.in_any_case { text.to_lowercase() } else { text });
    text.is_some_and(|text| asked.values.contains(&text))
}
