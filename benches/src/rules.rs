//! What watching costs: many rules over many services, each judged every minute while spans come in. The same
//! load is sent without rules and then with them; the difference is theirs.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use daymark_model::time::Clock;
use daymark_model::time::SystemClock;
use daymark_workload::{Profile, Recording};
use serde_json::json;

use crate::api::Api;
use crate::figure::Report;
use crate::load::{Drive, Load};
use crate::setting::{Rig, Setting, Shape, Signals};

/// Event times of one pass; passes follow each other as time goes by.
const PASS: Duration = Duration::from_secs(60);
const METRICS: [&str; 4] = ["error_rate", "p95", "rate", "p99"];

#[derive(Args, Clone, Debug)]
pub struct Rules {
    #[arg(long, default_value_t = 1_000)]
    pub rules: usize,
    /// What each rule groups by; services and their operations are about a hundred groups
    #[arg(long, value_delimiter = ',', default_values_t = by())]
    pub by: Vec<String>,
    /// Spans per second
    #[arg(long, default_value_t = 2_000)]
    pub rate: u64,
    /// For how long, without and then with rules
    #[arg(long, default_value_t = 3)]
    pub minutes: u64,
}

/// As the command line has it when nothing is said.
impl Default for Rules {
    fn default() -> Self {
        Self { rules: 1_000, by: by(), rate: 2_000, minutes: 3 }
    }
}

fn by() -> Vec<String> {
    ["service", "name"].map(str::to_owned).into()
}

impl Rules {
    pub async fn run(&self, setting: &Setting) -> anyhow::Result<Report> {
        let mut report = setting.report("rules");
        let rig = setting.rig().await?;
        let api = rig.place.api();
        let without = self.drive(setting.seed, &rig).await?;
        self.make(&api).await?;
        let before = evaluations(&api).await?;
        let with = self.drive(setting.seed + 1, &rig).await?;
        let after = evaluations(&api).await?;
        let done = after.done - before.done;
        ensure!(after.failed == 0, "{} evaluations failed", after.failed);
        let keys = self.by.join(", ");
        let counted = format!("SELECT count(*) FROM (SELECT DISTINCT {keys} FROM red WHERE entry)");
        let groups = api.sql(&counted).await?.number()?;
        let note = format!("{} rules of {groups} groups by {keys}, {} spans a second", self.rules, self.rate);
        report.add("evaluations", done as f64, "", &note)?;
        report.add("evaluations missed", (after.missed - before.missed) as f64, "", "")?;
        report.add("of one core without rules", without * 100.0, "%", &note)?;
        report.add("of one core with rules", with * 100.0, "%", &note)?;
        let each = (with - without) * (self.minutes * 60) as f64 * 1e3 / done.max(1) as f64;
        report.add("an evaluation", each, "ms of CPU", "what is more with rules")?;
        rig.server.kill()?;
        Ok(report)
    }

    /// Sends spans of now; the share of one core that the server took.
    async fn drive(&self, seed: u64, rig: &Rig) -> anyhow::Result<f64> {
        let start = SystemClock::new().now().0;
        let length = i64::try_from(PASS.as_nanos())?;
        let spans = self.rate * PASS.as_secs();
        let recording = Recording::new(seed, Profile::bench(), start, length, spans);
        let load =
            Load { recording: Arc::new(recording), passes: self.minutes, signals: Signals::Spans.all() };
        let sender = rig.sender(&Shape::default()).await?;
        let drive = Drive { senders: 2, rate: Some(self.rate as f64), until_lost: false };
        let before = rig.server.cpu()?;
        let sent = load.run(&sender, drive, &rig.clock).await?;
        let took = rig.server.cpu()?.saturating_sub(before);
        Ok(took.as_secs_f64() / sent.wall.as_secs_f64())
    }

    async fn make(&self, api: &Api) -> anyhow::Result<()> {
        for (number, metric) in METRICS.into_iter().cycle().take(self.rules).enumerate() {
            // Never reached, so that nothing but judging is measured.
            let threshold = if metric == "error_rate" { 0.999 } else { 1e18 };
            let rule = json!({"name": format!("{metric} {number}"), "every": "1m", "window": "5m",
                "signal": {"kind": "red", "metric": metric, "by": self.by},
                "condition": {"op": ">", "threshold": threshold}});
            api.make("/api/v1/alerts/rules", &rule).await?;
        }
        Ok(())
    }
}

struct Evaluations {
    done: u64,
    failed: u64,
    missed: u64,
}

async fn evaluations(api: &Api) -> anyhow::Result<Evaluations> {
    let status = api.data("/api/v1/alerts/status").await?;
    let count =
        |item: &str| status["evaluations"][item].as_u64().with_context(|| format!("no count of {item}"));
    Ok(Evaluations { done: count("done")?, failed: count("failed")?, missed: count("missed")? })
}
