//! How soon a killed server is back, and that nothing it had acked is lost. It is killed under load, started
//! again on the same folder, and must take the next request and know all that it had acked before.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::Args;
use daymark_workload::{Profile, Recording, Signal};

use crate::figure::Report;
use crate::load::Drive;
use crate::sender::{Outcome, Packed, Sender};
use crate::setting::{Rig, Setting, Shape};

const PATIENCE: Duration = Duration::from_secs(300);
const LOOK_AGAIN: Duration = Duration::from_millis(2);

#[derive(Args, Clone, Debug)]
pub struct Restart {
    /// The load goes on for this long before the server is killed
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    #[arg(long, default_value_t = 4)]
    pub senders: usize,
}

/// How many spans a server must know again, and how many it may.
#[derive(Clone, Copy)]
struct Bounds {
    acked: u64,
    sent: u64,
}

/// As the command line has it when nothing is said.
impl Default for Restart {
    fn default() -> Self {
        Self { seconds: 10, senders: 4 }
    }
}

impl Restart {
    pub async fn run(&self, setting: &Setting) -> anyhow::Result<Report> {
        let mut report = setting.report("restart");
        // More than any server takes in the time, and no repeats, so that every span counts.
        let shape = Shape { spans: self.seconds * 1_000_000, senders: self.senders, ..Shape::default() };
        let load = setting.load_of(&shape, Profile { duplicates: 0.0, ..Profile::bench() });
        let Rig { clock, place, server, folder } = setting.rig().await?;
        let sender =
            Sender::connect(shape.protocol, shape.encoding, place.otlp_http, place.otlp_grpc).await?;
        let drive = Drive { senders: self.senders, rate: None, until_lost: true };
        let kill = async {
            tokio::time::sleep(Duration::from_secs(self.seconds)).await;
            server.kill()
        };
        let (sent, killed) = tokio::join!(load.run(&sender, drive, &clock), kill);
        killed?;
        let sent = sent?;
        let note = shape.told(&sent);
        ensure!(sent.items > 0, "nothing was acked before the kill");

        let began = clock.elapsed();
        let server = place.spawn()?;
        let mut rig = Rig { clock, place, server, folder };
        let probe = probe(&load.recording, load.passes, &sender)?;
        self.first_write(&mut rig, &shape, &probe).await?;
        let took = (rig.clock.elapsed() - began).as_secs_f64() * 1e3;
        report.add("first ack after start", took, "ms", &note)?;

        let open = (self.senders * shape.request_items) as u64;
        let acked = sent.items + probe.items as u64;
        match complete(&mut rig, Bounds { acked, sent: acked + open }).await {
            Ok(known) => {
                let took = (rig.clock.elapsed() - began).as_secs_f64() * 1e3;
                report.add(
                    "all acked spans known again",
                    took,
                    "ms",
                    &format!("{known} known, {acked} acked"),
                )?;
            }
            Err(error) => report.missing("all acked spans known again", &error)?,
        }
        rig.server.kill()?;
        Ok(report)
    }

    /// Tries until the server takes a request.
    async fn first_write(&self, rig: &mut Rig, shape: &Shape, probe: &Packed) -> anyhow::Result<()> {
        let begun = rig.clock.elapsed();
        loop {
            // Until it listens every try fails, and why does not matter.
            if let Ok(sender) = rig.sender(shape).await
                && let Ok(Outcome::Acked) = sender.send(probe).await
            {
                return Ok(());
            }
            rig.server.still_runs()?;
            if rig.clock.elapsed() - begun > PATIENCE {
                bail!("no request is taken {PATIENCE:?} after the start");
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// Asks until every acked span is known; more than were sent must never be.
async fn complete(rig: &mut Rig, bounds: Bounds) -> anyhow::Result<u64> {
    let (api, begun) = (rig.place.api(), rig.clock.elapsed());
    loop {
        rig.server.still_runs()?;
        let counted = api.sql("SELECT count(*) FROM spans").await.and_then(|table| table.number());
        let late = rig.clock.elapsed() - begun > PATIENCE;
        match counted {
            Ok(count) if count > bounds.sent => bail!("{count} spans are known, {} were sent", bounds.sent),
            Ok(count) if count >= bounds.acked => return Ok(count),
            Ok(count) if late => bail!("{} of {} acked spans are lost", bounds.acked - count, bounds.acked),
            Err(error) if late => return Err(error),
            Ok(_) | Err(_) => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}

/// A small request of spans that were not sent before.
fn probe(recording: &Recording, passes: u64, sender: &Sender) -> anyhow::Result<Packed> {
    let further = recording.requests(recording.pass(passes), &[Signal::Spans]);
    let smallest = further.min_by_key(|request| request.items).context("the load holds no spans")?;
    sender.pack(smallest)
}
