//! How much a CPU second stores, and what it takes on disk and in memory. The CPU time is the server's alone
//! and includes merging everything; what was stored is checked against the truth before it counts.

use clap::Args;

use crate::figure::Report;
use crate::load::Drive;
use crate::process::disk_bytes;
use crate::setting::{Rig, Setting, Shape, add_quantiles};
use crate::verify::verify;

#[derive(Args, Clone, Debug)]
pub struct Ingest {
    #[command(flatten)]
    pub shape: Shape,
}

impl Ingest {
    pub async fn run(&self, setting: &Setting) -> anyhow::Result<Report> {
        let shape = &self.shape;
        let mut report = setting.report(&format!("ingest {}", shape.signals.item()));
        let load = setting.load(shape);
        let rig = setting.rig().await?;
        let sender = rig.sender(shape).await?;

        let before = rig.server.cpu()?;
        let drive = Drive { senders: shape.senders, rate: None, until_lost: false };
        let sent = load.run(&sender, drive, &rig.clock).await?;
        let received = rig.server.cpu()? - before;
        let note = shape.told(&sent);
        let items = sent.items as f64;
        report.add("acked per second", items / sent.wall.as_secs_f64(), "1/s", &note)?;
        report.add(
            "received per CPU second",
            items / received.as_secs_f64(),
            "1/s",
            "merging still pending",
        )?;
        add_quantiles(&mut report, "ack at full speed", &sent.acks, &[0.5, 0.99], &note)?;
        report.add("sent back for now", sent.retries as f64, "requests", "tried again until acked")?;
        report.add("sent bytes per item", sent.wire_bytes as f64 / items, "B", "on the wire")?;

        match rig.place.api().settle().await {
            Ok(()) => {
                let all = rig.server.cpu()? - before;
                report.add("stored per CPU second", items / all.as_secs_f64(), "1/s", "merging included")?;
                self.disk(&rig, items, &mut report)?;
            }
            Err(error) => {
                report.missing("stored per CPU second", &error)?;
                report.missing("bytes per item", &error)?;
            }
        }
        report.add("peak memory", rig.server.memory_peak()? as f64 / 1e6, "MB", "resident, whole run")?;
        let verdicts = verify(&rig.place.api(), &load.truth(), &load.signals).await;
        add_verdicts(&mut report, &verdicts)?;
        rig.server.kill()?;
        Ok(report)
    }

    fn disk(&self, rig: &Rig, items: f64, report: &mut Report) -> anyhow::Result<()> {
        let all = disk_bytes(&rig.place.data)? as f64;
        let wal = disk_bytes(&rig.place.data.join("wal"))? as f64;
        report.add(
            "bytes per item",
            (all - wal) / items,
            "B",
            "whole data folder without the WAL, settled",
        )?;
        report.add("WAL", wal / 1e6, "MB", "after settling")
    }
}

/// One figure for all checks, and one for each that failed.
pub fn add_verdicts(report: &mut Report, verdicts: &[crate::verify::Verdict]) -> anyhow::Result<()> {
    let right = verdicts.iter().filter(|verdict| verdict.wrong.is_none()).count();
    report.add("right answers", right as f64, "checks", &format!("of {}", verdicts.len()))?;
    for verdict in verdicts {
        if let Some(wrong) = &verdict.wrong {
            report.missing(&format!("wrong: {}", verdict.name), &anyhow::anyhow!(wrong.clone()))?;
        }
    }
    Ok(())
}
