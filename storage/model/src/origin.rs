//! What a request body does not say about itself but its rows need: kept beside it in the WAL, so that
//! a replay gives the same rows as the first decode.

use std::fmt;

use crate::time::Nanos;

/// How far the sender is trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tier {
    /// A service of our own estate.
    #[default]
    Internal,
    /// A proxy or gateway at the border.
    Edge,
    /// A browser or an app in the hands of a user.
    Rum,
}

impl Tier {
    pub fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Edge => "edge",
            Self::Rum => "rum",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Internal, Self::Edge, Self::Rum].into_iter().find(|tier| tier.name() == name)
    }
}

/// The tenant of a server without authentication.
pub const DEFAULT_TENANT: &str = "default";
/// The tenant of our own telemetry.
pub const OWN_TENANT: &str = "_daymark";
/// The retention stream of rows that no rule sends elsewhere.
pub const DEFAULT_STREAM: &str = "default";

/// Where a body came from and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `spans.source`: the listener, with `/<token name>` when authenticated.
    pub source: String,
    pub tier: Tier,
    pub tenant: String,
    /// When the body was received; rows without a usable time of their own get it.
    pub received: Nanos,
}

/// The bytes are not an origin: the record is damaged or of a newer version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadOrigin;

impl fmt::Display for BadOrigin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the origin of a record cannot be read")
    }
}

impl std::error::Error for BadOrigin {}

impl Origin {
    /// The bytes kept in a WAL record: `tag u8, length u16, text` for each field. `received` has a
    /// place of its own in the record's header.
    pub fn to_bytes(&self) -> Vec<u8> {
        let fields = [(1, self.source.as_str()), (2, self.tier.name()), (3, self.tenant.as_str())];
        let mut bytes = Vec::with_capacity(64);
        for (tag, text) in fields {
            let len = u16::try_from(text.len()).unwrap_or(u16::MAX);
            bytes.push(tag);
            bytes.extend_from_slice(&len.to_le_bytes());
            bytes.extend_from_slice(&text.as_bytes()[..usize::from(len)]);
        }
        bytes
    }

    pub fn from_bytes(mut bytes: &[u8], received: Nanos) -> Result<Self, BadOrigin> {
        let mut origin =
            Self { source: String::new(), tier: Tier::Internal, tenant: DEFAULT_TENANT.into(), received };
        while let [tag, low, high, rest @ ..] = bytes {
            let len = usize::from(u16::from_le_bytes([*low, *high]));
            let text = rest.get(..len).and_then(|text| std::str::from_utf8(text).ok()).ok_or(BadOrigin)?;
            match tag {
                1 => origin.source = text.into(),
                2 => origin.tier = Tier::from_name(text).ok_or(BadOrigin)?,
                3 => origin.tenant = text.into(),
                _ => return Err(BadOrigin),
            }
            bytes = &rest[len..];
        }
        if bytes.is_empty() { Ok(origin) } else { Err(BadOrigin) }
    }
}
