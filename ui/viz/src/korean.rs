//! Forms that follow a value in a text: Korean particles, which depend on how the word before them ends, and
//! English nouns, of which there may be one or many.

/// The right form of `이/가`, `은/는`, `을/를`, `과/와`, `으로/로` after a word, of ` span/ spans` after a number.
pub fn particle<'a>(word: &str, forms: &'a str) -> &'a str {
    let (closed, open) = forms.split_once('/').unwrap_or((forms, forms));
    if forms.is_ascii() {
        return if word == "1" { closed } else { open };
    }
    let ending = word.chars().rev().find(|last| last.is_alphanumeric()).map_or(Ending::Open, ending);
    match ending {
        Ending::Open => open,
        // After ㄹ it is 로.
        Ending::Rieul if forms == "으로/로" => open,
        Ending::Rieul | Ending::Closed => closed,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Open,
    Rieul,
    Closed,
}

/// How a letter ends when it is read out.
fn ending(letter: char) -> Ending {
    match letter {
        '가'..='힣' => match (letter as u32 - '가' as u32) % 28 {
            0 => Ending::Open,
            8 => Ending::Rieul,
            _ => Ending::Closed,
        },
        '1' | '7' | '8' | 'l' | 'L' | 'r' | 'R' => Ending::Rieul,
        '0' | '3' | '6' | 'm' | 'M' | 'n' | 'N' => Ending::Closed,
        _ => Ending::Open,
    }
}

/// Puts values into a text: `{service}`, with a particle `{service:이/가}`, with a noun `{count: span/ spans}`.
pub fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((inside, behind)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        let (name, forms) =
            inside.split_once(':').map_or((inside, None), |(name, forms)| (name, Some(forms)));
        let value = values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
        out.push_str(value);
        out.push_str(forms.map_or("", |forms| particle(value, forms)));
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_particle_follows_the_sound() {
        assert_eq!(particle("결제", "이/가"), "가");
        assert_eq!(particle("주문", "이/가"), "이");
        assert_eq!(particle("서울", "으로/로"), "로");
        assert_eq!(particle("payment", "은/는"), "는");
        assert_eq!(particle("admin", "은/는"), "은");
        assert_eq!(particle("v10", "을/를"), "을");
    }

    #[test]
    fn values_are_put_into_texts() {
        assert_eq!(
            filled("{service} fails {share}", &[("service", "cart"), ("share", "6 %")]),
            "cart fails 6 %"
        );
        assert_eq!(filled("{service:이/가} 실패", &[("service", "결제")]), "결제가 실패");
        assert_eq!(filled("a { b", &[]), "a { b");
    }

    #[test]
    fn one_is_not_many() {
        let told =
            |count: &str| filled("{count: error/ errors} in {where}", &[("count", count), ("where", "cart")]);
        assert_eq!(told("1"), "1 error in cart");
        assert_eq!(told("0"), "0 errors in cart");
        assert_eq!(told("1,204"), "1,204 errors in cart");
    }
}
