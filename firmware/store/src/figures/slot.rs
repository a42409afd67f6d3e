//! Pieces of time: quarter hours, and the larger ones they are added up into.
//!
//! A quarter hour is counted from 1970 in UTC. Every offset of local time in use is a whole number
//! of quarter hours (Nepal 5:45, Chatham 12:45), so the same quarters serve every offset; hours,
//! days and months are the local ones.

use std::ops::Range;

use tipring_clock::WallTime;

pub(crate) const QUARTER_US: i64 = 900_000_000;
const QUARTERS_OF_HOUR: i64 = 4;
const HOURS_OF_DAY: i64 = 24;
pub(crate) const QUARTERS_OF_DAY: i64 = QUARTERS_OF_HOUR * HOURS_OF_DAY;

/// The longest stretch that is believed, 31 days. A longer one is a clock that was set, and counts
/// with its last 31 days.
const STRETCH_US_MAX: i64 = 31 * QUARTERS_OF_DAY * QUARTER_US;

/// A size of the pieces of time in which figures are kept. The numbers stand in databases.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Level {
    /// Quarter hours since 1970 in UTC.
    Quarter = 0,
    /// Local hours since 1970.
    Hour = 1,
    /// Local days since 1970.
    Day = 2,
    /// One hour of the day of all days of a local month: months since 1970 times 24, and the hour.
    MonthHour = 3,
    /// Local months since 1970.
    Month = 4,
    /// Local weeks from Monday on, since the first Monday of 1970.
    Week = 5,
    /// One hour of the day of all days of a local week: weeks times 24, and the hour.
    WeekHour = 6,
}

impl Level {
    /// What quarters are added up into.
    pub(crate) const COARSE: [Level; 6] =
        [Level::Hour, Level::Day, Level::MonthHour, Level::Month, Level::Week, Level::WeekHour];
}

/// Whole days added up into one slot, or one for each hour of the day.
#[derive(Clone, Copy)]
struct Span {
    level: Level,
    /// The span a day lies in, and the first day of a span.
    of_day: fn(i64) -> i64,
    first_day: fn(i64) -> i64,
    slots: i64,
}

impl Span {
    const MONTH: Span = Span {
        level: Level::Month,
        of_day: Offset::month_of_day,
        first_day: Offset::first_of_month,
        slots: 1,
    };
    const WEEK: Span = Span {
        level: Level::Week,
        of_day: Offset::week_of_day,
        first_day: Offset::first_of_week,
        slots: 1,
    };
    const DAY: Span = Span { level: Level::Day, of_day: |day| day, first_day: |day| day, slots: 1 };
    const MONTH_HOURS: Span = Span { level: Level::MonthHour, slots: HOURS_OF_DAY, ..Span::MONTH };
    const WEEK_HOURS: Span = Span { level: Level::WeekHour, slots: HOURS_OF_DAY, ..Span::WEEK };
    const DAY_HOURS: Span = Span { level: Level::Hour, slots: HOURS_OF_DAY, ..Span::DAY };

    /// The spans, the longest first, that lie within one step each; the last are days.
    fn of(step: Step) -> &'static [Span] {
        match step {
            Step::Whole => &[Span::MONTH, Span::WEEK, Span::DAY],
            Step::Month => &[Span::MONTH, Span::DAY],
            Step::Week => &[Span::WEEK, Span::DAY],
            Step::Day => &[Span::DAY],
            Step::HourOfDay => &[Span::MONTH_HOURS, Span::WEEK_HOURS, Span::DAY_HOURS],
            Step::Hour => &[Span::DAY_HOURS],
            Step::Quarter => &[],
        }
    }

    /// Covers days with the longest spans that fit.
    fn cover(spans: &[Span], days: Range<i64>, pieces: &mut Vec<Piece>) {
        let Some((span, shorter)) = spans.split_first().filter(|_| !days.is_empty()) else {
            return;
        };
        let mut first = (span.of_day)(days.start);
        if (span.first_day)(first) < days.start {
            first += 1;
        }
        let end = (span.of_day)(days.end);
        if first >= end {
            return Span::cover(shorter, days, pieces);
        }
        Span::cover(shorter, days.start..(span.first_day)(first), pieces);
        add(pieces, span.level, first * span.slots..end * span.slots);
        Span::cover(shorter, (span.first_day)(end)..days.end, pieces);
    }
}

/// The quarter hour a time falls into.
pub(crate) fn quarter_of(at_us: i64) -> i64 {
    at_us.div_euclid(QUARTER_US)
}

/// The stretch from `began_us` to `ended_us`, cut at the borders of quarter hours: the quarter and
/// how much of the stretch lies in it, microseconds.
pub(crate) fn split(began_us: i64, ended_us: i64) -> impl Iterator<Item = (i64, u64)> {
    let mut from = began_us.max(ended_us.saturating_sub(STRETCH_US_MAX));
    std::iter::from_fn(move || {
        if from >= ended_us {
            return None;
        }
        let quarter = quarter_of(from);
        let to = ended_us.min((quarter + 1).saturating_mul(QUARTER_US));
        let piece = (quarter, (to - from).unsigned_abs());
        from = to;
        Some(piece)
    })
}

