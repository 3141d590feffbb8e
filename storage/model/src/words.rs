//! Words of texts, and what a text is asked for: one notion for the scan that judges a row and for the
//! indexes that find it, so that an index never leaves out a row that a scan would give.
//!
//! - A text is folded character by character ([`fold`]), so that the folded text of a part is a part of the
//!   folded text.
//! - A *word* is a longest run of letters and digits (Unicode) of a folded text ([`words`]).
//! - A text is asked for words or phrases ([`Wanted`]): each stands in the folded text as it is written, and
//!   no letter or digit runs on at its ends. So every word of it is a word of the text.
//! - Short numbers and very long words are in no index ([`is_indexed`]).

/// Shorter words with a digit are in no index: they are everywhere.
const NUMBER_CHARS: usize = 5;
/// Longer words are in no index.
const WORD_BYTES: usize = 256;

/// Writes a text over `out`, every character in lower case and the last sigma of a word as any other.
pub fn fold(text: &str, out: &mut String) {
    out.clear();
    if text.is_ascii() {
        out.push_str(text);
        out.make_ascii_lowercase();
    } else {
        let lower = text.chars().flat_map(char::to_lowercase);
        out.extend(lower.map(|char| if char == 'ς' { 'σ' } else { char }));
    }
}

/// The words of a folded text, in order.
pub fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether indexes know a word.
pub fn is_indexed(word: &str) -> bool {
    let is_number = word.bytes().any(|byte| byte.is_ascii_digit());
    word.len() <= WORD_BYTES && (!is_number || word.chars().count() >= NUMBER_CHARS)
}

/// What a text is asked for: words, and phrases in double quotes. All have to occur.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted(Vec<String>);

impl Wanted {
    pub fn parse(query: &str) -> Self {
        let mut folded = String::new();
        fold(query, &mut folded);
        let mut wanted = Vec::new();
        // Every second piece stands between quotes.
        for (number, piece) in folded.split('"').enumerate() {
            if number % 2 == 1 {
                wanted.push(piece.to_owned());
            } else {
                wanted.extend(piece.split_whitespace().map(str::to_owned));
            }
        }
        wanted.retain(|phrase| phrase.contains(char::is_alphanumeric));
        Self(wanted)
    }

    /// Each with at least one word, folded. A word is a phrase of one.
    pub fn phrases(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Asks for what both ask for.
    pub fn and(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// Whether a text has all. `folded` is room to work in.
    pub fn occur_in(&self, text: &str, folded: &mut String) -> bool {
        fold(text, folded);
        self.0.iter().all(|phrase| occurs(phrase, folded))
    }
}

/// Whether the phrase stands in the text with no letter or digit running on at either end.
fn occurs(phrase: &str, text: &str) -> bool {
    let runs_on = |inside: Option<char>, outside: Option<char>| {
        inside.is_some_and(char::is_alphanumeric) && outside.is_some_and(char::is_alphanumeric)
    };
    let (first, last) = (phrase.chars().next(), phrase.chars().next_back());
    let starts_word = first.is_some_and(char::is_alphanumeric);
    let mut from = 0;
    while let Some(rest) = text.get(from..)
        && let Some(at) = rest.find(phrase)
    {
        let at = from + at;
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + phrase.len()..).and_then(|text| text.chars().next());
        if !runs_on(first, before) && !runs_on(last, after) {
            return true;
        }
        // The next find may overlap this one, but starts no word that this one is inside of.
        let passed = text.get(at..).unwrap_or_default().chars().enumerate();
        let passed =
            passed.take_while(|(number, char)| *number == 0 || starts_word && char.is_alphanumeric());
        from = at + passed.map(|(_, char)| char.len_utf8()).sum::<usize>();
    }
    false
}

#[cfg(test)]
mod tests;
