//! Random rows in buffer layout, the same for the same seed: every type, nulls, hostile text.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, DictionaryArray, FixedSizeBinaryBuilder, Float64Array, Int32Array, Int64Array, ListArray,
    RecordBatch, StringArray, StructArray, TimestampNanosecondArray, UInt8Array, UInt32Array, UInt64Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Int32Type};
use daymark_model::attribute::ValueType;
use daymark_model::rows::{self, Resource, Series};
use daymark_model::signal::Table;

pub(crate) const START: i64 = 1_750_000_000_000_000_000;
pub(crate) const SECOND: i64 = 1_000_000_000;

const TEXTS: [&str; 8] =
    ["", "a", "Zoë \u{1f980}", "line\nbreak", "\"quoted\\\"", "0", "\u{0}\u{1}", "日本語"];
const SERVICES: [&str; 4] = ["cart", "payment", "unknown_service", "größe"];
const NAMES: [&str; 5] = ["GET /", "POST /checkout", "", "SELECT shop", "consume orders"];
/// Never empty: a buffer holds null then.
const SEVERITIES: [&str; 9] =
    ["UNSET", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "info", "Zoë \u{1f980}"];
const KEYS: [&str; 8] =
    ["http.route", "user.id", "x$i", "thread.id", "daymark.é", "x", "nested.map", "retry"];

/// A small random source: the tests need repeatability, not quality.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len() as u64) as usize]
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What a batch is drawn from.
pub(crate) struct Draw {
    pub(crate) random: Random,
    pub(crate) table: Table,
    /// Distinct traces; few of them make long runs.
    pub(crate) traces: u64,
}

impl Draw {
    pub(crate) fn new(table: Table, seed: u64) -> Self {
        Self { random: Random::new(seed), table, traces: 12 }
    }

    pub(crate) fn batch(&mut self, count: usize) -> RecordBatch {
        let schema = rows::schema(self.table);
        let columns = schema.fields().iter().map(|field| self.column(field, count)).collect();
        RecordBatch::try_new(schema, columns).unwrap()
    }

    fn column(&mut self, field: &Field, count: usize) -> ArrayRef {
        match (field.name().as_str(), field.data_type()) {
            ("attrs_rest", DataType::List(item)) => self.attributes(item, count),
            ("trace_id", _) => self.ids(count, 16, field.is_nullable(), self.traces),
            ("span_id", _) => self.ids(count, 8, field.is_nullable(), u64::MAX),
            ("resource_id", _) => Arc::new(self.numbers(count, 3)),
            ("series_id", _) => Arc::new(self.numbers(count, 6)),
            ("severity_text", _) => {
                let texts = (0..count).map(|_| self.random.chance(80).then(|| self.random.pick(&SEVERITIES)));
                let texts: Vec<_> = texts.collect();
                Arc::new(texts.into_iter().collect::<DictionaryArray<Int32Type>>())
            }
            ("severity_number", _) => {
                let values = (0..count).map(|_| self.random.below(25) as u8);
                Arc::new(values.collect::<UInt8Array>())
            }
            ("service", _) => self.words(count, &SERVICES),
            ("name" | "metric", _) => self.words(count, &NAMES),
            ("status", _) => self.words(count, &["unset", "ok", "error"]),
            _ => self.values(field, count),
        }
    }

    fn numbers(&mut self, count: usize, below: u64) -> UInt64Array {
        (0..count).map(|_| 1 + self.random.below(below)).collect()
    }

    fn words(&mut self, count: usize, words: &[&str]) -> ArrayRef {
        let values: Vec<_> = (0..count).map(|_| self.random.pick(words)).collect();
        Arc::new(values.into_iter().collect::<DictionaryArray<Int32Type>>())
    }

    fn ids(&mut self, count: usize, bytes: usize, nullable: bool, distinct: u64) -> ArrayRef {
        let mut ids = FixedSizeBinaryBuilder::new(bytes as i32);
        for _ in 0..count {
            if nullable && self.random.chance(30) {
                ids.append_null();
                continue;
            }
            let id = Random::new(self.random.below(distinct)).next();
            let mut value = vec![0; bytes];
            value[bytes - 8..].copy_from_slice(&id.to_be_bytes());
            if bytes == 16 && !id.is_multiple_of(3) {
                value[..8].copy_from_slice(&id.to_le_bytes());
            }
            ids.append_value(value).unwrap();
        }
        Arc::new(ids.finish())
    }

