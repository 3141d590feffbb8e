//! What to do before the first span has come: where to send, how, and what has arrived so far.

use std::time::Duration;

use daymark_view::meta::Answer;
use daymark_view::server::{Intake, TestSpan};
use daymark_viz::figure;
use leptos::prelude::*;

use crate::life::{self, Life};
use crate::load::{Load, load, load_when};
use crate::net::{self, Question};
use crate::parts::copied::{CodeBlock, Copy};
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::shell::Shell;
use crate::words::{Word, say, t};

const LANGUAGES: [(&str, &str); 8] = [
    (
        "Java agent",
        "export OTEL_SERVICE_NAME=checkout\nexport OTEL_EXPORTER_OTLP_ENDPOINT=http://{http}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\njava -javaagent:opentelemetry-javaagent.jar -jar checkout.jar",
    ),
    (
        "Spring Boot",
        "# build: org.springframework.boot:spring-boot-starter-opentelemetry\nspring.application.name=checkout\nmanagement.tracing.sampling.probability=1.0\nmanagement.opentelemetry.tracing.export.otlp.endpoint=http://{http}/v1/traces\nmanagement.otlp.metrics.export.url=http://{http}/v1/metrics",
    ),
    (
        "Node",
        "npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node\nexport OTEL_SERVICE_NAME=checkout\nexport OTEL_EXPORTER_OTLP_ENDPOINT=http://{http}\nnode --require @opentelemetry/auto-instrumentations-node/register app.js",
    ),
    (
        "Python",
        "pip install opentelemetry-distro opentelemetry-exporter-otlp\nopentelemetry-bootstrap -a install\nexport OTEL_SERVICE_NAME=checkout\nexport OTEL_EXPORTER_OTLP_ENDPOINT=http://{grpc}\nopentelemetry-instrument python app.py",
    ),
    (
        "Go",
        "exporter, err := otlptracegrpc.New(ctx,\n\totlptracegrpc.WithEndpoint(\"{grpc}\"),\n\totlptracegrpc.WithInsecure())\nprovider := trace.NewTracerProvider(trace.WithBatcher(exporter))\notel.SetTracerProvider(provider)",
    ),
    (
        "Rust",
        "let exporter = opentelemetry_otlp::SpanExporter::builder()\n    .with_tonic()\n    .with_endpoint(\"http://{grpc}\")\n    .build()?;\nlet provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();",
    ),
    (
        "Browser",
        "import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';\n\nnew OTLPTraceExporter({ url: 'http://{http}/v1/traces' });\n// Allow the page's origin first: cors_origins of [listen] in daymark.toml",
    ),
    (
        "Collector",
        "exporters:\n  otlp:\n    endpoint: {grpc}\n    tls: { insecure: true }\nservice:\n  pipelines:\n    traces: { exporters: [otlp] }\n    logs: { exporters: [otlp] }\n    metrics: { exporters: [otlp] }",
    ),
];

/// A span of its own, sent by hand.
const CURL: &str = "curl -s http://{http}/v1/traces -H 'content-type: application/json' -d '{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"first\"}}]},\"scopeSpans\":[{\"spans\":[{\"traceId\":\"'$(openssl rand -hex 16)'\",\"spanId\":\"'$(openssl rand -hex 8)'\",\"name\":\"hello\",\"kind\":2,\"startTimeUnixNano\":\"'$(date +%s%N)'\",\"endTimeUnixNano\":\"'$(date +%s%N)'\"}]}]}]}'";

#[component]
pub(super) fn FirstRun() -> impl IntoView {
    let shell = Shell::here();
    let host = window().location().hostname().unwrap_or_else(|_| "127.0.0.1".into());
    let intake = load::<Intake>(|| Some(Question::get("system/intake")));
    // The listeners' own ports, at the name that this page was reached by.
    let listens = Memo::new(move |_| {
        let port = |source: &str, usual: &str| {
            let port = intake.map(|intake| {
                let listener = intake.listeners.iter().find(|listener| listener.source == source)?;
                Some(listener.address.rsplit_once(':')?.1.to_owned())
            });
            format!("{host}:{}", port.unwrap_or_else(|| usual.to_owned()))
        };
        (port("otlp_grpc", "4317"), port("otlp_http", "4318"))
    });
    let is_http = RwSignal::new(false);
    let chosen = RwSignal::new(0_usize);
    let written =
        move |text: &str| listens.with(|(grpc, http)| text.replace("{grpc}", grpc).replace("{http}", http));
    let address =
        Signal::derive(move || written(if is_http.get() { "http://{http}" } else { "http://{grpc}" }));
    let snippet = Signal::derive(move || written(LANGUAGES[chosen.get()].1));
    let curl = Signal::derive(move || written(CURL));
    let life = Life::here();
    let send_test = move |_| {
        life.spawn(async move {
            let sent = net::ask::<Answer<TestSpan>>(
                &Question::post("system/test-span", &serde_json::json!({})),
                None,
            )
            .await;
            match sent {
                Ok(answer) => shell
                    .address
                    .push(shell.address.now().to_page(["traces", &answer.data.trace_id.to_string()])),
                Err(problem) => shell.toasts.say(problem.detail.clone()),
            }
        });
    };
    let languages = LANGUAGES.iter().enumerate().map(|(at, (name, _))| view! {
        <button type="button" role="tab" aria-selected=move || (chosen.get() == at).to_string() on:click=move |_| chosen.set(at)>{*name}</button>
    });
    view! {
        <div class="first-run">
            <div class="scroll first-run-main">
                <h2 class="first-run-title">{t(Word::FirstRunTitle)}</h2>
                <p class="quiet">{t(Word::FirstRunText)}</p>
                <div class="first-run-address">
                    <span class="input mono">{address}<Copy text=address /></span>
                    <div class="segments" role="group" aria-label=t(Word::FirstRunProtocol)>
                        <button type="button" aria-pressed=move || (!is_http.get()).to_string() on:click=move |_| is_http.set(false)>"gRPC"</button>
                        <button type="button" aria-pressed=move || is_http.get().to_string() on:click=move |_| is_http.set(true)>"HTTP"</button>
                    </div>
                </div>
                <ol class="steps">
                    <li data-done=""><span class="step"><Icon name="check" /></span><div><h2>{t(Word::FirstRunRunning)}</h2><Running intake=intake /></div></li>
                    <li>
                        <span class="step">"2"</span>
                        <div>
                            <div class="steps-head"><h2>{t(Word::FirstRunSend)}</h2><div class="tabs" role="tablist">{languages.collect_view()}</div></div>
                            <CodeBlock text=snippet />
                        </div>
                    </li>
                    <li>
                        <span class="step">"3"</span>
                        <div>
                            <h2>{t(Word::FirstRunTest)}</h2>
                            <CodeBlock text=curl />
                            <div class="overview-actions">
                                <button type="button" class="button" data-kind="primary" on:click=send_test><Icon name="play" size=14 />{t(Word::FirstRunSendTest)}</button>
                            </div>
                        </div>
                    </li>
                </ol>
            </div>
            <Arriving />
        </div>
    }
}

