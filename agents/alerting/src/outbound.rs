//! Calls to addresses that people wrote down: only to where it is allowed, within a time and a size.
//!
//! The name is resolved once, every address it has is judged, and the connection goes to a judged one, so that
//! a name that changes its mind leads nowhere. A redirect is judged like the first address.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

use crate::address::Allowed;

const TIME: Duration = Duration::from_secs(10);
const REPLY_BYTES: usize = 1 << 20;
const REDIRECTS: usize = 3;
/// What is told of a reply.
const SHOWN_BYTES: usize = 200;

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Called {
    /// Of HTTP, where there was an answer.
    pub(crate) status: Option<u16>,
    /// Why it did not work.
    pub(crate) error: Option<String>,
}

impl Called {
    pub(crate) fn failed(error: impl Into<String>) -> Self {
        Self { status: None, error: Some(error.into()) }
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.error.is_none()
    }
}

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) secret: Option<String>,
    pub(crate) body: Bytes,
}

/// Calls addresses.
#[derive(Clone)]
pub(crate) struct Outbound {
    allowed: Arc<Allowed>,
    tls: Arc<ClientConfig>,
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Outbound").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

impl Outbound {
    /// Trusts the certificates that the machine trusts.
    pub(crate) fn new(allowed: Allowed) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let tls = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { allowed: Arc::new(allowed), tls: Arc::new(tls) })
    }

    /// Calls, and follows redirects that keep the method.
    pub(crate) async fn call(&self, call: Call) -> Called {
        match tokio::time::timeout(TIME, self.follow(call)).await {
            Ok(Ok(called)) => called,
            Ok(Err(error)) => Called::failed(error),
            Err(_) => Called::failed(format!("no answer within {} s", TIME.as_secs())),
        }
    }

    async fn follow(&self, mut call: Call) -> Result<Called, String> {
        let mut url = parsed(&call.url)?;
        for _ in 0..=REDIRECTS {
            let (status, headers, body) = self.once(&url, &call).await?;
            let keeps_method =
                matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
            if !keeps_method {
                return Ok(told(status, &body));
            }
            let to = headers.get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
            let next = url.join(to).map_err(|_| "it redirects to what is no address".to_owned())?;
            if next.host() != url.host() || next.scheme() != url.scheme() {
                call.secret = None;
            }
            url = parsed(next.as_str())?;
        }
        Err(format!("it redirects more than {REDIRECTS} times"))
    }

    async fn once(&self, url: &Url, call: &Call) -> Result<(StatusCode, HeaderMap, Bytes), String> {
        let address = self.judged(url).await?;
        let stream = TcpStream::connect(address).await.map_err(|error| format!("cannot connect: {error}"))?;
        let request = request(url, call)?;
        if url.scheme() == "http" {
            return send(stream, request).await;
        }
        let name = match url.host() {
            Some(Host::Domain(name)) => {
                ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?
            }
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip).into(),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip).into(),
            None => return Err("the address names no host".into()),
        };
        let tls = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await;
        send(tls.map_err(|error| format!("TLS: {error}"))?, request).await
    }

    /// An address of the host that may be called; none when it has one that may not.
    async fn judged(&self, url: &Url) -> Result<SocketAddr, String> {
        let host = url.host().ok_or("the address names no host")?;
        let port = url.port_or_known_default().unwrap_or(80);
        let all: Vec<SocketAddr> = match &host {
            Host::Ipv4(ip) => vec![SocketAddr::from((*ip, port))],
            Host::Ipv6(ip) => vec![SocketAddr::from((*ip, port))],
            Host::Domain(name) => {
                let found = lookup_host((*name, port)).await;
                found.map_err(|error| format!("the name cannot be resolved: {error}"))?.collect()
            }
        };
        let is_named = self.allowed.has_host(&host.to_string());
        if let Some(bad) = all.iter().find(|address| !is_named && !self.allowed.has(address.ip())) {
            tracing::warn!(address = %bad.ip(), "a notification was to go to an address that is not allowed");
            return Err(format!(
                "{} is not an address of the open internet; [alerts] allow can name it",
                bad.ip()
            ));
        }
        all.first().copied().ok_or_else(|| "the name has no address".to_owned())
    }
}

fn parsed(url: &str) -> Result<Url, String> {
    let url = Url::parse(url).map_err(|error| format!("not an address: {error}"))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(format!("{other}: is not called, only http: and https:")),
    }
}

fn request(url: &Url, call: &Call) -> Result<Request<Full<Bytes>>, String> {
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut request = Request::builder()
        .method(&call.method)
        .uri(path)
        .header(HOST, host)
        .header("user-agent", concat!("daymark/", env!("CARGO_PKG_VERSION")));
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    if let Some(secret) = &call.secret {
        let mut value =
            HeaderValue::try_from(format!("Bearer {secret}")).map_err(|_| "a secret that no header holds")?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    request.body(Full::new(call.body.clone())).map_err(|error| error.to_string())
}

async fn send<S>(stream: S, request: Request<Full<Bytes>>) -> Result<(StatusCode, HeaderMap, Bytes), String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let lost = |error: hyper::Error| format!("the call broke off: {error}");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
    let answer = async {
        let (parts, body) = sender.send_request(request).await.map_err(lost)?.into_parts();
        let body = Limited::new(body, REPLY_BYTES).collect().await;
        let body = body.map_err(|error| format!("the answer cannot be read: {error}"))?.to_bytes();
        Ok((parts.status, parts.headers, body))
    };
    tokio::pin!(connection);
    tokio::pin!(answer);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        ended = &mut connection => match ended {
            Ok(()) => answer.await,
            Err(error) => Err(lost(error)),
        },
    }
}

fn told(status: StatusCode, body: &[u8]) -> Called {
    let error = (!status.is_success()).then(|| {
        let start = body.get(..SHOWN_BYTES).unwrap_or(body);
        let text: String =
            String::from_utf8_lossy(start).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let text = text.trim().to_owned();
        if text.is_empty() {
            format!("it answered {status}")
        } else {
            format!("it answered {status}: {text}")
        }
    });
    Called { status: Some(status.as_u16()), error }
}
