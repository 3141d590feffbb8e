//! The severity of a log record that gives only a word for it.

/// OTLP severities run from 1 (trace) to 24 (fatal 4); 0 is none.
const LAST: u32 = 24;

/// Words of the usual logging libraries, upper-case.
const WORDS: [(&str, u8); 25] = [
    ("TRACE", 1),
    ("VERBOSE", 1),
    ("FINEST", 1),
    ("FINER", 2),
    ("DEBUG", 5),
    ("FINE", 5),
    ("CONFIG", 5),
    ("INFO", 9),
    ("INFORMATION", 9),
    ("INFORMATIONAL", 9),
    ("LOG", 9),
    ("NOTICE", 10),
    ("WARN", 13),
    ("WARNING", 13),
    ("ERROR", 17),
    ("ERR", 17),
    ("SEVERE", 17),
    ("CRIT", 18),
    ("CRITICAL", 18),
    ("ALERT", 19),
    ("FATAL", 21),
    ("EMERG", 21),
    ("EMERGENCY", 21),
    ("PANIC", 21),
    ("DPANIC", 21),
];

/// The number as sent; when it is missing or unknown, the one that the text stands for.
pub(crate) fn number(sent: u32, text: &str) -> u8 {
    match u8::try_from(sent) {
        Ok(number @ 1..) if sent <= LAST => number,
        _ => of_word(text.trim()),
    }
}

/// `warn`, `WARNING`, or a numbered name such as `ERROR2`.
fn of_word(text: &str) -> u8 {
    let (word, step) = match text.as_bytes() {
        [.., digit @ b'2'..=b'4'] => (text.get(..text.len() - 1).unwrap_or_default(), digit - b'1'),
        _ => (text, 0),
    };
    let known = WORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    known.map_or(0, |(_, number)| number + step)
}

#[cfg(test)]
mod tests;
