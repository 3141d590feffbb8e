//! The series of a batch: what is told once about all points of a metric with the same attributes.
//!
//! A series is identified by metric, type, unit, resource, scope with its attributes and its own attributes;
//! `series_id` is the xxh3-64 of its attributes, seeded with the xxh3-64 of the other parts.

use std::collections::HashSet;
use std::sync::Arc;

use daymark_model::rows::Series;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64_with_seed};

use crate::envelope::Head;
use crate::wire::{Fields, Malformed};

const TEMPORALITIES: [&str; 3] = ["unspecified", "delta", "cumulative"];

/// What the points of one metric share.
#[derive(Debug)]
pub(super) struct Described<'h> {
    pub(super) head: &'h Head,
    pub(super) name: &'h str,
    description: &'h str,
    unit: &'h str,
    kind: &'static str,
    temporality: &'static str,
    monotonic: bool,
    /// The hash of all parts of a series but its attributes.
    prefix: u64,
    pub(super) bits: u32,
}

impl<'h> Described<'h> {
    pub(super) fn of(head: &'h Head, [name, description, unit]: [&'h str; 3], bits: u32) -> Self {
        let (kind, temporality, monotonic, prefix) = ("", TEMPORALITIES[0], false, 0);
        Self { head, name, description, unit, kind, temporality, monotonic, prefix, bits }
    }

    /// Sets the type of the metric, which completes what identifies its series.
    pub(super) fn kind(&mut self, kind: &'static str) -> &mut Self {
        self.kind = kind;
        let scope = &self.head.scope;
        let mut hash = Xxh3Default::new();
        let parts = [Some(self.name), Some(kind), Some(self.unit), scope.name.as_deref()];
        for part in parts.into_iter().chain([scope.version.as_deref(), scope.attributes.as_deref()]) {
            let part = part.unwrap_or_default();
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.update(&self.head.resource.id.to_le_bytes());
        self.prefix = hash.digest();
        self
    }

    /// Reads temporality and monotonicity from a `Sum`, `Histogram` or `ExponentialHistogram` message.
    pub(super) fn take_temporality(&mut self, data: &[u8]) -> Result<(), Malformed> {
        let mut fields = Fields::of(data);
        while let Some((number, value)) = fields.next()? {
            match number {
                2 if !matches!(self.kind, "gauge" | "summary") => {
                    let word = value.word()? as usize;
                    self.temporality = TEMPORALITIES.get(word).unwrap_or(&TEMPORALITIES[0]);
                }
                3 if self.kind == "sum" => self.monotonic = value.varint()? != 0,
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn series_id(&self, attributes: &str) -> u64 {
        xxh3_64_with_seed(attributes.as_bytes(), self.prefix)
    }

    /// Bytes that every series of this metric repeats.
    pub(super) fn repeated_bytes(&self) -> usize {
        let scope = &self.head.scope;
        let scope = [&scope.name, &scope.version, &scope.attributes, &self.head.schema_url];
        let scope: usize = scope.into_iter().flatten().map(String::len).sum();
        scope + self.name.len() + self.description.len() + self.unit.len()
    }

    fn series(&self, id: u64, attributes: &str) -> Series {
        let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Series {
            id,
            metric: self.name.to_owned(),
            kind: self.kind,
            unit: optional(self.unit),
            description: optional(self.description),
            temporality: self.temporality,
            monotonic: self.monotonic,
            resource_id: self.head.resource.id,
            scope_name: self.head.scope.name.clone(),
            scope_version: self.head.scope.version.clone(),
            scope_attributes: self.head.scope.attributes.clone(),
            schema_url: self.head.schema_url.clone(),
            attributes: attributes.to_owned(),
        }
    }
}

/// The distinct series, in order of appearance.
#[derive(Debug, Default)]
pub(super) struct SeriesSet {
    known: HashSet<u64>,
    pub(super) list: Vec<Arc<Series>>,
}

impl SeriesSet {
    pub(super) fn insert(&mut self, id: u64, metric: &Described<'_>, attributes: &str) {
        if self.known.insert(id) {
            self.list.push(Arc::new(metric.series(id, attributes)));
        }
    }
}
