//! The structural walk: counts the items of a body before anything is stored.
//!
//! It steps through every message from the request down to the fields of spans, log records and data
//! points, and refuses what is not protobuf or has a known field of the wrong wire type there; resources and
//! scopes are read completely. What it lets pass can be decoded, record by record.

use daymark_model::signal::Signal;

use crate::envelope::{check_resource, check_scope};
use crate::otlp::{Kind, Message};
use crate::wire::{Fields, Malformed};

/// The number of spans, log records or data points.
pub(crate) fn count(signal: Signal, body: &[u8]) -> Result<u32, Malformed> {
    let mut items = 0;
    walk(Message::request(signal), body, &mut items)?;
    Ok(items)
}

fn walk(message: Message, bytes: &[u8], items: &mut u32) -> Result<(), Malformed> {
    match message {
        Message::Resource => return check_resource(bytes),
        Message::Scope => return check_scope(bytes),
        _ => {}
    }
    let known = message.fields();
    let is_item = message.is_item();
    let mut fields = Fields::of(bytes);
    while let Some((number, value)) = fields.next()? {
        let Some(field) = known.iter().find(|field| field.number == number) else { continue };
        if !field.fits(value.wire_type()) {
            return Err(Malformed("a field has the wrong wire type"));
        }
        match field.kind {
            Kind::Message(inner) if !is_item && inner != Message::KeyValue => {
                walk(inner, value.bytes()?, items)?;
            }
            _ => {}
        }
    }
    if is_item {
        *items = items.checked_add(1).ok_or(Malformed("there are more items than can be counted"))?;
    }
    Ok(())
}
