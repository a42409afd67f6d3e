//! Opening hours: weekly hours, holidays with their reasons, make-up workdays (调休), and the
//! arithmetic of business time that deadlines count in.
//!
//! A make-up workday overrides the weekly hours and the holidays, a holiday overrides the weekly
//! hours. Hours that go past midnight belong to the day they begin on: a night shift before a
//! holiday is worked to its end. All arithmetic is on the time that really passes, so a day on
//! which the clocks change has 23 or 25 hours; a local time that does not exist that day is taken
//! an hour later, one that comes twice the first time (RFC 5545, 3.3.5, does the same). Zones are
//! those of the IANA database, built in.
//!
//! Left out on purpose: who uses it (queues, flows, tickets), and half days by rule: a holiday
//! that is worked for a few hours is a make-up workday with hours of its own.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod config;
mod periods;

pub use config::{CalendarConfig, CalendarError, Holiday, Hours, Weekday, Workday};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use tipring_clock::{Duration, WallTime};

use crate::config::{Day, Rules};
use crate::periods::Periods;

/// How far ahead it is looked for the next opening or for a deadline, in days.
const LOOK_DAYS_MAX: u32 = 3660;
/// How far ahead an opening without end is followed, in days.
const CHANGE_DAYS_MAX: u32 = 400;

/// A calendar, ready to be asked.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    rules: Rules,
}

impl Calendar {
    /// Makes a calendar ready.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with where it stands.
    pub fn new(config: &CalendarConfig) -> Result<Self, CalendarError> {
        let rules = Rules::new(config)?;
        let zone = TimeZone::get(&config.zone).map_err(|_| CalendarError::Zone {
            calendar: config.name.clone(),
            zone: config.zone.clone(),
        })?;
        Ok(Calendar { zone, rules })
    }

    /// Whether it is open at this time.
    pub fn is_open(&self, at: WallTime) -> bool {
        let us = at.unix_micros();
        self.periods(at, 2).next().is_some_and(|(from, to)| from <= us && us < to)
    }

    /// When it next opens or closes; `None` if not within a year.
    pub fn next_change(&self, at: WallTime) -> Option<WallTime> {
        let us = at.unix_micros();
        let mut periods = self.periods(at, CHANGE_DAYS_MAX);
        let (from, to) = periods.next()?;
        let change = if from > us { from } else { to };
        // A period that was followed to the end of the search has no end that is known.
        let known = from > us || !periods.is_exhausted();
        known.then(|| WallTime::from_unix_micros(change))
    }

    /// The time at which so much business time has passed since `from`; `None` if not within
    /// ten years.
    pub fn add(&self, from: WallTime, business: Duration) -> Option<WallTime> {
        let start = from.unix_micros();
        let mut left = i64::try_from(business.as_micros()).ok()?;
        if left == 0 {
            return Some(from);
        }
        for (opens, closes) in self.periods(from, LOOK_DAYS_MAX) {
            let opens = opens.max(start);
            if closes - opens >= left {
                return Some(WallTime::from_unix_micros(opens + left));
            }
            left -= closes - opens;
        }
        None
    }

    /// The business time between two times; zero if the second is not the later.
    pub fn between(&self, from: WallTime, to: WallTime) -> Duration {
        let (start, end) = (from.unix_micros(), to.unix_micros());
        let days = end.saturating_sub(start).max(0) / DAY_US + 3;
        let days = u32::try_from(days).unwrap_or(u32::MAX);
        let mut sum = 0;
        for (opens, closes) in self.periods(from, days) {
            if opens >= end {
                break;
            }
            sum += (closes.min(end) - opens.max(start)).max(0);
        }
        Duration::from_micros(sum.unsigned_abs())
    }

    /// Why it is closed all day, if a holiday says so: its reason.
    pub fn holiday(&self, at: WallTime) -> Option<&str> {
        self.rules.holiday(self.date(at)?)
    }

    fn date(&self, at: WallTime) -> Option<Date> {
        let at = Timestamp::from_microsecond(at.unix_micros()).ok()?;
        Some(self.zone.to_datetime(at).date())
    }

    /// When it is open, from the period that lasts at, or follows, `at`; those that touch are one.
    fn periods(&self, at: WallTime, days: u32) -> Periods<'_> {
        // The day before may reach over midnight.
        let first = self.date(at).and_then(|date| date.yesterday().ok());
        Periods::new(self, first, days.saturating_add(1), at.unix_micros())
    }

    /// The openings that begin on a day, in microseconds since 1970.
    fn openings(&self, date: Date) -> impl Iterator<Item = (i64, i64)> {
        let day: &Day = self.rules.day(date);
        day.iter().filter_map(move |(from, to)| {
            let (from, to) = (self.instant(date, *from)?, self.instant(date, *to)?);
            (from < to).then_some((from, to))
        })
    }

    fn instant(&self, date: Date, minute: u16) -> Option<i64> {
        let midnight = date.to_datetime(jiff::civil::Time::midnight());
        let local = midnight.checked_add(i64::from(minute).minutes()).ok()?;
        self.zone.to_timestamp(local).ok().map(Timestamp::as_microsecond)
    }
}

const DAY_US: i64 = 86_400_000_000;
