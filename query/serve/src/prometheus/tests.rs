//! The text as a scraper reads it.

use super::*;

#[test]
fn names_are_told_once_and_labels_are_escaped() {
    let figures = vec![
        Figure::counter("b_total", "Bees.", 2.0).with("hive", "a\"b\\c\nd").with("kind", "wild"),
        Figure::gauge("a", "An \\ and\na line.", 1.5),
        Figure::counter("b_total", "Bees.", 1e15),
    ];
    let expected = [
        "# HELP a An \\\\ and\\na line.",
        "# TYPE a gauge",
        "a 1.5",
        "# HELP b_total Bees.",
        "# TYPE b_total counter",
        "b_total{hive=\"a\\\"b\\\\c\\nd\",kind=\"wild\"} 2",
        "b_total 1000000000000000",
        "",
    ];
    assert_eq!(text(figures), expected.join("\n"));
}
