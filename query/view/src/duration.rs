//! Durations as people write them (`500ms`, `1.5s`, `2d`, or nanoseconds alone), and as people read them.

use std::fmt;

/// The text is no duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadDuration {
    pub detail: String,
}

impl BadDuration {
    pub const HINT: &str = "units: ns us ms s m h d";
}

impl fmt::Display for BadDuration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.detail)
    }
}

impl std::error::Error for BadDuration {}

const UNITS: [(&str, i64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// The nanoseconds of a duration that is not negative.
pub fn parse(text: &str) -> Result<i64, BadDuration> {
    read(text.trim()).ok_or_else(|| BadDuration { detail: format!("\"{text}\" is not a duration") })
}

fn read(text: &str) -> Option<i64> {
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (number, unit) = text.split_at_checked(digits)?;
    let scale = match unit {
        "" => 1,
        unit => UNITS.iter().find(|(name, _)| *name == unit)?.1,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let whole = whole.parse::<i64>().ok()?.checked_mul(scale)?;
    let places = u32::try_from(fraction.len()).ok().filter(|places| (1..=9).contains(places))?;
    let part = fraction.parse::<i128>().ok()? * i128::from(scale) / 10_i128.pow(places);
    whole.checked_add(i64::try_from(part).ok()?)
}

/// A duration that is not negative in the largest unit in which it is whole: `5m`, `90s`, `0s`.
pub fn exact(nanos: i64) -> String {
    let fits = |unit: &&(&str, i64)| nanos % unit.1 == 0;
    match UNITS.iter().rev().find(fits) {
        _ if nanos == 0 => "0s".into(),
        Some((name, scale)) => format!("{}{name}", nanos / scale),
        None => format!("{nanos}ns"),
    }
}

/// A duration with about three digits and a unit: `1.92s`, `88ms`, `2m05s`.
pub fn brief(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let size = nanos.unsigned_abs();
    match size {
        0..1_000 => format!("{sign}{size}ns"),
        1_000..1_000_000 => format!("{sign}{}us", three_digits(size, 1_000)),
        1_000_000..1_000_000_000 => format!("{sign}{}ms", three_digits(size, 1_000_000)),
        1_000_000_000..60_000_000_000 => format!("{sign}{}s", three_digits(size, 1_000_000_000)),
        60_000_000_000..3_600_000_000_000 => {
            let seconds = size / 1_000_000_000;
            format!("{sign}{}m{:02}s", seconds / 60, seconds % 60)
        }
        _ => {
            let minutes = size / 60_000_000_000;
            format!("{sign}{}h{:02}m", minutes / 60, minutes % 60)
        }
    }
}

/// `size` in units of `unit`, cut after three digits, without trailing zeros.
fn three_digits(size: u64, unit: u64) -> String {
    let whole = size / unit;
    let places = match whole {
        0..10 => 2,
        10..100 => 1,
        _ => return whole.to_string(),
    };
    let scale = 10_u64.pow(places);
    let part = size % unit / (unit / scale);
    let width = usize::try_from(places).unwrap_or_default();
    let text = format!("{whole}.{part:0width$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
