//! Where the ids, instants and numbers of an encoded request are, and how a repeat gets new ones in place.
//! The bytes keep their length and stay a valid request; what was equal stays equal within a pass, so traces,
//! their logs, links and exemplars still belong together, and differs from every other pass.

use crate::chance::Token;
use crate::request::Signal;

/// Positions in a body that differ from pass to pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    traces: Vec<u32>,
    spans: Vec<u32>,
    instants: Vec<u32>,
    tokens: Vec<u32>,
}

/// One repeat: by what ids are changed and by how much time is shifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    trace: [u8; 16],
    span: [u8; 8],
    /// By what each of the digits of a token is changed.
    token: [u8; Token::DIGITS],
    shift: u64,
}

impl Pass {
    /// The pass of a number; the first one changes no ids.
    pub fn new(number: u64, shift: i64) -> Self {
        let mask =
            |salt: u64| if number == 0 { 0 } else { scrambled(number.wrapping_mul(4).wrapping_add(salt)) };
        let (high, low) = (mask(0), mask(1));
        let mut trace = [0; 16];
        trace[..8].copy_from_slice(&high.to_be_bytes());
        trace[8..].copy_from_slice(&low.to_be_bytes());
        let digits = mask(3);
        let token = std::array::from_fn(|digit| (digits >> (4 * digit)) as u8 & 0xf);
        Self { trace, span: mask(2).to_be_bytes(), token, shift: shift.cast_unsigned() }
    }

    /// What a trace id is in this pass.
    pub fn trace_id(&self, id: [u8; 16]) -> [u8; 16] {
        std::array::from_fn(|byte| id[byte] ^ self.trace[byte])
    }

    /// What an instant is in this pass.
    pub fn instant(&self, at: i64) -> i64 {
        at.wrapping_add(self.shift.cast_signed())
    }

    /// What twelve hexadecimal digits of an order, request, session or message are in this pass.
    pub fn token(&self, number: u64) -> String {
        let mut digits = Token(number).to_string().into_bytes();
        self.change_token(&mut digits);
        digits.into_iter().map(char::from).collect()
    }

    fn change_token(&self, digits: &mut [u8]) {
        for (digit, mask) in digits.iter_mut().zip(self.token) {
            let value = char::from(*digit).to_digit(16).unwrap_or_default() as u8 ^ mask;
            *digit = b"0123456789abcdef"[usize::from(value & 0xf)];
        }
    }
}

impl Marks {
    /// Finds the marks of a body; `None` if it is not a request of the signal.
    pub fn of(signal: Signal, body: &[u8]) -> Option<Self> {
        let mut marks = Self::default();
        let shape = match signal {
            Signal::Spans => TRACES,
            Signal::Logs => LOGS,
            Signal::Metrics => METRICS,
        };
        marks.walk(shape, body, 0)?;
        let tokens = body.windows(Token::DIGITS + 4).enumerate().filter(|(_, window)| is_token(window));
        marks.tokens.extend(tokens.map(|(at, _)| at as u32 + 4));
        Some(marks)
    }

    /// Turns a body as it was recorded into that of a pass.
    pub fn apply(&self, pass: &Pass, body: &mut [u8]) {
        for &at in &self.traces {
            change(body, at, &pass.trace);
        }
        for &at in &self.spans {
            change(body, at, &pass.span);
        }
        for &at in &self.instants {
            let place = &mut body[at as usize..at as usize + 8];
            let mut instant = [0; 8];
            instant.copy_from_slice(place);
            place.copy_from_slice(&u64::from_le_bytes(instant).wrapping_add(pass.shift).to_le_bytes());
        }
        for &at in &self.tokens {
            pass.change_token(&mut body[at as usize..at as usize + Token::DIGITS]);
        }
    }

    fn walk(&mut self, shape: &[(u64, Find)], body: &[u8], offset: usize) -> Option<()> {
        let mut at = 0;
        while at < body.len() {
            let key = varint(body, &mut at)?;
            let find = shape.iter().find(|(field, _)| *field == key >> 3).map(|(_, find)| find);
            let length = match key & 7 {
                0 => {
                    varint(body, &mut at)?;
                    0
                }
                1 => 8,
                2 => usize::try_from(varint(body, &mut at)?).ok()?,
                5 => 4,
                _ => return None,
            };
            let value = body.get(at..at.checked_add(length)?)?;
            let place = u32::try_from(offset + at).ok()?;
            match (find, length) {
                (Some(Find::In(inner)), _) => self.walk(inner, value, offset + at)?,
                (Some(Find::Trace), 16) => self.traces.push(place),
                (Some(Find::Span), 8) => self.spans.push(place),
                // An instant of zero means that there is none.
                (Some(Find::Instant), 8) if value != [0; 8] => self.instants.push(place),
                _ => {}
            }
            at += length;
        }
        Some(())
    }
}

fn change<const N: usize>(body: &mut [u8], at: u32, mask: &[u8; N]) {
    let place = &mut body[at as usize..at as usize + N];
    for (byte, mask) in place.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

fn is_token(window: &[u8]) -> bool {
    window[3] == b'-'
        && Token::PREFIXES.iter().any(|prefix| window.starts_with(*prefix))
        && window[4..].iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

fn varint(body: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *body.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Spreads neighbouring numbers over all bits; never zero for the numbers of passes in practice.
fn scrambled(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// What a field of a message holds, as far as it matters here.
enum Find {
    In(&'static [(u64, Find)]),
    Trace,
    Span,
    Instant,
}

const TRACES: &[(u64, Find)] = &[(1, Find::In(&[(2, Find::In(&[(2, Find::In(SPAN))]))]))];
const SPAN: &[(u64, Find)] = &[
    (1, Find::Trace),
    (2, Find::Span),
    (4, Find::Span),
    (7, Find::Instant),
    (8, Find::Instant),
    (11, Find::In(&[(1, Find::Instant)])),
    (13, Find::In(&[(1, Find::Trace), (2, Find::Span)])),
];
const LOGS: &[(u64, Find)] = &[(1, Find::In(&[(2, Find::In(&[(2, Find::In(LINE))]))]))];
const LINE: &[(u64, Find)] = &[(1, Find::Instant), (11, Find::Instant), (9, Find::Trace), (10, Find::Span)];
const METRICS: &[(u64, Find)] = &[(1, Find::In(&[(2, Find::In(&[(2, Find::In(METRIC))]))]))];
const METRIC: &[(u64, Find)] = &[
    (5, Find::In(&[(1, Find::In(NUMBER))])),
    (7, Find::In(&[(1, Find::In(NUMBER))])),
    (9, Find::In(&[(1, Find::In(HISTOGRAM))])),
    (10, Find::In(&[(1, Find::In(EXPONENTIAL))])),
    (11, Find::In(&[(1, Find::In(SUMMARY))])),
];
const EXEMPLAR: &[(u64, Find)] = &[(2, Find::Instant), (4, Find::Span), (5, Find::Trace)];
const NUMBER: &[(u64, Find)] = &[(2, Find::Instant), (3, Find::Instant), (5, Find::In(EXEMPLAR))];
const HISTOGRAM: &[(u64, Find)] = &[(2, Find::Instant), (3, Find::Instant), (8, Find::In(EXEMPLAR))];
const EXPONENTIAL: &[(u64, Find)] = &[(2, Find::Instant), (3, Find::Instant), (11, Find::In(EXEMPLAR))];
const SUMMARY: &[(u64, Find)] = &[(2, Find::Instant), (3, Find::Instant)];
