//! The indexes of a run of rows, the same whether the rows are still in memory or are read back.
//!
//! So a writer, a rebuild and `verify` share one notion of what an index must say.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type, TimestampNanosecondType, UInt8Type, UInt64Type};
use daymark_model::id::TraceId;
use daymark_model::rows::{Resource, Series};
use daymark_model::signal::Table;

use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::layout::block_rows;
use crate::meta::Level;
use crate::projection::column;
use crate::texts::text_column;
use crate::trace::{TRACE_BLOOM, TRACE_INDEX, TraceRuns};
use crate::value_sets::ValueSets;
use crate::values::{Known, VALUES, ValuesBuilder};
use crate::words::WordsBuilder;

/// The first severity number that is an error.
const ERROR_SEVERITY: u8 = 17;

/// Columns of few values, all of which an index names.
const COVERED: [&str; 3] = ["kind", "status", "source"];

/// The columns that indexes are made of, besides the texts.
pub(crate) fn columns(table: Table) -> &'static [&'static str] {
    match table {
        Table::Spans => &["trace_id", "start", "duration_ns", "service", "name", "kind", "status", "source"],
        Table::Logs => &["trace_id", "time", "service", "severity_number", "source"],
        Table::Exemplars => &["trace_id", "time", "service", "metric"],
        _ => &["time", "series_id"],
    }
}

pub(crate) struct Indexer {
    table: Table,
    rows: u32,
    time: (i64, i64),
    traces: Option<TraceRuns>,
    values: ValuesBuilder,
    words: Option<WordsBuilder>,
    /// Service and metric of each series, as numbers of texts.
    series: HashMap<u64, (u32, u32)>,
}

impl Indexer {
    /// `rows` is how many rows will be added.
    pub(crate) fn new(
        (table, level): (Table, Level),
        rows: usize,
        resources: &[Arc<Resource>],
        series: &[Arc<Series>],
    ) -> Self {
        let mut values = ValuesBuilder::new(block_rows(table));
        let services: HashMap<_, _> = resources.iter().map(|one| (one.id, one.service.as_str())).collect();
        let number = |one: &Arc<Series>| {
            let service = services.get(&one.resource_id).copied().unwrap_or_default();
            (one.id, (values.text(service), values.text(&one.metric)))
        };
        let has_series = columns(table).contains(&"series_id");
        let series = series.iter().filter(|_| has_series).map(number).collect();
        let traces = columns(table).contains(&"trace_id").then(TraceRuns::default);
        let words = text_column(table).map(|_| WordsBuilder::new(table, level, rows));
        Self { table, rows: 0, time: (i64::MAX, i64::MIN), traces, values, words, series }
    }

    /// Adds all values of some columns.
    pub(crate) fn cover(&mut self, sets: ValueSets) {
        self.values.known_mut().extend(sets);
    }

    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    /// The first and the last instant.
    pub(crate) fn time(&self) -> (i64, i64) {
        if self.rows == 0 { (0, 0) } else { self.time }
    }

    /// Adds the next rows.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        if let Some(traces) = &mut self.traces {
            let ids = column(batch, "trace_id")?.as_fixed_size_binary();
            for (row, id) in (self.rows..).zip(ids.iter()) {
                if let Some(id) = id.and_then(|id| id.try_into().ok()) {
                    traces.add(row, TraceId(id));
                }
            }
        }
        for name in COVERED.into_iter().filter(|name| columns(self.table).contains(name)) {
            self.values.known_mut().add_column(name, column(batch, name)?)?;
        }
        let times = column(batch, self.table.time_column())?.as_primitive::<TimestampNanosecondType>();
        match self.table {
            Table::Spans => {
                let mut services = Numbers::of(batch, "service")?;
                let mut names = Numbers::of(batch, "name")?;
                let mut states = Numbers::of(batch, "status")?;
                let durations = column(batch, "duration_ns")?.as_primitive::<Int64Type>();
                let error = self.values.text("error");
                self.add_rows(times.values(), |row, values| Known {
                    service: services.at(row, values),
                    second: names.at(row, values),
                    is_error: states.at(row, values) == error,
                    duration: Some(durations.value(row)),
                });
            }
            Table::Logs => {
                let mut services = Numbers::of(batch, "service")?;
                let severities = column(batch, "severity_number")?.as_primitive::<UInt8Type>();
                self.add_rows(times.values(), |row, values| {
                    let (service, severity) = (services.at(row, values), severities.value(row));
                    let is_error = severity >= ERROR_SEVERITY;
                    Known { is_error, ..Known::of(service, u32::from(severity)) }
                });
            }
            Table::Exemplars => {
                let mut services = Numbers::of(batch, "service")?;
                let mut metrics = Numbers::of(batch, "metric")?;
                self.add_rows(times.values(), |row, values| {
                    Known::of(services.at(row, values), metrics.at(row, values))
                });
            }
            Table::Points | Table::Histograms | Table::ExpHistograms | Table::Summaries => {
                let ids = column(batch, "series_id")?.as_primitive::<UInt64Type>();
                let unknown = self.values.text("");
                let series = std::mem::take(&mut self.series);
                self.add_rows(times.values(), |row, _| {
                    let (service, metric) =
                        series.get(&ids.value(row)).copied().unwrap_or((unknown, unknown));
                    Known::of(service, metric)
                });
                self.series = series;
            }
        }
        Ok(())
    }

    /// Adds the texts of the next rows, which may run ahead of the rows or behind them.
    pub(crate) fn add_texts(&mut self, texts: &ArrayRef) -> Result<()> {
        self.words.as_mut().map_or(Ok(()), |words| words.add(texts))
    }

    fn add_rows(&mut self, times: &[i64], mut of: impl FnMut(usize, &mut ValuesBuilder) -> Known) {
        for (row, &time) in times.iter().enumerate() {
            let known = of(row, &mut self.values);
            self.values.add(time, known);
            self.time = (self.time.0.min(time), self.time.1.max(time));
        }
        self.rows += times.len() as u32;
    }

    /// The index files, by name.
    pub(crate) fn encode(self) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let mut files = vec![(VALUES, self.values.encode())];
        if let Some(traces) = self.traces {
            let (index, bloom) = traces.encode();
            files.push((TRACE_INDEX, index));
            files.push((TRACE_BLOOM, bloom));
        }
        if let Some(words) = self.words {
            files.extend(words.encode()?);
        }
        Ok(files)
    }

    pub(crate) fn write(self, folder: &mut Folder<'_>) -> Result<()> {
        self.encode()?.into_iter().try_for_each(|(name, bytes)| folder.write(name, &bytes))
    }
}

/// The text numbers of a dictionary column, found as values appear.
struct Numbers<'a> {
    column: &'a DictionaryArray<Int32Type>,
    numbers: Vec<u32>,
}

impl<'a> Numbers<'a> {
    fn of(batch: &'a RecordBatch, name: &str) -> Result<Self> {
        let column = column(batch, name)?.as_dictionary_opt::<Int32Type>();
        let column = column.ok_or_else(|| Error::Input(format!("column {name} is not a dictionary")))?;
        Ok(Self { column, numbers: vec![u32::MAX; column.values().len()] })
    }

    fn at(&mut self, row: usize, values: &mut ValuesBuilder) -> u32 {
        let key = self.column.keys().value(row) as usize;
        if self.numbers[key] == u32::MAX {
            self.numbers[key] = values.text(self.column.values().as_string::<i32>().value(key));
        }
        self.numbers[key]
    }
}
