//! Reads one protobuf message field by field, borrowing everything from the body.
//!
//! Bytes come in; numbers and slices go out. Every length is checked against what is left, unknown groups
//! are skipped without recursion, and nothing is allocated: whatever the bytes are, reading ends with a
//! field, the end, or [`Malformed`].

use std::fmt;

/// The bytes are not the message they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

/// The wire types that carry a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WireType {
    Varint,
    Fixed64,
    Bytes,
    Fixed32,
}

/// The value of a field as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

const WRONG_TYPE: Malformed = Malformed("a field has the wrong wire type");

impl<'a> Value<'a> {
    pub(crate) fn wire_type(self) -> WireType {
        match self {
            Self::Varint(_) => WireType::Varint,
            Self::Fixed64(_) => WireType::Fixed64,
            Self::Bytes(_) => WireType::Bytes,
            Self::Fixed32(_) => WireType::Fixed32,
        }
    }

    pub(crate) fn bytes(self) -> Result<&'a [u8], Malformed> {
        if let Self::Bytes(bytes) = self { Ok(bytes) } else { Err(WRONG_TYPE) }
    }

    pub(crate) fn varint(self) -> Result<u64, Malformed> {
        if let Self::Varint(value) = self { Ok(value) } else { Err(WRONG_TYPE) }
    }

    /// An `int32`, `uint32` or enum: the low half of the number, as protobuf demands.
    pub(crate) fn word(self) -> Result<u32, Malformed> {
        Ok(self.varint()? as u32)
    }

    /// An `sint32`.
    pub(crate) fn zigzag(self) -> Result<i32, Malformed> {
        let word = self.word()?;
        Ok((word >> 1) as i32 ^ -((word & 1) as i32))
    }

    pub(crate) fn fixed64(self) -> Result<u64, Malformed> {
        if let Self::Fixed64(value) = self { Ok(value) } else { Err(WRONG_TYPE) }
    }

    pub(crate) fn fixed32(self) -> Result<u32, Malformed> {
        if let Self::Fixed32(value) = self { Ok(value) } else { Err(WRONG_TYPE) }
    }

    pub(crate) fn double(self) -> Result<f64, Malformed> {
        self.fixed64().map(f64::from_bits)
    }

    /// The items of a repeated `fixed64` or `double`, packed or one by one.
    pub(crate) fn each_fixed64(self, mut take: impl FnMut(u64)) -> Result<(), Malformed> {
        let Self::Bytes(packed) = self else { return self.fixed64().map(take) };
        let (items, []) = packed.as_chunks::<8>() else {
            return Err(Malformed("a packed list ends inside an item"));
        };
        items.iter().for_each(|item| take(u64::from_le_bytes(*item)));
        Ok(())
    }

    /// The items of a repeated `uint64`, packed or one by one.
    pub(crate) fn each_varint(self, mut take: impl FnMut(u64)) -> Result<(), Malformed> {
        let Self::Bytes(mut packed) = self else { return self.varint().map(take) };
        while !packed.is_empty() {
            take(varint(&mut packed)?);
        }
        Ok(())
    }
}

/// Nested unknown groups deeper than this are refused.
const GROUP_DEPTH: usize = 100;

/// The fields of a message that are still to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// The next field with its number; groups, which OTLP never uses, are passed over.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Result<Option<(u32, Value<'a>)>, Malformed> {
        while !self.rest.is_empty() {
            let (number, kind) = self.tag()?;
            match kind {
                3 => self.skip_group(number)?,
                4 => return Err(Malformed("a group ends that did not begin")),
                kind => return Ok(Some((number, self.value(kind)?))),
            }
        }
        Ok(None)
    }

    #[inline(always)]
    fn tag(&mut self) -> Result<(u32, u32), Malformed> {
        let key = u32::try_from(varint(&mut self.rest)?).map_err(|_| Malformed("a tag is too large"))?;
        match key >> 3 {
            0 => Err(Malformed("a field has the number 0")),
            number => Ok((number, key & 7)),
        }
    }

    #[inline(always)]
    fn value(&mut self, kind: u32) -> Result<Value<'a>, Malformed> {
        Ok(match kind {
            0 => Value::Varint(varint(&mut self.rest)?),
            1 => Value::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = varint(&mut self.rest)?;
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                let Some((bytes, rest)) = self.rest.split_at_checked(length) else {
                    return Err(Malformed("a field is longer than its message"));
                };
                self.rest = rest;
                Value::Bytes(bytes)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(Malformed("a field has a wire type that does not exist")),
        })
    }

    #[inline(always)]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let Some((array, rest)) = self.rest.split_first_chunk() else {
            return Err(Malformed("a number is cut off"));
        };
        self.rest = rest;
        Ok(*array)
    }

    #[cold]
    fn skip_group(&mut self, number: u32) -> Result<(), Malformed> {
        let mut open = vec![number];
        while let Some(innermost) = open.last() {
            match self.tag()? {
                (number, 3) if open.len() < GROUP_DEPTH => open.push(number),
                (_, 3) => return Err(Malformed("groups are nested too deeply")),
                (number, 4) if number == *innermost => drop(open.pop()),
                (_, 4) => return Err(Malformed("a group ends under another number")),
                (_, kind) => drop(self.value(kind)?),
            }
        }
        Ok(())
    }
}

/// A variable-length number at the start of `rest`, which moves past it.
#[inline(always)]
fn varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    if let [first @ 0..0x80, tail @ ..] = rest {
        let value = u64::from(*first);
        *rest = tail;
        return Ok(value);
    }
    long_varint(rest)
}

fn long_varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    let mut value = 0;
    for (index, byte) in rest.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if *byte < 0x80 {
            if index == 9 && *byte > 1 {
                break;
            }
            *rest = &rest[index + 1..];
            return Ok(value);
        }
    }
    Err(Malformed("a variable-length number is cut off or too long"))
}
