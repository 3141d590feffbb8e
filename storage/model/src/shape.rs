//! The shape of a log body: its text with the variables cut out. Bodies that one statement in a program
//! wrote share a shape; its hash is `template_id`, and word indexes hold shapes instead of lines.
//!
//! The rule, which must give the same pieces for the same text for ever:
//!
//! - A *token* is a run of letters, digits, `_`, `-` and everything beyond ASCII. A token with a digit is a
//!   variable, and so is one of eight or more letters that are all hex digits.
//! - A text in double or single quotes is one variable, quotes included. A quote opens only where no letter
//!   or digit stands before it and closes only where none stands behind it; a backslash guards the next byte.
//! - A run of 32 or more bytes of the base64 alphabet, in which digits make up a sixteenth and large and
//!   small letters a fifth each, is one variable.
//! - A body that starts with `{` or `[` is cut as JSON: keys stay, numbers are variables, and strings are
//!   cut by the rules above.
//! - All else is constant. In a shape each variable is written as [`VARIABLE`].
//!
//! Cutting works in one pass over the bytes and never fails.

use xxhash_rust::xxh3::xxh3_64;

/// What stands in a shape for a variable.
pub const VARIABLE: &str = "<*>";

/// A part of a body. All parts together are the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Constant(&'a str),
    Variable(&'a str),
}

/// Writes the shape of a body over `out`.
pub fn shape(body: &str, out: &mut String) {
    out.clear();
    cut(body, |piece| match piece {
        Piece::Constant(text) => out.push_str(text),
        Piece::Variable(_) => out.push_str(VARIABLE),
    });
}

/// What `template_id` is of a shape.
pub fn template_id(shape: &str) -> u64 {
    xxh3_64(shape.as_bytes())
}

/// Cuts a body into pieces; neighbouring constants may come in several.
pub fn cut<'a>(body: &'a str, mut take: impl FnMut(Piece<'a>)) {
    if body.starts_with(['{', '[']) {
        Cutter::over(body, 0..body.len(), &mut take).cut_json();
    } else {
        Cutter::over(body, 0..body.len(), &mut take).cut_text();
    }
}

const HEX_RUN: usize = 8;
const BASE64_RUN: usize = 32;

const TOKEN: u8 = 1;
const DIGIT: u8 = 2;
const HEX: u8 = 4;
const BASE64: u8 = 8;
const UPPER: u8 = 16;
const LOWER: u8 = 32;
const QUOTE: u8 = 64;

/// What each byte can be part of. Bytes beyond ASCII are token bytes, so a cut never splits a character.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' => TOKEN | DIGIT | HEX | BASE64,
            b'a'..=b'f' => TOKEN | HEX | BASE64 | LOWER,
            b'A'..=b'F' => TOKEN | HEX | BASE64 | UPPER,
            b'g'..=b'z' => TOKEN | BASE64 | LOWER,
            b'G'..=b'Z' => TOKEN | BASE64 | UPPER,
            b'_' | b'-' => TOKEN | BASE64,
            b'+' | b'/' | b'=' => BASE64,
            b'"' | b'\'' => QUOTE,
            0x80.. => TOKEN,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

struct Cutter<'a, 't, F> {
    body: &'a str,
    /// What is constant so far and not yet given out starts here.
    from: usize,
    at: usize,
    end: usize,
    /// Where no more closing quote of this kind can be found: double, single.
    exhausted: [bool; 2],
    /// The run of base64 bytes up to here is known not to be base64.
    judged: usize,
    take: &'t mut F,
}

