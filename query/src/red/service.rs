//! The page of one service.

use std::collections::BTreeSet;

use daymark_aggregate::Aggregate;
use daymark_view::error::{AskError, Code};
use daymark_view::meta::Answer;
use daymark_view::nearest::nearest;
use daymark_view::service::{ServiceAsk, ServiceCounts, ServiceDetail};
use daymark_view::services::ServiceRow;

use super::calls::calls_of;
use super::deploys;
use super::reader::Reader;
use super::rows::RedRows;
use super::whose::Whose;
use super::windows::{buckets, starts};
use crate::services::gathered::Gathered;
use crate::services::rows;
use crate::sql::failure;
use crate::sums::Keys;

const RUNTIME: [&str; 2] = ["process.runtime.name", "process.runtime.version"];

pub(crate) async fn service(ask: &ServiceAsk, reader: &Reader) -> Result<Answer<ServiceDetail>, AskError> {
    let whose = Whose::of(&ask.scope, reader);
    let name = ask.service.as_str();
    let gathered = Gathered::of(reader, whose, ask.range, ask.compare, Some(name)).await;
    let gathered = gathered.map_err(|error| failure::of(&error))?;
    let mut found = rows(reader, &gathered, Some(name));
    let row = match found.pop() {
        Some(row) => row,
        None if names(reader).contains(name) => ServiceRow { service: name.into(), ..ServiceRow::default() },
        None => return Err(unknown(reader, name)),
    };
    let senders = reader.senders(ask.range);
    let own = || {
        let own = senders.iter().filter(|sender| sender.resource.service == name);
        own.filter(|sender| gathered.whose.has_sender(sender))
    };
    let runtime = own().find_map(|sender| {
        let said: Vec<String> = RUNTIME.iter().filter_map(|key| sender.attribute(key)).collect();
        (!said.is_empty()).then(|| said.join(" "))
    });
    let uses: BTreeSet<&str> = own().map(|sender| sender.signal.name()).collect();
    let data = ServiceDetail {
        uses: uses.into_iter().map(str::to_owned).collect(),
        counts: counts(ask, reader, &gathered.whose).await?,
        runtime_version: runtime,
        row,
        ..ServiceDetail::default()
    };
    Ok(reader.answer(data, Some(gathered.windows.now)))
}

async fn counts(ask: &ServiceAsk, reader: &Reader, whose: &Whose<'_>) -> Result<ServiceCounts, AskError> {
    let deploys = deploys::all(reader, whose, ask.range, Some(&ask.service)).await;
    let deploys = deploys.map_err(|error| failure::of(&error))?.len() as u64;
    if whose.is_by_attributes() {
        return Ok(ServiceCounts { deploys: Some(deploys), ..ServiceCounts::default() });
    }
    let now = buckets(ask.range, Aggregate::Red.step_s(), reader.now);
    let mut operations = BTreeSet::new();
    let range = starts(&now);
    let gathered = reader.each(&[Aggregate::Red], range.clone(), Keys::Of(&ask.service), |_, batch| {
        let rows = RedRows::of(batch)?.within(range.clone());
        let mut last = None;
        for row in rows.filter(|row| row.service == ask.service && whose.has(row)) {
            let key = (row.name, row.kind, row.is_entry);
            if last.replace(key) != Some(key) {
                operations.insert((row.name.to_owned(), row.kind.to_owned(), row.is_entry));
            }
        }
        Ok(())
    });
    gathered.await.map_err(|error| failure::of(&error))?;
    let calls = calls_of(reader, &now, whose, &ask.service).await;
    let calls = calls.map_err(|error| failure::of(&error))?;
    Ok(ServiceCounts {
        operations: Some(operations.len() as u64),
        dependencies: Some(calls.len() as u64),
        errors: None,
        deploys: Some(deploys),
    })
}

/// Every service that ever sent anything that is still there.
fn names(reader: &Reader) -> BTreeSet<String> {
    let parts = reader.parts.iter().flat_map(|(_, parts)| parts);
    parts.flat_map(|part| part.resources().iter().map(|one| one.service.clone())).collect()
}

fn unknown(reader: &Reader, name: &str) -> AskError {
    let error = AskError::new(Code::NotFound, format!("no service \"{name}\" sent anything"));
    let known = names(reader);
    match nearest(name, known.iter().map(String::as_str)) {
        Some(meant) => error.hint(format!("did you mean \"{meant}\"?")),
        None => error.hint("GET /services lists them"),
    }
}
