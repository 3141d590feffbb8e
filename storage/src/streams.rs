//! Streams: rows that are kept for another time than the rest of their signal.
//!
//! A row goes to the stream of the first rule that fits it, when its batch is decoded; what fits none goes
//! to the default one. Buffers and segments hold rows of one stream, so that whole segments expire. Rows
//! that are only in the log at a start are judged by the rules of that start.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, AsArray, BooleanArray, DictionaryArray, Int32Array, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Int32Type, UInt8Type, UInt64Type};
use daymark_model::origin::DEFAULT_STREAM;
use daymark_model::rows::{Resource, Series};
use daymark_model::severity;
use daymark_model::signal::{Signal, Table};

/// Streams of a tenant, the default one not among them.
pub const STREAMS_MAX: usize = 31;
/// What a span can be, in those of the column `status`.
pub const STATUSES: [&str; 3] = ["unset", "ok", "error"];

/// A rule: which rows go to a stream, and how long they are kept. An empty list is no condition; a row that
/// has no such value fits none but an empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    pub name: String,
    pub signals: Vec<Signal>,
    pub services: Vec<String>,
    pub envs: Vec<String>,
    pub severities: Vec<String>,
    pub statuses: Vec<String>,
    /// `None` is for ever.
    pub keep: Option<Duration>,
}

impl Stream {
    /// Whether rows of a signal can come here.
    pub fn takes(&self, signal: Signal) -> bool {
        (self.signals.is_empty() || self.signals.contains(&signal))
            && (self.severities.is_empty() || signal == Signal::Logs)
            && (self.statuses.is_empty() || signal == Signal::Spans)
    }

    fn fits_sender(&self, sender: Option<&Resource>) -> bool {
        let fits = |wanted: &[String], value: Option<&str>| {
            wanted.is_empty() || value.is_some_and(|value| wanted.iter().any(|one| one == value))
        };
        fits(&self.services, sender.map(|one| one.service.as_str()))
            && fits(&self.envs, sender.and_then(|one| one.env.as_deref()))
    }
}

/// A bit for each rule.
type Rules = u32;

/// Rows of one table by their streams, in the order of the rules.
pub(crate) fn by_stream(
    streams: &[Stream],
    table: Table,
    rows: RecordBatch,
    (resources, series): (&[Arc<Resource>], &[Arc<Series>]),
) -> Vec<(Arc<str>, RecordBatch)> {
    let of_table = those(streams, |stream| stream.takes(table.signal()));
    if of_table == 0 || rows.num_rows() == 0 {
        return vec![(DEFAULT_STREAM.into(), rows)];
    }
    let senders = by_sender(streams, &rows, resources, series);
    let values = by_value(streams, &rows);
    let first: Vec<u32> = (0..rows.num_rows())
        .map(|row| {
            (of_table & senders[row] & values.as_ref().map_or(Rules::MAX, |of| of[row])).trailing_zeros()
        })
        .collect();
    let mut found = first.clone();
    found.sort_unstable();
    found.dedup();
    let part = |rule: u32| {
        let name = streams.get(rule as usize).map_or(DEFAULT_STREAM, |stream| stream.name.as_str());
        let mask: BooleanArray = first.iter().map(|one| Some(*one == rule)).collect();
        let rows = filter_record_batch(&rows, &mask).expect("the mask is as long as the rows");
        (Arc::from(name), named(rows, name))
    };
    found.into_iter().map(part).collect()
}

fn those(streams: &[Stream], fits: impl Fn(&Stream) -> bool) -> Rules {
    let bit = |(at, stream): (usize, &Stream)| if fits(stream) { 1 << at } else { 0 };
    streams.iter().take(STREAMS_MAX).enumerate().map(bit).sum()
}

/// The rules that fit the sender of each row.
fn by_sender(
    streams: &[Stream],
    rows: &RecordBatch,
    resources: &[Arc<Resource>],
    series: &[Arc<Series>],
) -> Vec<Rules> {
    let of_resource: HashMap<u64, Rules> = resources
        .iter()
        .map(|one| (one.id, those(streams, |stream| stream.fits_sender(Some(one)))))
        .collect();
    let of_nobody = those(streams, |stream| stream.fits_sender(None));
    let rules = |id: u64| of_resource.get(&id).copied().unwrap_or(of_nobody);
    let of_series: HashMap<u64, Rules> = series.iter().map(|one| (one.id, rules(one.resource_id))).collect();
    let numbers = |name| rows.column_by_name(name).and_then(|column| column.as_primitive_opt::<UInt64Type>());
    match (numbers("series_id"), numbers("resource_id")) {
        (Some(ids), _) => {
            ids.values().iter().map(|id| of_series.get(id).copied().unwrap_or(of_nobody)).collect()
        }
        (None, Some(ids)) => ids.values().iter().map(|id| rules(*id)).collect(),
        (None, None) => vec![of_nobody; rows.num_rows()],
    }
}

/// The rules that fit the severity or the status of each row; nothing where rows have neither.
fn by_value(streams: &[Stream], rows: &RecordBatch) -> Option<Vec<Rules>> {
    let fits = |wanted: &[String], word: &str| wanted.is_empty() || wanted.iter().any(|one| one == word);
    let numbers = rows.column_by_name("severity_number");
    if let Some(numbers) = numbers.and_then(|column| column.as_primitive_opt::<UInt8Type>()) {
        let rules = severity::WORDS.map(|word| those(streams, |stream| fits(&stream.severities, word)));
        return Some(numbers.values().iter().map(|number| rules[severity::rank(*number)]).collect());
    }
    let statuses = rows.column_by_name("status")?.as_dictionary_opt::<Int32Type>()?;
    let words = statuses.values().as_string_opt::<i32>()?;
    let rules: Vec<Rules> = words
        .iter()
        .map(|word| those(streams, |stream| fits(&stream.statuses, word.unwrap_or_default())))
        .collect();
    Some(statuses.keys().values().iter().map(|key| rules[*key as usize]).collect())
}

/// The rows with the name of their stream.
fn named(rows: RecordBatch, name: &str) -> RecordBatch {
    let Some((at, _)) = rows.schema_ref().column_with_name("stream") else { return rows };
    let keys = Int32Array::from_value(0, rows.num_rows());
    let names: DictionaryArray<Int32Type> =
        DictionaryArray::new(keys, Arc::new(StringArray::from(vec![name])) as ArrayRef);
    let mut columns = rows.columns().to_vec();
    columns[at] = Arc::new(names);
    RecordBatch::try_new(rows.schema(), columns).expect("a column of the same type and length")
}
