//! The times at which a calendar is open, one after the other.

use jiff::civil::Date;

use crate::Calendar;

/// Open times in microseconds since 1970, those that touch or overlap joined.
pub(crate) struct Periods<'a> {
    calendar: &'a Calendar,
    date: Option<Date>,
    days_left: u32,
    /// Periods that end by then are passed over.
    after: i64,
    /// What was read from the day's openings and not yet given, the last first.
    ready: Vec<(i64, i64)>,
    current: Option<(i64, i64)>,
    exhausted: bool,
}

impl<'a> Periods<'a> {
    pub(crate) fn new(calendar: &'a Calendar, date: Option<Date>, days: u32, after: i64) -> Self {
        let (ready, current) = (Vec::new(), None);
        Periods { calendar, date, days_left: days, after, ready, current, exhausted: false }
    }

    /// Whether the last period given was followed to the end of the search.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    fn opening(&mut self) -> Option<(i64, i64)> {
        loop {
            if let Some(opening) = self.ready.pop() {
                return Some(opening);
            }
            let date = self.date.filter(|_| self.days_left > 0)?;
            self.days_left -= 1;
            self.ready.extend(self.calendar.openings(date));
            self.ready.reverse();
            self.date = date.tomorrow().ok();
        }
    }
}

impl Iterator for Periods<'_> {
    type Item = (i64, i64);

    fn next(&mut self) -> Option<(i64, i64)> {
        loop {
            let Some((from, to)) = self.opening() else {
                self.exhausted = true;
                return self.current.take();
            };
            if to <= self.after {
                continue;
            }
            match &mut self.current {
                Some((_, end)) if from <= *end => *end = (*end).max(to),
                Some(_) => return self.current.replace((from, to)),
                None => self.current = Some((from, to)),
            }
        }
    }
}
