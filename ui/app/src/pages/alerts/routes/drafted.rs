//! The document of routes while somebody changes it: every field a signal, put together again to be judged and
//! saved.

use daymark_model::time::Nanos;
use daymark_view::alerts::fields::Fault;
use daymark_view::alerts::notify::Notify;
use daymark_viz::clock::{Civil, Offset};
use daymark_viz::rule_draft::is_at;
use leptos::prelude::*;
use serde_json::{Value, json};

use crate::pages::alerts::matchers::Asked;
use crate::window;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) id: usize,
    pub(super) asked: Asked,
    pub(super) channels: RwSignal<Vec<String>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Inhibition {
    pub(super) id: usize,
    pub(super) source: Asked,
    pub(super) target: Asked,
    pub(super) equal: RwSignal<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Maintenance {
    pub(super) id: usize,
    pub(super) name: RwSignal<String>,
    pub(super) asked: Asked,
    pub(super) from: RwSignal<String>,
    pub(super) to: RwSignal<String>,
}

/// One of a list of which each has an id of its own.
pub(super) trait Listed: Copy + Send + Sync + 'static {
    fn id(self) -> usize;
}

impl Listed for Route {
    fn id(self) -> usize {
        self.id
    }
}

impl Listed for Inhibition {
    fn id(self) -> usize {
        self.id
    }
}

impl Listed for Maintenance {
    fn id(self) -> usize {
        self.id
    }
}

pub(super) fn place<T: Listed>(all: RwSignal<Vec<T>>, one: T) -> usize {
    all.with(|all| all.iter().position(|other| other.id() == one.id()).unwrap_or_default())
}

pub(super) fn remove<T: Listed>(all: RwSignal<Vec<T>>, one: T) {
    all.update(|all| all.retain(|other| other.id() != one.id()));
}

fn next<T: Listed>(all: RwSignal<Vec<T>>) -> usize {
    all.with_untracked(|all| all.iter().map(|one| one.id() + 1).max().unwrap_or_default())
}

#[derive(Clone, Copy)]
pub(super) struct Drafted {
    pub(super) version: u64,
    /// Clocks in the fields are those of the page when the form was opened.
    pub(super) offset: Offset,
    pub(super) by: RwSignal<String>,
    pub(super) wait: RwSignal<String>,
    pub(super) interval: RwSignal<String>,
    pub(super) repeat: RwSignal<String>,
    pub(super) heartbeat: RwSignal<String>,
    pub(super) routes: RwSignal<Vec<Route>>,
    pub(super) inhibitions: RwSignal<Vec<Inhibition>>,
    pub(super) maintenance: RwSignal<Vec<Maintenance>>,
    /// Faults are shown once somebody has tried to save.
    pub(super) is_sent: RwSignal<bool>,
    pub(super) refused: RwSignal<Option<Fault>>,
}

impl Drafted {
    pub(super) fn of(document: &Value, offset: Offset) -> Self {
        let text = |key: &str| RwSignal::new(document[key].as_str().unwrap_or_default().to_owned());
        let list = |key: &str| document[key].as_array().cloned().unwrap_or_default().into_iter().enumerate();
        let routes = list("routes").map(|(id, one)| Route {
            id,
            asked: asked(&one["matchers"]),
            channels: RwSignal::new(texts(&one["channels"])),
        });
        let inhibitions = list("inhibitions").map(|(id, one)| Inhibition {
            id,
            source: asked(&one["source"]),
            target: asked(&one["target"]),
            equal: RwSignal::new(texts(&one["equal"]).join(", ")),
        });
        let clock = |value: &Value| {
            let at = value.as_str().and_then(|text| text.parse().ok()).unwrap_or_default();
            RwSignal::new(written(Nanos(at), offset))
        };
        let maintenance = list("maintenance").map(|(id, one)| Maintenance {
            id,
            name: RwSignal::new(one["name"].as_str().unwrap_or_default().to_owned()),
            asked: asked(&one["matchers"]),
            from: clock(&one["from"]),
            to: clock(&one["to"]),
        });
        Self {
            version: document["version"].as_u64().unwrap_or_default(),
            offset,
            by: RwSignal::new(texts(&document["by"]).join(", ")),
            wait: text("wait"),
            interval: text("interval"),
            repeat: text("repeat"),
            heartbeat: text("heartbeat"),
            routes: RwSignal::new(routes.collect()),
            inhibitions: RwSignal::new(inhibitions.collect()),
            maintenance: RwSignal::new(maintenance.collect()),
            is_sent: RwSignal::new(false),
            refused: RwSignal::new(None),
        }
    }

