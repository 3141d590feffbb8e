//! Sizes, times and numbers as people write them in a settings file, and as they are shown again.

use std::time::Duration;

use anyhow::bail;
use daymark_view::duration::{self, BadDuration};
use serde::Deserialize;

/// Longer ones would be no limit.
const TIME_MAX: Duration = Duration::from_secs(86_400);

const SIZES: [(&str, u32); 4] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
const TIMES: [(&str, u128); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// What stands behind a key, whatever its type: it is judged where the key is known.
#[derive(Clone, Debug)]
pub(super) struct Written(String);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(match toml::Value::deserialize(from)? {
            toml::Value::String(text) => text,
            other => other.to_string(),
        }))
    }
}

/// What a key says; nothing where it is unset or `auto`.
fn said(written: Option<&Written>) -> Option<&str> {
    written.map(|written| written.0.as_str()).filter(|text| *text != "auto")
}

/// Bytes, such as `64MiB`.
pub(super) fn size(key: &str, written: Option<&Written>) -> anyhow::Result<Option<u64>> {
    let Some(text) = said(written) else { return Ok(None) };
    let read = SIZES.iter().find_map(|(unit, shift)| {
        let number: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        number.checked_mul(1 << shift).filter(|bytes| *bytes > 0)
    });
    match read {
        Some(bytes) => Ok(Some(bytes)),
        None => bail!("{key} = \"{text}\" is no size; write it as 200GiB (KiB MiB GiB TiB), or auto"),
    }
}

/// A time, such as `2s`. A number alone would be nanoseconds, which nobody means here.
pub(super) fn time(key: &str, written: Option<&Written>) -> anyhow::Result<Option<Duration>> {
    let Some(text) = said(written) else { return Ok(None) };
    let has_unit = text.ends_with(|last: char| last.is_ascii_alphabetic());
    let nanos = duration::parse(text).ok().and_then(|nanos| u64::try_from(nanos).ok());
    match nanos.map(Duration::from_nanos) {
        Some(time) if has_unit && !time.is_zero() && time <= TIME_MAX => Ok(Some(time)),
        _ => bail!(
            "{key} = \"{text}\" is no time up to 1d; write it as 2s or 10m ({}), or auto",
            BadDuration::HINT
        ),
    }
}

/// How many, such as `1000`.
pub(super) fn number(key: &str, written: Option<&Written>) -> anyhow::Result<Option<usize>> {
    let Some(text) = said(written) else { return Ok(None) };
    match text.parse::<u32>().map(usize::try_from) {
        Ok(Ok(number)) if number > 0 => Ok(Some(number)),
        _ => bail!("{key} = \"{text}\" is no number from 1 to {}; write it as 1000, or auto", u32::MAX),
    }
}

/// Bytes in the largest unit that tells them exactly.
pub(super) fn size_text(bytes: u64) -> String {
    let exact = SIZES.iter().find(|(_, shift)| bytes.is_multiple_of(1 << shift));
    exact.map_or_else(|| format!("{bytes} bytes"), |(unit, shift)| format!("{}{unit}", bytes >> shift))
}

/// A time in the largest unit that tells it exactly.
pub(super) fn time_text(time: Duration) -> String {
    let nanos = time.as_nanos();
    let exact = TIMES.iter().find(|(_, scale)| nanos.is_multiple_of(*scale));
    exact.map_or_else(|| format!("{nanos}ns"), |(unit, scale)| format!("{}{unit}", nanos / scale))
}
