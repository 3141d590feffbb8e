//! The two outer levels that spans, logs and metrics share: resource and scope, around the records.
//!
//! A body goes in; each record comes out after the resource and the scope it belongs to. Field order on the
//! wire is free, so both are read completely before the first record below them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use daymark_model::rows::Resource;
use xxhash_rust::xxh3::xxh3_64;

use crate::any::{Any, key_value, write_attributes};
use crate::text;
use crate::wire::{Fields, Malformed};

/// The service of a resource that names none.
const UNKNOWN_SERVICE: &str = "unknown_service";

/// Who sent the records that follow.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) resource: Arc<Resource>,
    pub(crate) scope: Scope,
    /// Of the scope, else of the resource.
    pub(crate) schema_url: Option<String>,
    /// Quality bits that every record below inherits.
    pub(crate) bits: u32,
}

/// Which library made the records that follow.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) attributes: Option<String>,
}

/// Takes the records of a body.
pub(crate) trait Records<'a> {
    /// The records that follow belong to this head.
    fn enter(&mut self, head: Head);

    fn record(&mut self, message: &'a [u8]);
}

/// Walks a request body; gives back its distinct resources in order of appearance.
pub(crate) fn walk<'a>(
    body: &'a [u8],
    records: &mut impl Records<'a>,
) -> Result<Vec<Arc<Resource>>, Malformed> {
    let mut resources = Resources::default();
    let mut fields = Fields::of(body);
    while let Some((number, value)) = fields.next()? {
        if number == 1 {
            walk_resource(value.bytes()?, &mut resources, records)?;
        }
    }
    Ok(resources.list)
}

/// Refuses a `Resource` message that cannot be read, by reading it.
pub(crate) fn check_resource(message: &[u8]) -> Result<(), Malformed> {
    read_resource(&[message], &mut 0).map(drop)
}

/// Refuses an `InstrumentationScope` message that cannot be read.
pub(crate) fn check_scope(message: &[u8]) -> Result<(), Malformed> {
    read_scope(&[message], &mut 0).map(drop)
}

#[derive(Default)]
struct Resources {
    known: HashMap<u64, Arc<Resource>>,
    list: Vec<Arc<Resource>>,
}

impl Resources {
    fn distinct(&mut self, resource: Resource) -> Arc<Resource> {
        match self.known.entry(resource.id) {
            Entry::Occupied(known) => Arc::clone(known.get()),
            Entry::Vacant(new) => {
                let resource = Arc::new(resource);
                self.list.push(Arc::clone(&resource));
                Arc::clone(new.insert(resource))
            }
        }
    }
}

/// The parts of a `ResourceSpans` or `ScopeSpans` message and their kin, which are numbered alike.
struct Level<'a> {
    heads: Vec<&'a [u8]>,
    schema_url: &'a [u8],
    below: Fields<'a>,
}

impl<'a> Level<'a> {
    fn of(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut level = Self { heads: Vec::new(), schema_url: &[], below: Fields::of(message) };
        let mut fields = level.below;
        while let Some((number, value)) = fields.next()? {
            match number {
                1 => level.heads.push(value.bytes()?),
                3 => level.schema_url = value.bytes()?,
                _ => {}
            }
        }
        Ok(level)
    }

    /// The next message of the level below.
    fn next(&mut self) -> Result<Option<&'a [u8]>, Malformed> {
        while let Some((number, value)) = self.below.next()? {
            if number == 2 {
                return value.bytes().map(Some);
            }
        }
        Ok(None)
    }
}

fn walk_resource<'a>(
    message: &'a [u8],
    resources: &mut Resources,
    records: &mut impl Records<'a>,
) -> Result<(), Malformed> {
    let mut level = Level::of(message)?;
    let mut resource_bits = 0;
    let resource = resources.distinct(read_resource(&level.heads, &mut resource_bits)?);
    let resource_schema = optional(level.schema_url, &mut resource_bits);
    while let Some(message) = level.next()? {
        let mut below = Level::of(message)?;
        let mut bits = resource_bits;
        let scope = read_scope(&below.heads, &mut bits)?;
        let schema_url = optional(below.schema_url, &mut bits).or_else(|| resource_schema.clone());
        records.enter(Head { resource: Arc::clone(&resource), scope, schema_url, bits });
        while let Some(record) = below.next()? {
            records.record(record);
        }
    }
    Ok(())
}

fn read_resource(messages: &[&[u8]], bits: &mut u32) -> Result<Resource, Malformed> {
    let mut attributes = Vec::new();
    for message in messages {
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.next()? {
            if number == 1 {
                attributes.push(value.bytes()?);
            }
        }
    }
    let mut text = String::new();
    write_attributes(&attributes, &mut text, bits)?;
    let mut names = Names::default();
    for attribute in attributes {
        let (key, value) = key_value(attribute)?;
        names.take(key, value)?;
    }
    Ok(names.resource(text))
}

/// The attributes of a resource that have columns of their own, in order of preference.
#[derive(Default)]
struct Names {
    service: Option<String>,
    namespace: Option<String>,
    version: Option<String>,
    instance: [Option<String>; 3],
    env: [Option<String>; 2],
}

impl Names {
    fn take(&mut self, key: &[u8], value: Any<'_>) -> Result<(), Malformed> {
        let place = match key {
            b"service.name" => &mut self.service,
            b"service.namespace" => &mut self.namespace,
            b"service.version" => &mut self.version,
            b"service.instance.id" => &mut self.instance[0],
            b"host.name" => &mut self.instance[1],
            b"k8s.pod.name" => &mut self.instance[2],
            b"deployment.environment.name" => &mut self.env[0],
            b"deployment.environment" => &mut self.env[1],
            _ => return Ok(()),
        };
        let mut text = String::new();
        value.store(&mut text, &mut 0)?;
        *place = Some(text).filter(|text| !text.is_empty());
        Ok(())
    }

    fn resource(self, attributes: String) -> Resource {
        let [instance, host, pod] = self.instance;
        let [env, old_env] = self.env;
        Resource {
            id: xxh3_64(attributes.as_bytes()),
            service: self.service.unwrap_or_else(|| UNKNOWN_SERVICE.into()),
            namespace: self.namespace,
            instance: instance.or(host).or(pod),
            env: env.or(old_env),
            version: self.version,
            attributes,
        }
    }
}

fn read_scope(messages: &[&[u8]], bits: &mut u32) -> Result<Scope, Malformed> {
    let mut scope = Scope::default();
    let mut attributes = Vec::new();
    for message in messages {
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                1 => scope.name = optional(value.bytes()?, bits),
                2 => scope.version = optional(value.bytes()?, bits),
                3 => attributes.push(value.bytes()?),
                _ => {}
            }
        }
    }
    if !attributes.is_empty() {
        let mut text = String::new();
        write_attributes(&attributes, &mut text, bits)?;
        scope.attributes = Some(text);
    }
    Ok(scope)
}

/// A text that is absent when empty.
fn optional(bytes: &[u8], bits: &mut u32) -> Option<String> {
    (!bytes.is_empty()).then(|| text::limited(bytes, bits).into_owned())
}
