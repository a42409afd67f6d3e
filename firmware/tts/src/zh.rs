//! Mandarin: which fragments a number, date, time or amount is made of.
//!
//! 两 stands for 2 before a measure word and at the head of 千, 万 and 亿; 二 elsewhere, so also
//! in 二百 and 十二. 零 fills a gap of one or more zeros inside a number once. 十 is 一十 after 百.

use crate::fragments::{DIGITWISE_FROM, Step, push, push_digitwise, push_n};

/// Words before which 2 is 两. 号, 月 and 日 are not among them: they order, they do not count.
const MEASURES: [&str; 17] = [
    "位", "个", "分钟", "秒", "小时", "天", "次", "条", "件", "人", "名", "户", "张", "吨", "元",
    "立方", "公里",
];

/// The years recorded whole; others are read digit by digit.
pub(crate) const YEARS: std::ops::RangeInclusive<u16> = 2020..=2045;

/// Whether the words after a number make it a count.
pub(crate) fn counts(following: &str) -> bool {
    let following = following.trim_start();
    MEASURES.iter().any(|measure| following.starts_with(measure))
}

/// A whole number; `counted` when a measure word follows.
pub(crate) fn number(out: &mut Vec<Step>, n: i64, counted: bool) {
    if n < 0 {
        push(out, "minus");
    }
    match n.unsigned_abs() {
        0 => push(out, "n-0"),
        2 if counted => push(out, "liang"),
        value if value >= DIGITWISE_FROM => push_digitwise(out, value),
        value => quantity(out, value),
    }
}

/// 1 and more: groups of 亿 and 万.
fn quantity(out: &mut Vec<Step>, n: u64) {
    let (yi, rest) = (n / 100_000_000, n % 100_000_000);
    match yi {
        0 => {}
        1 => push(out, "hundred-million-1"),
        2 => push(out, "hundred-million-liang"),
        _ => {
            quantity(out, yi);
            push(out, "hundred-million");
        }
    }
    let (wan, low) = (rest / 10_000, rest % 10_000);
    let first = yi == 0;
    match wan {
        0 => {}
        1 if first => push(out, "ten-thousand-1"),
        2 if first => push(out, "ten-thousand-liang"),
        _ => {
            under_ten_thousand(out, wan, first, wan < 1_000);
            push(out, "ten-thousand");
        }
    }
    if low > 0 {
        let gap = low < 1_000 || wan == 0;
        under_ten_thousand(out, low, first && wan == 0, gap);
    }
}

/// 1 to 9,999. `first` when nothing was said yet; otherwise `gap` says that zeros were passed.
fn under_ten_thousand(out: &mut Vec<Step>, n: u64, first: bool, gap: bool) {
    let (qian, rest) = (n / 1_000, n % 1_000);
    if qian == 0 {
        return under_thousand(out, rest, first, gap);
    }
    if gap && !first {
        push(out, "zero");
    }
    match qian {
        2 if first => push(out, "thousand-liang"),
        _ => push_n(out, "thousand", qian),
    }
    if rest > 0 {
        under_thousand(out, rest, false, rest < 100);
    }
}

/// 1 to 999, as [`under_ten_thousand`].
fn under_thousand(out: &mut Vec<Step>, n: u64, first: bool, gap: bool) {
    let (bai, rest) = (n / 100, n % 100);
    if bai == 0 {
        return under_hundred(out, rest, first, gap);
    }
    if gap && !first {
        push(out, "zero");
    }
    push_n(out, "hundred", bai);
    if rest > 0 {
        under_hundred(out, rest, false, rest < 10);
    }
}

/// 1 to 99, as [`under_ten_thousand`].
fn under_hundred(out: &mut Vec<Step>, n: u64, first: bool, gap: bool) {
    let gap = gap && !first;
    if n < 10 && gap {
        return push_n(out, "gap", n);
    }
    if gap {
        push(out, "zero");
    }
    let kind = if (10..20).contains(&n) && !first { "teen" } else { "n" };
    push_n(out, kind, n);
}

/// A date: 二零二六年 十一月 二十一日. A month or day that is none is read as a number.
pub(crate) fn date(out: &mut Vec<Step>, year: u16, month: u8, day: u8) {
    if YEARS.contains(&year) {
        push_n(out, "year", u64::from(year));
    } else if year > 0 {
        push_digitwise(out, u64::from(year));
        push(out, "year");
    }
    if (1..=12).contains(&month) {
        push_n(out, "month", u64::from(month));
    } else {
        number(out, i64::from(month), false);
        push(out, "month");
    }
    if (1..=31).contains(&day) {
        push_n(out, "day", u64::from(day));
    } else {
        number(out, i64::from(day), false);
        push(out, "day");
    }
}

/// A time of day: 下午 两点 半. What is none is read as two numbers.
pub(crate) fn time(out: &mut Vec<Step>, hour: u8, minute: u8) {
    let Some((period, hour)) = period(hour).filter(|_| minute < 60) else {
        number(out, i64::from(hour), false);
        return number(out, i64::from(minute), false);
    };
    if let Some(period) = period {
        push(out, period);
    }
    push_n(out, "hour", u64::from(hour));
    match minute {
        0 => {}
        30 => push(out, "half"),
        _ => push_n(out, "minute", u64::from(minute)),
    }
}

/// The part of the day and the hour as it is called.
pub(crate) fn period(hour: u8) -> Option<(Option<&'static str>, u8)> {
    Some(match hour {
        0..=5 => (Some("before-dawn"), hour),
        6..=11 => (Some("morning"), hour),
        12 => (Some("noon"), 12),
        13..=17 => (Some("afternoon"), hour - 12),
        18..=23 => (Some("evening"), hour - 12),
        24 => (None, 24),
        _ => return None,
    })
}

/// An amount: 三 元 五 角; 零 stands for jiao passed over.
pub(crate) fn money(out: &mut Vec<Step>, fen: i64) {
    if fen < 0 {
        push(out, "minus");
    }
    let total = fen.unsigned_abs();
    let (yuan, jiao, fen) = (total / 100, total / 10 % 10, total % 10);
    if yuan > 0 || total == 0 {
        // A hundredth of any i64 fits one.
        number(out, yuan as i64, true);
        push(out, "yuan");
    }
    if jiao > 0 {
        number(out, jiao as i64, yuan == 0);
        push(out, "jiao");
    } else if fen > 0 && yuan > 0 {
        push_n(out, "gap", fen);
        return push(out, "fen");
    }
    if fen > 0 {
        number(out, fen as i64, yuan == 0 && jiao == 0);
        push(out, "fen");
    }
}
