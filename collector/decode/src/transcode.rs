//! Rewrites OTLP/JSON as protobuf, driven by the tables of [`crate::otlp`].
//!
//! Only what JSON itself makes hard is judged here, naming the place: broken syntax, and values of the wrong type
//! around the items, refuse the body; an item with a value of the wrong type is carried over as one that cannot be
//! read. All else, wrong ids and broken text among it, is carried over for the same record-by-record treatment
//! that protobuf bodies get.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use daymark_model::intake::Unreadable;
use daymark_model::signal::Signal;

use crate::json::{Json, Next, NotJson};
use crate::otlp::{Field, Kind, Message};
use crate::wire::WireType;

/// Messages nested deeper than this are passed over. Attribute values are followed to
/// [`daymark_model::limits::VALUE_DEPTH_TEXT`], each in at most three messages, so nobody looks below.
const DEPTH: usize = 256;
/// A message's length takes this many bytes, because it is known only afterwards.
const LENGTH_BYTES: usize = 4;

/// An attribute of one byte, which begins a field with the number 0.
const UNREADABLE: [u8; 2] = [1, 0];

/// The body as protobuf, and the first item that cannot be read.
pub(crate) fn protobuf(signal: Signal, body: &[u8]) -> Result<(Vec<u8>, Option<Unread>), Unreadable> {
    let mut writer = Writer {
        json: Json::of(body),
        out: Vec::with_capacity(body.len() / 2),
        text: Vec::new(),
        items: 0,
        unread: None,
    };
    let written = writer.request(Message::request(signal));
    written.map_err(|fault| Unreadable { detail: fault.to_string() })?;
    Ok((writer.out, writer.unread))
}

/// An item with a value of the wrong type.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(crate) index: u64,
    pub(crate) why: String,
}

/// Why a body is refused.
enum Fault {
    Syntax(NotJson),
    Type { path: String, wanted: &'static str },
}

impl From<NotJson> for Fault {
    fn from(not_json: NotJson) -> Self {
        Self::Syntax(not_json)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax(NotJson { offset, expected }) => {
                write!(out, "the body is not JSON: {expected} was expected at byte {offset}")
            }
            Self::Type { path, wanted } => write!(out, "the body is not OTLP/JSON: {path} must be {wanted}"),
        }
    }
}

impl Fault {
    fn wanted(wanted: &'static str) -> Self {
        Self::Type { path: String::new(), wanted }
    }

    /// The fault lies below this step.
    fn below(self, step: &str) -> Self {
        match self {
            Self::Type { path, wanted } if path.is_empty() || path.starts_with('[') => {
                Self::Type { path: format!("{step}{path}"), wanted }
            }
            Self::Type { path, wanted } => Self::Type { path: format!("{step}.{path}"), wanted },
            syntax => syntax,
        }
    }
}

struct Writer<'a> {
    json: Json<'a>,
    out: Vec<u8>,
    text: Vec<u8>,
    items: u64,
    unread: Option<Unread>,
}

