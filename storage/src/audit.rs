//! The live auditor: holds the ledger against the rows again and again, and says so when it does not balance.

use std::sync::Arc;
use std::time::Duration;

use crate::ledger::{Balance, balance, recount};
use crate::store::Inner;

/// How often it counts.
const EVERY: Duration = Duration::from_secs(60);

impl Inner {
    /// Every account, held against a fresh count of the rows.
    pub(crate) fn balances(&self) -> Vec<Balance> {
        // A batch that becomes visible between the two reads would look like an imbalance.
        let (totals, version) = self.current.while_unchanged(|| self.ledger.totals());
        balance(totals, recount(&version))
    }

    /// Counts until the store stops.
    pub(crate) async fn audit_when_due(self: Arc<Self>) {
        let mut stop = self.stop.subscribe();
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            for one in self.balances().iter().filter(|one| one.imbalance != 0) {
                let (received, accepted) = one.unexplained();
                tracing::error!(account = ?one.account, received, accepted, "the ledger does not balance");
            }
        }
    }
}
