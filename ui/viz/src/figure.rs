//! Figures as people read them: a number and its unit, never more digits than matter.

use std::fmt;

/// A number and its unit; the unit may be drawn quieter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    pub number: String,
    pub unit: &'static str,
}

impl fmt::Display for Figure {
    /// With a space that does not break between number and unit; `/s` follows at once.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = if self.unit.is_empty() || self.unit.starts_with('/') { "" } else { "\u{a0}" };
        write!(out, "{}{gap}{}", self.number, self.unit)
    }
}

fn figure(number: String, unit: &'static str) -> Figure {
    Figure { number, unit }
}

/// `1,284`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The beginning of an id, enough to tell it from those beside it.
pub fn short_id(id: &str) -> String {
    id.chars().take(8).collect()
}

/// All digits up to ten thousand, then `55.2 k`, `1.48 M`.
pub fn count(count: u64) -> Figure {
    if count < 10_000 {
        return figure(grouped(count), "");
    }
    let (scaled, unit) = scaled(count as f64, 1_000.0, &["", "k", "M", "G", "T"]);
    figure(three_digits(scaled), unit)
}

/// `412/s`, `0.4/s`, `13.4 k/s`.
pub fn rate(per_s: f64) -> Figure {
    if per_s < 10_000.0 {
        let number = match per_s {
            0.0 => "0".into(),
            rate if rate < 0.01 => "<0.01".into(),
            rate if rate < 1.0 => format!("{rate:.2}"),
            rate if rate < 10.0 => format!("{rate:.1}"),
            rate => grouped(rate.round() as u64),
        };
        return figure(number, "/s");
    }
    let (scaled, unit) = scaled(per_s, 1_000.0, &["/s", "k/s", "M/s", "G/s"]);
    figure(three_digits(scaled), unit)
}

/// A share of one as per cent: `6.10 %`.
pub fn percent(share: f64) -> Figure {
    let percent = share * 100.0;
    let number = match percent {
        0.0 => "0".into(),
        percent if percent.abs() < 0.01 => "<0.01".into(),
        percent if percent.abs() < 10.0 => format!("{percent:.2}"),
        percent if percent.abs() < 99.95 => format!("{percent:.1}"),
        percent => format!("{percent:.0}"),
    };
    figure(number, "%")
}

/// A share of one in whole per cent: `62 %`, `<1 %`.
pub fn percent_short(share: f64) -> Figure {
    let percent = share * 100.0;
    let number = if percent > 0.0 && percent < 0.5 { "<1".into() } else { format!("{percent:.0}") };
    figure(number, "%")
}

/// The same where there is little room: `6.1 %`, `62 %`.
pub fn percent_brief(share: f64) -> Figure {
    let percent = share * 100.0;
    let places = usize::from(percent.abs() < 9.95);
    figure(format!("{percent:.places$}"), "%")
}

/// `+163 %`, `−12 %`; nothing where there was nothing before.
pub fn change(now: f64, before: f64) -> Option<String> {
    if before <= 0.0 || !now.is_finite() {
        return None;
    }
    let percent = ((now / before - 1.0) * 100.0).round();
    Some(match percent {
        percent if percent > 999.0 => format!("×{:.0}", now / before),
        percent if percent > 0.0 => format!("+{percent:.0}\u{a0}%"),
        percent if percent < 0.0 => format!("−{:.0}\u{a0}%", -percent),
        _ => "±0\u{a0}%".into(),
    })
}

/// `820 ns`, `3.4 ms`, `88 ms`, `1.90 s`, `2 m 13 s`, `3 h 20 m`, `4 d 2 h`.
pub fn duration(ns: u64) -> Figure {
    let float = ns as f64;
    match ns {
        0..1_000 => figure(ns.to_string(), "ns"),
        1_000..999_500 => figure(short(float / 1e3), "µs"),
        999_500..999_500_000 => figure(short(float / 1e6), "ms"),
        999_500_000..9_995_000_000 => figure(format!("{:.2}", float / 1e9), "s"),
        9_995_000_000..60_000_000_000 => figure(format!("{:.1}", float / 1e9), "s"),
        _ => long(ns / 1_000_000_000),
    }
}

/// How long ago, by its largest unit alone: `40 s`, `38 m`, `3 h`, `21 d`.
pub fn age(ns: u64) -> Figure {
    let seconds = ns / 1_000_000_000;
    match seconds {
        0..60 => figure(seconds.to_string(), "s"),
        60..3_600 => figure((seconds / 60).to_string(), "m"),
        3_600..86_400 => figure((seconds / 3_600).to_string(), "h"),
        _ => figure((seconds / 86_400).to_string(), "d"),
    }
}

fn short(value: f64) -> String {
    if value < 9.95 { format!("{value:.1}") } else { format!("{value:.0}") }
}

fn long(seconds: u64) -> Figure {
    let (large, small, names) = match seconds {
        0..3_600 => (seconds / 60, seconds % 60, ["m", "s"]),
        3_600..86_400 => (seconds / 3_600, seconds / 60 % 60, ["h", "m"]),
        _ => (seconds / 86_400, seconds / 3_600 % 24, ["d", "h"]),
    };
    if small == 0 {
        return figure(large.to_string(), names[0]);
    }
    figure(format!("{large}\u{a0}{}\u{a0}{small}", names[0]), names[1])
}