impl<'a, 't, F: FnMut(Piece<'a>)> Cutter<'a, 't, F> {
    fn over(body: &'a str, range: std::ops::Range<usize>, take: &'t mut F) -> Self {
        Self {
            body,
            from: range.start,
            at: range.start,
            end: range.end,
            exhausted: [false; 2],
            judged: 0,
            take,
        }
    }

    fn cut_text(mut self) {
        let bytes = self.body.as_bytes();
        while self.at < self.end {
            let class = class(bytes[self.at]);
            if class & (TOKEN | BASE64) != 0 {
                self.run();
            } else if class & QUOTE != 0 {
                self.quote();
            } else {
                self.at += 1;
            }
        }
        self.constant_until(self.end);
    }

    /// A run of the base64 alphabet and of tokens, either one variable or token by token.
    fn run(&mut self) {
        let bytes = &self.body.as_bytes()[..self.end];
        let start = self.at;
        let token_end = token_end(bytes, start);
        if start >= self.judged {
            match judge_base64(bytes, start) {
                (end, true) => return self.variable(start, end),
                (end, false) => self.judged = end,
            }
        }
        if token_end == start {
            self.at += 1;
        } else if is_variable(&bytes[start..token_end]) {
            self.variable(start, token_end);
        } else {
            self.at = token_end;
        }
    }

    fn quote(&mut self) {
        let bytes = &self.body.as_bytes()[..self.end];
        let start = self.at;
        let kind = usize::from(bytes[start] == b'\'');
        let opens = !self.exhausted[kind] && (start == 0 || class(bytes[start - 1]) & TOKEN == 0);
        match opens.then(|| closing_quote(bytes, start)) {
            Some(Some(end)) => self.variable(start, end),
            Some(None) => {
                self.exhausted[kind] = true;
                self.at += 1;
            }
            None => self.at += 1,
        }
    }

    fn cut_json(mut self) {
        let bytes = self.body.as_bytes();
        while self.at < self.end {
            match bytes[self.at] {
                b'"' => self.json_string(),
                b'-' | b'0'..=b'9' => {
                    let length = bytes[self.at..].iter().take_while(|byte| is_number_byte(**byte)).count();
                    self.variable(self.at, self.at + length);
                }
                _ => self.at += 1,
            }
        }
        self.constant_until(self.end);
    }

    /// A key stays as it is; a value is cut as text.
    fn json_string(&mut self) {
        let bytes = &self.body.as_bytes()[..self.end];
        let inner = self.at + 1;
        let end = json_string_end(bytes, inner);
        let behind = (end + 1).min(self.end);
        if bytes[behind..].iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b':') {
            self.constant_until(inner);
            Cutter::over(self.body, inner..end, self.take).cut_text();
            self.from = end;
        }
        self.at = behind;
    }

    fn variable(&mut self, start: usize, end: usize) {
        self.constant_until(start);
        (self.take)(Piece::Variable(self.body.get(start..end).unwrap_or_default()));
        self.from = end;
        self.at = end;
    }

    fn constant_until(&mut self, end: usize) {
        if self.from < end {
            (self.take)(Piece::Constant(self.body.get(self.from..end).unwrap_or_default()));
        }
        self.from = end;
    }
}

fn token_end(bytes: &[u8], start: usize) -> usize {
    let length = bytes[start..].iter().take_while(|byte| class(**byte) & TOKEN != 0).count();
    start + length
}

fn is_variable(token: &[u8]) -> bool {
    let (any, all) =
        token.iter().fold((0, u8::MAX), |(any, all), byte| (any | class(*byte), all & class(*byte)));
    any & DIGIT != 0 || all & HEX != 0 && token.len() >= HEX_RUN
}

/// Where the run of base64 bytes from here ends, and whether it looks like base64.
fn judge_base64(bytes: &[u8], start: usize) -> (usize, bool) {
    let run = bytes[start..].iter().map(|byte| class(*byte)).take_while(|class| class & BASE64 != 0);
    let (mut length, mut digits, mut upper, mut lower) = (0, 0, 0, 0);
    for class in run {
        length += 1;
        digits += usize::from(class & DIGIT != 0);
        upper += usize::from(class & UPPER != 0);
        lower += usize::from(class & LOWER != 0);
    }
    let mixed = digits * 16 >= length && upper * 5 >= length && lower * 5 >= length;
    (start + length, length >= BASE64_RUN && mixed)
}

/// Behind the quote that closes the one at `start`.
fn closing_quote(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = bytes[start];
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            byte if byte == quote && bytes.get(at + 1).is_none_or(|next| class(*next) & TOKEN == 0) => {
                return Some(at + 1);
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The place of the quote that ends a JSON string, or the end of the text.
fn json_string_end(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

fn is_number_byte(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

#[cfg(test)]
mod tests;
