//! Rows of `red`, `red_instances` and `edges` as plain values.

use std::ops::Range;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Int32Array, PrimitiveArray, RecordBatch,
    StringArray, TimestampNanosecondArray, TypedDictionaryArray, UInt64Array,
};
use arrow::datatypes::{ArrowPrimitiveType, Int32Type, TimestampNanosecondType, UInt64Type};
use datafusion::common::{Result, exec_datafusion_err};
use daymark_aggregate::{Owner, Sketch};
use daymark_model::time::Nanos;

type Texts<'a> = TypedDictionaryArray<'a, Int32Type, StringArray>;

/// The columns of a batch by name.
struct Columns<'a>(&'a RecordBatch);

impl<'a> Columns<'a> {
    fn column(&self, name: &str) -> Result<&'a ArrayRef> {
        self.0.column_by_name(name).ok_or_else(|| exec_datafusion_err!("sums without the column {name}"))
    }

    fn primitive<T: ArrowPrimitiveType>(&self, name: &str) -> Result<&'a PrimitiveArray<T>> {
        let column = self.column(name)?.as_primitive_opt();
        column.ok_or_else(|| exec_datafusion_err!("sums whose {name} is of another type"))
    }

    fn bytes(&self, name: &str) -> Result<&'a BinaryArray> {
        let column = self.column(name)?.as_binary_opt();
        column.ok_or_else(|| exec_datafusion_err!("sums whose {name} is not bytes"))
    }

    /// A column of texts; none when the table has no such column.
    fn texts(&self, name: &str) -> Result<Option<Texts<'a>>> {
        let Some(column) = self.0.column_by_name(name) else { return Ok(None) };
        let texts = column.as_dictionary_opt::<Int32Type>().and_then(|column| column.downcast_dict());
        texts.map(Some).ok_or_else(|| exec_datafusion_err!("sums whose {name} is not text"))
    }
}

fn text<'a>(texts: &Option<Texts<'a>>, row: usize) -> Option<&'a str> {
    let texts = texts.as_ref().filter(|texts| texts.is_valid(row))?;
    Some(texts.values().value(usize::try_from(texts.keys().value(row)).ok()?))
}

/// A row of `red` or `red_instances`; what the table does not have is empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RedRow<'a> {
    pub(crate) bucket: i64,
    pub(crate) step_s: i32,
    pub(crate) service: &'a str,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) env: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) instance: Option<&'a str>,
    pub(crate) name: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) is_entry: bool,
    pub(crate) status_class: &'a str,
    pub(crate) peer: Option<&'a str>,
    pub(crate) count: u64,
    pub(crate) errors: u64,
    pub(crate) sum_ns: u64,
    sketch: &'a [u8],
}

impl RedRow<'_> {
    pub(crate) fn owner(&self) -> Owner {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Owner {
            service: self.service.to_owned(),
            namespace: owned(self.namespace),
            env: owned(self.env),
            version: owned(self.version),
            instance: owned(self.instance),
        }
    }

    /// Adds the durations of its spans to others.
    pub(crate) fn merge_into(&self, sketch: &mut Sketch) -> Result<()> {
        merge(self.sketch, sketch)
    }

    /// From its first to just after its last instant.
    pub(crate) fn span(&self) -> Range<i64> {
        self.bucket..self.bucket.saturating_add(i64::from(self.step_s) * Nanos::SECOND)
    }
}

fn merge(bytes: &[u8], sketch: &mut Sketch) -> Result<()> {
    sketch.merge_bytes(bytes).ok_or_else(|| exec_datafusion_err!("sums whose sketch cannot be read"))
}

/// The rows of a batch, one after the other.
pub(crate) struct RedRows<'a> {
    buckets: &'a TimestampNanosecondArray,
    steps: &'a Int32Array,
    services: Option<Texts<'a>>,
    namespaces: Option<Texts<'a>>,
    envs: Option<Texts<'a>>,
    versions: Option<Texts<'a>>,
    instances: Option<Texts<'a>>,
    names: Option<Texts<'a>>,
    kinds: Option<Texts<'a>>,
    entries: Option<&'a BooleanArray>,
    classes: Option<Texts<'a>>,
    peers: Option<Texts<'a>>,
    counts: &'a UInt64Array,
    errors: &'a UInt64Array,
    times: &'a UInt64Array,
    sketches: &'a BinaryArray,
}