#[component]
fn Running(intake: Load<Intake>) -> impl IntoView {
    let text = move || {
        intake.map(|intake| {
            let free = figure::bytes(intake.disk_free).to_string();
            let mut listeners: Vec<String> =
                intake.listeners.iter().map(|listener| listener.address.clone()).collect();
            listeners.sort();
            listeners.dedup();
            say(
                Word::FirstRunRunningText,
                &[("listeners", &listeners.join(", ")), ("folder", &intake.data_dir), ("free", &free)],
            )
        })
    };
    view! { <p class="quiet">{text}</p> }
}

/// What arrives, second by second. When spans come the whole page is asked again and comes alive.
#[component]
fn Arriving() -> impl IntoView {
    let shell = Shell::here();
    let tick = RwSignal::new(0_u32);
    life::every(Duration::from_secs(1), move || tick.update(|tick| *tick += 1));
    let again = load_when::<Intake>(move || tick.track(), || Some(Question::get("system/intake")));
    let total = move |signal: &'static str| {
        again.map(|intake| {
            intake
                .listeners
                .iter()
                .filter(|listener| listener.signal == signal)
                .map(|listener| listener.items)
                .sum::<u64>()
        })
    };
    Effect::new(move |_| {
        if total("spans") > 0 {
            shell.ask_again();
        }
    });
    let number = move |signal: &'static str, word: Word| {
        view! {
            <div>
                <div class="first-run-number" class:faint=move || total(signal) == 0>{move || figure::grouped(total(signal))}</div>
                <div class="quiet">{t(word)}</div>
            </div>
        }
    };
    let bars = move || {
        again.map(|intake| {
        let most = intake.per_s.iter().copied().max().unwrap_or(0).max(1) as f64;
        intake.per_s.iter().enumerate().map(|(at, items)| {
            let high = if *items == 0 { 1.0 } else { 2.0 + 26.0 * *items as f64 / most };
            view! { <rect x=at as f64 * 6.0 y=30.0 - high width="4" height=high style:fill=if *items == 0 { "var(--ctl)" } else { "var(--rate)" } /> }
        }).collect::<Vec<_>>()
    })
    };
    let rows = move || {
        again.map(|intake| {
        intake.listeners.iter().map(|listener| {
            let (state, text) = match listener.items {
                0 => (State::Unknown, t(Word::FirstRunWaiting).to_owned()),
                items => (State::Ok, figure::grouped(items)),
            };
            view! {
                <div class="first-run-row">
                    <span>{listener.signal.clone()}</span>
                    <span class="strong cut">{listener.source.clone()} " " <code class="faint">{listener.address.clone()}{listener.path.clone()}</code></span>
                    <span><Mark state=state /> " " {text}</span>
                </div>
            }
        }).collect::<Vec<_>>()
    })
    };
    let refused = move || {
        again.map(|intake| {
        intake.refused.iter().map(|row| view! {
            <p class="first-run-note"><Mark state=State::Warning /><span>{say(Word::FirstRunRefused, &[("count", &row.count.to_string()), ("peer", &row.peer), ("reason", &row.reason)])}</span></p>
        }).collect::<Vec<_>>()
    })
    };
    view! {
        <aside class="first-run-side">
            <div class="section-head panel-head"><h2>{t(Word::FirstRunArriving)}</h2></div>
            <div class="first-run-numbers">
                {number("spans", Word::StateSpans)}
                {number("logs", Word::FirstRunLogs)}
                {number("metrics", Word::StateMetrics)}
            </div>
            <svg class="first-run-bars" viewBox="0 0 360 30" preserveAspectRatio="none" aria-hidden="true">{bars}</svg>
            {rows}
            {refused}
        </aside>
    }
}
