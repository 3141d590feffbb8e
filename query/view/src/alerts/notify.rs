//! Who is told what, and how often: the document `/rules/notify`.

use daymark_model::time::Nanos;
use serde_json::{Value, json};

use super::fields::{Fault, Fields};
use super::matcher::Matcher;
use super::rule::Route;
use super::silence::read_instant;
use crate::duration::exact;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    /// Labels by which alerts are told together.
    pub by: Vec<String>,
    /// How long the first of a group waits for others.
    pub wait_ns: i64,
    /// The least time between two messages of a group.
    pub interval_ns: i64,
    /// How often one that goes on is told again; never when 0.
    pub repeat_ns: i64,
    /// Where alerts go whose rule says nothing; the first that fits.
    pub routes: Vec<Route>,
    pub inhibitions: Vec<Inhibition>,
    pub maintenance: Vec<Maintenance>,
    /// An outside address that is called every minute while Daymark is well.
    pub heartbeat: Option<String>,
}

impl Default for Notify {
    fn default() -> Self {
        Self {
            by: vec!["alertname".into()],
            wait_ns: 10 * Nanos::SECOND,
            interval_ns: Nanos::MINUTE,
            repeat_ns: 4 * Nanos::HOUR,
            routes: Vec::new(),
            inhibitions: Vec::new(),
            maintenance: Vec::new(),
            heartbeat: None,
        }
    }
}

/// While an alert that fits `source` fires, those that fit `target` and agree in some labels are not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inhibition {
    pub source: Vec<Matcher>,
    pub target: Vec<Matcher>,
    pub equal: Vec<String>,
}

/// A time in which those that fit are not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    pub name: String,
    pub matchers: Vec<Matcher>,
    pub from: Nanos,
    pub to: Nanos,
}

const KEYS: [&str; 9] =
    ["version", "by", "wait", "interval", "repeat", "routes", "inhibitions", "maintenance", "heartbeat"];

impl Notify {
    pub fn read(value: &Value, now: Nanos) -> Result<Self, Vec<Fault>> {
        let mut fields = Fields::of(value, "", &KEYS).map_err(|fault| vec![fault])?;
        let usual = Self::default();
        let notify = Self {
            by: fields.texts("by").unwrap_or(usual.by),
            wait_ns: fields.duration("wait").unwrap_or(usual.wait_ns),
            interval_ns: fields.duration("interval").unwrap_or(usual.interval_ns),
            repeat_ns: fields.duration("repeat").unwrap_or(usual.repeat_ns),
            routes: fields.list("routes", Route::read).unwrap_or_default(),
            inhibitions: fields.list("inhibitions", inhibition).unwrap_or_default(),
            maintenance: fields
                .list("maintenance", |value, at| maintenance(value, at, now))
                .unwrap_or_default(),
            heartbeat: fields.text("heartbeat").filter(|url| !url.is_empty()),
        };
        for (key, ns) in [("wait", notify.wait_ns), ("interval", notify.interval_ns)] {
            if ns > Nanos::HOUR {
                fields.fault(key, format!("{} is more than 1h", exact(ns)), "such as 30s");
            }
        }
        if notify.repeat_ns > 0 && notify.repeat_ns < Nanos::MINUTE {
            fields.fault(
                "repeat",
                "more often than every minute nobody listens",
                "such as 4h, or 0s for never",
            );
        }
        let is_http = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        if notify.heartbeat.as_ref().is_some_and(|url| !is_http(url)) {
            fields.fault("heartbeat", "this is not an address of the web", "https://…");
        }
        fields.done(notify)
    }

    pub fn to_value(&self) -> Value {
        let inhibitions: Vec<Value> = self
            .inhibitions
            .iter()
            .map(|one| json!({"source": one.source, "target": one.target, "equal": one.equal}))
            .collect();
        let maintenance: Vec<Value> = self
            .maintenance
            .iter()
            .map(|one| {
                json!({"name": one.name, "matchers": one.matchers, "from": one.from.to_string(),
                    "to": one.to.to_string()})
            })
            .collect();
        json!({"by": self.by, "wait": exact(self.wait_ns), "interval": exact(self.interval_ns),
            "repeat": exact(self.repeat_ns), "routes": self.routes, "inhibitions": inhibitions,
            "maintenance": maintenance, "heartbeat": self.heartbeat})
    }
}

fn inhibition(value: &Value, at: &str) -> Result<Inhibition, Vec<Fault>> {
    let mut fields = Fields::of(value, at, &["source", "target", "equal"]).map_err(|fault| vec![fault])?;
    let source = fields.list("source", Matcher::read).unwrap_or_default();
    let target = fields.list("target", Matcher::read).unwrap_or_default();
    if (source.is_empty() || target.is_empty()) && fields.faults.is_empty() {
        fields.fault("source", "an inhibition has a source and a target", "matchers of labels");
    }
    let equal = fields.texts("equal").unwrap_or_default();
    fields.done(Inhibition { source, target, equal })
}

fn maintenance(value: &Value, at: &str, now: Nanos) -> Result<Maintenance, Vec<Fault>> {
    let keys = ["name", "matchers", "from", "to"];
    let mut fields = Fields::of(value, at, &keys).map_err(|fault| vec![fault])?;
    let name = fields.needed("name");
    let matchers = fields.list("matchers", Matcher::read).unwrap_or_default();
    let from = read_instant(&mut fields, "from", now);
    let to = read_instant(&mut fields, "to", now);
    let (from, to) = from.zip(to).unwrap_or_default();
    if from >= to && fields.faults.is_empty() {
        fields.fault("to", "it has no end after its start", "such as 2026-01-31T12:00:00Z");
    }
    fields.done(Maintenance { name, matchers, from, to })
}
