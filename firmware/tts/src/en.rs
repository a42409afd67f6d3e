//! English: which fragments a number, date, time or amount is made of.
//!
//! "and" stands before the last two digits: one hundred and five, one thousand and five.

use crate::fragments::{DIGITWISE_FROM, Step, push, push_digitwise, push_n};

const SCALES: [(u64, &str); 4] = [
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
];

/// A whole number.
pub(crate) fn number(out: &mut Vec<Step>, n: i64) {
    if n < 0 {
        push(out, "minus");
    }
    let mut rest = n.unsigned_abs();
    if rest >= DIGITWISE_FROM {
        return push_digitwise(out, rest);
    }
    let mut first = true;
    for (scale, name) in SCALES {
        if rest >= scale {
            under_thousand(out, rest / scale, true);
            push(out, name);
            rest %= scale;
            first = false;
        }
    }
    if rest > 0 || first {
        under_thousand(out, rest, first);
    }
}

/// 0 to 999; `first` when nothing larger was said before.
fn under_thousand(out: &mut Vec<Step>, n: u64, first: bool) {
    let (hundreds, rest) = (n / 100, n % 100);
    if hundreds > 0 {
        push_n(out, "hundred", hundreds);
    }
    if rest > 0 || n == 0 {
        if hundreds > 0 || !first {
            push(out, "and");
        }
        push_n(out, "n", rest);
    }
}

/// A date: November twenty-first, twenty twenty-six. What is none is read as numbers.
pub(crate) fn date(out: &mut Vec<Step>, year: u16, month: u8, day: u8) {
    if (1..=12).contains(&month) && (1..=31).contains(&day) {
        push_n(out, "month", u64::from(month));
        push_n(out, "day", u64::from(day));
    } else {
        number(out, i64::from(month));
        number(out, i64::from(day));
    }
    if year > 0 {
        out.push(Step::SilenceMs(60));
        self::year(out, u64::from(year));
    }
}

fn year(out: &mut Vec<Step>, year: u64) {
    let (century, rest) = (year / 100, year % 100);
    if !(10..=99).contains(&century) || (century % 10 == 0 && rest < 10) {
        return number(out, year as i64);
    }
    push_n(out, "n", century);
    match rest {
        0 => push(out, "hundred"),
        1..=9 => {
            push(out, "oh");
            push_n(out, "n", rest);
        }
        _ => push_n(out, "n", rest),
    }
}

/// A time of day: two thirty p.m., nine oh five a.m., noon. What is none is read as two numbers.
pub(crate) fn time(out: &mut Vec<Step>, hour: u8, minute: u8) {
    if hour > 24 || minute > 59 {
        number(out, i64::from(hour));
        return number(out, i64::from(minute));
    }
    match (hour, minute) {
        (0 | 24, 0) => return push(out, "midnight"),
        (12, 0) => return push(out, "noon"),
        _ => {}
    }
    push_n(out, "n", u64::from(clock_hour(hour)));
    if (1..10).contains(&minute) {
        push(out, "oh");
    }
    if minute > 0 {
        push_n(out, "n", u64::from(minute));
    }
    push(out, half(hour));
}

/// The hour on a dial of twelve.
pub(crate) fn clock_hour(hour: u8) -> u8 {
    (hour + 11) % 12 + 1
}

/// The half of the day.
pub(crate) fn half(hour: u8) -> &'static str {
    if hour % 24 < 12 { "am" } else { "pm" }
}

/// An amount: three yuan and fifty fen.
pub(crate) fn money(out: &mut Vec<Step>, fen: i64) {
    if fen < 0 {
        push(out, "minus");
    }
    let total = fen.unsigned_abs();
    let (yuan, fen) = (total / 100, total % 100);
    if yuan > 0 || fen == 0 {
        // A hundredth of any i64 fits one.
        number(out, yuan as i64);
        push(out, "yuan");
    }
    if fen > 0 {
        if yuan > 0 {
            push(out, "and");
        }
        push_n(out, "n", fen);
        push(out, "fen");
    }
}
