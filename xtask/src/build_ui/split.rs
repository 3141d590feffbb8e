//! Cuts the program into the frame and a module for each group of pages (`ui/app/src/pages/fetched.rs`), and
//! modules for what several groups share.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use wasm_split_cli_support::{Options, transform};

pub(super) struct Pages {
    /// What every load needs.
    pub(super) frame: PathBuf,
    /// The names of the modules of each group.
    pub(super) parts: BTreeMap<String, Vec<String>>,
}

/// Writes the modules of the groups, and `pages.js`, which fetches them.
pub(super) fn into_pages(wasm: &Path, files: &Path) -> Result<Pages> {
    let whole = fs::read(wasm).with_context(|| wasm.display().to_string())?;
    let frame = wasm.with_file_name("frame.wasm");
    let mut options = Options::new(&whole);
    options.output_dir = files;
    options.main_out_path = &frame;
    options.main_module = "./app.js";
    options.link_name = "./pages.js";
    let split =
        transform(options).map_err(|error| anyhow!("the program cannot be cut into pages: {error:#}"))?;
    Ok(Pages { frame, parts: split.prefetch_map.into_iter().collect() })
}

impl Pages {
    /// As a script has it.
    pub(super) fn listed(&self) -> Result<String> {
        serde_json::to_string(&self.parts).context("names of parts")
    }

    /// Whether the page that most people see first can do without this file.
    pub(super) fn is_for_later(&self, file: &Path) -> bool {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let is_first = || self.parts.get("first").is_some_and(|parts| parts.iter().any(|part| *part == name));
        self.parts.values().flatten().any(|part| *part == name) && !is_first()
    }
}
