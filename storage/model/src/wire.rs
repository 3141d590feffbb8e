//! The registry of request formats and compressions. The numbers stand in WAL records: never reuse one.

/// What language a request body is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    OtlpProtobuf,
    OtlpJson,
}

impl Format {
    pub fn code(self) -> u8 {
        match self {
            Self::OtlpProtobuf => 1,
            Self::OtlpJson => 2,
        }
    }

    pub fn from_code(code: u8) -> Option<Self> {
        [Self::OtlpProtobuf, Self::OtlpJson].into_iter().find(|format| format.code() == code)
    }
}

/// How the bytes of a body are compressed, on the wire or in the WAL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    Identity,
    Gzip,
    Zstd,
    /// Only in the WAL: bodies that arrived uncompressed. lz4 block format; the raw length stands beside it.
    Lz4,
}

impl Encoding {
    const ALL: [Self; 4] = [Self::Identity, Self::Gzip, Self::Zstd, Self::Lz4];

    pub fn code(self) -> u8 {
        match self {
            Self::Identity => 0,
            Self::Gzip => 1,
            Self::Zstd => 2,
            Self::Lz4 => 3,
        }
    }

    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.code() == code)
    }
}
