//! Jobs of the build that Cargo alone does not do: `cargo xtask build-ui`.

/// The web UI: from Rust to files that a browser loads.
mod build_ui;
/// The style sheets as one.
mod styles;

use clap::{Parser, Subcommand};

#[derive(Parser, Debug)]
#[command(about = "Jobs of the build that Cargo alone does not do")]
struct Args {
    #[command(subcommand)]
    job: Job,
}

#[derive(Subcommand, Debug)]
enum Job {
    /// Builds the web UI into ui/dist, from where the binary takes it
    BuildUi(build_ui::BuildUi),
}

fn main() -> anyhow::Result<()> {
    match Args::parse().job {
        Job::BuildUi(job) => job.run(),
    }
}
