//! Instants as people write them: `now`, `-15m`, RFC 3339 or a decimal string of epoch nanoseconds; and
//! the way back to RFC 3339 for those who read.

use std::fmt;
use std::ops::Range;

use daymark_model::time::{Nanos, date_of};

use crate::duration;

/// The text is no instant; says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadInstant {
    pub detail: String,
}

impl BadInstant {
    pub const HINT: &str =
        "write now, -15m (units ns us ms s m h d), 2026-01-31T12:00:00Z or epoch nanoseconds";
}

impl fmt::Display for BadInstant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.detail)
    }
}

impl std::error::Error for BadInstant {}

/// Instants from 2001 to 2286 in coarser units: as nanoseconds they would be of 1970.
const OTHER_EPOCHS: [(&str, Range<i64>); 3] = [
    ("seconds", 1_000_000_000..10_000_000_000),
    ("milliseconds", 1_000_000_000_000..10_000_000_000_000),
    ("microseconds", 1_000_000_000_000_000..10_000_000_000_000_000),
];

/// Reads an instant; relative ones count from `now`.
pub fn parse(text: &str, now: Nanos) -> Result<Nanos, BadInstant> {
    let text = text.trim();
    if text == "now" {
        return Ok(now);
    }
    if let Ok(epoch) = text.parse::<i64>() {
        return match OTHER_EPOCHS.iter().find(|(_, range)| range.contains(&epoch)) {
            Some((unit, _)) => {
                Err(BadInstant { detail: format!("\"{text}\" looks like epoch {unit}, not nanoseconds") })
            }
            None => Ok(Nanos(epoch)),
        };
    }
    if text.as_bytes().get(4) == Some(&b'-') {
        return parse_rfc3339(text);
    }
    let signed = text.strip_prefix('-').map(|rest| (-1, rest));
    let Some((sign, rest)) = signed.or_else(|| text.strip_prefix('+').map(|rest| (1, rest))) else {
        return Err(BadInstant { detail: format!("\"{text}\" is not an instant") });
    };
    match duration::parse(rest) {
        Ok(step) => Ok(now.plus(sign * step)),
        Err(_) => Err(BadInstant { detail: format!("\"{text}\" is not an instant") }),
    }
}

fn parse_rfc3339(text: &str) -> Result<Nanos, BadInstant> {
    let bad = |what: &str| BadInstant { detail: format!("\"{text}\" is not an instant: {what}") };
    let (date, clock) = match text.split_once(['T', 't', ' ']) {
        Some((date, clock)) => (date, clock),
        None => (text, "00:00:00Z"),
    };
    let [year, month, day] =
        numbers(date, '-', [4, 2, 2]).ok_or_else(|| bad("the date is not YYYY-MM-DD"))?;
    let (clock, offset) = split_zone(clock).ok_or_else(|| bad("the zone must be Z or ±HH:MM"))?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let [hour, minute, second] =
        numbers(clock, ':', [2, 2, 2]).ok_or_else(|| bad("the time is not HH:MM:SS"))?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return Err(bad("no such day"));
    }
    if hour > 23 || minute > 59 || second > 60 {
        return Err(bad("no such time of day"));
    }
    let nanos = fraction_nanos(fraction).ok_or_else(|| bad("the fraction has 1 to 9 digits"))?;
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    let total = i128::from(seconds) * i128::from(Nanos::SECOND) + i128::from(nanos);
    i64::try_from(total).map(Nanos).map_err(|_| bad("outside the years 1677 to 2262"))
}

/// The parts of a fixed-width text such as `2026-01-31`.
fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut read = [0; 3];
    for (number, width) in read.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width)?;
        *number = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(read)
}

/// The time of day and the zone's offset in seconds.
fn split_zone(clock: &str) -> Option<(&str, i64)> {
    if let Some(clock) = clock.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let at = clock.rfind(['+', '-'])?;
    let (clock, zone) = clock.split_at_checked(at)?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let two = |part: &str| part.parse::<i64>().ok().filter(|_| part.len() == 2);
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours < 24 && minutes < 60).then_some((clock, sign * (hours * 3_600 + minutes * 60)))
}

fn fraction_nanos(digits: &str) -> Option<i64> {
    if digits.len() > 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{digits:0<9}").parse().ok()
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The inverse of [`date_of`]: days from 1970-01-01, by counting years that start in March so that the leap day is a year's last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// RFC 3339 in UTC with nine digits: `2026-01-31T12:00:00.000000000Z`.
pub fn rfc3339(instant: Nanos) -> String {
    let seconds = instant.0.div_euclid(Nanos::SECOND);
    let nanos = instant.0.rem_euclid(Nanos::SECOND);
    let (year, month, day) = date_of(seconds.div_euclid(86_400));
    let clock = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (clock / 3_600, clock / 60 % 60, clock % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
}

/// The same to the second, for people.
pub fn rfc3339_s(at: Nanos) -> String {
    let text = rfc3339(at);
    text.split_once('.').map_or_else(|| text.clone(), |(seconds, _)| format!("{seconds}Z"))
}

#[cfg(test)]
mod tests;
