//! The header before each page of a Parquet file, in Thrift's compact form: only what reading a page needs.

/// Nesting that no header has.
const DEPTH_MAX: usize = 8;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageHeader {
    pub(crate) kind: i32,
    pub(crate) uncompressed: i32,
    pub(crate) compressed: i32,
    /// Of a data page of version 1: values, encoding, encodings of definition and repetition levels.
    pub(crate) data: Option<[i32; 4]>,
    /// Of a dictionary page: values, encoding.
    pub(crate) dictionary: Option<[i32; 2]>,
}

impl PageHeader {
    /// The header that the bytes begin with, and its length.
    pub(crate) fn read(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut from = Compact { left: bytes };
        let mut header = Self::default();
        from.fields(|id, kind, from| {
            match id {
                1 => header.kind = from.int()?,
                2 => header.uncompressed = from.int()?,
                3 => header.compressed = from.int()?,
                5 => header.data = Some(from.ints()?),
                7 => header.dictionary = Some(from.ints()?),
                _ => from.skip(kind, DEPTH_MAX)?,
            }
            Some(())
        })?;
        Some((header, bytes.len() - from.left.len()))
    }
}

/// What is left of a text in compact form.
struct Compact<'a> {
    left: &'a [u8],
}

impl Compact<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, left) = self.left.split_first()?;
        self.left = left;
        Some(*first)
    }

    fn drop(&mut self, count: u64) -> Option<()> {
        self.left = self.left.get(usize::try_from(count).ok()?..)?;
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn int(&mut self) -> Option<i32> {
        self.zigzag()?.try_into().ok()
    }

    /// The fields of a struct, each by its id and type.
    fn fields(&mut self, mut each: impl FnMut(i64, u8, &mut Self) -> Option<()>) -> Option<()> {
        let mut id = 0_i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            id = if head >> 4 == 0 { self.zigzag()? } else { id.checked_add(i64::from(head >> 4))? };
            each(id, head & 0x0f, self)?;
        }
    }

    /// A struct whose first fields are whole numbers, all of them there.
    fn ints<const N: usize>(&mut self) -> Option<[i32; N]> {
        let mut values = [None; N];
        self.fields(|id, kind, from| {
            let place = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
            match place.and_then(|place| values.get_mut(place)) {
                Some(value) => *value = Some(from.int()?),
                None => from.skip(kind, DEPTH_MAX)?,
            }
            Some(())
        })?;
        let mut all = [0; N];
        for (known, value) in all.iter_mut().zip(values) {
            *known = value?;
        }
        Some(all)
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            1 | 2 => Some(()),
            3 => self.drop(1),
            4..=6 => self.varint().map(drop),
            7 => self.drop(8),
            8 => {
                let len = self.varint()?;
                self.drop(len)
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                // Flags take a byte each in a list.
                let item = if matches!(head & 0x0f, 1 | 2) { 3 } else { head & 0x0f };
                (0..count).try_for_each(|_| self.skip(item, depth))
            }
            12 => self.fields(|_, kind, from| from.skip(kind, depth)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
