//! The functions a query may call: an allow-list of the engine's own, capped where they make more than they
//! take, and ours.
//!
//! A function of the engine that is not named here does not exist for a query. The caps matter because
//! constants are folded while planning, outside every memory limit.

use std::sync::Arc;

use datafusion::catalog::TableFunction;
use datafusion::execution::SessionStateDefaults;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};
use daymark_view::schema::SchemaFunction;

use crate::functions::attr::Attr;
use crate::functions::capped::Capped;
use crate::functions::id::{Hex, IdOf};
use crate::functions::matches::Matches;
use crate::functions::sketch::{Merge, Quantile};

/// `attr` and `attr_num`.
pub(crate) mod attr;
/// Engine functions with a limit on what they make.
pub(crate) mod capped;
/// `trace_id`, `span_id` and `hex`.
pub(crate) mod id;
/// `a || b` of texts.
pub(crate) mod join_text;
/// `matches`.
pub(crate) mod matches;
/// `sketch_quantile` and `sketch_merge`.
pub(crate) mod sketch;

/// Functions whose result is no larger than what they are given.
const PLAIN: &[&str] = &[
    // Values of any type.
    "arrow_cast",
    "arrow_typeof",
    "coalesce",
    "get_field",
    "greatest",
    "least",
    "named_struct",
    "nullif",
    "nvl",
    "nvl2",
    "struct",
    // Time.
    "current_date",
    "current_time",
    "date_bin",
    "date_part",
    "date_trunc",
    "from_unixtime",
    "make_date",
    "now",
    "to_char",
    "to_date",
    "to_local_time",
    "to_timestamp",
    "to_timestamp_micros",
    "to_timestamp_millis",
    "to_timestamp_nanos",
    "to_timestamp_seconds",
    "to_unixtime",
    // Text.
    "ascii",
    "bit_length",
    "btrim",
    "character_length",
    "chr",
    "contains",
    "ends_with",
    "find_in_set",
    "initcap",
    "left",
    "levenshtein",
    "lower",
    "ltrim",
    "octet_length",
    "regexp_count",
    "regexp_instr",
    "regexp_like",
    "regexp_match",
    "reverse",
    "right",
    "rtrim",
    "split_part",
    "starts_with",
    "strpos",
    "substr",
    "substr_index",
    "to_hex",
    "translate",
    "upper",
    "uuid",
    // Numbers.
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "cbrt",
    "ceil",
    "cos",
    "cosh",
    "cot",
    "degrees",
    "exp",
    "factorial",
    "floor",
    "gcd",
    "isnan",
    "iszero",
    "lcm",
    "ln",
    "log",
    "log10",
    "log2",
    "nanvl",
    "pi",
    "power",
    "radians",
    "random",
    "round",
    "signum",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "trunc",
    // Lists.
    "array_any_value",
    "array_dims",
    "array_distance",
    "array_distinct",
    "array_element",
    "array_except",
    "array_has",
    "array_has_all",
    "array_has_any",
    "array_intersect",
    "array_length",
    "array_max",
    "array_min",
    "array_ndims",
    "array_pop_back",
    "array_pop_front",
    "array_position",
    "array_positions",
    "array_remove",
    "array_remove_all",
    "array_remove_n",
    "array_reverse",
    "array_slice",
    "array_sort",
    "cardinality",
    "empty",
    "flatten",
    "map_extract",
    "map_keys",
    "map_values",
    "string_to_array",
];

/// Functions that can make much out of little.
const GROWING: &[&str] = &[
    "array_append",
    "array_concat",
    "array_prepend",
    "array_repeat",
    "array_replace",
    "array_replace_all",
    "array_replace_n",
    "array_resize",
    "array_to_string",
    "array_union",
    "concat",
    "concat_ws",
    "generate_series",
    "lpad",
    "make_array",
    "map",
    "overlay",
    "range",
    "regexp_replace",
    "repeat",
    "replace",
    "rpad",
];

