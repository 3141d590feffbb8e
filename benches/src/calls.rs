//! How long the calls about services, traffic and the map take on a settled store. What they count is compared
//! with the same sums by SQL.

use anyhow::ensure;
use daymark_model::time::Clock;
use serde_json::Value;

use crate::api::Api;
use crate::samples::Samples;

/// A call, and what the counts in its answer must add up to.
pub(crate) struct Call {
    pub(crate) name: &'static str,
    path: &'static str,
    /// Where the counts are.
    counts: fn(&Value) -> u64,
    sql: &'static str,
}

/// The rate of every service is of entry spans in whole buckets, so ranges begin long before all spans.
pub(crate) const CALLS: [Call; 4] = [
    Call {
        name: "services list",
        path: "/api/v1/services?limit=1000&from=-6h",
        counts: |data| sum(data, "count"),
        sql: "SELECT sum(count) FROM red WHERE entry",
    },
    Call {
        name: "operations of a service",
        path: "/api/v1/services/gateway/operations?limit=1000&from=-6h",
        counts: |data| sum(data, "count"),
        sql: "SELECT sum(count) FROM red WHERE service = 'gateway'",
    },
    Call {
        name: "RED of a service, 24 h by the minute",
        path: "/api/v1/traffic?service=gateway&from=-24h&buckets=1440",
        counts: |data| {
            data["series"][0]["count"].as_array().into_iter().flatten().filter_map(Value::as_u64).sum()
        },
        sql: "SELECT sum(count) FROM red WHERE service = 'gateway' AND entry",
    },
    Call {
        name: "map",
        path: "/api/v1/map?from=-6h",
        counts: |data| sum(&data["edges"], "count"),
        sql: "SELECT sum(count) FROM edges",
    },
];

fn sum(rows: &Value, name: &str) -> u64 {
    rows.as_array().into_iter().flatten().filter_map(|row| row[name].as_u64()).sum()
}

impl Call {
    pub(crate) async fn ask(&self, api: &Api, clock: &dyn Clock, runs: usize) -> anyhow::Result<Samples> {
        let expected = api.sql(self.sql).await?.number()?;
        let mut samples = Samples::default();
        for _ in 0..runs {
            let begun = clock.elapsed();
            let data = api.data(self.path).await?;
            samples.add(clock.elapsed() - begun);
            let counted = (self.counts)(&data);
            ensure!(counted == expected, "{}: {counted} instead of {expected}", self.path);
        }
        ensure!(expected > 0, "the load holds nothing to ask for");
        Ok(samples)
    }
}
