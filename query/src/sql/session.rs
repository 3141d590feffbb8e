//! The engine's session of one query: its tables, functions, rules and limits.
//!
//! A session knows the tables of one tenant and nothing else: no files, no other catalogs, no settings that
//! a query could change.

use std::path::Path;
use std::sync::Arc;

use arrow::temporal_conversions::timestamp_ns_to_datetime;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
    MemorySchemaProvider, SchemaProvider, TableProvider,
};
use datafusion::common::Result;
use datafusion::common::config::ConfigNonZeroUsize;
use datafusion::execution::SessionState;
use datafusion::execution::SessionStateDefaults;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::planner::ExprPlanner;
use datafusion::optimizer::AnalyzerRule;
use datafusion::optimizer::analyzer::Analyzer;
use datafusion::prelude::SessionConfig;
use daymark_model::limits::SQL_DEPTH;
use daymark_model::time::Nanos;

use crate::functions::Functions;
use crate::functions::join_text::TextJoins;
use crate::sql::attr_columns::AttrColumns;
use crate::sql::id_literals::{IdLists, IdLiterals};
use crate::sql::memory::Share;
use crate::sql::yielding::Yielding;

const CATALOG: &str = "daymark";
const SCHEMA: &str = "public";
/// What one query may write to disk while sorting and grouping.
const SPILL_BYTES: u64 = 4 << 30;

pub(crate) type Tables = Vec<(&'static str, Arc<dyn TableProvider>)>;

pub(crate) fn session(
    tables: Tables,
    functions: &Functions,
    (memory, spill): (Share, &Path),
    now: Nanos,
) -> Result<SessionState> {
    let mut config = SessionConfig::new()
        .with_default_catalog_and_schema(CATALOG, SCHEMA)
        .with_create_default_catalog_and_schema(false)
        .with_information_schema(false);
    let options = config.options_mut();
    options.sql_parser.map_string_types_to_utf8view = false;
    options.sql_parser.recursion_limit = ConfigNonZeroUsize::try_new(SQL_DEPTH)?;
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime(memory, spill)?)
        .with_catalog_list(catalogs(tables)?)
        .with_scalar_functions(functions.scalar.clone())
        .with_aggregate_functions(functions.aggregate.clone())
        .with_window_functions(functions.window.clone())
        .with_table_function_list(functions.tables.clone())
        .with_expr_planners(planners())
        .with_analyzer_rules(rules())
        .with_physical_optimizer_rule(Arc::new(Yielding))
        .with_execution_props(began(now));
    Ok(state.build())
}

/// `now()` is the instant at which the question came.
fn began(now: Nanos) -> ExecutionProps {
    let props = ExecutionProps::new();
    match timestamp_ns_to_datetime(now.0) {
        Some(now) => props.with_query_execution_start_time(now.and_utc()),
        None => props,
    }
}

fn runtime(memory: Share, spill: &Path) -> Result<Arc<RuntimeEnv>> {
    let disk = DiskManagerBuilder::default()
        .with_mode(DiskManagerMode::Directories(vec![spill.to_owned()]))
        .with_max_temp_directory_size(SPILL_BYTES);
    RuntimeEnvBuilder::new().with_memory_pool(Arc::new(memory)).with_disk_manager_builder(disk).build_arc()
}

fn catalogs(tables: Tables) -> Result<Arc<dyn CatalogProviderList>> {
    let schema = MemorySchemaProvider::new();
    for (name, table) in tables {
        schema.register_table(name.into(), table)?;
    }
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema(SCHEMA, Arc::new(schema))?;
    let catalogs = MemoryCatalogProviderList::new();
    catalogs.register_catalog(CATALOG.into(), Arc::new(catalog));
    Ok(Arc::new(catalogs))
}

fn planners() -> Vec<Arc<dyn ExprPlanner>> {
    let ours: [Arc<dyn ExprPlanner>; 2] = [Arc::new(IdLiterals), Arc::new(TextJoins)];
    ours.into_iter().chain(SessionStateDefaults::default_expr_planners()).collect()
}

fn rules() -> Vec<Arc<dyn AnalyzerRule + Send + Sync>> {
    let ours: [Arc<dyn AnalyzerRule + Send + Sync>; 2] = [Arc::new(AttrColumns), Arc::new(IdLists)];
    ours.into_iter().chain(Analyzer::new().rules).collect()
}
