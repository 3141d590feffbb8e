//! The faults of the recorded day: which service suffered from what, and since when.

use std::path::Path;

use serde_json::Value;

use super::day::service;

#[derive(Debug)]
pub(super) struct Injected {
    pub(super) at_s: i64,
    pub(super) service: String,
    /// Of the network before the service; else its processor was taken away.
    pub(super) is_delay: bool,
}

impl Injected {
    pub(super) fn all(folder: &Path) -> Vec<Self> {
        let file = std::fs::read(folder.join("faults.json")).unwrap();
        let hours: Value = serde_json::from_slice(&file).unwrap();
        let faults = hours.as_object().unwrap().values().flat_map(|hour| hour.as_array().unwrap());
        let text = |fault: &Value, key: &str| fault[key].as_str().unwrap().to_owned();
        let fault = |fault: &Value| Self {
            at_s: text(fault, "inject_timestamp").parse().unwrap(),
            service: service(&text(fault, "inject_pod")),
            is_delay: text(fault, "inject_type") == "network_delay",
        };
        faults.map(fault).collect()
    }
}
