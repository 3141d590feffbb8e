//! Tables that are questions over other tables: `services`.
//!
//! A view is planned only for queries that name it.

use std::sync::Arc;

use datafusion::common::{Result, TableReference};
use datafusion::datasource::ViewTable;
use datafusion::execution::SessionState;
use datafusion::sql::parser::Statement;
use daymark_model::tables::SERVICES;

/// Over the senders, which stand under the name of the view until it is made.
const SERVICES_SQL: &str = "
    SELECT service, namespace, env,
        min(first) AS first_seen, max(last) AS last_seen, max(language) AS language,
        coalesce(array_sort(array_agg(DISTINCT version) FILTER (WHERE version IS NOT NULL)),
            arrow_cast(make_array(), 'List(Utf8)')) AS versions,
        arrow_cast(count(DISTINCT operation), 'UInt32') AS operations,
        arrow_cast(count(DISTINCT instance), 'UInt32') AS instances,
        bool_or(signal = 1) AS has_spans, bool_or(signal = 2) AS has_logs, bool_or(signal = 3) AS has_metrics
    FROM (
        SELECT service, namespace, env, first, last, language, CAST(version AS TEXT) AS version,
            CAST(NULL AS TEXT) AS operation, CAST(instance AS TEXT) AS instance, signal FROM services
        UNION ALL SELECT service, namespace, env, bucket AS first, bucket AS last, CAST(NULL AS TEXT) AS language,
            CAST(version AS TEXT), CAST(name AS TEXT), CAST(NULL AS TEXT) AS instance, 1 FROM red
    )
    GROUP BY service, namespace, env";

/// Adds the views that a statement names.
pub(crate) async fn add(state: &SessionState, statement: &Statement) -> Result<()> {
    let named = state.resolve_table_references(statement)?;
    if named.iter().any(|table| table.table() == SERVICES.name) {
        let plan = state.create_logical_plan(SERVICES_SQL).await?;
        let view = Arc::new(ViewTable::new(plan, Some(SERVICES_SQL.into())));
        let schema = state.schema_for_ref(TableReference::bare(SERVICES.name))?;
        schema.deregister_table(SERVICES.name)?;
        schema.register_table(SERVICES.name.into(), view)?;
    }
    Ok(())
}
