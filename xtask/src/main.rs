//! Jobs of the build that Cargo alone does not do: `cargo xtask build-ui`, `cargo xtask check-ui`.

/// Rust's own library for browsers.
mod browser_target;
/// The web UI: from Rust to files that a browser loads.
mod build_ui;
/// The lints of the web UI.
mod check_ui;
/// The style sheets as one.
mod styles;

use std::path::{Path, PathBuf};

use anyhow::Context;
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
    /// Lints the web UI, which clippy of the workspace finds empty
    CheckUi,
}

/// As cargo tells it now: a build that is shared by checkouts must not remember one of them.
fn workspace() -> anyhow::Result<PathBuf> {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").context("cargo names the folder: run `cargo xtask`")?;
    Ok(Path::new(&own).parent().context("the folder of the workspace")?.to_owned())
}

fn main() -> anyhow::Result<()> {
    match Args::parse().job {
        Job::BuildUi(job) => job.run(),
        Job::CheckUi => check_ui::run(),
    }
}
