//! How long an acknowledgement takes on a disk, beside a bare fdatasync on the same disk; and how fast the log
//! is read back.
//!
//! `cargo run --release -p daymark-wal --example ack -- FOLDER`; the folder must not exist.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daymark_model::id::Lsn;
use daymark_model::origin::{Origin, Tier};
use daymark_model::signal::Signal;
use daymark_model::time::{Clock, Nanos, SystemClock};
use daymark_model::wire::{Encoding, Format};
use daymark_vfs::{RealFs, Vfs};
use daymark_wal::{Ack, NewRecord, Options, Wal};

const BODY: usize = 4096;

fn record(body: &Bytes) -> NewRecord {
    let (source, tenant) = ("otlp".into(), "default".into());
    NewRecord {
        origin: Origin { source, tier: Tier::Internal, tenant, received: Nanos(0) },
        signal: Signal::Spans,
        format: Format::OtlpProtobuf,
        encoding: Encoding::Identity,
        payload: body.clone(),
        raw_len: 4096,
        items: 10,
        batch_hash: [0; 16],
    }
}

#[expect(clippy::print_stdout, reason = "the answer of this program")]
fn report(name: &str, mut times: Vec<Duration>, wall: Duration) {
    times.sort_unstable();
    let millis = |permille: usize| times[times.len() * permille / 1000].as_secs_f64() * 1e3;
    let rate = times.len() as f64 / wall.as_secs_f64();
    println!(
        "{name:24} p50 {:7.2} ms   p99 {:7.2} ms   {rate:8.0}/s   {:6.1} MB/s",
        millis(500),
        millis(990),
        rate * BODY as f64 / 1e6
    );
}

/// Runs `count` times `work` on each of `threads` threads, each with its own number.
fn measure(name: &str, threads: usize, count: usize, work: impl Fn(usize) + Sync) {
    let clock = SystemClock::new();
    let times = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                let (clock, work) = (&clock, &work);
                scope.spawn(move || {
                    let timed = |at| {
                        let began = clock.elapsed();
                        work(thread * count + at);
                        clock.elapsed() - began
                    };
                    (0..count).map(timed).collect::<Vec<_>>()
                })
            })
            .collect();
        running.into_iter().flat_map(|thread| thread.join().expect("the work does not panic")).collect()
    });
    report(name, times, clock.elapsed());
}

/// One bare write and sync, one append, in turns: so both meet the same moods of the disk.
fn pairs(dir: &Path, body: &[u8], put: impl Fn(usize)) -> std::io::Result<()> {
    let file = RealFs.create(&dir.join("raw"))?;
    file.allocate(64 << 20)?;
    file.sync()?;
    let clock = SystemClock::new();
    let (mut bare, mut acked) = (Vec::new(), Vec::new());
    for at in 0..500 {
        let began = clock.elapsed();
        file.write_all_at(body, (at * BODY) as u64)?;
        file.sync()?;
        let synced = clock.elapsed();
        put(at);
        bare.push(synced - began);
        acked.push(clock.elapsed() - synced);
    }
    let (bare_wall, acked_wall) = (bare.iter().sum(), acked.iter().sum());
    report("fdatasync", bare, bare_wall);
    report("one append", acked, acked_wall);
    RealFs.remove_file(&dir.join("raw"))
}

/// Opens the log again and reads every body.
#[expect(clippy::print_stdout, reason = "the answer of this program")]
fn replay(dir: &Path, options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let clock = Arc::new(SystemClock::new());
    let (_wal, replay) =
        Wal::open(dir, Arc::new(RealFs), Arc::<SystemClock>::clone(&clock), options, Lsn(1))?;
    let opened = clock.elapsed();
    let mut bytes = 0;
    for record in replay {
        bytes += record.map_err(|damage| format!("{damage:?}"))?.body()?.len();
    }
    let rate = bytes as f64 / (clock.elapsed() - opened).as_secs_f64() / 1e6;
    println!("open {:.1} ms, replay of {bytes} bytes at {rate:.0} MB/s", opened.as_secs_f64() * 1e3);
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    let body: Bytes = (0..BODY as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    RealFs.create_dir_all(&dir)?;
    for ack in [Ack::Fsync, Ack::Os] {
        let options = Options { ack, ..Options::default() };
        let wal_dir = dir.join(format!("{ack:?}"));
        let (wal, _) = Wal::open(&wal_dir, Arc::new(RealFs), Arc::new(SystemClock::new()), &options, Lsn(1))?;
        let put = |_| {
            let (_, ticket) = wal.append(record(&body)).expect("the log is writable");
            ticket.wait().expect("the disk works");
        };
        pairs(&dir, &body, put)?;
        for (threads, count) in [(64, 300), (256, 100)] {
            measure(&format!("{ack:?}, {threads} at once"), threads, count, put);
        }
        drop(wal);
        replay(&wal_dir, &options)?;
    }
    RealFs.remove_dir_all(&dir)?;
    Ok(())
}
