//! Rows of spans to [`Span`]s: columns of any batch that has [`COLUMNS`], and [`KEYS`] as texts.

use std::sync::Arc;

use arrow::array::{Array, AsArray, DictionaryArray, RecordBatch, StringArray};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt32Type, UInt64Type};
use daymark_model::quality::SHARED_SPAN_ID;
use daymark_model::rows::Resource;
use hashbrown::{HashMap, HashSet};

use crate::span::{Kind, Label, LabelRef, Owner, Span, StatusClass, Target};
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

/// Attributes that are needed, each as a text column `attr.<key>`.
pub const KEYS: [&str; 10] = [
    "http.response.status_code",
    "http.status_code",
    "rpc.grpc.status_code",
    "db.system.name",
    "db.system",
    "db.namespace",
    "db.name",
    "messaging.destination.name",
    "messaging.system",
    "connection_security_policy",
];
const DATABASE: std::ops::Range<usize> = 3..7;
const QUEUE: std::ops::Range<usize> = 7..9;

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

    /// Appends the spans of a batch.
    pub fn take(&mut self, batch: &RecordBatch, spans: &mut Vec<Span>) -> Result<()> {
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
        let attributes = KEYS.map(|key| {
            let texts = batch.column_by_name(&format!("attr.{key}")).and_then(|texts| texts.as_string_opt());
            texts.filter(|texts: &&StringArray| texts.null_count() < texts.len())
        });
        spans.reserve(batch.num_rows());
        for row in 0..batch.num_rows() {
            let (Ok(trace), Ok(id)) = (traces.value(row).try_into(), ids.value(row).try_into()) else {
                return Err(Error("ids of another length".into()));
            };
            let parent = parents.is_valid(row).then(|| parents.value(row).try_into().ok()).flatten();
            let attribute = |at: usize| -> Option<&str> {
                let texts = attributes[at].filter(|texts| texts.is_valid(row))?;
                Some(texts.value(row)).filter(|text| !text.is_empty())
            };
            let state = states.at(row).unwrap_or_default();
            let label = LabelRef {
                name: names.at(row).unwrap_or_default(),
                kind: kinds.at(row).map_or(Kind::Unspecified, Kind::from_name),
                status_class: class(&attribute, state),
                is_error: state == "error",
                peer: peers.at(row),
                target: if DATABASE.clone().any(|at| attribute(at).is_some()) {
                    Target::Database
                } else if QUEUE.clone().any(|at| attribute(at).is_some()) {
                    Target::Queue
                } else {
                    Target::External
                },
                is_shared: quality.value(row) & SHARED_SPAN_ID != 0,
                is_mtls: attribute(9) == Some("mutual_tls"),
            };
            spans.push(Span {
                trace,
                id,
                parent,
                owner: self.owner(resources.value(row), services.at(row).unwrap_or_default()),
                label: Arc::clone(self.labels.get_or_insert_with(&label, |label| Arc::new(label.to_label()))),
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
        let text = self.column.key(row).filter(|key| self.texts.is_valid(*key))?;
        Some(self.texts.value(text))
    }
}

fn class<'a>(attribute: &impl Fn(usize) -> Option<&'a str>, state: &str) -> StatusClass {
    let number = |at: usize| attribute(at).and_then(|text| text.parse::<u16>().ok());
    let http = number(0).or_else(|| number(1)).filter(|code| (100..600).contains(code));
    let grpc = number(2).filter(|code| *code <= 16);
    match (http, grpc) {
        (Some(code), _) => StatusClass::Http((code / 100) as u8),
        (None, Some(code)) => StatusClass::Grpc(code as u8),
        (None, None) => match state {
            "ok" => StatusClass::Ok,
            "error" => StatusClass::Error,
            _ => StatusClass::Unset,
        },
    }
}
