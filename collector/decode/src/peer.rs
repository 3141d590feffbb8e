//! Whom a client or producer span called, told by its own attributes.
//!
//! The first of a fixed list of attributes that is present names the peer. It is a guess until the other
//! half of the call is found.

use crate::any::Any;
use crate::attributes::Attributes;

/// The attributes that tell of a peer.
const KEYS: [&str; 12] = [
    "peer.service",
    "service.peer.name",
    "db.namespace",
    "db.name",
    "messaging.destination.name",
    "rpc.service",
    "server.address",
    "server.port",
    "network.peer.address",
    "network.peer.port",
    "db.system.name",
    "db.system",
];

/// Finds peers, remembering which interned keys matter.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    /// For each interned key its place in [`KEYS`].
    places: Vec<Option<u8>>,
    texts: [String; KEYS.len()],
}

impl Peers {
    /// The peer of the span whose attributes were just taken.
    pub(crate) fn find(&mut self, attributes: &Attributes<'_>) -> Option<String> {
        for id in self.places.len()..attributes.keys().words() {
            let word = attributes.keys().word(id as i32);
            self.places.push(KEYS.iter().position(|key| *key == word).map(|place| place as u8));
        }
        self.texts.iter_mut().for_each(String::clear);
        let mut found = false;
        for (key, value) in attributes.record() {
            if let Some(place) = self.places[*key as usize] {
                found |= store(*value, &mut self.texts[usize::from(place)]);
            }
        }
        if found { self.preferred() } else { None }
    }

    fn preferred(&self) -> Option<String> {
        let [
            service,
            peer,
            namespace,
            name,
            destination,
            rpc,
            server,
            server_port,
            network,
            network_port,
            system,
            old_system,
        ] = self.texts.each_ref().map(|text| Some(text.as_str()).filter(|text| !text.is_empty()));
        let system = system.or(old_system);
        let database = namespace.or(name).map(|name| joined(system, name));
        let owned = |text: Option<&str>| text.map(str::to_owned);
        owned(service.or(peer))
            .or(database)
            .or_else(|| owned(destination.or(rpc)))
            .or_else(|| server.map(|address| with_port(address, server_port)))
            .or_else(|| network.map(|address| with_port(address, network_port)))
            .or_else(|| owned(system))
    }
}

/// Writes a scalar; containers name nobody.
fn store(value: Any<'_>, text: &mut String) -> bool {
    if matches!(value, Any::Array(_) | Any::Map(_)) {
        return false;
    }
    text.clear();
    value.store(text, &mut 0).is_ok()
}

fn joined(system: Option<&str>, name: &str) -> String {
    system.map_or_else(|| name.to_owned(), |system| format!("{system}:{name}"))
}

fn with_port(address: &str, port: Option<&str>) -> String {
    port.map_or_else(|| address.to_owned(), |port| format!("{address}:{port}"))
}
