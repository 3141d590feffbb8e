//! Lists what `cargo xtask build-ui` left in `ui/dist`, so that the binary carries it. Without it the list is
//! empty, and the server says how to build the UI.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let dist = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo")).join("../dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    walk(&dist, &dist, &mut files);
    files.sort();
    let mut out = String::from("pub(crate) const FILES: &[File] = &[\n");
    for (name, file) in &files {
        println!("cargo::rerun-if-changed={}", file.display());
        if name.ends_with(".br") || name.ends_with(".gz") {
            continue;
        }
        let packed = |ending: &str| {
            let packed = format!("{}.{ending}", file.display());
            if Path::new(&packed).exists() {
                format!("Some(include_bytes!({packed:?}))")
            } else {
                "None".into()
            }
        };
        writeln!(
            out,
            "    File {{ path: {name:?}, plain: include_bytes!({:?}), brotli: {}, gzip: {} }},",
            file.display().to_string(),
            packed("br"),
            packed("gz")
        )
        .expect("text");
    }
    out.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR").expect("cargo")).join("files.rs"), out).expect("written");
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            walk(root, &path, files);
        } else if let Ok(name) = path.strip_prefix(root) {
            files.push((name.display().to_string(), fs::canonicalize(&path).expect("a file")));
        }
    }
}
