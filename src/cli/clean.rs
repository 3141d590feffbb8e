//! Text from elsewhere without the characters that could drive a terminal: escape sequences, other control
//! characters, and marks that turn the writing direction.

/// One line: line feeds and tabs become spaces.
pub(crate) fn line(text: &str) -> String {
    text.chars()
        .map(|sign| if sign.is_whitespace() { ' ' } else { sign })
        .filter(|sign| !is_driving(*sign))
        .collect()
}

/// Several lines: line feeds and tabs stay.
pub(crate) fn lines(text: &str) -> String {
    text.chars().filter(|sign| matches!(sign, '\n' | '\t') || !is_driving(*sign)).collect()
}

fn is_driving(sign: char) -> bool {
    sign.is_control()
        || matches!(sign, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Columns that a text takes on a terminal: East Asian wide characters take two.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|sign| if is_wide(sign) { 2 } else { 1 }).sum()
}

fn is_wide(sign: char) -> bool {
    matches!(sign,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff01}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}')
}

/// The text cut to a width, with `…` at the cut.
pub(crate) fn cut(text: &str, width_max: usize) -> String {
    if width(text) <= width_max {
        return text.to_owned();
    }
    let mut left = width_max.saturating_sub(1);
    let fits = |sign: &char| {
        let taken = if is_wide(*sign) { 2 } else { 1 };
        let fits = taken <= left;
        left = left.saturating_sub(taken);
        fits
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    kept.push('…');
    kept
}
