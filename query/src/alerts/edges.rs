//! Figures of calls, by window and group, straight from the sums.

use daymark_view::alerts::sample::Sample;
use daymark_view::alerts::signal::EdgeMetric;
use daymark_view::error::AskError;
use daymark_view::meta::Answer;
use daymark_view::range::Range;

use super::{Groups, Merged, around};
use crate::red::calls::{self, Calls, SERVICE, USER};
use crate::red::figures::{quantile, rate};
use crate::red::reader::Reader;
use crate::red::rows::EdgeRow;
use crate::red::whose::Whose;
use crate::sql::failure;
use crate::sums::Keys;

const CALL: &str = "call";

#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) client: Option<String>,
    pub(super) server: Option<String>,
    pub(super) by: Vec<String>,
    pub(super) is_on_the_way: bool,
}

impl Wanted {
    fn has(&self, row: &EdgeRow<'_>) -> bool {
        // On the way there is only what has two sides, one of which waits for the other.
        let has_way = row.client != USER && row.server_kind == SERVICE && row.link == CALL;
        self.client.as_ref().is_none_or(|client| client == row.client)
            && self.server.as_ref().is_none_or(|server| server == row.server)
            && (has_way || !self.is_on_the_way)
    }
}

pub(super) async fn merged(
    wanted: &Wanted,
    windows: &[Range],
    reader: &Reader,
) -> Result<Answer<Merged<Calls>>, AskError> {
    let needs_operations = wanted.by.iter().any(|key| key == "operation");
    let keys = if needs_operations { Keys::All } else { Keys::Services };
    let whose = Whose::of_names(&[])?;
    let mut groups: Groups<Calls> = Groups::new();
    let gathered = calls::each(
        reader,
        around(windows),
        keys,
        &whose,
        |_| true,
        |row| {
            if !wanted.has(row) {
                return Ok(());
            }
            let group = wanted.by.iter().map(|key| of_row(row, key).unwrap_or_default().to_owned()).collect();
            groups.entry(group).or_default().entry(row.bucket).or_default().add(row)
        },
    );
    gathered.await.map_err(|error| failure::of(&error))?;
    Ok(Answer::of(super::merged(&wanted.by, groups, windows, Calls::merge, |all| all.count)))
}

pub(super) fn judged(metric: EdgeMetric, merged: &Merged<Calls>, windows: &[Range]) -> Vec<Vec<Sample>> {
    super::judged(merged, windows, |all, seconds| (value(metric, all, seconds), all.count))
}

fn value(metric: EdgeMetric, all: &Calls, seconds: f64) -> Option<f64> {
    let client = |share| quantile(&all.client, share).map(|ns| ns as f64);
    let server = |share| quantile(&all.server, share).map(|ns| ns as f64);
    match metric {
        EdgeMetric::Rate => Some(rate(all.count, seconds)),
        EdgeMetric::ErrorRate => all.error_rate(),
        EdgeMetric::Errors => Some(all.errors as f64),
        EdgeMetric::ClientP50 => client(0.5),
        EdgeMetric::ClientP95 => client(0.95),
        EdgeMetric::ClientP99 => client(0.99),
        EdgeMetric::ServerP50 => server(0.5),
        EdgeMetric::ServerP95 => server(0.95),
        EdgeMetric::ServerP99 => server(0.99),
        EdgeMetric::NetworkMean => {
            let is_both_sided = all.client.count() == all.count && all.server.count() == all.count;
            let on_the_way = all.client_sum_ns.saturating_sub(all.server_sum_ns);
            is_both_sided.then(|| on_the_way as f64 / all.count as f64)
        }
    }
}

fn of_row<'r>(row: &EdgeRow<'r>, key: &str) -> Option<&'r str> {
    match key {
        "client" => Some(row.client),
        "server" => Some(row.server),
        "server_kind" => Some(row.server_kind),
        "link" => Some(row.link),
        "operation" => Some(row.operation),
        "namespace" => row.namespace,
        "env" => row.env,
        _ => None,
    }
}
