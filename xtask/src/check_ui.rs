//! The lints of the web UI: it is empty for every target but that of browsers.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::browser_target::{self, TARGET};
use crate::workspace;

pub(crate) fn run() -> Result<()> {
    let root = &workspace()?;
    browser_target::ensure(root)?;
    let status = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["clippy", "--package", "daymark-app", "--target", TARGET, "--", "-D", "warnings"])
        .status()
        .context("cargo clippy")?;
    ensure!(status.success(), "the UI has warnings");
    Ok(())
}
