//! The live auditor: holds the ledger against the rows again and again, and says so when it does not balance.

use std::sync::Arc;
use std::time::Duration;

use crate::ledger::{balance, recount};
use crate::store::Inner;

/// How often it counts.
const EVERY: Duration = Duration::from_secs(60);

impl Inner {
    /// Counts until the store stops.
    pub(crate) async fn audit_when_due(self: Arc<Self>) {
        let mut stop = self.stop.subscribe();
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            let (totals, version) = self.current.while_unchanged(|| self.ledger.totals());
            for one in balance(totals, recount(&version)).iter().filter(|one| one.imbalance != 0) {
                let (received, accepted) = one.unexplained();
                tracing::error!(account = ?one.account, received, accepted, "the ledger does not balance");
            }
        }
    }
}
