//! Where notifications go. What is secret goes in and never comes out.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::fields::{Fault, Fields};

pub const CHANNELS_MAX: usize = 1_000;
/// What is shown of a secret.
pub const HIDDEN: &str = "***";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    Webhook,
    Alertmanager,
    Slack,
    Email,
    Pagerduty,
    Stdout,
}

const KINDS: [(&str, ChannelKind); 6] = [
    ("webhook", ChannelKind::Webhook),
    ("alertmanager", ChannelKind::Alertmanager),
    ("slack", ChannelKind::Slack),
    ("email", ChannelKind::Email),
    ("pagerduty", ChannelKind::Pagerduty),
    ("stdout", ChannelKind::Stdout),
];

impl ChannelKind {
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Whether one message may tell of several alerts.
    pub fn takes_several(self) -> bool {
        !matches!(self, Self::Webhook | Self::Pagerduty)
    }

    fn needs_url(self) -> bool {
        matches!(self, Self::Webhook | Self::Alertmanager | Self::Slack)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    pub kind: ChannelKind,
    pub name: String,
    pub url: Option<String>,
    pub to: Vec<String>,
    /// In place of the usual text.
    pub template: Option<String>,
    /// Sent as `Authorization: Bearer`, or the routing key of PagerDuty.
    pub secret: Option<String>,
    /// Resolved alerts are told, too.
    pub send_resolved: bool,
}

const KEYS: [&str; 12] = [
    "kind",
    "name",
    "url",
    "to",
    "template",
    "secret",
    "send_resolved",
    "id",
    "version",
    "created_at",
    "updated_at",
    "origin",
];

impl Channel {
    /// Reads a channel. A secret that is not given, or given as it is shown, stays as it is in `known`.
    pub fn read(value: &Value, known: Option<&Self>) -> Result<Self, Vec<Fault>> {
        let mut fields = Fields::of(value, "", &KEYS).map_err(|fault| vec![fault])?;
        let kind = fields.needed_word("kind", &KINDS, ChannelKind::Stdout);
        let to = match fields.get("to") {
            Some(Value::String(one)) => vec![one.clone()],
            _ => fields.texts("to").unwrap_or_default(),
        };
        let kept = |field: Option<String>, old: Option<&String>| match field {
            Some(text) if text.contains(HIDDEN) => old.cloned(),
            None => old.cloned(),
            given => given,
        };
        let channel = Self {
            kind,
            name: fields.needed("name"),
            url: kept(fields.text("url"), known.and_then(|known| known.url.as_ref())),
            to,
            template: fields.text("template"),
            secret: kept(fields.text("secret"), known.and_then(|known| known.secret.as_ref())),
            send_resolved: fields.flag("send_resolved").unwrap_or(true),
        };
        channel.check(&mut fields);
        fields.done(channel)
    }

    fn check(&self, fields: &mut Fields<'_>) {
        if self.kind.needs_url() && self.url.is_none() {
            fields.fault("url", "this kind of channel needs an address", "https://…");
        }
        if let Some(url) = &self.url {
            let is_http = url.starts_with("https://") || url.starts_with("http://");
            if !is_http || url.chars().any(char::is_control) || url.len() > 4_096 {
                fields.fault("url", "this is not an address of the web", "https://…");
            }
        }
        if self.kind == ChannelKind::Email && self.to.is_empty() {
            fields.fault("to", "an e-mail needs somebody to go to", "[\"ops@example.com\"]");
        }
        let is_address = |one: &String| one.contains('@') && !one.chars().any(char::is_control);
        if let Some(bad) = self.to.iter().find(|one| !is_address(one)) {
            fields.fault("to", format!("\"{bad}\" is not an e-mail address"), "name@example.com");
        }
        if self.kind == ChannelKind::Pagerduty && self.secret.is_none() {
            fields.fault("secret", "PagerDuty needs a routing key", "that of the integration");
        }
    }

    /// As it is kept: with its secrets.
    pub fn to_kept(&self) -> Value {
        json!({"kind": self.kind, "name": self.name, "url": self.url, "to": self.to,
            "template": self.template, "secret": self.secret, "send_resolved": self.send_resolved})
    }

    /// As it is shown: of an address only where it leads, since its path is often the secret.
    pub fn to_shown(&self) -> Map<String, Value> {
        let Value::Object(mut map) = self.to_kept() else { return Map::new() };
        map.insert("url".into(), json!(self.url.as_deref().map(shown_url)));
        map.insert("secret".into(), json!(self.secret.as_ref().map(|_| HIDDEN)));
        map
    }
}

/// Scheme and host of an address; the rest may be secret.
pub fn shown_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return HIDDEN.into() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}/{HIDDEN}")
}
