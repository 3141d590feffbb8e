//! The columns that spans and log records get from around them: resource, scope and origin.
//!
//! Texts are interned once for each scope, so a row costs a few integers here.

use std::sync::Arc;

use arrow::array::{ArrayRef, UInt64Array};
use daymark_model::origin::{DEFAULT_STREAM, Origin};

use crate::columns::{Dictionary, Text};
use crate::envelope::Head;
use crate::foresight::Rest;

#[derive(Debug)]
pub(crate) struct Heads {
    /// The head of the rows that are pushed now.
    current: Option<Head>,
    service_id: i32,
    scope_name_id: Option<i32>,
    scope_version_id: Option<i32>,
    schema_url_id: Option<i32>,
    service: Dictionary,
    scope_name: Dictionary,
    scope_version: Dictionary,
    resource_id: Vec<u64>,
    scope_attributes: Text,
    schema_url: Dictionary,
    source: Dictionary,
    tier: Dictionary,
}

/// The finished columns, to be put where the schema wants them.
#[derive(Debug)]
pub(crate) struct HeadArrays {
    pub(crate) service: ArrayRef,
    pub(crate) scope_name: ArrayRef,
    pub(crate) scope_version: ArrayRef,
    pub(crate) resource_id: ArrayRef,
    pub(crate) source: ArrayRef,
    pub(crate) tier: ArrayRef,
    pub(crate) stream: ArrayRef,
    pub(crate) scope_attributes: ArrayRef,
    pub(crate) schema_url: ArrayRef,
}

impl Heads {
    pub(crate) fn new(origin: &Origin) -> Self {
        Self {
            current: None,
            service_id: 0,
            scope_name_id: None,
            scope_version_id: None,
            schema_url_id: None,
            service: Dictionary::new(),
            scope_name: Dictionary::new(),
            scope_version: Dictionary::new(),
            resource_id: Vec::new(),
            scope_attributes: Text::new(),
            schema_url: Dictionary::new(),
            source: Dictionary::constant(&origin.source),
            tier: Dictionary::constant(origin.tier.name()),
        }
    }

    /// The rows that follow belong to this head.
    pub(crate) fn enter(&mut self, head: Head) {
        self.service_id = self.service.intern(&head.resource.service);
        self.scope_name_id = self.scope_name.intern_option(head.scope.name.as_deref());
        self.scope_version_id = self.scope_version.intern_option(head.scope.version.as_deref());
        self.schema_url_id = self.schema_url.intern_option(head.schema_url.as_deref());
        self.current = Some(head);
    }

    /// The quality bits that every row of the current head inherits.
    pub(crate) fn bits(&self) -> u32 {
        self.current.as_ref().map_or(0, |head| head.bits)
    }

    /// The bytes that every row of the current head repeats.
    pub(crate) fn repeated_bytes(&self) -> usize {
        let attributes = self.current.as_ref().and_then(|head| head.scope.attributes.as_ref());
        attributes.map_or(0, String::len)
    }

    pub(crate) fn rows(&self) -> usize {
        self.resource_id.len()
    }

    pub(crate) fn reserve(&mut self, rest: Rest) {
        for column in [&mut self.service, &mut self.scope_name, &mut self.scope_version, &mut self.schema_url]
        {
            column.reserve(rest);
        }
        rest.reserve(&mut self.resource_id);
        self.scope_attributes.reserve(rest);
    }

    /// Adds a row of the current head.
    pub(crate) fn push(&mut self) {
        self.service.push(self.service_id);
        self.scope_name.push_option(self.scope_name_id);
        self.scope_version.push_option(self.scope_version_id);
        self.schema_url.push_option(self.schema_url_id);
        self.resource_id.push(self.current.as_ref().map_or(0, |head| head.resource.id));
        let attributes = self.current.as_ref().and_then(|head| head.scope.attributes.as_deref());
        self.scope_attributes.push_option(attributes);
    }

    pub(crate) fn finish(self) -> HeadArrays {
        let rows = self.rows();
        HeadArrays {
            service: self.service.finish(),
            scope_name: self.scope_name.finish(),
            scope_version: self.scope_version.finish(),
            resource_id: Arc::new(UInt64Array::from(self.resource_id)),
            source: self.source.finish_constant(rows),
            tier: self.tier.finish_constant(rows),
            stream: Dictionary::constant(DEFAULT_STREAM).finish_constant(rows),
            scope_attributes: Arc::new(self.scope_attributes.finish()),
            schema_url: self.schema_url.finish(),
        }
    }
}