/// Local time's offset from UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Offset {
    quarters: i64,
}

impl Offset {
    /// The offset of so many minutes east; what is no whole quarter hour is rounded down to one.
    pub(crate) fn minutes(minutes: i32) -> Self {
        Offset { quarters: i64::from(minutes).div_euclid(15) }
    }

    pub(crate) fn as_minutes(self) -> i32 {
        (self.quarters * 15) as i32
    }

    /// The local day, since 1970, of a quarter hour.
    pub(crate) fn day_of(self, quarter: i64) -> i64 {
        (quarter + self.quarters).div_euclid(QUARTERS_OF_DAY)
    }

    /// The first quarter hour of a local day.
    pub(crate) fn first_of_day(self, day: i64) -> i64 {
        day * QUARTERS_OF_DAY - self.quarters
    }

    fn first_of_hour(self, hour: i64) -> i64 {
        hour * QUARTERS_OF_HOUR - self.quarters
    }

    fn hour_of(self, quarter: i64) -> i64 {
        (quarter + self.quarters).div_euclid(QUARTERS_OF_HOUR)
    }

    /// Months since 1970 of a local day.
    fn month_of_day(day: i64) -> i64 {
        let date =
            WallTime::from_unix_micros(day.saturating_mul(QUARTERS_OF_DAY * QUARTER_US)).civil(0);
        i64::from(date.year - 1970) * 12 + i64::from(date.month) - 1
    }

    /// The first day, since 1970, of a month since 1970.
    fn first_of_month(month: i64) -> i64 {
        // 4,800 months are 146,097 days; from there it is a day or two.
        let mut day = (month * 146_097).div_euclid(4_800);
        while Self::month_of_day(day) < month {
            day += 1;
        }
        while Self::month_of_day(day - 1) >= month {
            day -= 1;
        }
        day
    }

    /// The slot of `level` that contains a quarter hour.
    pub(crate) fn slot(self, level: Level, quarter: i64) -> i64 {
        match level {
            Level::Quarter => quarter,
            Level::Hour => self.hour_of(quarter),
            Level::Day => self.day_of(quarter),
            Level::MonthHour => {
                self.slot(Level::Month, quarter) * HOURS_OF_DAY + self.hour(quarter)
            }
            Level::Month => Self::month_of_day(self.day_of(quarter)),
            Level::Week => Self::week_of_day(self.day_of(quarter)),
            Level::WeekHour => self.slot(Level::Week, quarter) * HOURS_OF_DAY + self.hour(quarter),
        }
    }

    /// The hour of the day.
    fn hour(self, quarter: i64) -> i64 {
        self.hour_of(quarter).rem_euclid(HOURS_OF_DAY)
    }

    /// Weeks of a local day; 1970-01-05 was a Monday.
    fn week_of_day(day: i64) -> i64 {
        (day - 4).div_euclid(7)
    }

    /// The Monday, in days since 1970, of a week.
    fn first_of_week(week: i64) -> i64 {
        week * 7 + 4
    }

    /// Where, among steps of `step`, a slot of `level` lies. Only asked of levels that lie within
    /// one step whole.
    pub(crate) fn step_of(self, step: Step, level: Level, slot: i64) -> i64 {
        if step == Step::Whole {
            return 0;
        }
        let quarter = match level {
            Level::Quarter => slot,
            Level::Hour => self.first_of_hour(slot),
            Level::Day => self.first_of_day(slot),
            Level::Month => self.first_of_day(Self::first_of_month(slot)),
            Level::Week => self.first_of_day(Self::first_of_week(slot)),
            Level::MonthHour | Level::WeekHour => return slot.rem_euclid(HOURS_OF_DAY),
        };
        let day = self.day_of(quarter);
        match step {
            Step::Whole => 0,
            Step::Quarter => quarter,
            Step::Hour => self.hour_of(quarter),
            Step::HourOfDay => self.hour(quarter),
            Step::Day => day,
            Step::Week => Self::week_of_day(day),
            Step::Month => Self::month_of_day(day),
        }
    }

    /// When a step begins; for an hour of the day, the hour itself.
    pub(crate) fn step_began(self, step: Step, index: i64) -> StepStart {
        let quarter = match step {
            Step::Whole => return StepStart::Whole,
            Step::HourOfDay => return StepStart::HourOfDay(index as u8),
            Step::Quarter => index,
            Step::Hour => self.first_of_hour(index),
            Step::Day => self.first_of_day(index),
            Step::Week => self.first_of_day(Self::first_of_week(index)),
            Step::Month => self.first_of_day(Self::first_of_month(index)),
        };
        StepStart::At(WallTime::from_unix_micros(quarter.saturating_mul(QUARTER_US)))
    }

