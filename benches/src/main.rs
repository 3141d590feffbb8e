//! The command line of the measurements. Tables go to stdout, figures to the results file, and the exit code
//! says whether everything could be measured and every answer was right.

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use daymark_benches::ack::Ack;
use daymark_benches::figure::Report;
use daymark_benches::ingest::Ingest;
use daymark_benches::made::Made;
use daymark_benches::query::Query;
use daymark_benches::restart::Restart;
use daymark_benches::rules::Rules;
use daymark_benches::sender::{Encoding, Protocol};
use daymark_benches::setting::{Setting, Shape, Signals};

/// Measures a daymark server from outside
#[derive(Parser)]
#[command(name = "daymark-bench", version)]
struct Command {
    #[command(flatten)]
    setting: Setting,
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// Items per CPU second, bytes on disk, memory; counts checked against the truth
    Ingest(Ingest),
    /// Time to the ack at a steady rate, in syncs of the same disk
    Ack(Ack),
    /// Traces by id, newest spans of an operation, a rare attribute value, words in logs
    Query(Query),
    /// Killed under load: time to the next ack and to complete answers, and what was lost
    Restart(Restart),
    /// What many rules cost while spans come in
    Rules(Rules),
    /// The shape of the load itself; starts no server
    Made(Made),
    /// Everything above, one after another
    All(All),
}

#[derive(Args, Clone, Copy, Debug)]
struct All {
    /// Spans of each load
    #[arg(long, default_value_t = 1_000_000)]
    spans: u64,
    /// How often each question is asked
    #[arg(long, default_value_t = 100)]
    runs: usize,
}

fn main() -> anyhow::Result<ExitCode> {
    let command = Command::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let benches = match command.bench {
        Bench::All(all) => all.benches(),
        one => vec![one],
    };
    let mut whole = true;
    for bench in benches {
        // One measurement that fails does not keep the others from being made.
        whole &= match runtime.block_on(Box::pin(bench.run(&command.setting))) {
            Ok(report) => show(&report)?,
            Err(error) => {
                writeln!(std::io::stderr(), "not measured: {error:#}")?;
                false
            }
        };
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Bench {
    async fn run(self, setting: &Setting) -> anyhow::Result<Report> {
        match self {
            Self::Ingest(bench) => bench.run(setting).await,
            Self::Ack(bench) => bench.run(setting).await,
            Self::Query(bench) => bench.run(setting).await,
            Self::Restart(bench) => bench.run(setting).await,
            Self::Rules(bench) => bench.run(setting).await,
            Self::Made(bench) => bench.run(setting),
            Self::All(_) => anyhow::bail!("a list of measurements holds no further list"),
        }
    }
}

impl All {
    fn benches(self) -> Vec<Bench> {
        let ingest = |signals, protocol, encoding| {
            Bench::Ingest(Ingest { shape: self.shape(signals, protocol, encoding) })
        };
        let mixed = self.shape(Signals::Mixed, Protocol::Http, Encoding::None);
        vec![
            Bench::Made(Made { shape: mixed.clone() }),
            ingest(Signals::Spans, Protocol::Http, Encoding::None),
            ingest(Signals::Spans, Protocol::Http, Encoding::Gzip),
            ingest(Signals::Spans, Protocol::Http, Encoding::Zstd),
            ingest(Signals::Spans, Protocol::Grpc, Encoding::None),
            ingest(Signals::Logs, Protocol::Http, Encoding::None),
            ingest(Signals::Mixed, Protocol::Http, Encoding::None),
            Bench::Ack(Ack::default()),
            Bench::Query(Query { shape: mixed, runs: self.runs }),
            Bench::Restart(Restart::default()),
            Bench::Rules(Rules::default()),
        ]
    }

    fn shape(self, signals: Signals, protocol: Protocol, encoding: Encoding) -> Shape {
        Shape { signals, protocol, encoding, spans: self.spans, ..Shape::default() }
    }
}

/// Prints the table; whether it has no gap.
fn show(report: &Report) -> anyhow::Result<bool> {
    writeln!(std::io::stdout(), "{}", report.table())?;
    Ok(report.figures().iter().all(|figure| figure.value.is_some()))
}
