//! An outside address is called every minute while all is well, so that somebody notices when Daymark is gone.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daymark_model::time::Nanos;
use daymark_view::alerts::state::Heartbeat;
use http::Method;

use crate::outbound::Call;
use crate::watch::Alerting;

const EVERY: Duration = Duration::from_secs(60);
/// Evaluation that is further behind is not well.
const BEHIND: i64 = 3 * Nanos::MINUTE;

pub(crate) async fn run(alerting: Arc<Alerting>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = alerting.clock.now();
        let (url, last) = {
            let board = alerting.board();
            (board.notify.1.heartbeat.clone(), board.last_round)
        };
        let is_well = last.is_some_and(|last| now.0.saturating_sub(last.0) < BEHIND);
        let Some(url) = url.filter(|_| is_well) else { continue };
        let call = Call { method: Method::GET, url, headers: Vec::new(), secret: None, body: Bytes::new() };
        let called = alerting.outbound.call(call).await;
        if let Some(error) = &called.error {
            tracing::warn!(%error, "the heartbeat was not heard");
        }
        alerting.board().heartbeat = Some(Heartbeat { at: now, ok: called.is_ok(), error: called.error });
    }
}
