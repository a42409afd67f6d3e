//! A calendar as it is written down, and its rules as they are looked up.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What is wrong with a calendar.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum CalendarError {
    /// The IANA database has no such zone.
    #[error(
        "calendar {calendar:?}: there is no time zone {zone:?}; write one like \"Asia/Shanghai\""
    )]
    Zone {
        /// The calendar.
        calendar: String,
        /// The zone.
        zone: String,
    },
    /// Not a time of day.
    #[error(
        "calendar {calendar:?}: {text:?} is no time of day; write one like \"08:30\", up to \"24:00\""
    )]
    Time {
        /// The calendar.
        calendar: String,
        /// What stands there.
        text: String,
    },
    /// Not a date.
    #[error("calendar {calendar:?}: {text:?} is no date; write one like \"2026-10-01\"")]
    Date {
        /// The calendar.
        calendar: String,
        /// What stands there.
        text: String,
    },
    /// A holiday that ends before it begins, or is too long.
    #[error(
        "calendar {calendar:?}: the holiday {from} to {to} has to go forward, by at most a year"
    )]
    Range {
        /// The calendar.
        calendar: String,
        /// The first day.
        from: String,
        /// The last day.
        to: String,
    },
}

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

const WEEK: [Weekday; 7] = [
    Weekday::Mon,
    Weekday::Tue,
    Weekday::Wed,
    Weekday::Thu,
    Weekday::Fri,
    Weekday::Sat,
    Weekday::Sun,
];

/// Open from one time of day to another, on these days. `to` before `from` is on the day after.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The days; a make-up workday's hours leave them out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Weekday>,
    /// From, `08:30`.
    pub from: String,
    /// To, `17:30`; `24:00` is the day's end.
    pub to: String,
}

/// Days on which it is closed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// The first day, `2026-10-01`.
    pub from: String,
    /// The last day; the first alone if it is left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// Why: `国庆节`.
    pub reason: String,
}

/// A day on which one works although the week or a holiday says not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workday {
    /// The day, `2026-10-10`.
    pub date: String,
    /// The day of the week whose hours it has, unless it has its own: Monday's.
    #[serde(default = "monday")]
    pub like: Weekday,
    /// Its own hours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Hours>,
}

const fn monday() -> Weekday {
    Weekday::Mon
}

/// A calendar.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CalendarConfig {
    /// Its name.
    pub name: String,
    /// The time zone.
    pub zone: String,
    /// The week.
    pub week: Vec<Hours>,
    /// The holidays.
    pub holidays: Vec<Holiday>,
    /// The make-up workdays.
    pub workdays: Vec<Workday>,
}

impl Default for CalendarConfig {
    fn default() -> Self {
        CalendarConfig {
            name: String::new(),
            zone: "Asia/Shanghai".to_owned(),
            week: Vec::new(),
            holidays: Vec::new(),
            workdays: Vec::new(),
        }
    }
}

/// The openings that begin on one day, in minutes since its midnight, in order.
pub(crate) type Day = Vec<(u16, u16)>;

const MINUTES_OF_DAY: u16 = 24 * 60;
const HOLIDAY_DAYS_MAX: i32 = 366;

/// A calendar's rules, by day.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    week: [Day; 7],
    holidays: BTreeMap<Date, String>,
    workdays: BTreeMap<Date, Day>,
    closed: Day,
}

impl Rules {
    pub(crate) fn new(config: &CalendarConfig) -> Result<Self, CalendarError> {
        let name = config.name.as_str();
        let mut week: [Day; 7] = Default::default();
        for hours in &config.week {
            let opening = opening(name, hours)?;
            for day in &hours.days {
                week[*day as usize].push(opening);
            }
        }
        week.iter_mut().for_each(|day| day.sort_unstable());
        let mut holidays = BTreeMap::new();
        for holiday in &config.holidays {
            for date in dates(name, holiday)? {
                holidays.insert(date, holiday.reason.clone());
            }
        }
        let mut workdays = BTreeMap::new();
        for workday in &config.workdays {
            let own: Result<Day, _> = workday.hours.iter().map(|h| opening(name, h)).collect();
            let mut day = own?;
            if day.is_empty() {
                day.clone_from(&week[workday.like as usize]);
            }
            day.sort_unstable();
            workdays.insert(date(name, &workday.date)?, day);
        }
        Ok(Rules { week, holidays, workdays, closed: Day::new() })
    }

    pub(crate) fn day(&self, date: Date) -> &Day {
        if let Some(day) = self.workdays.get(&date) {
            return day;
        }
        if self.holidays.contains_key(&date) {
            return &self.closed;
        }
        let weekday = date.weekday().to_monday_zero_offset();
        let index = WEEK.iter().position(|day| *day as i8 == weekday);
        index.map_or(&self.closed, |index| &self.week[index])
    }

    pub(crate) fn holiday(&self, date: Date) -> Option<&str> {
        let reason = self.holidays.get(&date).filter(|_| !self.workdays.contains_key(&date));
        reason.map(String::as_str)
    }
}

fn opening(calendar: &str, hours: &Hours) -> Result<(u16, u16), CalendarError> {
    let (from, to) = (minute(calendar, &hours.from)?, minute(calendar, &hours.to)?);
    Ok((from, if to > from { to } else { to + MINUTES_OF_DAY }))
}

fn minute(calendar: &str, text: &str) -> Result<u16, CalendarError> {
    let wrong = || CalendarError::Time { calendar: calendar.to_owned(), text: text.to_owned() };
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    if [hour, minute].iter().any(|s| s.len() != 2 || !s.bytes().all(|b| b.is_ascii_digit())) {
        return Err(wrong());
    }
    let number = |s: &str| s.parse::<u16>().map_err(|_| wrong());
    let (hour, minute) = (number(hour)?, number(minute)?);
    let minutes = hour * 60 + minute;
    if minute < 60 && minutes <= MINUTES_OF_DAY { Ok(minutes) } else { Err(wrong()) }
}

fn date(calendar: &str, text: &str) -> Result<Date, CalendarError> {
    let wrong = || CalendarError::Date { calendar: calendar.to_owned(), text: text.to_owned() };
    text.parse().map_err(|_| wrong())
}

fn dates(calendar: &str, holiday: &Holiday) -> Result<Vec<Date>, CalendarError> {
    let from = date(calendar, &holiday.from)?;
    let to = if holiday.to.is_empty() { from } else { date(calendar, &holiday.to)? };
    let days = from.until(to).map(|span| span.get_days()).unwrap_or(-1);
    if !(0..HOLIDAY_DAYS_MAX).contains(&days) {
        return Err(CalendarError::Range {
            calendar: calendar.to_owned(),
            from: from.to_string(),
            to: to.to_string(),
        });
    }
    Ok(from.series(jiff::Span::new().days(1)).take_while(|date| *date <= to).collect())
}
