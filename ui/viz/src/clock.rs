//! Instants as clocks show them, at a distance from UTC that the caller knows.

use daymark_model::time::{Nanos, date_of};

/// Minutes east of UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offset(pub i32);

impl Offset {
    /// `UTC`, `UTC+9`, `UTC−3:30`.
    pub fn name(self) -> String {
        let (hours, minutes) = (self.0.abs() / 60, self.0.abs() % 60);
        let sign = if self.0 < 0 { '−' } else { '+' };
        match (hours, minutes) {
            (0, 0) => "UTC".into(),
            (hours, 0) => format!("UTC{sign}{hours}"),
            (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
        }
    }

    /// What somebody wrote by the clock that they see, `2026-11-21 14:05`, as the server reads it. Anything else
    /// stays as it is.
    pub fn instant(self, text: &str) -> String {
        let text = text.trim();
        let is_clock =
            text.is_ascii() && text.len() >= 10 && text.as_bytes()[4] == b'-' && !text.ends_with('Z');
        if !is_clock {
            return text.to_owned();
        }
        let seconds = if text.len() == 16 { ":00" } else { "" };
        let sign = if self.0 < 0 { '-' } else { '+' };
        let (hours, minutes) = (self.0.abs() / 60, self.0.abs() % 60);
        format!("{}{seconds}{sign}{hours:02}:{minutes:02}", text.replace(' ', "T"))
    }
}

/// The parts of an instant as a clock shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
    pub nanos: i64,
}

impl Civil {
    pub fn of(instant: Nanos, offset: Offset) -> Self {
        let seconds = instant.0.div_euclid(Nanos::SECOND) + i64::from(offset.0) * 60;
        let (year, month, day) = date_of(seconds.div_euclid(86_400));
        let clock = seconds.rem_euclid(86_400);
        Self {
            year,
            month,
            day,
            hour: clock / 3_600,
            minute: clock / 60 % 60,
            second: clock % 60,
            nanos: instant.0.rem_euclid(Nanos::SECOND),
        }
    }

    /// `14:05`.
    pub fn hm(&self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }

    /// `14:05:12`.
    pub fn hms(&self) -> String {
        format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second)
    }

    /// `14:05:12.331`.
    pub fn hms_ms(&self) -> String {
        format!("{}.{:03}", self.hms(), self.nanos / 1_000_000)
    }

    /// `2026-11-21`.
    pub fn date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// `11-21`.
    pub fn month_day(&self) -> String {
        format!("{:02}-{:02}", self.month, self.day)
    }

    /// `2026-11-21 14:05`, as the fields of a range take it.
    pub fn date_hm(&self) -> String {
        format!("{} {}", self.date(), self.hm())
    }

    /// `2026-11-21 14:05:12.331`.
    pub fn date_hms_ms(&self) -> String {
        format!("{} {}", self.date(), self.hms_ms())
    }
}

/// The clock of an instant, with its day where it is not the day of `now`.
pub fn near(instant: Nanos, now: Nanos, offset: Offset) -> String {
    let (civil, today) = (Civil::of(instant, offset), Civil::of(now, offset));
    if civil.date() == today.date() { civil.hms() } else { format!("{} {}", civil.month_day(), civil.hms()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Nanos = Nanos(1_774_933_512_331_000_000);

    #[test]
    fn clocks_differ_by_their_zone() {
        assert_eq!(Civil::of(AT, Offset(0)).date_hms_ms(), "2026-03-31 05:05:12.331");
        assert_eq!(Civil::of(AT, Offset(540)).hms_ms(), "14:05:12.331");
        assert_eq!(Civil::of(AT, Offset(-330)).date_hm(), "2026-03-30 23:35");
        assert_eq!(Civil::of(Nanos(-1), Offset(0)).date_hms_ms(), "1969-12-31 23:59:59.999");
    }

    #[test]
    fn zones_have_names() {
        assert_eq!(
            [0, 540, -210, 345].map(|offset| Offset(offset).name()),
            ["UTC", "UTC+9", "UTC−3:30", "UTC+5:45"]
        );
    }

    #[test]
    fn what_a_clock_shows_is_read_back() {
        assert_eq!(Offset(540).instant(" 2026-11-21 14:05"), "2026-11-21T14:05:00+09:00");
        assert_eq!(Offset(-210).instant("2026-11-21 14:05:12"), "2026-11-21T14:05:12-03:30");
        assert_eq!(Offset(540).instant("2026-11-21T14:05:12Z"), "2026-11-21T14:05:12Z");
        assert_eq!(Offset(540).instant("-15m"), "-15m");
    }

    #[test]
    fn the_day_is_told_when_it_is_another() {
        assert_eq!(near(AT, AT.plus(Nanos::HOUR), Offset(0)), "05:05:12");
        assert_eq!(near(AT, AT.plus(24 * Nanos::HOUR), Offset(0)), "03-31 05:05:12");
    }
}
