//! Accepting connections and serving them until told to stop: at most so many at once, with a deadline for
//! headers, and an end that lets running answers finish for a while.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use daymark_model::limits;
use daymark_view::ask::Ask;
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tower::{ServiceExt, service_fn};

use crate::options::Options;
use crate::router::routers;
use crate::tenants::Tenants;

/// After a failed accept (no file descriptors left), how long until the next.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves the API until `shutdown` is ready, then lets running answers finish for `options.drain`.
pub async fn serve(
    listener: TcpListener,
    ask: Arc<dyn Ask>,
    options: Options,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let is_loopback = listener.local_addr()?.ip().is_loopback();
    let places = Arc::new(Semaphore::new(options.connections));
    let server = builder(&options);
    let drain = options.drain;
    let (stop, stopping) = watch::channel(false);
    let routers = routers(&ask, &options, is_loopback, &stopping);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let accept = async {
            let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
            Ok::<_, io::Error>((place, listener.accept().await?.0))
        };
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept => accepted,
        };
        match accepted {
            Ok((place, stream)) => {
                let connection = graceful.watch(connect(&server, stream, &routers));
                connections.spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "connection ended early");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no connection accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    stop.send_replace(true);
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(open = connections.len(), "answers were cut off by the end of the server");
    }
    connections.shutdown().await;
    Ok(())
}

fn builder(options: &Options) -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(options.header_read);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::HTTP2_STREAMS)
        .max_header_list_size(limits::HTTP2_HEADER_LIST_BYTES)
        .max_frame_size(limits::HTTP2_FRAME_BYTES)
        .keep_alive_interval(Duration::from_secs(30));
    server
}

fn connect(
    server: &auto::Builder<TokioExecutor>,
    stream: TcpStream,
    routers: &Tenants,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = Box<dyn std::error::Error + Send + Sync>>
+ Send
+ use<> {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small answers may wait");
    }
    let routers = routers.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        routers.named(request.headers()).oneshot(request.map(Body::new))
    });
    server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).into_owned()
}
