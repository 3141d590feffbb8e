//! Severities of log lines: seven words for the numbers 0 to 24.

/// The words, the least severe first; the first is that of a line that tells none.
pub const WORDS: [&str; 7] = ["unset", "trace", "debug", "info", "warn", "error", "fatal"];

/// The place of a number's word among [`WORDS`].
pub fn rank(number: u8) -> usize {
    match number {
        1..=24 => usize::from((number - 1) / 4 + 1),
        _ => 0,
    }
}