impl<'a> RedRows<'a> {
    pub(crate) fn of(batch: &'a RecordBatch) -> Result<Self> {
        let columns = Columns(batch);
        Ok(Self {
            buckets: columns.primitive::<TimestampNanosecondType>("bucket")?,
            steps: columns.primitive::<Int32Type>("step_s")?,
            services: columns.texts("service")?,
            namespaces: columns.texts("namespace")?,
            envs: columns.texts("env")?,
            versions: columns.texts("version")?,
            instances: columns.texts("instance")?,
            names: columns.texts("name")?,
            kinds: columns.texts("kind")?,
            entries: batch.column_by_name("entry").and_then(|entries| entries.as_boolean_opt()),
            classes: columns.texts("status_class")?,
            peers: columns.texts("peer")?,
            counts: columns.primitive::<UInt64Type>("count")?,
            errors: columns.primitive::<UInt64Type>("errors")?,
            times: columns.primitive::<UInt64Type>("sum_ns")?,
            sketches: columns.bytes("sketch")?,
        })
    }

    /// Those whose buckets begin in a range.
    pub(crate) fn within(self, range: Range<i64>) -> impl Iterator<Item = RedRow<'a>> {
        let buckets = self.buckets;
        let inside = (0..buckets.len()).filter(move |row| range.contains(&buckets.value(*row)));
        inside.map(move |row| self.row(row))
    }

    fn row(&self, row: usize) -> RedRow<'a> {
        RedRow {
            bucket: self.buckets.value(row),
            step_s: self.steps.value(row),
            service: text(&self.services, row).unwrap_or_default(),
            namespace: text(&self.namespaces, row),
            env: text(&self.envs, row),
            version: text(&self.versions, row),
            instance: text(&self.instances, row),
            name: text(&self.names, row).unwrap_or_default(),
            kind: text(&self.kinds, row).unwrap_or_default(),
            is_entry: self.entries.is_none_or(|entries| entries.value(row)),
            status_class: text(&self.classes, row).unwrap_or_default(),
            peer: text(&self.peers, row),
            count: self.counts.value(row),
            errors: self.errors.value(row),
            sum_ns: self.times.value(row),
            sketch: self.sketches.value(row),
        }
    }
}

/// A row of `edges`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EdgeRow<'a> {
    pub(crate) bucket: i64,
    pub(crate) client: &'a str,
    pub(crate) server: &'a str,
    pub(crate) server_kind: &'a str,
    pub(crate) link: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) env: Option<&'a str>,
    pub(crate) count: u64,
    pub(crate) errors: u64,
    pub(crate) client_sum_ns: u64,
    pub(crate) server_sum_ns: u64,
    pub(crate) mtls: u64,
    client_sketch: &'a [u8],
    server_sketch: &'a [u8],
}

impl EdgeRow<'_> {
    pub(crate) fn merge_into(&self, client: &mut Sketch, server: &mut Sketch) -> Result<()> {
        merge(self.client_sketch, client)?;
        merge(self.server_sketch, server)
    }
}

/// The rows of `edges` in a batch whose buckets begin in a range.
pub(crate) fn edge_rows(batch: &RecordBatch, range: Range<i64>) -> Result<impl Iterator<Item = EdgeRow<'_>>> {
    let columns = Columns(batch);
    let buckets = columns.primitive::<TimestampNanosecondType>("bucket")?;
    let (clients, servers) = (columns.texts("client")?, columns.texts("server")?);
    let (kinds, links) = (columns.texts("server_kind")?, columns.texts("link")?);
    let (operations, namespaces) = (columns.texts("operation")?, columns.texts("namespace")?);
    let envs = columns.texts("env")?;
    let numbers = |name: &str| columns.primitive::<UInt64Type>(name);
    let (counts, errors, mtls) = (numbers("count")?, numbers("errors")?, numbers("mtls")?);
    let (client_sums, server_sums) = (numbers("client_sum_ns")?, numbers("server_sum_ns")?);
    let (client_sketches, server_sketches) =
        (columns.bytes("client_sketch")?, columns.bytes("server_sketch")?);
    let rows = (0..batch.num_rows()).filter(move |row| range.contains(&buckets.value(*row)));
    Ok(rows.map(move |row| EdgeRow {
        bucket: buckets.value(row),
        client: text(&clients, row).unwrap_or_default(),
        server: text(&servers, row).unwrap_or_default(),
        server_kind: text(&kinds, row).unwrap_or_default(),
        link: text(&links, row).unwrap_or_default(),
        operation: text(&operations, row).unwrap_or_default(),
        namespace: text(&namespaces, row),
        env: text(&envs, row),
        count: counts.value(row),
        errors: errors.value(row),
        client_sum_ns: client_sums.value(row),
        server_sum_ns: server_sums.value(row),
        mtls: mtls.value(row),
        client_sketch: client_sketches.value(row),
        server_sketch: server_sketches.value(row),
    }))
}
