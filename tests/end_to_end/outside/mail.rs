//! The rules that come with Daymark over its demo's fault: they fire and are told by e-mail and by webhook.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use daymark_model::time::{Clock, Nanos, SystemClock};
use daymark_workload::{Feed, Profile, Shop, Signal};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::json;

use super::{python, skip, sources};
use crate::alerts::sink::{Mood, Sink};
use crate::alerts::{post, tell, until};
use crate::server::Server;

/// A server for e-mails that prints each as a line of JSON.
struct Mailbox {
    process: Child,
    port: u16,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Mailbox {
    fn start() -> Result<Self, String> {
        let folder = sources("mail");
        let program = python(&folder, "mail-python")?;
        let mut command = Command::new(program);
        let mut process = command.arg(folder.join("take.py")).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap().parse().unwrap();
        let (send, receive) = std::sync::mpsc::sync_channel(1_000);
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| send.send(line)));
        Ok(Self { process, port, lines: receive })
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.process.kill().and_then(|()| self.process.wait());
    }
}

/// The shop with its faults, from some minutes before the payments began to fail until after.
fn shop_with_fault(server: &Server) {
    let profile = Profile { late: 0.0, duplicates: 0.0, skew: 0, ..Profile::shop() };
    let round = 10 * Nanos::MINUTE;
    let now = SystemClock::new().now().0;
    // Moved so that the fault happens now: its place in the round decides what is broken.
    let begin = now.div_euclid(round) * round - round + 90 * Nanos::SECOND;
    let shift = now - (begin + 80 * Nanos::SECOND);
    let mut feed = Feed::new(Shop::new(1, profile), begin, 20.0);
    let mut requests = feed.advance(begin + 80 * Nanos::SECOND);
    requests.extend(feed.finish());
    for request in requests.into_iter().filter(|request| request.signal == Signal::Spans) {
        let url = format!("{}/v1/traces", server.otlp);
        let body = moved(&request.body, shift.cast_unsigned());
        assert_eq!(server.post(&url, "application/x-protobuf", body).status, 200);
    }
}

/// The same spans so much later.
fn moved(body: &[u8], shift: u64) -> Vec<u8> {
    let mut export = ExportTraceServiceRequest::decode(body).unwrap();
    let scopes = export.resource_spans.iter_mut().flat_map(|resource| &mut resource.scope_spans);
    for span in scopes.flat_map(|scope| &mut scope.spans) {
        span.start_time_unix_nano = span.start_time_unix_nano.wrapping_add(shift);
        span.end_time_unix_nano = span.end_time_unix_nano.wrapping_add(shift);
    }
    export.encode_to_vec()
}

#[test]
fn the_fault_of_the_demo_is_told_by_mail_and_webhook() {
    let mailbox = match Mailbox::start() {
        Ok(mailbox) => mailbox,
        Err(needs) => return skip(&needs),
    };
    let settings = format!(
        "[alerts]\nallow = [\"127.0.0.1\"]\nsmtp_host = \"127.0.0.1\"\nsmtp_port = {}\nsmtp_tls = \"off\"\n\
         smtp_from = \"daymark@example.com\"\n",
        mailbox.port
    );
    let server = Server::start_with(&settings);
    let sink = Sink::start(Mood::Fine);
    tell(&server, &sink.url);
    let mail = json!({"kind": "email", "name": "mail", "to": ["ops@example.com"]});
    post(&server, "/alerts/channels", &mail);
    let routes = json!({"version": 1, "wait": "0s", "interval": "0s",
        "routes": [{"matchers": [], "channels": ["hook", "mail"]}]});
    assert_eq!(server.put("/api/v1/rules/notify", &routes).status, 200);

    shop_with_fault(&server);

    let told = until("the webhook", || {
        sink.of("payment").into_iter().find(|one| one.body["rule"]["name"] == "error rate")
    });
    assert_eq!(told.body["status"], "firing");
    assert!(told.body["value"].as_f64().unwrap() > 0.05, "{:#}", told.body);
    assert!(!told.body["operations"].as_array().unwrap().is_empty(), "{:#}", told.body);
    let states = server.get("/api/v1/alerts/states?state=firing").json();
    let firing = states["data"].as_array().unwrap().iter();
    assert!(
        firing.clone().any(|row| row["rule"] == "error rate" && row["labels"]["service"] == "payment"),
        "{states:#}"
    );
    let prometheus = server.get("/prometheus/api/v1/alerts").json();
    assert!(prometheus["data"]["alerts"].as_array().unwrap().iter().any(|one| one["state"] == "firing"));
    let letter = until("the e-mail", || {
        let line = mailbox.lines.try_recv().ok()?;
        let letter: serde_json::Value = serde_json::from_str(&line).unwrap();
        letter["subject"].as_str().unwrap().contains("error rate").then_some(letter)
    });
    assert_eq!(
        (&letter["to"], &letter["from"]),
        (&json!(["ops@example.com"]), &json!("daymark@example.com"))
    );
    assert!(letter["text"].as_str().unwrap().contains("of the requests of"), "{letter:#}");
}
