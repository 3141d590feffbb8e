//! Lines that a train-ticket shop wrote in one day. They lie outside the project, where `DAYMARK_FIXTURES`
//! points to.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use daymark_model::shape::{shape, template_id};
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::words::{assert_no_row_is_missed, found, lines, of_level_1};

/// The lines; nothing where the fixtures are absent.
#[expect(clippy::print_stderr, reason = "who runs the tests should see what was left out")]
fn recorded() -> Vec<Option<String>> {
    let Some(root) = std::env::var_os("DAYMARK_FIXTURES") else {
        eprintln!("skipped: DAYMARK_FIXTURES is not set");
        return Vec::new();
    };
    let file = File::open(Path::new(&root).join("nezha-2023-01-30/logs.csv.gz")).unwrap();
    let line = |line: String| {
        let quoted = line.splitn(8, ',').last().unwrap().trim_matches('"').replace("\"\"", "\"");
        let written: Value = serde_json::from_str(&quoted).unwrap();
        Some(written["log"].as_str().unwrap().trim_end().to_owned())
    };
    BufReader::new(GzDecoder::new(file)).lines().skip(1).map(|read| line(read.unwrap())).collect()
}

#[test]
fn recorded_lines_have_few_shapes_and_all_are_found() {
    let bodies = recorded();
    if bodies.is_empty() {
        return;
    }
    let (mut shapes, mut one) = (HashSet::new(), String::new());
    for body in bodies.iter().flatten() {
        shape(body, &mut one);
        shapes.insert(template_id(&one));
    }
    assert_eq!((bodies.len(), shapes.len()), (94_703, 325));
    let (_dir, segment) = of_level_1(&[lines(&bodies[..50_000], 1), lines(&bodies[50_000..], 2)]);
    assert_no_row_is_missed(&segment, 5, 25);
    assert!(found(&segment, "absent").is_empty());
}
