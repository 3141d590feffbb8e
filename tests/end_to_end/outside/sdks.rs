//! What unmodified OpenTelemetry SDKs send is what Daymark answers, over every protocol they speak, and their
//! retries bring everything exactly once.
//!
//! All languages tell the same story (`tests/sdks/<language>/send.*`), configured by nothing but the usual
//! variables; so there is one set of expectations.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use self::lossy::Lossy;
use super::{install_node, installed, python, run, skip, sources};
use crate::server::Server;

/// A way to the server that loses an answer.
mod lossy;
/// What the story says.
mod story;

/// How to run the program of a language.
struct Sdk {
    language: &'static str,
    program: PathBuf,
    script: Option<PathBuf>,
    /// How long an export may be retried; in seconds or milliseconds, as the SDK takes it.
    patience: &'static str,
}

impl Sdk {
    fn command(&self, protocol: &str, endpoint: &str, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.script)
            .args(args)
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
            .env("OTEL_EXPORTER_OTLP_TIMEOUT", self.patience)
            .env("OTEL_BSP_EXPORT_TIMEOUT", "60000")
            .env("OTEL_SERVICE_NAME", self.service(protocol))
            .env("OTEL_RESOURCE_ATTRIBUTES", "service.version=1.4.2,service.namespace=shop");
        for signal in ["TRACES", "LOGS", "METRICS"] {
            command.env(format!("OTEL_{signal}_EXPORTER"), "otlp");
        }
        command
    }

    fn service(&self, protocol: &str) -> String {
        format!("{} {protocol}", self.language)
    }
}

#[test]
fn python_tells_its_story() {
    let folder = sources("sdks/python");
    match python(&folder, "sdks-python") {
        Ok(program) => {
            let script = Some(folder.join("send.py"));
            let sdk = Sdk { language: "python", program, script, patience: "60" };
            check(&sdk, &["grpc", "http/protobuf"], &["grpc", "http/protobuf"]);
        }
        Err(needs) => skip(&needs),
    }
}

#[test]
fn node_tells_its_story() {
    let place = installed("sdks-node");
    match install_node(&sources("sdks/node"), &place, &["send.js"]) {
        Ok(()) => {
            let script = Some(place.join("send.js"));
            let sdk = Sdk { language: "node", program: "node".into(), script, patience: "60000" };
            // Over gRPC this SDK gives up at the first answer it does not get.
            check(&sdk, &["grpc", "http/protobuf", "http/json"], &["http/protobuf", "http/json"]);
        }
        Err(needs) => skip(&needs),
    }
}

#[test]
fn go_tells_its_story() {
    let program = installed("sdks-go").join("send");
    let build = run(Command::new("go").args(["build", "-o"]).arg(&program).current_dir(sources("sdks/go")));
    match build {
        Ok(_) => {
            let sdk = Sdk { language: "go", program, script: None, patience: "60000" };
            // Over HTTP this SDK resends what was refused, not what was never answered.
            check(&sdk, &["grpc", "http/protobuf"], &["grpc"]);
        }
        Err(needs) => skip(&needs),
    }
}

fn check(sdk: &Sdk, protocols: &[&str], retried: &[&str]) {
    let mut server = Server::start();
    let mut told = Vec::new();
    for protocol in protocols {
        let endpoint = if *protocol == "grpc" { &server.grpc } else { &server.otlp };
        let ids = run(&mut sdk.command(protocol, endpoint, &["story"])).unwrap();
        told.push((sdk.service(protocol), source(protocol), serde_json::from_str::<Value>(&ids).unwrap()));
    }
    let check_all = |server: &Server| {
        for (service, source, ids) in &told {
            story::check(server, service, source, ids);
        }
        server.assert_balanced();
    };
    check_all(&server);
    server.kill();
    server.restart();
    server.wait_until_ready();
    check_all(&server);
    server.settle();
    check_all(&server);
    for protocol in retried {
        lose_an_answer(sdk, protocol, &mut server);
    }
}

fn source(protocol: &str) -> &'static str {
    if protocol == "grpc" { "otlp_grpc" } else { "otlp_http" }
}

/// The server stores a batch and is killed before the SDK hears of it: all is there once in the end.
fn lose_an_answer(sdk: &Sdk, protocol: &str, server: &mut Server) {
    const SPANS: u64 = 1_000;
    let count = format!(
        "SELECT count(*), count(DISTINCT span_id) FROM spans WHERE name LIKE 'step %' AND service = '{}'",
        sdk.service(protocol)
    );
    let lossy = Lossy::start(protocol == "grpc");
    let address =
        |server: &Server| if protocol == "grpc" { server.grpc.clone() } else { server.otlp.clone() };
    lossy.lead_to(Some(&address(server)));
    let mut command = sdk.command(protocol, &lossy.url(), &["many", &SPANS.to_string()]);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said.trim(), "ready");
    process.stdin.take().unwrap().write_all(b"go\n").unwrap();

    lossy.wait_until_lost();
    lossy.lead_to(None);
    server.kill();
    server.restart();
    server.wait_until_ready();
    let kept = server.sql(&count)[0][0].as_u64().unwrap();
    assert!(kept > 0, "what was stored and not answered is gone");
    lossy.lead_to(Some(&address(server)));
    assert!(process.wait().unwrap().success());
    assert_eq!(server.sql(&count), [[SPANS, SPANS].map(|number| json!(number))], "{}", sdk.service(protocol));
    server.assert_balanced();
}
