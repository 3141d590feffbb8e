//! What is kept for another time than the rest of its signal: `[[streams]]`.
//!
//! A rule is judged while the file is read, so that a wrong one is told with its line.

use std::time::Duration;

use daymark_model::origin::DEFAULT_STREAM;
use daymark_model::severity;
use daymark_model::signal::Signal;
use daymark_storage::streams::{STATUSES, STREAMS_MAX, Stream};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::keep::age;

const NAME_MAX: usize = 64;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    #[serde(deserialize_with = "name")]
    name: String,
    #[serde(default, deserialize_with = "signals")]
    signal: Vec<Signal>,
    #[serde(default)]
    service: OneOrMany,
    #[serde(default)]
    env: OneOrMany,
    #[serde(default, deserialize_with = "severities")]
    severity: Vec<String>,
    #[serde(default, deserialize_with = "statuses")]
    status: Vec<String>,
    #[serde(deserialize_with = "kept")]
    keep: Option<Duration>,
}

/// `"a"` or `["a", "b"]`.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "Spelling")]
struct OneOrMany(Vec<String>);

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
enum Spelling {
    One(String),
    Many(Vec<String>),
}

impl From<Spelling> for OneOrMany {
    fn from(written: Spelling) -> Self {
        match written {
            Spelling::One(text) => Self(vec![text]),
            Spelling::Many(texts) => Self(texts),
        }
    }
}

/// The rules in their order.
pub(super) fn rules<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Stream>, D::Error> {
    let rules = Vec::<Rule>::deserialize(from)?;
    if rules.len() > STREAMS_MAX {
        return Err(D::Error::custom(format!(
            "streams: there are {} rules; {STREAMS_MAX} are allowed, beside the stream \"{DEFAULT_STREAM}\"",
            rules.len()
        )));
    }
    let mut streams: Vec<Stream> = Vec::with_capacity(rules.len());
    for rule in rules {
        let stream = rule.checked().map_err(D::Error::custom)?;
        if streams.iter().any(|known| known.name == stream.name) {
            return Err(D::Error::custom(format!(
                "streams: two rules have the name \"{}\"; a condition may be a list, so one is enough",
                stream.name
            )));
        }
        streams.push(stream);
    }
    Ok(streams)
}

impl Rule {
    fn checked(self) -> Result<Stream, String> {
        let stream = Stream {
            name: self.name,
            signals: self.signal,
            services: self.service.0,
            envs: self.env.0,
            severities: self.severity,
            statuses: self.status,
            keep: self.keep,
        };
        if Signal::ALL.into_iter().any(|signal| stream.takes(signal)) {
            return Ok(stream);
        }
        Err(format!(
            "streams: no row fits \"{}\": only logs have a severity, and only spans have a status",
            stream.name
        ))
    }
}

fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    if name.is_empty() || name.len() > NAME_MAX || !name.bytes().all(is_plain) || name == DEFAULT_STREAM {
        return Err(D::Error::custom(format!(
            "name = \"{name}\" is no name of a stream; it has 1 to {NAME_MAX} of a-z 0-9 - _ and is not \
             \"{DEFAULT_STREAM}\", where all goes that fits no rule"
        )));
    }
    Ok(name)
}

fn signals<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Signal>, D::Error> {
    let names = known(from, "signal", &Signal::ALL.map(Signal::name))?;
    Ok(Signal::ALL.into_iter().filter(|signal| names.iter().any(|name| name == signal.name())).collect())
}

fn severities<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    known(from, "severity", &severity::WORDS)
}

fn statuses<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    known(from, "status", &STATUSES)
}

fn known<'de, D: Deserializer<'de>>(from: D, key: &str, words: &[&str]) -> Result<Vec<String>, D::Error> {
    let OneOrMany(said) = OneOrMany::deserialize(from)?;
    match said.iter().find(|one| !words.contains(&one.as_str())) {
        Some(other) => {
            let words = words.join(", ");
            Err(D::Error::custom(format!("{key} = \"{other}\" is not known; it is one of {words}")))
        }
        None => Ok(said),
    }
}

fn kept<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    age("keep", Some(&String::deserialize(from)?), None).map_err(D::Error::custom)
}