    /// Covers a period of quarter hours with the fewest slots that each lie within one step.
    /// Coarse slots are there only for days before `open_day`.
    pub(crate) fn cover(self, step: Step, period: Range<i64>, open_day: i64) -> Vec<Piece> {
        let mut pieces = Vec::new();
        // The whole days of the period for which there is something coarser.
        let first_day = self.day_of(period.start + QUARTERS_OF_DAY - 1);
        let end_day = self.day_of(period.end).min(open_day);
        if step == Step::Quarter || first_day >= end_day {
            add(&mut pieces, Level::Quarter, period);
            return pieces;
        }
        let (first, end) = (self.first_of_day(first_day), self.first_of_day(end_day));
        add(&mut pieces, Level::Quarter, period.start..first);
        Span::cover(Span::of(step), first_day..end_day, &mut pieces);
        add(&mut pieces, Level::Quarter, end..period.end);
        pieces
    }
}

fn add(pieces: &mut Vec<Piece>, level: Level, slots: Range<i64>) {
    if !slots.is_empty() {
        pieces.push(Piece { level, slots });
    }
}

/// Neighbouring slots of one level.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    pub(crate) level: Level,
    pub(crate) slots: Range<i64>,
}

/// Into which steps of time a period is taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Step {
    /// Not at all.
    #[default]
    Whole,
    /// Quarter hours.
    Quarter,
    /// Hours.
    Hour,
    /// The 24 hours of the day, all days of the period together.
    HourOfDay,
    /// Days.
    Day,
    /// Weeks, from Monday on.
    Week,
    /// Months.
    Month,
}

/// Where a row's step begins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum StepStart {
    /// With the period.
    Whole,
    /// With this hour of the day, 0–23.
    HourOfDay(u8),
    /// At this time. The first step of a period may begin before it.
    At(WallTime),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_stretch_is_cut_at_the_borders_and_nothing_is_lost() {
        let pieces: Vec<_> = split(QUARTER_US - 1, 2 * QUARTER_US + 5).collect();
        assert_eq!(pieces, [(0, 1), (1, QUARTER_US as u64), (2, 5)]);
        assert_eq!(split(7, 7).count(), 0);
        assert_eq!(split(9, 7).count(), 0);
        assert_eq!(split(-1, 1).collect::<Vec<_>>(), [(-1, 1), (0, 1)]);
        assert_eq!(split(i64::MIN, i64::MAX - 1).count(), 2977);
    }

    #[test]
    fn days_weeks_and_months_are_the_local_ones() {
        // 2024-02-29T18:20:00Z is 1 March, 00:05, in Nepal.
        let at = quarter_of(1_709_230_800_000_000);
        let nepal = Offset::minutes(345);
        let began = |step| nepal.step_began(step, nepal.step_of(step, Level::Quarter, at));
        let at = |text: &str, step| {
            let StepStart::At(time) = began(step) else { panic!("{step:?} is a time") };
            assert_eq!(time.to_string(), text);
        };
        at("2024-02-29T18:15:00.000Z", Step::Quarter);
        at("2024-02-29T18:15:00.000Z", Step::Hour);
        at("2024-02-29T18:15:00.000Z", Step::Day);
        at("2024-02-25T18:15:00.000Z", Step::Week);
        at("2024-02-29T18:15:00.000Z", Step::Month);
        assert_eq!(began(Step::HourOfDay), StepStart::HourOfDay(0));
        for month in -24..700 {
            let first = Offset::first_of_month(month);
            assert_eq!(Offset::month_of_day(first), month);
            assert_eq!(Offset::month_of_day(first - 1), month - 1);
        }
    }

    proptest! {
        /// Every quarter hour of the period is covered once, by a slot that lies in one step.
        #[test]
        fn a_period_is_covered_exactly(
            start in 1_800_000i64..1_830_000, quarters in 0i64..12_000, open in -40i64..160,
            minutes in prop::sample::select(vec![480, 0, -210, 345, 765, -600]),
            step in prop::sample::select(vec![
                Step::Whole, Step::Quarter, Step::Hour, Step::HourOfDay, Step::Day, Step::Week,
                Step::Month,
            ]),
        ) {
            let offset = Offset::minutes(minutes);
            let period = start..start + quarters;
            let pieces = offset.cover(step, period.clone(), offset.day_of(start) + open);
            for quarter in start - 3_000..period.end + 3_000 {
                let mut covered = 0;
                for piece in &pieces {
                    let slot = offset.slot(piece.level, quarter);
                    if piece.slots.contains(&slot) {
                        covered += 1;
                        prop_assert_eq!(
                            offset.step_of(step, piece.level, slot),
                            offset.step_of(step, Level::Quarter, quarter)
                        );
                    }
                }
                prop_assert_eq!(covered, u32::from(period.contains(&quarter)), "{}", quarter);
            }
        }
    }
}
