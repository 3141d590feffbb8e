//! The web UI: from Rust to files that a browser loads. Everything lies in one folder named by the hash of its
//! contents, so that browsers may keep it for ever; only `index.html` is asked for again.

mod split;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;
use wasm_bindgen_cli_support::Bindgen;

use self::split::Pages;
use crate::browser_target::{self, TARGET};
use crate::{styles, workspace};

/// What a first load may weigh, packed with brotli: docs/benchmarks.md tells what it does weigh.
const MOST_BYTES: u64 = 452 * 1024;

#[derive(Args, Debug)]
pub(crate) struct BuildUi {
    /// As small as possible: link-time optimisation, wasm-opt when it is found, the strongest packing
    #[arg(long)]
    release: bool,
    /// The wasm-opt of binaryen
    #[arg(long, default_value = "wasm-opt")]
    wasm_opt: PathBuf,
}

impl BuildUi {
    pub(crate) fn run(&self) -> Result<()> {
        let root = &workspace()?;
        let wasm = self.compile(root)?;
        let made = root.join("ui/dist.new");
        drop(fs::remove_dir_all(&made));
        let files = made.join("assets/new");
        fs::create_dir_all(&files)?;
        let pages = split::into_pages(&wasm, &files)?;
        bind(&pages.frame, &files)?;
        self.optimise(&files)?;
        fs::write(files.join("app.css"), styles::joined(&root.join("ui/app/style"))?)?;
        let boot = fs::read_to_string(root.join("ui/app/js/boot.js"))?;
        fs::write(files.join("boot.js"), boot.replace("GROUPS_OF_PARTS", &pages.listed()?))?;
        fs::copy(root.join("ui/app/js/icon.svg"), files.join("icon.svg"))?;
        let name = hash_of(&files)?;
        fs::rename(&files, made.join("assets").join(&name))?;
        let index =
            fs::read_to_string(root.join("ui/app/index.html"))?.replace("ASSETS", &format!("assets/{name}"));
        fs::write(made.join("index.html"), index)?;
        let (first, all) = self.pack(&made, &pages)?;
        let dist = root.join("ui/dist");
        drop(fs::remove_dir_all(&dist));
        fs::rename(&made, &dist)?;
        writeln!(std::io::stdout(), "ui/dist: {} kB of {} kB for a first load", first / 1024, all / 1024)?;
        ensure!(
            !self.release || first <= MOST_BYTES,
            "a first load weighs {first} bytes, more than {MOST_BYTES}"
        );
        Ok(())
    }

    fn compile(&self, root: &Path) -> Result<PathBuf> {
        browser_target::ensure(root)?;
        let profile = if self.release { "ui-release" } else { "ui" };
        let target = target_folder(root).join("ui");
        let status = Command::new(env!("CARGO"))
            .current_dir(root)
            .args(["build", "--package", "daymark-app", "--target", TARGET, "--profile", profile])
            .env("CARGO_TARGET_DIR", &target)
            // What calls what: without it nobody could cut the program.
            .env("RUSTFLAGS", "-Clink-args=--emit-relocs")
            .status()
            .context("cargo")?;
        ensure!(status.success(), "the UI does not compile");
        Ok(target.join(TARGET).join(profile).join("daymark_app.wasm"))
    }

    fn optimise(&self, files: &Path) -> Result<()> {
        if !self.release {
            return Ok(());
        }
        let features = [
            "bulk-memory",
            "nontrapping-float-to-int",
            "sign-ext",
            "mutable-globals",
            "reference-types",
            "multivalue",
        ];
        for wasm in
            files_of(files)?.iter().filter(|file| file.extension().is_some_and(|ending| ending == "wasm"))
        {
            let run = Command::new(&self.wasm_opt)
                .arg("-Oz")
                .args(features.map(|feature| format!("--enable-{feature}")))
                .arg(wasm)
                .arg("-o")
                .arg(wasm)
                .status();
            match run {
                Ok(status) => ensure!(status.success(), "wasm-opt failed"),
                Err(_) => {
                    let text = "wasm-opt (npm package binaryen) was not found: the UI could be smaller";
                    writeln!(std::io::stdout(), "{text}")?;
                    break;
                }
            }
        }
        Ok(())
    }

    /// Writes `.br` and `.gz` beside every file that gets smaller; tells the bytes of a first load, and of all.
    fn pack(&self, folder: &Path, pages: &Pages) -> Result<(u64, u64)> {
        let (mut first, mut all) = (0, 0);
        for file in files_of(folder)? {
            let bytes = fs::read(&file)?;
            let quality = if self.release { 11 } else { 5 };
            let mut brotli = Vec::new();
            let parameters = brotli::enc::BrotliEncoderParams { quality, ..Default::default() };
            brotli::BrotliCompress(&mut bytes.as_slice(), &mut brotli, &parameters)?;
            let mut gzip = GzEncoder::new(Vec::new(), Compression::new(if self.release { 9 } else { 5 }));
            gzip.write_all(&bytes)?;
            let packed = brotli.len().min(bytes.len()) as u64;
            all += packed;
            first += if pages.is_for_later(&file) { 0 } else { packed };
            for (ending, packed) in [("br", brotli), ("gz", gzip.finish()?)] {
                if packed.len() < bytes.len() {
                    fs::write(format!("{}.{ending}", file.display()), packed)?;
                }
            }
        }
        Ok((first, all))
    }
}

/// Where this build keeps its artefacts; that of the UI lies in a folder of its own, so that neither waits for
/// the other's lock.
fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

fn bind(wasm: &Path, files: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(wasm)
        .out_name("app")
        .typescript(false)
        .omit_default_module_path(false)
        // Pages are linked to the rest by these names.
        .keep_lld_exports(true)
        .demangle(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .web(true)?;
    bindgen.generate(files)
}

/// All files of a folder and of those in it.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { files.extend(files_of(&path)?) } else { files.push(path) }
    }
    files.sort();
    Ok(files)
}

fn hash_of(folder: &Path) -> Result<String> {
    let mut hash = blake3::Hasher::new();
    for file in files_of(folder)? {
        hash.update(file.strip_prefix(folder)?.to_string_lossy().as_bytes());
        hash.update(&fs::read(&file)?);
    }
    Ok(hash.finalize().to_hex().chars().take(16).collect())
}
