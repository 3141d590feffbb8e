//! Rows of spans to [`Span`]s: columns of any batch that has [`COLUMNS`], and what the attributes told.

use std::sync::Arc;

use arrow::array::{Array, AsArray, DictionaryArray, RecordBatch, StringArray};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt32Type, UInt64Type};
use daymark_model::quality::SHARED_SPAN_ID;
use daymark_model::rows::Resource;
use hashbrown::{HashMap, HashSet};

use crate::span::{Kind, Label, LabelRef, Owner, Span};
use crate::told::Told;
use crate::{Error, Result};

/// Stored columns that are needed.
pub const COLUMNS: [&str; 13] = [
    "trace_id",
    "span_id",
    "parent_span_id",
    "service",
    "name",
    "kind",
    "start",
    "duration_ns",
    "status",
    "resource_id",
    "peer",
    "quality",
    "adjusted_count",
];

/// Takes spans out of batches, with texts shared among all that it took.
#[derive(Debug, Default)]
pub struct Taker {
    owners: HashMap<u64, Arc<Owner>>,
    unknown: HashMap<String, Arc<Owner>>,
    labels: HashSet<Arc<Label>>,
}

impl Taker {
    /// `resources` are those of the rows; a span whose resource is not among them keeps its service.
    pub fn new<'a>(resources: impl IntoIterator<Item = &'a Arc<Resource>>) -> Self {
        let mut taker = Self::default();
        taker.know(resources);
        taker
    }

    pub fn know<'a>(&mut self, resources: impl IntoIterator<Item = &'a Arc<Resource>>) {
        for resource in resources {
            self.owners.entry(resource.id).or_insert_with(|| Arc::new(Owner::from(resource.as_ref())));
        }
    }

    /// Appends the spans of a batch. `told` is what the attributes of each row say.
    pub fn take(&mut self, batch: &RecordBatch, told: &[Told], spans: &mut Vec<Span>) -> Result<()> {
        if told.len() != batch.num_rows() {
            return Err(Error("attributes of other spans".into()));
        }
        let traces = column(batch, "trace_id")?.as_fixed_size_binary_opt();
        let ids = column(batch, "span_id")?.as_fixed_size_binary_opt();
        let parents = column(batch, "parent_span_id")?.as_fixed_size_binary_opt();
        let (Some(traces), Some(ids), Some(parents)) = (traces, ids, parents) else {
            return Err(Error("ids that are not bytes".into()));
        };
        let services = Texts::of(batch, "service")?;
        let (names, peers) = (Texts::of(batch, "name")?, Texts::of(batch, "peer")?);
        let kinds = Texts::of(batch, "kind")?;
        let states = Texts::of(batch, "status")?;
        let starts = column(batch, "start")?.as_primitive_opt::<TimestampNanosecondType>();
        let durations = column(batch, "duration_ns")?.as_primitive_opt::<Int64Type>();
        let resources = column(batch, "resource_id")?.as_primitive_opt::<UInt64Type>();
        let quality = column(batch, "quality")?.as_primitive_opt::<UInt32Type>();
        let adjusted = column(batch, "adjusted_count")?.as_primitive_opt::<Float64Type>();
        let (Some(starts), Some(durations), Some(resources)) = (starts, durations, resources) else {
            return Err(Error("spans whose columns have other types".into()));
        };
        let (Some(quality), Some(adjusted)) = (quality, adjusted) else {
            return Err(Error("spans whose columns have other types".into()));
        };
        let mut labels: HashMap<_, Arc<Label>> = HashMap::new();
        spans.reserve(batch.num_rows());
        for (row, told) in told.iter().enumerate() {
            let (Ok(trace), Ok(id)) = (traces.value(row).try_into(), ids.value(row).try_into()) else {
                return Err(Error("ids of another length".into()));
            };
            let parent = parents.is_valid(row).then(|| parents.value(row).try_into().ok()).flatten();
            let state = states.at(row).unwrap_or_default();
            let (class, target) = (told.status_class(state), told.target());
            let is_shared = quality.value(row) & SHARED_SPAN_ID != 0;
            let texts = [&names, &kinds, &peers, &states].map(|texts| texts.number(row));
            let label = labels.entry((texts, class, target, is_shared, told.is_mtls)).or_insert_with(|| {
                let label = LabelRef {
                    name: names.at(row).unwrap_or_default(),
                    kind: kinds.at(row).map_or(Kind::Unspecified, Kind::from_name),
                    status_class: class,
                    is_error: state == "error",
                    peer: peers.at(row),
                    target,
                    is_shared,
                    is_mtls: told.is_mtls,
                };
                Arc::clone(self.labels.get_or_insert_with(&label, |label| Arc::new(label.to_label())))
            });
            spans.push(Span {
                trace,
                id,
                parent,
                label: Arc::clone(label),
                owner: self.owner(resources.value(row), services.at(row).unwrap_or_default()),
                start: starts.value(row),
                duration: u64::try_from(durations.value(row)).unwrap_or_default(),
                adjusted: adjusted.value(row),
                is_answered: false,
            });
        }
        Ok(())
    }

    fn owner(&mut self, resource: u64, service: &str) -> Arc<Owner> {
        match self.owners.get(&resource) {
            Some(owner) => Arc::clone(owner),
            None => {
                let owner = || Arc::new(Owner { service: service.to_owned(), ..Owner::default() });
                Arc::clone(self.unknown.entry(service.to_owned()).or_insert_with(owner))
            }
        }
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a dyn Array> {
    let column = batch.column_by_name(name).map(AsRef::as_ref);
    column.ok_or_else(|| Error(format!("spans without the column {name}")))
}

/// A dictionary column of texts.
pub(crate) struct Texts<'a> {
    column: &'a DictionaryArray<Int32Type>,
    texts: &'a StringArray,
}

impl<'a> Texts<'a> {
    pub(crate) fn of(batch: &'a RecordBatch, name: &str) -> Result<Self> {
        let column = column(batch, name)?.as_dictionary_opt::<Int32Type>();
        let texts = column.and_then(|column| Some((column, column.values().as_string_opt()?)));
        let (column, texts) = texts.ok_or_else(|| Error(format!("{name} is not a dictionary of texts")))?;
        Ok(Self { column, texts })
    }

    pub(crate) fn at(&self, row: usize) -> Option<&'a str> {
        let text = self.column.key(row).filter(|number| self.texts.is_valid(*number))?;
        Some(self.texts.value(text))
    }

    /// The place of a row's text in the dictionary; -1 without one.
    fn number(&self, row: usize) -> i32 {
        if self.column.is_valid(row) { self.column.keys().value(row) } else { -1 }
    }
}
