//! Everything in one process: opens the store, binds the listeners, waits for a signal, stops in order.
//!
//! Intake and questions have runtimes of their own, so that a heavy query does not hold up an export.
//! Stopping: no new requests, finish what is in flight, make the log durable, go.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use daymark_alerting::Alerting;
use daymark_collector::Receivers;
use daymark_collector::receive::own::{self, Outbox, OwnLayer};
use daymark_collector::receive::{grpc, http};
use daymark_decode::OtlpDecode;
use daymark_model::figure::Figures;
use daymark_model::intake::{Decode, Intake};
use daymark_model::origin::OWN_TENANT;
use daymark_model::time::{Clock, SystemClock};
use daymark_query::Answerer;
use daymark_serve::{IntakeDoors, Ui, UiFile};
use daymark_storage::{Options, Store};
use daymark_vfs::RealFs;
use daymark_view::ask::Ask;
use daymark_wal::Ack;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::args::AckLevel;
use crate::config::Settings;
use crate::process::Process;

/// Serves until a signal comes.
pub(crate) fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    run_with(settings, |_| Ok(()))
}

/// The addresses that are really listened on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doors {
    pub(crate) ui: Option<SocketAddr>,
    pub(crate) otlp_grpc: Option<SocketAddr>,
    pub(crate) otlp_http: Option<SocketAddr>,
}

/// Serves, and calls `ready` once everything listens.
pub(crate) fn run_with(
    settings: &Settings,
    ready: impl FnOnce(&Doors) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let (layer, outbox) = own::telemetry(Arc::clone(&clock));
    listen_to_ourselves(settings.own_telemetry.then_some(layer));
    let intake = runtime("intake")?;
    let questions = runtime("ask")?;
    let done = intake.block_on(serve(settings, clock, outbox, &questions, ready));
    questions.shutdown_background();
    done?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(
    settings: &Settings,
    clock: Arc<dyn Clock>,
    outbox: Outbox,
    questions: &Runtime,
    ready: impl FnOnce(&Doors) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let decode: Arc<dyn Decode> = Arc::new(OtlpDecode);
    let ack = match settings.ack {
        AckLevel::Fsync => Ack::Fsync,
        AckLevel::Os => Ack::Os,
    };
    let limits = &settings.limits;
    let options = Options {
        ack,
        flush_bytes: limits.flush_bytes,
        flush_after: limits.flush_after,
        buffers_bytes: limits.buffers_bytes,
        wait: limits.intake.wait,
        series: limits.series,
        keep: settings.keep.clone(),
        disk: settings.disk.clone(),
        ..Options::at(&settings.data)
    };
    let store = Store::open(options, Arc::new(RealFs), Arc::clone(&decode), Arc::clone(&clock))
        .await
        .context("the store cannot be opened")?;
    let answers = daymark_query::Options {
        ack: settings.ack.name().to_owned(),
        insecure: settings.insecure_remote,
        limits: limits.query.clone(),
        ..daymark_query::Options::default()
    };
    let answerer = Answerer::new(store.clone(), answers).context("the query threads cannot be started")?;
    let about_us: Arc<dyn Ask> = Arc::new(answerer.of_tenant(OWN_TENANT));
    let answerer = Arc::new(answerer);
    let (sampler, keep) = (Arc::<Answerer>::clone(&answerer), Arc::<Answerer>::clone(&answerer));
    let figures: Vec<Arc<dyn Figures>> = vec![Arc::new(Process), Arc::<Answerer>::clone(&answerer)];
    let ask: Arc<dyn Ask> = answerer;

    let (stop, stopped) = watch::channel(false);
    let stopped = move || {
        let mut stopped = stopped.clone();
        async move {
            // A dropped sender means the same: the server ends.
            let _told = stopped.wait_for(|stopped| *stopped).await;
        }
    };
    let intake: Arc<dyn Intake> = Arc::new(store.clone());
    let origins = settings.cors_origins.clone();
    let receivers =
        Receivers::new(Arc::clone(&intake), decode, Arc::clone(&clock), limits.intake.clone(), origins);
    let arrivals = receivers.arrivals();
    let mut doors = Doors::default();
    let mut listeners = JoinSet::new();
    if let Some(listener) = bind("otlp_grpc", settings.otlp_grpc, &mut doors.otlp_grpc).await? {
        listeners.spawn(grpc::serve(listener, receivers.clone(), stopped()));
    }
    if let Some(listener) = bind("otlp_http", settings.otlp_http, &mut doors.otlp_http).await? {
        listeners.spawn(http::serve(listener, receivers, stopped()));
    }
    let mut api = None;
    let listener = bind("ui", settings.ui, &mut doors.ui).await?;
    let mut watched = settings.alerts.clone();
    if watched.url.is_empty() {
        watched.url = doors.ui.map(|address| format!("http://{address}")).unwrap_or_default();
    }
    let alerting = Alerting::open(Arc::clone(&ask), sampler, keep, Arc::clone(&clock), watched);
    let alerting = alerting.await.context("the alerts cannot be read")?;
    let watching = questions.spawn(Arc::clone(&alerting).run(stopped()));
    if let Some(listener) = listener {
        let mut options = daymark_serve::Options::new(Arc::clone(&clock));
        options.tenants = vec![(OWN_TENANT.to_owned(), about_us)];
        options.figures.clone_from(&figures);
        let addresses = [("otlp_grpc", doors.otlp_grpc), ("otlp_http", doors.otlp_http)];
        options.intake = Some(IntakeDoors {
            listeners: addresses.into_iter().filter_map(|(name, at)| Some((name, at?))).collect(),
            arrivals,
            data_dir: settings.data.clone(),
        });
        options.alerts = Some(alerting);
        options.ui = ui();
        options.limits.clone_from(&limits.query);
        options.header_read = limits.intake.header_read;
        options.base_path.clone_from(&settings.base_path);
        options.hosts.clone_from(&settings.hosts);
        let listener = listener.into_std().context("the API's listener")?;
        let stopped = stopped();
        api = Some(questions.spawn(async move {
            daymark_serve::serve(TcpListener::from_std(listener)?, ask, options, stopped).await
        }));
    }
    let (over, is_over) = oneshot::channel::<()>();
    let own = settings.own_telemetry.then(|| {
        // A dropped sender means the same: the server ends.
        tokio::spawn(own::run(outbox, figures, intake, clock, async { drop(is_over.await) }))
    });
    announce(&doors, settings);
    ready(&doors)?;

    told_to_stop().await?;
    tracing::info!("stopping");
    stop.send_replace(true);
    while listeners.join_next().await.is_some() {}
    if let Some(api) = api {
        api.await.context("the API died")?.context("the API failed")?;
    }
    watching.await.context("the watch over alerts died")?;
    drop(over);
    if let Some(own) = own {
        own.await.context("the own telemetry died")?;
    }
    store.close().await.context("the store could not be closed")
}

async fn bind(
    name: &str,
    address: Option<SocketAddr>,
    bound: &mut Option<SocketAddr>,
) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = address else { return Ok(None) };
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| format!("cannot listen on {address} (listen.{name})"))?;
    *bound = Some(listener.local_addr()?);
    Ok(Some(listener))
}

