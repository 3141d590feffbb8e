//! A package may depend on packages of a lower rank only, and only some may name the heavy crates.

use std::collections::HashMap;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// The order of docs/architecture.md.
const RANKS: [(&str, u8); 20] = [
    ("daymark-model", 0),
    ("daymark-workload", 0),
    ("daymark-vfs", 0),
    ("daymark-assets", 0),
    ("xtask", 0),
    ("daymark-view", 1),
    ("daymark-decode", 1),
    ("daymark-wal", 1),
    ("daymark-aggregate", 1),
    ("daymark-viz", 2),
    ("daymark-trace-model", 2),
    ("daymark-app", 3),
    ("daymark-segment", 2),
    ("daymark-collector", 2),
    ("daymark-serve", 2),
    ("daymark-alerting", 2),
    ("daymark-storage", 3),
    ("daymark-query", 4),
    ("daymark", 5),
    ("daymark-benches", 6),
];

/// Who may name a crate that decides compile time or that couples the sides.
const RESERVED: [(&str, &[&str]); 5] = [
    ("datafusion", &["daymark-query"]),
    ("tantivy", &["daymark-segment"]),
    ("sqlx", &["daymark-storage"]),
    ("tonic", &["daymark-collector", "daymark-benches"]),
    ("parquet", &["daymark-segment", "daymark-query"]),
];

fn workspace() -> Metadata {
    MetadataCommand::new().no_deps().exec().expect("cargo reads its own workspace")
}

#[test]
fn dependencies_point_to_lower_ranks() {
    let ranks: HashMap<_, _> = RANKS.into_iter().collect();
    let mut wrong = Vec::new();
    for package in workspace().packages {
        let Some(rank) = ranks.get(package.name.as_str()) else {
            wrong.push(format!("{} has no rank", package.name));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|one| one.kind != DependencyKind::Development) {
            if ranks.get(dependency.name.as_str()).is_some_and(|below| below >= rank) {
                wrong.push(format!("{} must not depend on {}", package.name, dependency.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn heavy_crates_are_named_where_they_belong() {
    let mut wrong = Vec::new();
    for package in workspace().packages {
        for dependency in package.dependencies.iter().filter(|one| one.kind == DependencyKind::Normal) {
            let reserved = RESERVED.iter().find(|(name, _)| *name == dependency.name);
            if reserved.is_some_and(|(_, allowed)| !allowed.contains(&package.name.as_str())) {
                wrong.push(format!("{} must not name {}", package.name, dependency.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_package_inherits_the_lints() {
    for package in workspace().packages {
        let manifest = std::fs::read_to_string(&package.manifest_path).expect("a manifest");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{} has its own lints", package.name);
    }
}
