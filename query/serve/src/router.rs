//! Which call goes where, and what all calls share: the id, the guards, compression, problems for calls
//! that do not exist.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use daymark_model::figure::Figures;
use daymark_model::limits::QueryLimits;
use daymark_model::origin::DEFAULT_TENANT;
use daymark_model::time::{Clock, Nanos};
use daymark_view::alerts::AskAlerts;
use daymark_view::ask::Ask;
use daymark_view::error::{AskError, Code};
use tokio::sync::watch;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

use crate::answer::Refusal;
use crate::client_errors::ClientErrors;
use crate::dress::dress;
use crate::guard::Guard;
use crate::options::{IntakeDoors, Options, Ui};
use crate::routes::{
    alert_objects, alerts, diff, front, intake, ledger, logs, map, metrics, overview, probes, queries,
    resolve, search, server, service, services, skeleton, spans, sql, stored, system, tail, traces, ui, why,
};
use crate::tenants::Tenants;

/// Where all calls are.
pub(crate) const BASE: &str = "/api/v1";

/// Where clients of Prometheus read.
const PROMETHEUS: &str = "/prometheus/api/v1";

/// What every route reaches.
#[derive(Debug)]
pub(crate) struct Site {
    /// Whose data is answered from.
    pub(crate) tenant: String,
    pub(crate) ask: Arc<dyn Ask>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: QueryLimits,
    pub(crate) guard: Guard,
    pub(crate) figures: Vec<Arc<dyn Figures>>,
    pub(crate) body_read: std::time::Duration,
    pub(crate) client_errors: Arc<ClientErrors>,
    /// Told when answers that have no end have to end.
    pub(crate) stopping: watch::Receiver<bool>,
    /// Whoever watches over this tenant.
    pub(crate) alerts: Option<Arc<dyn AskAlerts>>,
    pub(crate) intake: Option<IntakeDoors>,
    pub(crate) ui: Option<Ui>,
    pub(crate) base_path: String,
}

impl Site {
    pub(crate) fn now(&self) -> Nanos {
        self.clock.now()
    }
}

/// A router for the default tenant, about whom `ask` answers, and one for each other tenant of `options`.
pub(crate) fn routers(
    ask: &Arc<dyn Ask>,
    options: &Options,
    is_loopback: bool,
    stopping: &watch::Receiver<bool>,
) -> Tenants {
    let client_errors = Arc::new(ClientErrors::default());
    let router_of = |tenant: &str, ask: &Arc<dyn Ask>| {
        let told = Arc::<ClientErrors>::clone(&client_errors) as Arc<dyn Figures>;
        let site = Site {
            tenant: tenant.into(),
            ask: Arc::clone(ask),
            clock: Arc::clone(&options.clock),
            limits: options.limits.clone(),
            guard: Guard { is_loopback, hosts: options.hosts.clone() },
            figures: options.figures.iter().cloned().chain([told]).collect(),
            body_read: options.body_read,
            client_errors: Arc::clone(&client_errors),
            stopping: stopping.clone(),
            alerts: options.alerts.clone().filter(|_| tenant == DEFAULT_TENANT),
            intake: options.intake.clone(),
            ui: options.ui,
            base_path: options.base_path.trim_matches('/').to_owned(),
        };
        router(Arc::new(site), &options.base_path)
    };
    let others = options.tenants.iter().map(|(tenant, ask)| (tenant.clone(), router_of(tenant, ask)));
    Tenants::new(router_of(DEFAULT_TENANT, ask), others.collect())
}

fn router(site: Arc<Site>, base_path: &str) -> Router {
    let probes = Router::new()
        .route("/healthz", get(probes::healthz))
        .route("/readyz", get(probes::readyz))
        .route("/metrics", get(probes::metrics));
    let all = probes
        .clone()
        .route("/", get(front::front))
        .nest(BASE, calls())
        .nest(PROMETHEUS, alerts::of_prometheus());
    let mounted = match base_path.trim_matches('/') {
        "" => all,
        // Probes also answer outside the prefix: they come from the machine, not through the proxy.
        prefix => probes.route(&format!("/{prefix}/"), get(front::front)).nest(&format!("/{prefix}"), all),
    };
    mounted
        .fallback(ui::file)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(Arc::clone(&site), dress))
        .layer(compression())
        .with_state(site)
}