    /// What would be saved.
    pub(super) fn body(self) -> Value {
        let routes: Vec<Value> = self.routes.with(|all| {
            all.iter()
                .map(|one| json!({"matchers": one.asked.to_values(), "channels": one.channels.get()}))
                .collect()
        });
        let inhibitions: Vec<Value> = self.inhibitions.with(|all| {
            all.iter()
                .map(|one| {
                    json!({"source": one.source.to_values(), "target": one.target.to_values(),
                        "equal": parted(&one.equal.get())})
                })
                .collect()
        });
        let maintenance: Vec<Value> = self.maintenance.with(|all| {
            all.iter()
                .map(|one| {
                    json!({"name": one.name.get(), "matchers": one.asked.to_values(),
                        "from": self.offset.instant(&one.from.get()), "to": self.offset.instant(&one.to.get())})
                })
                .collect()
        });
        let mut body = json!({"by": parted(&self.by.get()), "routes": routes, "inhibitions": inhibitions,
            "maintenance": maintenance, "heartbeat": self.heartbeat.get().trim()});
        for (key, text) in [("wait", self.wait), ("interval", self.interval), ("repeat", self.repeat)] {
            let text = text.get();
            if !text.trim().is_empty() {
                body[key] = json!(text.trim());
            }
        }
        body
    }

    pub(super) fn read(self) -> Result<Notify, Vec<Fault>> {
        Notify::read(&self.body(), window::now())
    }

    /// What is wrong at a place, once it is to be told.
    pub(super) fn fault(self, pointer: &str) -> Option<Fault> {
        if !self.is_sent.get() {
            return None;
        }
        let faults = self.read().err().unwrap_or_else(|| self.refused.get().into_iter().collect());
        faults.into_iter().find(|fault| is_at(fault, pointer))
    }

    /// A refusal that belongs to no field.
    pub(super) fn refusal(self) -> Option<Fault> {
        self.refused.get().filter(|fault| fault.pointer.is_empty())
    }

    pub(super) fn add_route(self) {
        let id = next(self.routes);
        let first = asked(&json!([{"label": "severity", "op": "=", "value": "critical"}]));
        self.routes.update(|all| all.push(Route { id, asked: first, channels: RwSignal::new(Vec::new()) }));
    }

    pub(super) fn add_inhibition(self) {
        let id = next(self.inhibitions);
        let one = |value: &str| asked(&json!([{"label": "alertname", "op": "=", "value": value}]));
        let equal = RwSignal::new("service".to_owned());
        self.inhibitions.update(|all| all.push(Inhibition { id, source: one(""), target: one(""), equal }));
    }

    /// An hour from now on, of a service that is to be named.
    pub(super) fn add_maintenance(self) {
        let id = next(self.maintenance);
        let now = window::now();
        let clock = |at: Nanos| RwSignal::new(Civil::of(at, self.offset).date_hm());
        self.maintenance.update(|all| {
            all.push(Maintenance {
                id,
                name: RwSignal::new(String::new()),
                asked: asked(&json!([{"label": "service", "op": "=", "value": ""}])),
                from: clock(now),
                to: clock(now.plus(Nanos::HOUR)),
            });
        });
    }

    /// A route comes before the one above it, or after the one below.
    pub(super) fn shift(self, route: Route, is_up: bool) {
        self.routes.update(|all| {
            let Some(at) = all.iter().position(|one| one.id == route.id) else { return };
            let other = if is_up { at.checked_sub(1) } else { Some(at + 1).filter(|at| *at < all.len()) };
            if let Some(other) = other {
                all.swap(at, other);
            }
        });
    }
}

fn asked(matchers: &Value) -> Asked {
    Asked::of(matchers.as_array().map(Vec::as_slice).unwrap_or_default())
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn parted(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|one| !one.is_empty()).collect()
}

fn written(at: Nanos, offset: Offset) -> String {
    let civil = Civil::of(at, offset);
    if civil.second == 0 { civil.date_hm() } else { format!("{} {}", civil.date(), civil.hms()) }
}
