//! Names that finish what is being written in SQL.

/// Words that are offered beside names.
const WORDS: [&str; 24] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "LIMIT",
    "AND",
    "OR",
    "NOT",
    "AS",
    "IN",
    "IS NULL",
    "BETWEEN",
    "LIKE",
    "JOIN",
    "LEFT JOIN",
    "ON",
    "DISTINCT",
    "CASE",
    "WHEN",
    "DESC",
    "INTERVAL",
    "WITH",
];
/// Names offered at once.
const MOST: usize = 8;

/// Where the word at the caret begins, in bytes, and what it may become; none in a text or a comment, or when
/// nothing begins so. Names that begin so come before those that hold it.
pub fn offered(text: &str, caret: usize, names: &[String]) -> Option<(usize, Vec<String>)> {
    let (before, _) = text.split_at_checked(caret)?;
    if before.matches('\'').count() % 2 == 1 || before.lines().last().is_some_and(|line| line.contains("--"))
    {
        return None;
    }
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let start = before
        .rfind(|letter| !is_part(letter))
        .map_or(0, |at| at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8));
    let word = before.get(start..)?.to_lowercase();
    if word.is_empty() || word.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let all = names.iter().map(String::as_str).chain(WORDS);
    let mut found: Vec<(bool, &str)> = Vec::new();
    for name in all {
        let lower = name.to_lowercase();
        if lower != word && lower.contains(&word) && !found.iter().any(|(_, known)| *known == name) {
            found.push((!lower.starts_with(&word), name));
        }
    }
    found.sort_by_key(|(is_inside, _)| *is_inside);
    found.truncate(MOST);
    let found: Vec<String> = found.into_iter().map(|(_, name)| name.to_owned()).collect();
    (!found.is_empty()).then_some((start, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["spans", "span_id", "duration_ns", "trace_id"].map(String::from).into()
    }

    #[test]
    fn the_word_at_the_caret_is_finished() {
        assert_eq!(offered("SELECT spa", 10, &names()), Some((7, vec!["spans".into(), "span_id".into()])));
        let (start, found) = offered("SELECT id FROM spans", 9, &names()).unwrap_or_default();
        assert_eq!((start, found), (7, vec!["span_id".into(), "trace_id".into()]));
        assert_eq!(offered("sel", 3, &names()), Some((0, vec!["SELECT".into()])));
    }

    #[test]
    fn nothing_is_offered_where_no_name_stands() {
        assert_eq!(offered("WHERE name = 'spa", 17, &names()), None);
        assert_eq!(offered("SELECT 1 -- spa", 15, &names()), None);
        assert_eq!(offered("SELECT ", 7, &names()), None);
        assert_eq!(offered("spans", 5, &names()), None);
        assert_eq!(offered("한글spa", 2, &names()), None, "inside of a letter");
    }
}