fn calls() -> Router<Arc<Site>> {
    Router::new()
        .route("/sql", post(sql::sql))
        .route("/sql/schema", get(sql::schema))
        .route("/sql/explain", post(sql::explain))
        .route("/resolve", get(resolve::resolve))
        .route("/traces/search", post(search::traces))
        .route("/traces/diff", post(diff::diff))
        .route("/traces/explain", post(spans::explain))
        .route("/traces/facets", get(spans::facets))
        .route("/traces/fields", get(spans::fields))
        .route("/traces/heatmap", get(spans::heatmap))
        .route("/traces/origins", get(spans::origins))
        .route("/traces/{id}", get(traces::trace).delete(traces::delete))
        .route("/traces/{id}/logs", get(traces::logs))
        .route("/traces/{id}/similar", get(diff::similar))
        .route("/traces/{id}/skeleton", get(skeleton::skeleton))
        .route("/traces/{id}/spans", get(skeleton::rows))
        .route("/traces/{id}/find", get(skeleton::find))
        .route("/logs/search", post(search::logs))
        .route("/logs/histogram", get(search::histogram))
        .route("/logs/fields", get(logs::fields))
        .route("/logs/patterns", get(logs::patterns))
        .route("/logs/tail", get(tail::tail))
        .route("/logs/context", get(search::context))
        .route("/logs/{id}", get(search::log))
        .route("/why-empty", post(why::why_empty))
        .route("/services", get(services::services))
        .route("/metrics/catalog", get(metrics::catalog))
        .route("/metrics/labels", get(metrics::labels))
        .route("/metrics/exemplars", get(metrics::exemplars))
        .route("/metrics/query", post(metrics::query))
        .route("/saved-views", get(stored::views).post(stored::save))
        .route("/saved-views/{id}", get(stored::view).put(stored::replace).delete(stored::delete))
        .route("/prefs", get(stored::prefs).put(stored::save_prefs))
        .route("/share", post(stored::share))
        .route("/share/{id}", get(stored::shared))
        .route("/services/{svc}", get(service::service))
        .route("/services/{svc}/operations", get(service::operations))
        .route("/services/{svc}/dependencies", get(service::dependencies))
        .route("/services/{svc}/instances", get(service::instances))
        .route("/services/{svc}/durations", get(service::durations))
        .route("/services/{svc}/errors", get(service::errors))
        .route("/services/{svc}/heatmap", get(service::heatmap))
        .route("/services/{svc}/deploys", get(service::deploys))
        .route("/services/{svc}/runtime", get(service::runtime))
        .route("/overview", get(overview::overview))
        .route("/traffic", get(overview::traffic))
        .route("/events", get(overview::events))
        .route("/map", get(map::map))
        .route("/map/replay", get(map::replay))
        .route("/map/edges/{client}/{server}", get(map::edge))
        .merge(alerts::calls())
        .merge(alert_objects::calls())
        .route("/ledger", get(ledger::ledger))
        .route("/ledger/recount", post(ledger::recount))
        .route("/system/status", get(system::status))
        .route("/system/segments", get(system::segments))
        .route("/system/settle", post(system::settle))
        .route("/system/backup", post(system::backup))
        .route("/system/queries", get(queries::list))
        .route("/system/intake", get(intake::intake))
        .route("/system/test-span", post(server::test_span))
        .route("/system/client-errors", post(server::client_errors))
        .route("/ledger/samples", get(server::samples))
        .route("/bootstrap", get(server::bootstrap))
        .route("/queries/{id}", get(queries::one).delete(queries::cancel))
}

/// Fast levels: an answer is read once, so its sender's time counts more than its size.
fn compression() -> CompressionLayer<impl Predicate> {
    let predicate =
        DefaultPredicate::new().and(NotForContentType::const_new("application/vnd.apache.parquet"));
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(predicate)
}

async fn no_such_method() -> Refusal {
    Refusal(
        AskError::new(Code::MethodNotAllowed, "the path does not take this method")
            .hint("GET / lists the calls"),
    )
}
