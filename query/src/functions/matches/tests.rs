//! Words against texts.

use super::*;

/// Guarantee: words match whole, in any case and order; phrases match as they stand.
#[test]
fn words_and_phrases() {
    let cases = [
        ("payment failed", "Payment for order 12 FAILED", true),
        ("fail", "payment failed", false),
        ("time", "timeout", false),
        ("\"order 12\"", "payment for order 12 failed", true),
        ("\"order 1\"", "payment for order 12 failed", false),
        ("\"12 order\"", "order 12", false),
        ("größe", "die GRÖSSE der Größe", true),
        ("user-7", "login of user-7.", true),
        ("user-7", "login of user-77", false),
        ("!!", "anything", true),
        ("", "anything", true),
        ("a b", "a", false),
        ("日本", "日本 語", true),
    ];
    for (words, text, expected) in cases {
        assert_eq!(Words::parse(words).occur_in(text, &mut String::new()), expected, "{words} in {text}");
    }
}