const AGGREGATES: &[&str] = &[
    "approx_distinct",
    "approx_median",
    "approx_percentile_cont",
    "approx_percentile_cont_with_weight",
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "covar_pop",
    "covar_samp",
    "first_value",
    "grouping",
    "last_value",
    "max",
    "median",
    "min",
    "nth_value",
    "percentile_cont",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "stddev",
    "stddev_pop",
    "string_agg",
    "sum",
    "var",
    "var_pop",
];

const WINDOWS: &[&str] = &[
    "cume_dist",
    "dense_rank",
    "first_value",
    "lag",
    "last_value",
    "lead",
    "nth_value",
    "ntile",
    "percent_rank",
    "rank",
    "row_number",
];

/// All of them, made once for all queries.
#[derive(Debug)]
pub(crate) struct Functions {
    pub(crate) scalar: Vec<Arc<ScalarUDF>>,
    pub(crate) aggregate: Vec<Arc<AggregateUDF>>,
    pub(crate) window: Vec<Arc<WindowUDF>>,
    /// Functions that stand in FROM.
    pub(crate) tables: Vec<Arc<TableFunction>>,
}

impl Functions {
    pub(crate) fn all() -> Self {
        Self { scalar: scalar(), aggregate: aggregate(), window: window(), tables: tables() }
    }
}

fn scalar() -> Vec<Arc<ScalarUDF>> {
    let mut functions = Vec::new();
    for function in SessionStateDefaults::default_scalar_functions() {
        if PLAIN.contains(&function.name()) {
            functions.push(function);
        } else if GROWING.contains(&function.name()) {
            functions.push(Arc::new(ScalarUDF::from(Capped::new(function))));
        }
    }
    functions.extend([
        Arc::new(ScalarUDF::from(Attr::text())),
        Arc::new(ScalarUDF::from(Attr::number())),
        Arc::new(ScalarUDF::from(IdOf::trace())),
        Arc::new(ScalarUDF::from(IdOf::span())),
        Arc::new(ScalarUDF::from(Hex::new())),
        Arc::new(ScalarUDF::from(Matches::new())),
        Arc::new(ScalarUDF::from(Quantile::new())),
    ]);
    functions
}

fn aggregate() -> Vec<Arc<AggregateUDF>> {
    let all = SessionStateDefaults::default_aggregate_functions();
    let ours = Arc::new(AggregateUDF::from(Merge::new()));
    all.into_iter().filter(|function| AGGREGATES.contains(&function.name())).chain([ours]).collect()
}

fn window() -> Vec<Arc<WindowUDF>> {
    let all = SessionStateDefaults::default_window_functions();
    all.into_iter().filter(|function| WINDOWS.contains(&function.name())).collect()
}

/// They make their rows one batch at a time.
fn tables() -> Vec<Arc<TableFunction>> {
    let all = SessionStateDefaults::default_table_functions();
    all.into_iter().filter(|function| matches!(function.name(), "generate_series" | "range")).collect()
}

/// What the documentation of the schema says about our own functions.
pub(crate) fn documented() -> Vec<SchemaFunction> {
    [
        (
            "attr",
            "attr('key')",
            "an attribute as text: the record's own, else its resource's; \
            attr('span.k'), 'resource.k', 'scope.k', 'event.k', 'link.k' choose the level; \
            with several tables attr(s.attributes, 'k')",
        ),
        ("attr_num", "attr_num('key')", "the same as a number, null when it is none"),
        ("matches", "matches(column, 'words')", "every word occurs, in any case; \"a phrase\" as it stands"),
        ("trace_id", "trace_id('any spelling')", "the trace id that a text spells"),
        ("span_id", "span_id('any spelling')", "the span id that a text spells"),
        ("hex", "hex(id)", "an id or bytes as lower-case hex"),
        (
            "sketch_quantile",
            "sketch_quantile(sketch, 0.95)",
            "the duration in ns below which this share lies, within 1 %; \
            over several rows sketch_quantile(sketch_merge(sketch), 0.95)",
        ),
        ("sketch_merge", "sketch_merge(sketch)", "aggregate: one sketch of many"),
    ]
    .into_iter()
    .map(|(name, usage, comment)| SchemaFunction {
        name: name.into(),
        usage: usage.into(),
        comment: comment.into(),
    })
    .collect()
}

#[cfg(test)]
mod tests;
