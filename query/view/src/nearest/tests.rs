//! Hints name what was probably meant, and nothing when nothing is close.

use super::nearest;

#[test]
fn close_names_are_found_and_far_ones_are_not() {
    let known = ["from", "to", "limit", "cursor", "episode"];
    let cases = [
        ("limits", Some("limit")),
        ("Limit", Some("limit")),
        ("form", Some("from")),
        ("fmro", None),
        ("frm", Some("from")),
        ("curser", Some("cursor")),
        ("epsode", Some("episode")),
        ("zzz", None),
        ("", None),
    ];
    for (name, expected) in cases {
        assert_eq!(nearest(name, known), expected, "{name}");
    }
}
