//! What a screen shows for a value: figures rather than number words.

use crate::fragments::digit_groups;
use crate::lang::Lang;
use crate::texts::Texts;
use crate::{en, zh};

/// The text of a fragment, or its key where the catalogue has none.
fn fragment<'a>(texts: &'a Texts, key: &'a str) -> &'a str {
    texts.fragments.get(key).map_or(key, String::as_str)
}

/// Digits in their groups: `138 0013 8000`.
pub(crate) fn digits(text: &str) -> String {
    digit_groups(text).join(" ")
}

/// `2026年11月21日`, `November 21, 2026`.
pub(crate) fn date(lang: Lang, year: u16, month: u8, day: u8, texts: &Texts) -> String {
    match lang {
        Lang::ZhCn if year == 0 => format!("{month}月{day}日"),
        Lang::ZhCn => format!("{year}年{month}月{day}日"),
        Lang::En => {
            let key = format!("month-{month}");
            let name = fragment(texts, &key);
            if year == 0 { format!("{name} {day}") } else { format!("{name} {day}, {year}") }
        }
    }
}

/// `下午2:30`, `2:30 p.m.`
pub(crate) fn time(lang: Lang, hour: u8, minute: u8, texts: &Texts) -> String {
    match lang {
        Lang::ZhCn => match zh::period(hour) {
            Some((Some(period), hour)) => {
                format!("{}{hour}:{minute:02}", fragment(texts, period))
            }
            _ => format!("{hour}:{minute:02}"),
        },
        Lang::En if hour > 24 => format!("{hour}:{minute:02}"),
        Lang::En => {
            let half = fragment(texts, en::half(hour));
            format!("{}:{minute:02} {half}", en::clock_hour(hour))
        }
    }
}

/// `3.05元`, `3.05 yuan`.
pub(crate) fn money(lang: Lang, fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let total = fen.unsigned_abs();
    let amount = match total % 100 {
        0 => format!("{sign}{}", total / 100),
        fen => format!("{sign}{}.{fen:02}", total / 100),
    };
    match lang {
        Lang::ZhCn => format!("{amount}元"),
        Lang::En => format!("{amount} yuan"),
    }
}
