//! What is wrong with a configuration, said so that it can be put right.

use std::fmt;

/// What is wrong, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    /// The line in the file, from 1; `None` where the fault lies between several places.
    pub line: Option<usize>,
    /// The column in that line, from 1.
    pub column: Option<usize>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl ConfigError {
    /// A fault without one line.
    pub(crate) fn general(message: impl Into<String>) -> Self {
        ConfigError { line: None, column: None, message: message.into() }
    }

    /// The fault that the TOML reader found in `text`.
    pub(crate) fn from_toml(text: &str, e: &toml::de::Error) -> Self {
        let start = e.span().map(|s| s.start.min(text.len()));
        let before = start.map(|at| &text[..at]);
        ConfigError {
            line: before.map(|b| b.matches('\n').count() + 1),
            column: before.map(|b| b.chars().rev().take_while(|c| *c != '\n').count() + 1),
            message: with_nearest(e.message()),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column {column}: ")?,
            (Some(line), None) => write!(f, "line {line}: ")?,
            _ => {}
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}

/// Adds the nearest name to a message of the form "unknown field `x`, expected one of `a`, `b`",
/// and leaves the list out where it is long.
fn with_nearest(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let is_unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let (Some(wrong), true) = (quoted.next(), is_unknown) else {
        return message.trim_end().to_owned();
    };
    let known: Vec<&str> = quoted.collect();
    let what = if message.starts_with("unknown field") { "key" } else { "value" };
    match nearest(wrong, known.iter().copied()) {
        Some(near) => format!("unknown {what} `{wrong}`; did you mean `{near}`?"),
        None => format!("unknown {what} `{wrong}`; known here: {}", known.join(", ")),
    }
}

/// The name of `known` most like `wrong`, if one is like it at all; of equals the first.
pub(crate) fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut best = (0.5, None);
    for name in known {
        let likeness = strsim::normalized_damerau_levenshtein(wrong, name);
        if likeness > best.0 {
            best = (likeness, Some(name));
        }
    }
    best.1
}
