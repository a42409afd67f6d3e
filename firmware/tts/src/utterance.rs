//! Things to say.

use serde::{Deserialize, Serialize};

/// One thing to say. A list of these is what an announcement is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Utterance {
    /// A prompt of the catalogue, by its key.
    Prompt(String),
    /// A whole number, read as a quantity. From 10^15 on it is read digit by digit.
    Number(i64),
    /// Digits one by one, as a telephone or work number is read; `*`, `#` and `+` are named,
    /// everything else is passed over.
    Digits(String),
    /// A calendar date.
    Date {
        /// The year; 0 leaves it unsaid.
        year: u16,
        /// The month, 1 to 12.
        month: u8,
        /// The day of the month, 1 to 31.
        day: u8,
    },
    /// A time of day.
    Time {
        /// The hour, 0 to 24.
        hour: u8,
        /// The minute, 0 to 59.
        minute: u8,
    },
    /// An amount of money.
    Money {
        /// The amount in fen, a hundredth of a yuan.
        fen: i64,
    },
    /// A prompt with values in it, such as `您前面还有 {n} 位`.
    Template {
        /// The prompt's key.
        key: String,
        /// The values, `{n}` first, then `{1}`, `{2}` …
        values: Vec<Utterance>,
    },
    /// A pause in milliseconds, at most ten seconds.
    SilenceMs(u32),
}
