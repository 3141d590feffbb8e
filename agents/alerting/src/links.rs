//! Addresses of the UI that open the right view.

use daymark_model::time::Nanos;
use daymark_view::alerts::Labels;
use daymark_view::alerts::state::Links;

/// A text as a part of an address.
pub(crate) fn part(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// The page of an alert.
pub(crate) fn alert(fingerprint: &str) -> String {
    format!("/alerts?alert={fingerprint}")
}

/// The service that an alert is about; of a call, the one that is called.
pub(crate) fn service_of(labels: &Labels) -> Option<&String> {
    ["service", "server", "client"].iter().find_map(|key| labels.get(*key))
}

/// Where to look at what an alert is about, around the time it began.
pub(crate) fn links(fingerprint: &str, labels: &Labels, since: Nanos, now: Nanos) -> Links {
    let service = service_of(labels);
    let from = since.plus(-10 * Nanos::MINUTE);
    let range = format!("from={from}&to={now}");
    let search = |page: &str, service: &String, more: &str| {
        let q = format!("service:\"{}\"{more}", service.replace('"', ""));
        format!("/{page}?q={}&{range}", part(&q))
    };
    Links {
        alert: alert(fingerprint),
        service: service.map(|service| format!("/services/{}?{range}", part(service))),
        traces: service.map(|service| search("traces", service, "")),
        logs: service.map(|service| search("logs", service, "")),
    }
}
