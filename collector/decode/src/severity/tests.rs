//! Severities from numbers and from words.

use super::number;

#[test]
fn a_number_wins_and_words_stand_in_for_it() {
    let cases = [
        (1, "", 1),
        (24, "DEBUG", 24),
        (0, "trace", 1),
        (0, "Debug", 5),
        (0, "INFO", 9),
        (0, "info2", 10),
        (0, "INFO4", 12),
        (0, "INFO5", 0),
        (0, "notice", 10),
        (0, " warning\n", 13),
        (0, "SEVERE", 17),
        (0, "critical", 18),
        (0, "alert", 19),
        (0, "EMERG", 21),
        (0, "fatal4", 24),
        (0, "", 0),
        (0, "2", 0),
        (0, "é2", 0),
        (0, "hello", 0),
        (25, "", 0),
        (u32::MAX, "error", 17),
    ];
    for (sent, text, expected) in cases {
        assert_eq!(number(sent, text), expected, "{sent} {text}");
    }
}
