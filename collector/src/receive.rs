//! The listeners, and what they share.
//!
//! A listener is bound by the caller and served until the caller's stop signal; it then takes no new
//! connections, tells its clients to go, finishes what is in flight and returns. Both listeners draw from
//! one set of limits: connections, and bytes in flight.

use std::sync::Arc;

use daymark_model::arrivals::Arrivals;
use daymark_model::intake::{Decode, Intake};
use daymark_model::limits::IntakeLimits;
use daymark_model::time::Clock;

use crate::admit::arrival::Admission;
use connections::Doors;

/// The bytes of one request, within the limits.
mod body;
/// Accepting, counting, timing and closing connections.
mod connections;
/// OTLP over gRPC: the three export services.
pub mod grpc;
/// OTLP over HTTP: `/v1/traces`, `/v1/logs`, `/v1/metrics`.
pub mod http;
/// Our own telemetry.
pub mod own;
/// What a connection is doing, and until when it may.
mod pulse;

/// What the receivers share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Receivers {
    admission: Arc<Admission>,
    doors: Arc<Doors>,
    cors_origins: Arc<[String]>,
}

impl Receivers {
    /// Receivers that hand over to `intake`, count with `decode` and keep to `limits`. Browsers may send
    /// from the origins named in `cors_origins`; none of them when that is empty.
    pub fn new(
        intake: Arc<dyn Intake>,
        decode: Arc<dyn Decode>,
        clock: Arc<dyn Clock>,
        limits: IntakeLimits,
        cors_origins: Vec<String>,
    ) -> Self {
        let doors = Arc::new(Doors::new(limits.connections, limits.connections_per_peer));
        let admission = Arc::new(Admission::new(intake, decode, limits, clock));
        Self { admission, doors, cors_origins: cors_origins.into() }
    }

    /// Who tells what comes in.
    pub fn arrivals(&self) -> Arc<dyn Arrivals> {
        Arc::clone(&self.admission.visitors) as Arc<dyn Arrivals>
    }
}
