//! The text of a log line in pieces, so that what matters in it stands out: the words that were searched,
//! the keys of `key=value`, the stars of a pattern. Also how many rows it takes on a screen.

/// What a piece of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    Plain,
    /// `key=`, of which the value follows.
    Key,
    /// A word that was searched.
    Found,
    /// What a pattern leaves open.
    Open,
}

/// Longer texts are shown plain: nobody reads on, and each piece is an element.
const PAINTED_BYTES: usize = 2_000;

/// Splits a line; `words` are in lower case.
pub fn pieces<'a>(line: &'a str, words: &[String]) -> Vec<(Piece, &'a str)> {
    let (painted, rest) = line.split_at(line.floor_char_boundary(PAINTED_BYTES));
    // Lower case may have other lengths in some scripts; then nothing is marked rather than the wrong thing.
    let lower = painted.to_lowercase();
    let words = if lower.len() == painted.len() { words } else { &[] };
    let mut out: Vec<(Piece, &str)> = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while at < painted.len() {
        let step = painted.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        let tail = &lower.as_bytes()[at.min(lower.len())..];
        let found = words.iter().filter(|word| tail.starts_with(word.as_bytes())).map(String::len).max();
        let is_start = at == 0 || painted.as_bytes()[at - 1].is_ascii_whitespace();
        let (piece, len) = match (found, key_at(painted, at).filter(|_| is_start)) {
            (Some(len), _) => (Piece::Found, len),
            (None, Some(len)) => (Piece::Key, len),
            (None, None) => {
                at += step;
                continue;
            }
        };
        push(&mut out, Piece::Plain, painted, plain, at);
        push(&mut out, piece, painted, at, at + len);
        at += len;
        plain = at;
    }
    push(&mut out, Piece::Plain, painted, plain, painted.len());
    if !rest.is_empty() {
        out.push((Piece::Plain, rest));
    }
    out
}

/// The length of `key=` where one stands.
fn key_at(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let end = rest.find(|letter: char| !(letter.is_alphanumeric() || "._-".contains(letter)))?;
    let (_, after) = rest.split_at(end);
    let is_key = end > 0 && after.starts_with('=') && !after.starts_with("==");
    is_key.then_some(end + 1)
}

fn push<'a>(out: &mut Vec<(Piece, &'a str)>, piece: Piece, text: &'a str, from: usize, to: usize) {
    if let Some(part) = text.get(from..to).filter(|part| !part.is_empty()) {
        out.push((piece, part));
    }
}

/// Splits a pattern at what it leaves open.
pub fn pattern(text: &str) -> Vec<(Piece, &str)> {
    let mut out = Vec::new();
    for (at, part) in text.split("<*>").enumerate() {
        if at > 0 {
            out.push((Piece::Open, "*"));
        }
        if !part.is_empty() {
            out.push((Piece::Plain, part));
        }
    }
    out
}

/// Whether a line is one of a pattern's.
pub fn fits(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split("<*>");
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            // Nothing between two stars is everywhere.
            None if part.is_empty() => {}
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// About how many rows a text takes that is broken at `columns` narrow letters.
pub fn rows(text: &str, columns: usize) -> usize {
    let columns = columns.max(8);
    text.split('\n')
        .map(|line| {
            // Letters of Korean, Chinese and Japanese are two wide.
            let wide: usize = line.chars().map(|letter| if letter >= '\u{1100}' { 2 } else { 1 }).sum();
            wide.div_ceil(columns).max(1)
        })
        .sum()
}

/// The byte at which a browser's place in a text lies: it counts in UTF-16.
pub fn byte_of(text: &str, utf16: usize) -> usize {
    let mut units = 0;
    for (at, letter) in text.char_indices() {
        if units >= utf16 {
            return at;
        }
        units += letter.len_utf16();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str, words: &[&str]) -> Vec<(Piece, String)> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        pieces(line, &words).into_iter().map(|(piece, text)| (piece, text.to_owned())).collect()
    }

    #[test]
    fn keys_and_found_words_stand_out() {
        let parts = split("Timeout calling Bank pool=bank-http a==b", &["bank"]);
        let told: Vec<(Piece, &str)> = parts.iter().map(|(piece, text)| (*piece, text.as_str())).collect();
        assert_eq!(
            told,
            [
                (Piece::Plain, "Timeout calling "),
                (Piece::Found, "Bank"),
                (Piece::Plain, " "),
                (Piece::Key, "pool="),
                (Piece::Found, "bank"),
                (Piece::Plain, "-http a==b"),
            ]
        );
    }

    #[test]
    fn nothing_of_a_line_is_lost() {
        for line in ["", "결제=실패 İstanbul key=", "=x", "a=b=c", &"é=1 ".repeat(2_000)] {
            let joined: String = split(line, &["b", "실패"]).into_iter().map(|(_, text)| text).collect();
            assert_eq!(joined, line);
        }
    }

    #[test]
    fn patterns_know_their_lines() {
        assert_eq!(
            pattern("after <*> ms"),
            [(Piece::Plain, "after "), (Piece::Open, "*"), (Piece::Plain, " ms")]
        );
        assert!(fits("after <*> ms, attempt <*>", "after 1500 ms, attempt 1 of 1"));
        assert!(fits("<*> gone", "all is gone") && fits("same", "same") && fits("x <*>", "x "));
        assert!(
            !fits("same", "same here") && !fits("after <*> ms", "after 5 s") && !fits("a<*>b<*>c", "a c")
        );
    }

    #[test]
    fn long_lines_take_more_rows() {
        assert_eq!(
            [rows("", 80), rows("short", 80), rows(&"x".repeat(161), 80), rows("a\nb", 80)],
            [1, 1, 3, 2]
        );
        assert_eq!(rows(&"가".repeat(10), 10), 2);
    }
}