    fn attributes(&mut self, item: &Arc<Field>, count: usize) -> ArrayRef {
        let (mut keys, mut kinds, mut values, mut lengths) = (vec![], vec![], vec![], vec![]);
        for _ in 0..count {
            let before = keys.len();
            for key in KEYS {
                if self.random.chance(40) {
                    let (kind, value) = self.attribute();
                    keys.push(key);
                    kinds.push(kind.code());
                    values.push(value);
                }
            }
            lengths.push(keys.len() - before);
        }
        let keys: DictionaryArray<Int32Type> = keys.into_iter().collect();
        let columns: Vec<ArrayRef> =
            vec![Arc::new(keys), Arc::new(UInt8Array::from(kinds)), Arc::new(StringArray::from(values))];
        let entries = StructArray::try_new(rows::attribute_fields(), columns, None).unwrap();
        let offsets = OffsetBuffer::from_lengths(lengths);
        Arc::new(ListArray::try_new(Arc::clone(item), offsets, Arc::new(entries), None).unwrap())
    }

    fn attribute(&mut self) -> (ValueType, String) {
        match self.random.below(12) {
            0 => (ValueType::Empty, String::new()),
            1 => (ValueType::Bool, self.random.pick(&["true", "false"]).to_owned()),
            2 => (ValueType::Int, (self.random.next() as i64).to_string()),
            3 => (ValueType::Int, self.random.below(4).to_string()),
            4 => (
                ValueType::Double,
                self.random.pick(&["1.5", "NaN", "1e300", "-0.0", "3", "Infinity"]).to_owned(),
            ),
            5 => (ValueType::Array, "[1,\"a\"]".to_owned()),
            6 => (ValueType::Map, "{\"k\":{\"$b\":\"AA==\"}}".to_owned()),
            7 => (ValueType::Bytes, "AAEC".to_owned()),
            _ => (ValueType::Text, self.random.pick(&TEXTS).to_owned()),
        }
    }

    /// Any values of a type.
    fn values(&mut self, field: &Field, count: usize) -> ArrayRef {
        let nulls =
            field.is_nullable().then(|| (0..count).map(|_| !self.random.chance(30)).collect::<Vec<_>>());
        let valid = |row: usize| nulls.as_ref().is_none_or(|valid| valid[row]);
        let random = &mut self.random;
        macro_rules! primitive {
            ($array:ty, $value:expr) => {
                Arc::new((0..count).map(|row| valid(row).then(|| $value)).collect::<$array>())
            };
        }
        match field.data_type() {
            DataType::UInt8 => primitive!(UInt8Array, random.next() as u8),
            DataType::UInt32 => primitive!(UInt32Array, random.below(3) as u32 * 1_000_000_007),
            DataType::UInt64 => primitive!(UInt64Array, random.next()),
            DataType::Int32 => primitive!(Int32Array, random.next() as i32),
            DataType::Int64 => primitive!(Int64Array, (random.next() >> random.below(60)) as i64),
            DataType::Float64 => primitive!(Float64Array, f64::from_bits(random.next())),
            DataType::Utf8 => primitive!(StringArray, random.pick(&TEXTS)),
            DataType::Dictionary(..) => primitive!(DictionaryArray<Int32Type>, random.pick(&TEXTS)),
            DataType::Timestamp(..) => {
                let values = primitive!(TimestampNanosecondArray, START + random.below(1200) as i64 * SECOND);
                Arc::new(TimestampNanosecondArray::clone(&values).with_timezone("UTC"))
            }
            DataType::FixedSizeBinary(bytes) => self.ids(count, *bytes as usize, false, u64::MAX),
            DataType::List(item) => {
                let lengths: Vec<_> = (0..count).map(|_| random.below(3) as usize).collect();
                let values = self.values(item, lengths.iter().sum());
                let nulls = nulls.map(NullBuffer::from);
                Arc::new(ListArray::new(Arc::clone(item), OffsetBuffer::from_lengths(lengths), values, nulls))
            }
            DataType::Struct(fields) => {
                let columns = fields.iter().map(|field| self.values(field, count)).collect();
                Arc::new(StructArray::new(fields.clone(), columns, None))
            }
            other => panic!("no random {other}"),
        }
    }
}

pub(crate) fn resources() -> Vec<Arc<Resource>> {
    let one = |id: u64| Resource {
        id,
        service: SERVICES[id as usize % SERVICES.len()].into(),
        namespace: (id == 1).then(|| "shop".into()),
        instance: Some(format!("pod-{id}")),
        env: None,
        version: (id > 1).then(|| "1.2.3".into()),
        attributes: format!("{{\"service.name\":\"{id}\"}}"),
    };
    (1..=3).map(|id| Arc::new(one(id))).collect()
}

pub(crate) fn series() -> Vec<Arc<Series>> {
    let one = |id: u64| Series {
        id,
        metric: NAMES[id as usize % 3].into(),
        kind: "sum",
        unit: Some("By".into()),
        description: None,
        temporality: "delta",
        monotonic: id.is_multiple_of(2),
        resource_id: 1 + id % 3,
        scope_name: Some("scope".into()),
        scope_version: None,
        scope_attributes: None,
        schema_url: None,
        attributes: "{}".into(),
    };
    (1..=6).map(|id| Arc::new(one(id))).collect()
}
