//! Every source file opens with why it exists; none is too long, none hides state or a vague name.

use std::path::{Path, PathBuf};

/// Longer files are listed here with their length, and may only become shorter.
const LONG: [(&str, usize); 1] = [("storage/model/src/tables.rs", 508)];
const LINES_MAX: usize = 500;

/// Names that say nothing.
const VAGUE: [&str; 8] = ["utils", "util", "common", "helpers", "helper", "misc", "core", "infra"];

/// `static` items that may exist: the allocator.
const STATICS: [&str; 1] = ["static ALLOCATOR: MiMalloc"];

fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests"))
}

fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&root(), &mut found);
    assert!(found.len() > 50, "the walk found only {} files", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
            found.push((relative, std::fs::read_to_string(&path).expect("UTF-8 source")));
        }
    }
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs")
}

#[test]
fn every_file_says_why_it_exists() {
    let silent: Vec<_> =
        sources().into_iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "no //! header: {silent:#?}");
}

#[test]
fn files_stay_short() {
    let mut wrong = Vec::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| !is_test(path)) {
        let lines = text.lines().count();
        let limit = LONG.iter().find(|(long, _)| *long == path).map_or(LINES_MAX, |(_, lines)| *lines);
        if lines > limit {
            wrong.push(format!("{path}: {lines} lines, {limit} allowed"));
        }
        if limit > LINES_MAX && lines < limit {
            wrong.push(format!("{path}: shorter now, list it with {lines}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn names_say_something() {
    let vague: Vec<_> = sources()
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| path.split(['/', '.']).any(|part| VAGUE.contains(&part)))
        .collect();
    assert!(vague.is_empty(), "{vague:#?}");
}

#[test]
fn there_is_no_global_state() {
    let mut wrong = Vec::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| !is_test(path)) {
        for (number, line) in text.lines().enumerate() {
            let item = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
            let is_static = item.starts_with("static ") || item.starts_with("thread_local!");
            if is_static && !STATICS.iter().any(|allowed| item.starts_with(allowed)) {
                wrong.push(format!("{path}:{}: {line}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn named_documents_exist() {
    let mut missing = Vec::new();
    for (path, text) in sources() {
        for (at, _) in text.match_indices("docs/") {
            let rest = text.get(at..).unwrap_or_default();
            let name: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || "/-_.".contains(*c)).collect();
            let name = name.trim_end_matches('.');
            if name.ends_with(".md") && !root().join(name).exists() {
                missing.push(format!("{path}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn pinned_packages_name_no_place() {
    let sdks = root().join("tests/sdks");
    for pins in ["node/package-lock.json", "python/requirements.txt"] {
        let text = std::fs::read_to_string(sdks.join(pins)).expect("pinned packages");
        for place in ["\"resolved\"", "--index-url", "--find-links", " @ "] {
            assert!(!text.contains(place), "{pins} says where packages come from: {place}");
        }
    }
}
