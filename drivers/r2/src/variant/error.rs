//! Why a variant cannot be used, in words for whoever wrote its file.

use std::path::PathBuf;

use thiserror::Error;

use super::Variant;

/// Why a variant cannot be used.
#[derive(Debug, Error)]
pub enum VariantError {
    /// The file cannot be read.
    #[error("{}: {source}: make it readable, or remove it to use the built-in variant", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no variant.
    #[error("{file}: {message}")]
    Invalid {
        /// The file.
        file: String,
        /// What is wrong and what to do, with the line.
        message: String,
    },
    /// No such variant.
    #[error("no variant `{code}` of R2: {}", known(code))]
    Unknown {
        /// The code asked for.
        code: String,
    },
}

fn known(wrong: &str) -> String {
    let codes = Variant::codes().collect::<Vec<_>>().join(", ");
    match nearest(wrong, Variant::codes()) {
        Some(near) => format!("did you mean `{near}`? There are {codes}; or add {wrong}.toml"),
        None => format!("use one of {codes}, or add {wrong}.toml"),
    }
}

/// The name most like the wrong one, if one is like it at all.
fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |name: &str| strsim::normalized_damerau_levenshtein(wrong, name);
    let best = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.5).then_some(best)
}

impl VariantError {
    /// Of a text that is no TOML, or has not the keys it must.
    pub(super) fn of_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let message = error.message().trim_end();
        // The message names the wrong key first, and then those there are.
        let mut quoted = message.split('`').skip(1).step_by(2);
        let unknown = message.starts_with("unknown ").then(|| quoted.next()).flatten();
        let what = match unknown.and_then(|wrong| Some((wrong, nearest(wrong, quoted)?))) {
            Some((wrong, near)) => format!("unknown `{wrong}`; did you mean `{near}`?"),
            None => message.replace('\n', " "),
        };
        Self::at(file, line_of(text, at), &what)
    }

    /// Of a value that cannot be.
    pub(super) fn of_value(file: &str, text: &str, table: &str, key: &str, must: &str) -> Self {
        let place = if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
        Self::at(file, line_of_key(text, table, key), &format!("`{place}` must {must}"))
    }

    fn at(file: &str, line: usize, what: &str) -> Self {
        VariantError::Invalid { file: file.to_owned(), message: format!("line {line}: {what}") }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

/// The line of this key; of its table, where the key is missing.
fn line_of_key(text: &str, table: &str, key: &str) -> usize {
    let header = format!("[{table}]");
    let mut inside = table.is_empty();
    let mut found = 1;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            inside = line == header;
            if inside {
                found = number + 1;
            }
        }
        let rest = line.strip_prefix(key).map(str::trim_start);
        if inside && rest.is_some_and(|rest| rest.starts_with('=')) {
            return number + 1;
        }
    }
    found
}
