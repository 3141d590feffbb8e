//! The living shop: sends spans, logs and metrics of a small estate in which things go wrong now and then.
//!
//! It is an OTLP client like any other. Without `--to` it starts a server of its own first.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use daymark_model::time::{Clock, SystemClock};
use daymark_workload::{Feed, Profile, Request, Shop};
use http::Uri;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::Builder;

use crate::args::{DemoArgs, OnOff, demo_dir};
use crate::config::Settings;
use crate::serve;

/// How often the shop sends.
const TICK: Duration = Duration::from_millis(500);
/// How long to wait before a batch is sent again, and how often.
const RETRY: Duration = Duration::from_secs(1);
const TRIES: usize = 30;

pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<ExitCode> {
    if let Some(to) = &args.to {
        let to = to.parse().with_context(|| format!("\"{to}\" is not a URL"))?;
        Builder::new_current_thread().enable_all().build()?.block_on(feed(args.clone(), to))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut flags = args.serve.settings.clone();
    flags.data.get_or_insert_with(demo_dir);
    let settings = Settings::load(&flags)?;
    let args = args.clone();
    serve::run_with(&settings, move |doors| {
        let Some(address) = doors.otlp_http else { bail!("the demo sends over OTLP/HTTP, which is off") };
        let to = format!("http://{address}").parse()?;
        tokio::spawn(async move {
            if let Err(error) = feed(args, to).await {
                tracing::error!(%error, "the demo stopped");
            }
        });
        Ok(())
    })
}

type Sender = Client<HttpConnector, Full<Bytes>>;

/// Lives at the pace of the clock and sends what is due.
async fn feed(args: DemoArgs, to: Uri) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let profile = Profile { faults: args.faults == OnOff::On, ..Profile::shop() };
    let mut feed = Feed::new(Shop::new(args.seed, profile), clock.now().0, args.rate);
    let sender = Client::builder(TokioExecutor::new()).build_http();
    let end = args.duration.map(Duration::from_secs);
    let mut ticks = tokio::time::interval(TICK);
    while end.is_none_or(|end| clock.elapsed() < end) {
        ticks.tick().await;
        for request in feed.advance(clock.now().0) {
            send(&sender, &to, request).await?;
        }
    }
    for request in feed.finish() {
        send(&sender, &to, request).await?;
    }
    Ok(())
}

/// Sends one request until it is taken; a refusal that will not change ends the demo.
async fn send(sender: &Sender, to: &Uri, request: Request) -> anyhow::Result<()> {
    let url = format!("{}{}", to.to_string().trim_end_matches('/'), request.signal.http_path());
    let body = Bytes::from(request.body);
    for _ in 0..TRIES {
        let post = http::Request::post(&url)
            .header("content-type", "application/x-protobuf")
            .body(Full::new(body.clone()))?;
        match sender.request(post).await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) if answer.status().is_server_error() || answer.status() == 429 => {}
            Ok(answer) => {
                let status = answer.status();
                let told = answer.into_body().collect().await?.to_bytes();
                bail!("{url} answered {status}: {}", String::from_utf8_lossy(&told));
            }
            Err(error) => tracing::warn!(%error, url, "cannot send"),
        }
        tokio::time::sleep(RETRY).await;
    }
    bail!("{url} took nothing for {TRIES} tries")
}
