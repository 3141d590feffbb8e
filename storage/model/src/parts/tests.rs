//! No word of a text is lost when it is taken apart.

use std::collections::BTreeSet;

use super::*;

fn apart(text: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut parts, mut of_shape, mut of_variables) = (Parts::default(), BTreeSet::new(), BTreeSet::new());
    parts.cut(text);
    parts.shape_words(|word| _ = of_shape.insert(word.to_owned()));
    parts.variable_words(text, |word| _ = of_variables.insert(word.to_owned()));
    (of_shape, of_variables)
}

#[test]
fn a_word_stands_in_the_shape_or_in_a_variable() {
    let set = |words: &str| words.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
    let cases = [
        ("Order 17 of 'Jane Doe' FAILED", "order of failed", "17 jane doe"),
        ("[main] user42 in", "main user in", "user42"),
        (r#"{"msg":"order 17 failed","a1":2.5}"#, "msg order failed a1", "17 2 5"),
        ("key TWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsué x", "key é x", "twfuesboyw5kcybtywtligxpz2h0ihdvcmsué"),
    ];
    for (text, of_shape, of_variables) in cases {
        assert_eq!(apart(text), (set(of_shape), set(of_variables)), "{text}");
    }
}

/// Texts drawn from pieces that invite the rule to cut inside words.
#[test]
fn no_word_is_lost() {
    let pieces = [
        "a",
        "é",
        "Σ",
        "1",
        "-",
        "_",
        " ",
        "'",
        "\"",
        "{",
        "[",
        ":",
        ".",
        "İ",
        "–",
        "日本",
        "deadbeef",
        "e9",
        "aA1+/aA1+/aA1+/aA1+/aA1+/aA1+/aA1",
    ];
    let mut seed = 1_u64;
    let mut folded = String::new();
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..12 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        let (of_shape, of_variables) = apart(&text);
        fold(&text, &mut folded);
        for word in words(&folded) {
            assert!(of_shape.contains(word) || of_variables.contains(word), "{word} of {text}");
        }
    }
}

/// Variables inside one long word.
#[test]
fn taking_apart_takes_linear_time() {
    let text = format!("[{}", "1a".repeat(200_000));
    let (_, of_variables) = apart(&text);
    assert_eq!(of_variables.len(), 1);
}
