//! Reads JSON token by token, without recursion and without building values.
//!
//! Text that is not JSON is refused wherever it stands, also inside values that are passed over. Strings may
//! hold bytes that are not UTF-8 and lone surrogates: both come out as bytes that are not UTF-8, so that
//! they are repaired and counted where all text is.

/// The bytes are not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotJson {
    pub(crate) offset: usize,
    pub(crate) expected: &'static str,
}

/// What kind of value comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Object,
    Array,
    Text,
    Number,
    Bool(bool),
    Null,
}

/// Values nested deeper than this are refused even where they are only passed over.
const DEPTH: usize = 1 << 20;
/// A byte that stands nowhere in UTF-8; what a lone surrogate becomes.
const BROKEN: u8 = 0xff;

/// A place in a JSON text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Json<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Looks at the value that comes next.
    pub(crate) fn peek(&mut self) -> Result<Next, NotJson> {
        self.skip_space();
        Ok(match self.byte() {
            Some(b'{') => Next::Object,
            Some(b'[') => Next::Array,
            Some(b'"') => Next::Text,
            Some(b'-' | b'0'..=b'9') => Next::Number,
            Some(b't') => Next::Bool(true),
            Some(b'f') => Next::Bool(false),
            Some(b'n') => Next::Null,
            _ => return Err(self.expected("a value")),
        })
    }

    /// Enters an object or array, which must come next.
    pub(crate) fn enter(&mut self) {
        self.at += 1;
    }

    /// Moves to the next member of an object: false at its end, else its key stands in `key`.
    pub(crate) fn member(&mut self, first: bool, key: &mut Vec<u8>) -> Result<bool, NotJson> {
        if !self.item(first, b'}')? {
            return Ok(false);
        }
        self.skip_space();
        if self.byte() != Some(b'"') {
            return Err(self.expected("a key"));
        }
        key.clear();
        self.text(key)?;
        self.skip_space();
        self.punctuation(b':', "a colon")?;
        Ok(true)
    }

    /// Moves to the next element of an array: false at its end.
    pub(crate) fn element(&mut self, first: bool) -> Result<bool, NotJson> {
        self.item(first, b']')
    }

    /// Appends the string that comes next, without quotes and escapes.
    pub(crate) fn text(&mut self, out: &mut Vec<u8>) -> Result<(), NotJson> {
        self.at += 1;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let plain = rest.iter().take_while(|byte| !matches!(byte, 0..0x20 | b'"' | b'\\')).count();
            out.extend_from_slice(&rest[..plain]);
            self.at += plain + 1;
            match rest.get(plain) {
                Some(b'"') => return Ok(()),
                Some(b'\\') => self.escape(out)?,
                _ => {
                    self.at -= 1;
                    return Err(self.expected("the end of a string"));
                }
            }
        }
    }

    /// The number that comes next, as it is written.
    pub(crate) fn number(&mut self) -> Result<&'a str, NotJson> {
        let start = self.at;
        self.at += usize::from(self.byte() == Some(b'-'));
        match self.byte() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(str::from_utf8(&self.bytes[start..self.at]).unwrap_or_default())
    }

    /// Passes over `true`, `false` or `null`.
    pub(crate) fn word(&mut self, next: Next) -> Result<(), NotJson> {
        let word = match next {
            Next::Bool(true) => "true",
            Next::Bool(false) => "false",
            _ => "null",
        };
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.expected("true, false or null"));
        }
        self.at += word.len();
        Ok(())
    }

    /// Passes over the value that comes next, however deep it is.
    pub(crate) fn skip(&mut self) -> Result<(), NotJson> {
        let mut open = Vec::new();
        let mut text = Vec::new();
        loop {
            let next = self.peek()?;
            let mut first = matches!(next, Next::Object | Next::Array);
            if !first {
                self.skip_scalar(next, &mut text)?;
            } else if open.len() == DEPTH {
                return Err(self.expected("less nesting"));
            } else {
                self.enter();
                open.push(next);
            }
            while let Some(innermost) = open.last() {
                let more = match innermost {
                    Next::Object => self.member(first, &mut text)?,
                    _ => self.element(first)?,
                };
                if more {
                    break;
                }
                open.pop();
                first = false;
            }
            if open.is_empty() {
                return Ok(());
            }
        }
    }

    /// Nothing but white space may follow.
    pub(crate) fn finish(&mut self) -> Result<(), NotJson> {
        self.skip_space();
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.expected("the end")) }
    }

    fn skip_scalar(&mut self, next: Next, text: &mut Vec<u8>) -> Result<(), NotJson> {
        match next {
            Next::Text => {
                text.clear();
                self.text(text)
            }
            Next::Number => self.number().map(drop),
            _ => self.word(next),
        }
    }

    fn item(&mut self, first: bool, end: u8) -> Result<bool, NotJson> {
        self.skip_space();
        if self.byte() == Some(end) {
            self.at += 1;
            return Ok(false);
        }
        if !first {
            self.punctuation(b',', "a comma")?;
        }
        Ok(true)
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), NotJson> {
        let escaped = match self.byte() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => return self.unicode(out),
            _ => return Err(self.expected("an escape")),
        };
        self.at += 1;
        out.push(escaped);
        Ok(())
    }

    /// `\uXXXX`, or two of them for a character beyond U+FFFF.
    fn unicode(&mut self, out: &mut Vec<u8>) -> Result<(), NotJson> {
        let high = self.hex()?;
        let mut character = char::from_u32(high);
        if (0xd800..0xdc00).contains(&high) && self.bytes[self.at..].starts_with(b"\\u") {
            let behind = self.at;
            self.at += 1;
            let low = self.hex()?;
            if (0xdc00..0xe000).contains(&low) {
                character = char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
            } else {
                self.at = behind;
            }
        }
        match character {
            Some(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            None => out.push(BROKEN),
        }
        Ok(())
    }

    /// Passes over the `u` and four digits.
    fn hex(&mut self) -> Result<u32, NotJson> {
        let digits = self.bytes.get(self.at + 1..self.at + 5).unwrap_or_default();
        let digits =
            str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let value = digits.and_then(|text| u32::from_str_radix(text, 16).ok());
        let value = value.filter(|_| digits.is_some_and(|text| text.len() == 4));
        let value = value.ok_or_else(|| self.expected("four hex digits"))?;
        self.at += 5;
        Ok(value)
    }

    fn digits(&mut self) -> Result<(), NotJson> {
        let count = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { Err(self.expected("a digit")) } else { Ok(()) }
    }

    fn punctuation(&mut self, byte: u8, expected: &'static str) -> Result<(), NotJson> {
        if self.byte() != Some(byte) {
            return Err(self.expected(expected));
        }
        self.at += 1;
        Ok(())
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte() {
            self.at += 1;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn expected(&self, expected: &'static str) -> NotJson {
        NotJson { offset: self.at, expected }
    }
}
