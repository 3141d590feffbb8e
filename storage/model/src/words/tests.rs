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
        ("οδος", "ΟΔΟΣ", true),
        ("ΟΔΟΣ", "οδός οδος", true),
        ("i\u{307}stanbul", "İSTANBUL", true),
        ("user-7", "login of user-7.", true),
        ("user-7", "login of user-77", false),
        ("aa", "aaa aa", true),
        ("\"a a\"", "xa a a", true),
        ("\"-a-\"", "b-a-a- ", true),
        ("!!", "anything", true),
        ("", "anything", true),
        ("a b", "a", false),
        ("日本", "日本 語", true),
    ];
    for (query, text, expected) in cases {
        assert_eq!(Wanted::parse(query).occur_in(text, &mut String::new()), expected, "{query} in {text}");
    }
}

/// What indexes rely on: whatever a text is asked for, its words are words of the text.
#[test]
fn every_word_of_a_phrase_that_occurs_is_a_word_of_the_text() {
    let text = "İO_Σ-7 'ok' {\"a1\":2.50,\"größe\":\"9ﬁΣ\"} 日本語9 ١٢٣ é\u{301}x ǅ";
    let mut folded = String::new();
    fold(text, &mut folded);
    let chars: Vec<usize> = folded.char_indices().map(|(at, _)| at).chain([folded.len()]).collect();
    let all: Vec<&str> = words(&folded).collect();
    let mut found = 0;
    for (number, from) in chars.iter().enumerate() {
        for to in &chars[number + 1..] {
            let phrase = folded.get(*from..*to).unwrap();
            if occurs(phrase, &folded) {
                found += 1;
                let inside: Vec<&str> = words(phrase).collect();
                assert!(
                    all.windows(inside.len().max(1)).any(|run| run == inside) || inside.is_empty(),
                    "{phrase}"
                );
            }
        }
    }
    assert!(found > 100);
}