impl Writer<'_> {
    fn request(&mut self, request: Message) -> Result<(), Fault> {
        if self.json.peek()? != Next::Object {
            self.json.skip()?;
            self.json.finish()?;
            return Err(Fault::wanted("an object").below("the body"));
        }
        self.members(request, 0)?;
        Ok(self.json.finish()?)
    }

    /// Writes the fields of a message, of which the object comes next.
    fn members(&mut self, message: Message, depth: usize) -> Result<(), Fault> {
        self.json.enter();
        let mut key = Vec::new();
        let mut first = true;
        while self.json.member(first, &mut key)? {
            first = false;
            let known = message.fields().iter().find(|field| field.name.as_bytes() == key);
            match (known, self.json.peek()?) {
                (None, _) => self.json.skip()?,
                (Some(_), Next::Null) => self.json.word(Next::Null)?,
                (Some(field), Next::Array) if field.repeated => {
                    self.elements(field, depth).map_err(|fault| fault.below(field.name))?;
                }
                (Some(field), next) => {
                    let written = if field.repeated {
                        Err(Fault::wanted("an array"))
                    } else {
                        self.value(field, next, depth)
                    };
                    written.map_err(|fault| fault.below(field.name))?;
                }
            }
        }
        Ok(())
    }

    fn elements(&mut self, field: &Field, depth: usize) -> Result<(), Fault> {
        self.json.enter();
        let mut index = 0;
        while self.json.element(index == 0)? {
            let next = self.json.peek()?;
            let written = match field.kind {
                Kind::Message(item) if item.is_item() => self.item(field, item, next, depth),
                _ => self.value(field, next, depth),
            };
            written.map_err(|fault| fault.below(&format!("[{index}]")))?;
            index += 1;
        }
        Ok(())
    }

    /// Writes an item, or in its place one that is rejected alone.
    fn item(&mut self, field: &Field, item: Message, next: Next, depth: usize) -> Result<(), Fault> {
        let (start, before) = (self.out.len(), self.json);
        let index = self.items;
        self.items += 1;
        let (path, wanted) = match self.value(field, next, depth) {
            Err(Fault::Type { path, wanted }) => (path, wanted),
            written => return written,
        };
        self.unread.get_or_insert_with(|| {
            let path = if path.is_empty() { "it" } else { &path };
            Unread { index, why: format!("{path} must be {wanted}") }
        });
        self.json = before;
        self.json.skip()?;
        self.out.truncate(start);
        self.tag(field);
        let length = self.out.len();
        self.out.push(0);
        if let Some(attributes) = item.fields().iter().find(|field| field.name == "attributes") {
            self.tag(attributes);
            self.out.extend(UNREADABLE);
        }
        self.out[length] = (self.out.len() - length - 1) as u8;
        Ok(())
    }

    fn value(&mut self, field: &Field, next: Next, depth: usize) -> Result<(), Fault> {
        self.tag(field);
        match field.kind {
            Kind::Message(message) => self.message(message, next, depth),
            Kind::Text => {
                self.read_text(next, "a string")?;
                self.text_bytes();
                Ok(())
            }
            Kind::Id => self.id(next),
            Kind::Bytes => self.base64(next),
            Kind::Bool => {
                let Next::Bool(value) = next else { return Err(Fault::wanted("true or false")) };
                self.json.word(next)?;
                self.varint(u64::from(value));
                Ok(())
            }
            Kind::Double => self.double(next),
            _ => self.integer(field.kind, next),
        }
    }

    fn message(&mut self, message: Message, next: Next, depth: usize) -> Result<(), Fault> {
        let start = self.out.len();
        self.out.extend([0; LENGTH_BYTES]);
        match next {
            Next::Object if depth < DEPTH => self.members(message, depth + 1)?,
            // An element of a list that is null keeps its place.
            Next::Object | Next::Null => self.json.skip()?,
            _ => return Err(Fault::wanted("an object")),
        }
        let length = self.out.len() - start - LENGTH_BYTES;
        if length >> (7 * LENGTH_BYTES) != 0 {
            return Err(Fault::wanted("smaller"));
        }
        for index in 0..LENGTH_BYTES {
            let goes_on = if index + 1 < LENGTH_BYTES { 0x80 } else { 0 };
            self.out[start + index] = (length >> (7 * index)) as u8 & 0x7f | goes_on;
        }
        Ok(())
    }

    /// An id in hex of any length; what is not hex becomes an id that is not valid.
    fn id(&mut self, next: Next) -> Result<(), Fault> {
        self.read_text(next, "a string of hex digits")?;
        let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
        let pair = |pair: &[u8; 2]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
        let (pairs, odd) = self.text.as_chunks::<2>();
        let id: Option<Vec<u8>> = pairs.iter().map(pair).collect();
        self.text = id.filter(|_| odd.is_empty()).unwrap_or_else(|| vec![0]);
        self.text_bytes();
        Ok(())
    }

    fn base64(&mut self, next: Next) -> Result<(), Fault> {
        const WANTED: &str = "a string in base64";
        const LENIENT: GeneralPurposeConfig =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        self.read_text(next, WANTED)?;
        let url_safe = self.text.iter().any(|byte| matches!(byte, b'-' | b'_'));
        let alphabet = if url_safe { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
        let decoded = GeneralPurpose::new(alphabet, LENIENT).decode(&self.text);
        self.text = decoded.map_err(|_| Fault::wanted(WANTED))?;
        self.text_bytes();
        Ok(())
    }

    fn double(&mut self, next: Next) -> Result<(), Fault> {
        const WANTED: &str = "a number";
        let value = match next {
            Next::Number => self.json.number()?.parse().ok(),
            _ => {
                self.read_text(next, WANTED)?;
                match self.text.as_slice() {
                    b"NaN" => Some(f64::NAN),
                    b"Infinity" => Some(f64::INFINITY),
                    b"-Infinity" => Some(f64::NEG_INFINITY),
                    text => finite(text),
                }
            }
        };
        let value: f64 = value.ok_or_else(|| Fault::wanted(WANTED))?;
        self.out.extend(value.to_le_bytes());
        Ok(())
    }

    fn integer(&mut self, kind: Kind, next: Next) -> Result<(), Fault> {
        const WANTED: &str = "a whole number in range";
        let value = match next {
            Next::Number => whole(self.json.number()?),
            _ if kind == Kind::Enum => return Err(Fault::wanted("the number of an enum value")),
            _ => {
                self.read_text(next, WANTED)?;
                str::from_utf8(&self.text).ok().and_then(whole)
            }
        };
        value.and_then(|value| self.write_integer(kind, value)).ok_or_else(|| Fault::wanted(WANTED))
    }

    fn write_integer(&mut self, kind: Kind, value: i128) -> Option<()> {
        match kind {
            Kind::Fixed32 => self.out.extend(u32::try_from(value).ok()?.to_le_bytes()),
            Kind::Fixed64 => self.out.extend(u64::try_from(value).ok()?.to_le_bytes()),
            Kind::Instant => self.out.extend(instant_bits(value)?.to_le_bytes()),
            Kind::Sfixed64 => self.out.extend(i64::try_from(value).ok()?.to_le_bytes()),
            Kind::Uint32 => self.varint(u64::from(u32::try_from(value).ok()?)),
            Kind::Uint64 => self.varint(u64::try_from(value).ok()?),
            Kind::Enum => self.varint(i64::from(i32::try_from(value).ok()?) as u64),
            Kind::Sint32 => {
                let value = i32::try_from(value).ok()?;
                self.varint(u64::from((value << 1 ^ value >> 31) as u32));
            }
            _ => self.varint(i64::try_from(value).ok()? as u64),
        }
        Some(())
    }

    fn read_text(&mut self, next: Next, wanted: &'static str) -> Result<(), Fault> {
        if next != Next::Text {
            return Err(Fault::wanted(wanted));
        }
        self.text.clear();
        Ok(self.json.text(&mut self.text)?)
    }

    fn text_bytes(&mut self) {
        self.varint(self.text.len() as u64);
        self.out.append(&mut self.text);
    }

    fn tag(&mut self, field: &Field) {
        let wire_type = match field.kind.wire_type() {
            WireType::Varint => 0,
            WireType::Fixed64 => 1,
            WireType::Bytes => 2,
            WireType::Fixed32 => 5,
        };
        self.varint(u64::from(field.number << 3 | wire_type));
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }
}

/// A number written in a string. Rust would also take `inf` and `nan`.
fn finite(text: &[u8]) -> Option<f64> {
    let text = str::from_utf8(text)
        .ok()
        .filter(|text| !text.bytes().any(|byte| matches!(byte, b'i' | b'n' | b'I' | b'N')))?;
    text.parse().ok()
}

/// The 64 bits of an instant, of a negative one as it is in two's complement.
fn instant_bits(value: i128) -> Option<u64> {
    u64::try_from(value).ok().or_else(|| Some(i64::try_from(value).ok()? as u64))
}

/// A whole number, also when written as `1.0` or `1e3`.
fn whole(text: &str) -> Option<i128> {
    let exact_doubles = -9_007_199_254_740_992.0..=9_007_199_254_740_992.0;
    text.parse().ok().or_else(|| {
        let value = finite(text.as_bytes())?;
        (value.fract() == 0.0 && exact_doubles.contains(&value)).then_some(value as i128)
    })
}
