//! Statements to begin with: what people ask of telemetry that no page shows.

use leptos::prelude::*;

use crate::words::{Word, t};

/// What each tells, and the statement, laid out as the editor shows it.
const SAMPLES: [(Word, &str); 6] = [
    (
        Word::SqlSampleVersions,
        "SELECT service, version,\n       sum(count) AS requests,\n       round(100.0 * sum(errors) / sum(count), 2) AS error_pct,\n       round(sketch_quantile(sketch_merge(sketch), 0.95) / 1e6, 1) AS p95_ms\n  FROM red\n WHERE bucket >= :from AND bucket < :to AND entry\n GROUP BY service, version\n ORDER BY error_pct DESC",
    ),
    (
        Word::SqlSampleCalls,
        "SELECT client, server,\n       sum(count) AS calls,\n       round(100.0 * sum(errors) / sum(count), 2) AS error_pct\n  FROM edges\n WHERE bucket >= :from AND bucket < :to\n GROUP BY client, server\n ORDER BY calls DESC",
    ),
    (
        Word::SqlSampleSlow,
        "SELECT service, name, duration_ns / 1e6 AS ms, trace_id\n  FROM spans\n WHERE start >= :from AND start < :to\n ORDER BY duration_ns DESC\n LIMIT 50",
    ),
    (
        Word::SqlSampleLevels,
        "SELECT date_bin(INTERVAL '1 minute', time) AS minute, severity_text,\n       count(*) AS lines\n  FROM logs\n WHERE time >= :from AND time < :to\n GROUP BY minute, severity_text\n ORDER BY minute",
    ),
    (
        Word::SqlSampleBodies,
        "SELECT service, body, count(*) AS lines\n  FROM logs\n WHERE time >= :from AND time < :to AND severity_number >= 17\n GROUP BY service, body\n ORDER BY lines DESC\n LIMIT 50",
    ),
    (
        Word::SqlSampleAlerts,
        "SELECT *\n  FROM alert_events\n WHERE at >= :from AND at < :to\n ORDER BY at DESC\n LIMIT 100",
    ),
];

#[component]
pub(super) fn Samples(choose: Callback<&'static str>) -> impl IntoView {
    let sample = |(title, statement): (Word, &'static str)| {
        view! {
            <button type="button" class="sql-sample" on:click=move |_| choose.run(statement)>
                <b>{t(title)}</b>
                <code class="quiet">{statement}</code>
            </button>
        }
    };
    view! { <div class="sql-samples">{SAMPLES.map(sample).collect_view()}</div> }
}
