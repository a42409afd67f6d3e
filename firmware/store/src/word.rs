//! The vocabulary's words as they stand in columns: the same kebab-case as in the event's JSON.

use std::fmt;

use rusqlite::types::Type;
use serde::Serialize;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use tipring_line::Number;

/// Shows a plain enum's variant as serde names it.
struct Word<T>(T);

impl<T: Serialize> fmt::Display for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

/// The word for `value`, a plain enum's variant.
pub(crate) fn word<T: Serialize>(value: T) -> String {
    Word(value).to_string()
}

/// The value a column's word stands for.
pub(crate) fn parse<T: DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    let deserializer: StrDeserializer<'_, ValueError> = text.into_deserializer();
    T::deserialize(deserializer)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(e)))
}

/// The list that a column of JSON holds.
pub(crate) fn list<T: DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<Vec<T>> {
    serde_json::from_str(text)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(e)))
}

/// A list as a column of JSON holds it.
pub(crate) fn json<T: Serialize>(list: &[T]) -> String {
    serde_json::to_string(list).expect("lists of ids and words are JSON")
}

/// The number a column holds.
pub(crate) fn number(column: usize, text: &str) -> rusqlite::Result<Number> {
    text.parse()
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(e)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_events::QueueOutcome;

    #[test]
    fn a_word_reads_back() {
        assert_eq!(word(QueueOutcome::ShortAbandoned), "short-abandoned");
        assert_eq!(parse::<QueueOutcome>(0, "left-by-key").unwrap(), QueueOutcome::LeftByKey);
        assert!(parse::<QueueOutcome>(0, "lost").is_err());
    }
}
