//! Calendar time: what is written into records and shown to people.

use core::fmt;
use core::time::Duration;

/// Microseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX.1-2017, 4.16).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct WallTime(i64);

/// A [`WallTime`] split into the fields of the proleptic Gregorian calendar, in UTC plus an offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CivilTime {
    /// Year, 1970 and later for any time a box writes.
    pub year: i32,
    /// Month, 1–12.
    pub month: u8,
    /// Day of the month, 1–31.
    pub day: u8,
    /// Hour, 0–23.
    pub hour: u8,
    /// Minute, 0–59.
    pub minute: u8,
    /// Second, 0–59.
    pub second: u8,
    /// Day of the week, 0 for Sunday.
    pub weekday: u8,
}

impl WallTime {
    /// The time `us` microseconds after the epoch.
    pub const fn from_unix_micros(us: i64) -> Self {
        WallTime(us)
    }

    /// Microseconds since the epoch.
    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the epoch.
    pub const fn unix_millis(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This time moved on by `d`.
    pub fn plus(self, d: Duration) -> Self {
        WallTime(self.0.saturating_add(i64::try_from(d.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The calendar's fields at `offset_minutes` east of UTC (China: 480).
    pub fn civil(self, offset_minutes: i32) -> CivilTime {
        let seconds = self.0.div_euclid(1_000_000) + i64::from(offset_minutes) * 60;
        let days = seconds.div_euclid(86_400);
        let second_of_day = seconds.rem_euclid(86_400);
        let (year, month, day) = civil_from_days(days);
        CivilTime {
            year,
            month,
            day,
            hour: (second_of_day / 3600) as u8,
            minute: (second_of_day / 60 % 60) as u8,
            second: (second_of_day % 60) as u8,
            weekday: (days + 4).rem_euclid(7) as u8,
        }
    }
}

/// Year, month and day of a count of days since 1970-01-01.
///
/// Works in 400-year eras that begin on 1 March, so that the leap day is the last day of a year.
fn civil_from_days(days: i64) -> (i32, u8, u8) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as u8, day as u8)
}

impl fmt::Display for WallTime {
    /// RFC 3339 with milliseconds, in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = self.civil(0);
        let ms = self.unix_millis().rem_euclid(1000);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{ms:03}Z",
            c.year, c.month, c.day, c.hour, c.minute, c.second
        )
    }
}

impl fmt::Debug for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates() {
        for (s, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199, "2024-02-29T23:59:59.000Z"),
            (4_102_444_800, "2100-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(WallTime::from_unix_micros(s * 1_000_000).to_string(), text);
        }
    }

    #[test]
    fn offset_moves_the_date() {
        let t = WallTime::from_unix_micros(1_709_251_199 * 1_000_000);
        let c = t.civil(480);
        assert_eq!((c.year, c.month, c.day, c.hour), (2024, 3, 1, 7));
        assert_eq!(c.weekday, 5);
    }

    #[test]
    fn every_day_of_eight_centuries_follows_the_last() {
        let mut last = civil_from_days(-146_097);
        for days in -146_096..146_097 {
            let (y, m, d) = civil_from_days(days);
            let next_day = (y, m) == (last.0, last.1) && d == last.2 + 1;
            let next_month = d == 1 && (m == last.1 + 1 || (m == 1 && y == last.0 + 1));
            assert!(next_day || next_month, "{last:?} then {y}-{m}-{d}");
            last = (y, m, d);
        }
    }
}