/// `412 B`, `2.1 MB`; powers of 1,000.
pub fn bytes(bytes: u64) -> Figure {
    if bytes < 1_000 {
        return figure(bytes.to_string(), "B");
    }
    let (scaled, unit) = scaled(bytes as f64, 1_000.0, &["B", "kB", "MB", "GB", "TB", "PB"]);
    figure(short(scaled), unit)
}

fn scaled(value: f64, base: f64, units: &[&'static str]) -> (f64, &'static str) {
    let mut value = value;
    let mut units = units.iter();
    let mut unit = units.next().copied().unwrap_or_default();
    for larger in units {
        // Rounded, 999.6 would be shown as 1000.
        if value < base - 0.5 {
            break;
        }
        value /= base;
        unit = larger;
    }
    (value, unit)
}

fn three_digits(value: f64) -> String {
    match value {
        value if value < 9.995 => format!("{value:.2}"),
        value if value < 99.95 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// Cuts the middle out of a text that is longer than `most` characters: what names have in common stands at
/// their beginning, what tells them apart at their end.
pub fn shortened(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most || most < 3 {
        return text.into();
    }
    let tail = (most - 1).div_ceil(2);
    let head = most - 1 - tail;
    let front: String = text.chars().take(head).collect();
    let back: String = text.chars().skip(length - tail).collect();
    format!("{front}…{back}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<T: Copy>(write: fn(T) -> Figure, values: &[T]) -> Vec<String> {
        values.iter().map(|value| write(*value).to_string().replace('\u{a0}', " ")).collect()
    }

    #[test]
    fn durations_keep_what_matters() {
        let values = [0, 820, 3_400, 88_000, 999_600, 6_000_000, 88_400_000, 999_600_000, 1_900_000_000];
        let written = ["0 ns", "820 ns", "3.4 µs", "88 µs", "1.0 ms", "6.0 ms", "88 ms", "1.00 s", "1.90 s"];
        assert_eq!(texts(duration, &values), written);
        let long =
            [24_400_000_000, 133_000_000_000, 3_600_000_000_000, 12_000_000_000_000, 353_000_000_000_000];
        assert_eq!(texts(duration, &long), ["24.4 s", "2 m 13 s", "1 h", "3 h 20 m", "4 d 2 h"]);
    }

    #[test]
    fn ages_have_one_unit() {
        assert_eq!(
            texts(age, &[40_000_000_000, 2_290_000_000_000, 11_000_000_000_000, 1_820_000_000_000_000]),
            ["40 s", "38 m", "3 h", "21 d"]
        );
    }

    #[test]
    fn counts_and_rates_are_grouped_then_scaled() {
        assert_eq!(
            texts(count, &[0, 1_284, 9_999, 55_200, 999_960, 1_483_200]),
            ["0", "1,284", "9,999", "55.2 k", "1.00 M", "1.48 M"]
        );
        assert_eq!(
            texts(rate, &[0.0, 0.004, 0.4, 6.0, 412.0, 2_140.0, 13_400.0]),
            ["0/s", "<0.01/s", "0.40/s", "6.0/s", "412/s", "2,140/s", "13.4k/s"]
                .map(|text| text.replace("k/s", " k/s"))
        );
        assert_eq!(grouped(1_138_284), "1,138,284");
    }

    #[test]
    fn shares_and_changes_are_told_in_per_cent() {
        assert_eq!(
            texts(percent, &[0.0, 0.000_01, 0.0021, 0.061, 0.638, 1.0]),
            ["0 %", "<0.01 %", "0.21 %", "6.10 %", "63.8 %", "100 %"]
        );
        assert_eq!(texts(percent_short, &[0.0, 0.004, 0.624, 1.0]), ["0 %", "<1 %", "62 %", "100 %"]);
        assert_eq!(texts(percent_brief, &[0.0, 0.0148, 0.0999, 0.624]), ["0.0 %", "1.5 %", "10 %", "62 %"]);
        assert_eq!(change(2.63, 1.0).as_deref(), Some("+163\u{a0}%"));
        assert_eq!(change(0.5, 1.0).as_deref(), Some("−50\u{a0}%"));
        assert_eq!(change(61.0, 1.0).as_deref(), Some("×61"));
        assert_eq!(change(1.0, 0.0), None);
    }

    #[test]
    fn bytes_are_scaled() {
        assert_eq!(texts(bytes, &[412, 2_100_000, 31_000_000]), ["412 B", "2.1 MB", "31 MB"]);
    }

    #[test]
    fn the_middle_of_long_names_is_cut() {
        assert_eq!(shortened("order-service-v2-canary", 12), "order…canary");
        assert_eq!(shortened("결제서비스-주문처리-워커", 7), "결제서…-워커");
        assert_eq!(shortened("cart", 12), "cart");
    }
}
