//! How long a client waits until its spans are durable, at a rate the server can hold, and how many single
//! syncs of the same disk that is.

use clap::Args;

use crate::askers::Askers;
use crate::disk::sync_times;
use crate::figure::Report;
use crate::load::Drive;
use crate::samples::Samples;
use crate::sender::{Encoding, Protocol};
use crate::setting::{Setting, Shape, Signals, add_quantiles};

const SYNCS: u64 = 250;

#[derive(Args, Clone, Debug)]
pub struct Ack {
    /// Spans per second
    #[arg(long, default_value_t = 20_000.0)]
    pub rate: f64,
    #[arg(long, default_value_t = 8)]
    pub senders: usize,
    /// Spans of a request at most
    #[arg(long, default_value_t = 500)]
    pub request_items: usize,
    /// For how long
    #[arg(long, default_value_t = 30)]
    pub seconds: u64,
    #[arg(long, value_enum, default_value = "http")]
    pub protocol: Protocol,
    /// Clients that ask all the time meanwhile
    #[arg(long, default_value_t = 0)]
    pub askers: usize,
}

/// As the command line has it when nothing is said.
impl Default for Ack {
    fn default() -> Self {
        Self {
            rate: 20_000.0,
            senders: 8,
            request_items: 500,
            seconds: 30,
            protocol: Protocol::Http,
            askers: 0,
        }
    }
}

impl Ack {
    pub async fn run(&self, setting: &Setting) -> anyhow::Result<Report> {
        let mut report = setting.report("ack");
        let shape = Shape {
            signals: Signals::Spans,
            protocol: self.protocol,
            encoding: Encoding::None,
            spans: (self.rate * self.seconds as f64) as u64,
            senders: self.senders,
            request_items: self.request_items,
        };
        let load = setting.load(&shape);
        let rig = setting.rig().await?;
        let sender = rig.sender(&shape).await?;
        // Half of the syncs before and half after, because a shared disk changes its mood.
        let mut syncs = sync_times(rig.folder.path(), SYNCS, rig.clock.as_ref())?;
        let drive = Drive { senders: self.senders, rate: Some(self.rate), until_lost: false };
        let askers = Askers::start(&rig.place.api(), &rig.clock, self.askers);
        let sent = load.run(&sender, drive, &rig.clock).await?;
        let asked = askers.stop().await?;
        syncs.merge(sync_times(rig.folder.path(), SYNCS, rig.clock.as_ref())?);

        let note = shape.told(&sent);
        report.add("rate", sent.items as f64 / sent.wall.as_secs_f64(), "1/s", &note)?;
        add_quantiles(&mut report, "ack", &sent.acks, &[0.5, 0.99], "from when it was due")?;
        add_quantiles(&mut report, "fdatasync of 4 KiB", &syncs, &[0.5, 0.99], "same disk, server idle")?;
        for share in [0.5, 0.99] {
            if let Some(times) = multiple(&sent.acks, &syncs, share) {
                report.add(
                    &format!("ack p{} in syncs", share * 100.0),
                    times,
                    "syncs",
                    "of one median fdatasync",
                )?;
            }
        }
        add_quantiles(&mut report, "questions meanwhile", &asked, &[0.5, 0.99], "services, failed traces")?;
        report.add("sent back for now", sent.retries as f64, "requests", "")?;
        report.add("peak memory", rig.server.memory_peak()? as f64 / 1e6, "MB", "resident, whole run")?;
        rig.server.kill()?;
        Ok(report)
    }
}

/// A quantile of the acks in medians of the syncs.
fn multiple(acks: &Samples, syncs: &Samples, share: f64) -> Option<f64> {
    Some(acks.quantile_ms(share)? / syncs.quantile_ms(0.5)?)
}
