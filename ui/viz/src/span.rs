//! The range of time of a page, as its address has it: `from` and `to`, relative to now or fixed.

use daymark_model::time::Nanos;
use daymark_view::instant;
use daymark_view::range::Range;

use crate::address::Address;

pub const DEFAULT_FROM: &str = "-1h";
pub const DEFAULT_TO: &str = "now";

/// Ranges to choose from.
pub const PRESETS: [&str; 8] = ["-5m", "-15m", "-1h", "-3h", "-6h", "-24h", "-7d", "-30d"];

/// `from` and `to` as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: String,
    pub to: String,
}

impl Span {
    pub fn of(address: &Address) -> Self {
        let or = |key, default: &str| address.get(key).unwrap_or(default).to_owned();
        Self { from: or("from", DEFAULT_FROM), to: or("to", DEFAULT_TO) }
    }

    /// Fixed ends, to the millisecond.
    pub fn fixed(range: Range) -> Self {
        let text = |at: Nanos| {
            let text = instant::rfc3339(at);
            format!("{}Z", text.split_at(text.len() - 7).0)
        };
        Self { from: text(range.from), to: text(range.to) }
    }

    /// Written into an address; what every page has anyway is left out.
    pub fn write(&self, address: Address) -> Address {
        let unless = |value: &str, default: &str| if value == default { "" } else { value }.to_owned();
        address.with("from", &unless(&self.from, DEFAULT_FROM)).with("to", &unless(&self.to, DEFAULT_TO))
    }

    /// The instants meant at `now`; none where an end cannot be read or they are in the wrong order.
    pub fn range(&self, now: Nanos) -> Option<Range> {
        let from = instant::parse(&self.from, now).ok()?;
        let to = instant::parse(&self.to, now).ok()?;
        (from < to).then_some(Range { from, to })
    }

    /// The `-1h` of ranges that end now.
    pub fn preset(&self) -> Option<&str> {
        (self.to == DEFAULT_TO && self.from.starts_with('-')).then_some(self.from.as_str())
    }

    pub fn is_live(&self) -> bool {
        self.to.starts_with("now")
    }
}

/// The window that a page is compared with: of equal length just before, or a day or a week earlier.
pub fn compared(range: Range, cmp: &str) -> Option<Range> {
    let shift = match cmp {
        "off" => return None,
        "-1d" => 24 * Nanos::HOUR,
        "-7d" => 7 * 24 * Nanos::HOUR,
        _ => range.width_ns(),
    };
    Some(Range { from: range.from.plus(-shift), to: range.to.plus(-shift) })
}

/// Moved by a share of its width: half a window back is −0.5.
pub fn shifted(range: Range, share: f64) -> Range {
    let step = (range.width_ns() as f64 * share) as i64;
    Range { from: range.from.plus(step), to: range.to.plus(step) }
}

/// Twice as wide around the same middle, not beyond now.
pub fn widened(range: Range, now: Nanos) -> Range {
    let half = range.width_ns() / 2;
    let to = range.to.plus(half).min(now.max(range.to));
    Range { from: to.plus(-range.width_ns().saturating_mul(2)), to }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Nanos = Nanos(1_774_933_512_331_000_000);

    #[test]
    fn what_is_the_default_is_left_out_of_the_address() {
        let span = Span::of(&Address::read("/traces"));
        assert_eq!((span.from.as_str(), span.to.as_str(), span.preset()), ("-1h", "now", Some("-1h")));
        assert_eq!(span.write(Address::read("/traces?from=-6h&q=a")).to_string(), "traces?q=a");
    }

    #[test]
    fn fixed_ranges_are_read_as_they_were_written() {
        let range = Range { from: NOW.plus(-Nanos::HOUR), to: NOW };
        let fixed = Span::fixed(range);
        assert_eq!(fixed.to, "2026-03-31T05:05:12.331Z");
        assert_eq!(fixed.range(Nanos(0)), Some(range));
        assert!(fixed.preset().is_none() && !fixed.is_live());
    }

    #[test]
    fn ranges_that_make_no_sense_are_none() {
        for (from, to) in [("now", "-1h"), ("x", "now"), ("-1h", "-1h")] {
            assert_eq!(Span { from: from.into(), to: to.into() }.range(NOW), None);
        }
    }

    #[test]
    fn windows_move_and_grow() {
        let range = Range { from: Nanos(1_000), to: Nanos(2_000) };
        assert_eq!(compared(range, "prev"), Some(Range { from: Nanos(0), to: Nanos(1_000) }));
        assert_eq!(compared(range, "off"), None);
        assert_eq!(shifted(range, -0.5), Range { from: Nanos(500), to: Nanos(1_500) });
        assert_eq!(widened(range, Nanos(2_000)), Range { from: Nanos(0), to: Nanos(2_000) });
        assert_eq!(widened(range, Nanos(9_000)), Range { from: Nanos(500), to: Nanos(2_500) });
    }
}
