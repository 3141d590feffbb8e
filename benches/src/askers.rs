//! Clients that ask without a pause while something else is measured: the list of services and the newest failed
//! traces, in turn.

use std::sync::Arc;

use daymark_model::time::Clock;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::api::Api;
use crate::samples::Samples;

pub(crate) struct Askers {
    asking: JoinSet<anyhow::Result<Samples>>,
    over: watch::Sender<bool>,
}

impl Askers {
    pub(crate) fn start(api: &Api, clock: &Arc<dyn Clock>, clients: usize) -> Self {
        let (over, is_over) = watch::channel(false);
        let mut asking = JoinSet::new();
        for _ in 0..clients {
            asking.spawn(ask(api.clone(), Arc::clone(clock), is_over.clone()));
        }
        Self { asking, over }
    }

    /// How long each question took.
    pub(crate) async fn stop(mut self) -> anyhow::Result<Samples> {
        self.over.send_replace(true);
        let mut all = Samples::default();
        while let Some(asked) = self.asking.join_next().await {
            all.merge(asked??);
        }
        Ok(all)
    }
}

async fn ask(api: Api, clock: Arc<dyn Clock>, is_over: watch::Receiver<bool>) -> anyhow::Result<Samples> {
    let failed = json!({"q": "status:error", "from": "-15m", "limit": 20});
    let mut samples = Samples::default();
    while !*is_over.borrow() {
        let begun = clock.elapsed();
        api.data("/api/v1/services?from=-15m").await?;
        let between = clock.elapsed();
        api.find("/api/v1/traces/search", &failed).await?;
        samples.add(between.saturating_sub(begun));
        samples.add(clock.elapsed().saturating_sub(between));
    }
    Ok(samples)
}
