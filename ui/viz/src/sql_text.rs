//! The pieces of an SQL text, for painting it: keywords, functions, texts, numbers, parameters, comments.

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    Plain,
    Keyword,
    Function,
    Text,
    Number,
    Parameter,
    Comment,
}

impl Piece {
    /// The class that gives it its colour.
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Keyword => "keyword",
            Self::Function => "function",
            Self::Text => "text",
            Self::Number => "number",
            Self::Parameter => "parameter",
            Self::Comment => "comment",
        }
    }
}

pub const KEYWORDS: [&str; 56] = [
    "all",
    "and",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "cast",
    "cross",
    "date",
    "desc",
    "distinct",
    "else",
    "end",
    "except",
    "exists",
    "explain",
    "false",
    "filter",
    "first",
    "from",
    "full",
    "group",
    "having",
    "in",
    "inner",
    "intersect",
    "interval",
    "is",
    "join",
    "last",
    "left",
    "like",
    "ilike",
    "limit",
    "not",
    "null",
    "nulls",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "right",
    "select",
    "then",
    "true",
    "union",
    "using",
    "values",
    "when",
    "where",
    "window",
    "with",
];

/// The text cut into pieces; together they are the text again.
pub fn pieces(text: &str) -> Vec<(Piece, &str)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, length) = next(rest);
        let (head, tail) = rest.split_at(length);
        pieces.push((piece, head));
        rest = tail;
    }
    pieces
}

fn next(text: &str) -> (Piece, usize) {
    let until = |is_inside: fn(char) -> bool| text.find(|letter| !is_inside(letter)).unwrap_or(text.len());
    let first = text.chars().next().unwrap_or(' ');
    match first {
        '-' if text.starts_with("--") => (Piece::Comment, text.find('\n').unwrap_or(text.len())),
        '\'' => (Piece::Text, closed(text, '\'')),
        '"' => (Piece::Plain, closed(text, '"')),
        ':' | '$' if text.chars().nth(1).is_some_and(is_word) => {
            let (_, name) = text.split_at(1);
            let end = name.find(|letter: char| !is_word(letter)).map_or(text.len(), |end| end + 1);
            (Piece::Parameter, end)
        }
        first if first.is_ascii_digit() => {
            (Piece::Number, until(|letter| letter.is_ascii_alphanumeric() || letter == '.'))
        }
        first if is_word(first) => {
            let end = until(is_word);
            let (word, after) = text.split_at(end);
            let word = word.to_lowercase();
            let piece = match () {
                () if KEYWORDS.contains(&word.as_str()) => Piece::Keyword,
                () if after.starts_with('(') => Piece::Function,
                () => Piece::Plain,
            };
            (piece, end)
        }
        first => (Piece::Plain, first.len_utf8()),
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Where a quoted piece ends; a doubled quote is one inside of it.
fn closed(text: &str, quote: char) -> usize {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == quote && letters.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_has_its_kind() {
        let sql = "SELECT count(*), 'it''s' FROM red -- all\nWHERE bucket >= :from AND x < 1.5e3";
        let shown: Vec<(Piece, &str)> =
            pieces(sql).into_iter().filter(|(piece, _)| *piece != Piece::Plain).collect();
        assert_eq!(
            shown,
            [
                (Piece::Keyword, "SELECT"),
                (Piece::Function, "count"),
                (Piece::Text, "'it''s'"),
                (Piece::Keyword, "FROM"),
                (Piece::Comment, "-- all"),
                (Piece::Keyword, "WHERE"),
                (Piece::Parameter, ":from"),
                (Piece::Keyword, "AND"),
                (Piece::Number, "1.5e3"),
            ]
        );
    }

    #[test]
    fn pieces_are_the_text_again() {
        for text in
            ["", "'open", "\"open", "a::int", "$1 :x ::", "결제 서비스 '한국어' -- 끝", "--", "🙂'🙂'"]
        {
            assert_eq!(pieces(text).into_iter().map(|(_, piece)| piece).collect::<String>(), text);
        }
    }
}