async fn told_to_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

fn runtime(name: &str) -> anyhow::Result<Runtime> {
    let runtime = Builder::new_multi_thread().thread_name(name).enable_all().build();
    runtime.with_context(|| format!("the {name} runtime cannot be started"))
}

/// What we say about our work goes to stderr and into the store. `DAYMARK_LOG` takes the directives of
/// tracing's filters for stderr, such as `debug` or `daymark_storage=debug`.
fn listen_to_ourselves(own: Option<OwnLayer>) {
    let filter = EnvFilter::try_from_env("DAYMARK_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let stderr = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_filter(filter);
    let of_us = Targets::new().with_target("daymark", Level::INFO).with_default(Level::WARN);
    let own = own.map(|layer| layer.with_filter(of_us));
    // A second server in one process keeps the first one's log.
    let _already_set = tracing_subscriber::registry().with(stderr).with(own).try_init();
}

#[expect(clippy::print_stdout, reason = "the answer of the verb: where to send and where to look")]
fn announce(doors: &Doors, settings: &Settings) {
    let show = |address: Option<SocketAddr>, scheme: &str| {
        address.map_or_else(|| "off".to_owned(), |address| format!("{scheme}{address}"))
    };
    println!("API        {}", show(doors.ui, "http://"));
    println!("OTLP/gRPC  {}", show(doors.otlp_grpc, "http://"));
    println!("OTLP/HTTP  {}", show(doors.otlp_http, "http://"));
    println!("data       {}", settings.data.display());
    println!("ready");
}

/// The web UI that this binary carries; none where it was built without.
fn ui() -> Option<Ui> {
    daymark_assets::index()?;
    let find = |path: &str| {
        let file = daymark_assets::find(path)?;
        Some(UiFile {
            plain: file.plain,
            brotli: file.brotli,
            gzip: file.gzip,
            media_type: file.media_type(),
            is_immutable: file.is_immutable(),
        })
    };
    Some(Ui { find })
}
