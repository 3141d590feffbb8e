//! Which of the recorded day's faults the rules that come with Daymark would have told of, and when.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use super::day::Day;
use super::injected::Injected;
use super::send;
use crate::alerts::post;
use crate::outside::skip;
use crate::server::Server;

/// A fault counts as told when a rule fires for its service, or for calls of it or to it, within so long.
const IN_TIME: i64 = 180;
/// What fires later than this after the last fault began is a false alarm.
const AFTERMATH: i64 = 600;
const FAULTS: usize = 17;
const TOLD_MIN: usize = 14;

/// Second, rule, and whom it is about.
type Firing = (i64, String, BTreeSet<String>);

fn firings(server: &Server, from: i64, to: i64) -> Vec<Firing> {
    let rules = server.get("/api/v1/alerts/rules").json();
    let mut all = Vec::new();
    for rule in rules["data"].as_array().unwrap() {
        if rule["signal"]["kind"] == "sql" {
            continue;
        }
        let (from, to) = (format!("{from}000000000"), format!("{to}000000000"));
        let preview = post(server, "/alerts/preview", &json!({"rule": rule, "from": from, "to": to}));
        for firing in preview["firings"].as_array().unwrap() {
            let at: i64 = firing["from"].as_str().unwrap().parse().unwrap();
            let names = firing["labels"].as_object().unwrap().values();
            let names = names.map(|name| name.as_str().unwrap().to_owned()).collect();
            all.push((at / 1_000_000_000, rule["name"].as_str().unwrap().to_owned(), names));
        }
    }
    all
}

#[test]
fn rules_tell_of_the_recorded_faults() {
    let Some(root) = std::env::var_os("DAYMARK_FIXTURES") else {
        return skip("DAYMARK_FIXTURES to name the folder of recordings");
    };
    let folder = Path::new(&root).join("nezha-2023-01-30");
    let mut faults = Injected::all(&folder);
    faults.sort_by_key(|fault| fault.at_s);
    assert_eq!(faults.len(), FAULTS);
    let server = Server::start();
    send(&server, Day::read(&folder).spans(2_000));
    let (first, last) = (faults.first().unwrap().at_s, faults.last().unwrap().at_s);
    let firings = firings(&server, first - AFTERMATH, last + AFTERMATH);
    let mut told = 0;
    for fault in &faults {
        let in_time = fault.at_s..=fault.at_s + IN_TIME;
        let found: Vec<String> = firings
            .iter()
            .filter(|(at, _, names)| in_time.contains(at) && names.contains(&fault.service))
            .map(|(at, rule, _)| format!("{rule} after {} s", at - fault.at_s))
            .collect();
        told += usize::from(!found.is_empty());
        println!(
            "{} {}: {}",
            fault.service,
            if fault.is_delay { "delay of the network" } else { "processor" },
            if found.is_empty() { "nothing".into() } else { found.join(", ") }
        );
    }
    let is_false = |at: &i64| !faults.iter().any(|fault| (fault.at_s..=fault.at_s + AFTERMATH).contains(at));
    let is_elsewhere = |(at, _, names): &&Firing| {
        let near = faults.iter().filter(|fault| (fault.at_s..=fault.at_s + AFTERMATH).contains(at));
        !is_false(at) && near.clone().all(|fault| !names.contains(&fault.service))
    };
    let false_alarms = firings.iter().filter(|(at, ..)| is_false(at)).count();
    let elsewhere = firings.iter().filter(is_elsewhere).count();
    println!(
        "{told} of {FAULTS} told within {IN_TIME} s; {} firings: {false_alarms} without a fault in the {AFTERMATH} s \
         before, {elsewhere} of services that suffer from one elsewhere",
        firings.len()
    );
    assert!(told >= TOLD_MIN, "{told} of {FAULTS} faults were told");
}
