//! Rust's own library for browsers: there already, or one command of rustup away.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Makes sure that it is there for the toolchain of the workspace.
pub(crate) fn ensure(root: &Path) -> Result<()> {
    let print = Command::new("rustc")
        .current_dir(root)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    let folder =
        print.map(|print| String::from_utf8_lossy(&print.stdout).trim().to_owned()).unwrap_or_default();
    if Path::new(&folder).exists() {
        return Ok(());
    }
    let added = Command::new("rustup").current_dir(root).args(["target", "add", TARGET]).status();
    if !added.is_ok_and(|status| status.success()) {
        bail!("the UI needs Rust's {TARGET}: `rustup target add {TARGET}`");
    }
    Ok(())
}
