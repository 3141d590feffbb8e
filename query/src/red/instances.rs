//! The instances of a service that sent something.

use std::collections::BTreeMap;

use daymark_aggregate::Aggregate;
use daymark_model::time::Nanos;
use daymark_view::error::AskError;
use daymark_view::meta::Answer;
use daymark_view::service::{Instance, ServiceAsk};

use super::figures::{Figures, rate};
use super::reader::Reader;
use super::rows::RedRows;
use super::whose::Whose;
use super::windows::{buckets, seconds, starts};
use crate::page::page;
use crate::sql::failure;
use crate::sums::Keys;

const HOST: &str = "host.name";
const ZONE: &str = "cloud.availability_zone";

/// Those with the most requests first; by minutes.
pub(crate) async fn instances(ask: &ServiceAsk, reader: &Reader) -> Result<Answer<Vec<Instance>>, AskError> {
    let whose = Whose::of(&ask.scope, reader);
    let now = buckets(ask.range, Aggregate::RedInstances.step_s(), reader.now);
    let range = starts(&now);
    let mut all: BTreeMap<String, (Figures, Instance)> = BTreeMap::new();
    let gathered =
        reader.each(&[Aggregate::RedInstances], range.clone(), Keys::Of(&ask.service), |_, batch| {
            for row in RedRows::of(batch)?.within(range.clone()) {
                let Some(instance) = row.instance.filter(|_| row.service == ask.service) else { continue };
                if !whose.has(&row) {
                    continue;
                }
                let (figures, told) = all.entry(instance.to_owned()).or_default();
                figures.add(&row)?;
                if told.last_span_at.is_none_or(|last| last.0 <= row.bucket) {
                    told.last_span_at = Some(Nanos(row.bucket));
                    told.version = row.version.map(str::to_owned);
                }
            }
            Ok(())
        });
    gathered.await.map_err(|error| failure::of(&error))?;
    for sender in reader.senders(ask.range) {
        let resource = &sender.resource;
        let Some(instance) = resource.instance.as_ref().filter(|_| resource.service == ask.service) else {
            continue;
        };
        if whose.has_sender(&sender) {
            let (_, told) = all.entry(instance.clone()).or_default();
            told.host = told.host.take().or_else(|| sender.attribute(HOST));
            told.zone = told.zone.take().or_else(|| sender.attribute(ZONE));
            told.version = told.version.take().or_else(|| resource.version.clone());
        }
    }
    let row = |(instance, (figures, told)): (String, (Figures, Instance))| Instance {
        instance,
        rate: rate(figures.count, seconds(&now)),
        count: figures.count,
        error_rate: figures.error_rate(),
        p95_ns: figures.quantile(0.95),
        ..told
    };
    let mut rows: Vec<Instance> = all.into_iter().map(row).collect();
    rows.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.instance.cmp(&other.instance)));
    let (data, cursor) = page(rows, ask.cursor.as_deref(), ask.limit)?;
    let mut answer = reader.answer(data, Some(now));
    answer.meta.cursor = cursor;
    Ok(answer)
}
