//! Variants of R2: the bits, signals and times of a country, as data.
//!
//! A variant is a TOML file. Those of `drivers/r2/data` are part of the program; a file
//! `<code>.toml` in the site's own folder stands in for one of them, or adds a variant. Unknown
//! keys and impossible values are refused with file and line.
//!
//! Sources: ITU-T Q.421, Q.424, Q.441; for the national ones what OpenR2 knows of them and, for
//! China, GF 002 as equipment makers tell it.

mod embedded;
mod error;
mod line;
mod register;
mod times;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use error::VariantError;
pub(crate) use line::LineBits;
use line::LineTable;
use register::{Caller, Categories, Group1};
pub use register::{CallerOrder, Category};
use register::{GroupA, GroupB, GroupC};
pub(crate) use register::{Register, is};
pub(crate) use times::Times;

/// Everything that differs between the R2 of one country and another's.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Two or three small letters, as in the file's name.
    pub code: String,
    /// The variant's name in Chinese.
    pub name_zh: String,
    /// The variant's name in English.
    pub name_en: String,
    line: LineTable,
    group_a: GroupA,
    group_b: GroupB,
    group_c: Option<GroupC>,
    group_1: Group1,
    group_2: Categories,
    category: Option<Categories>,
    caller: Caller,
    timers: Times,
}

impl Variant {
    /// The codes of the built-in variants, in order.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        embedded::VARIANTS.iter().map(|(code, _)| *code)
    }

    /// A built-in variant.
    ///
    /// # Errors
    /// [`VariantError::Unknown`] with the codes there are.
    pub fn named(code: &str) -> Result<Self, VariantError> {
        let found = embedded::VARIANTS.iter().find(|(known, _)| *known == code);
        let (_, text) = found.ok_or_else(|| VariantError::Unknown { code: code.to_owned() })?;
        Variant::parse(&format!("drivers/r2/data/{code}.toml"), text)
    }

    /// The site's own variant, `<code>.toml` in `folder`, or the built-in one.
    ///
    /// # Errors
    /// [`VariantError`] in words for whoever wrote the file.
    pub fn load(folder: &Path, code: &str) -> Result<Self, VariantError> {
        if !is_code(code) {
            return Err(VariantError::Unknown { code: code.to_owned() });
        }
        let path = folder.join(format!("{code}.toml"));
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let file = path.to_string_lossy();
                let variant = Variant::parse(&file, &text)?;
                if variant.code == code {
                    return Ok(variant);
                }
                let message = format!("`code` is \"{}\": make it \"{code}\"", variant.code);
                Err(VariantError::Invalid { file: file.into_owned(), message })
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Variant::named(code),
            Err(source) => Err(VariantError::Unreadable { path, source }),
        }
    }

    /// Reads a variant; `file` names it in errors.
    ///
    /// # Errors
    /// [`VariantError::Invalid`] with the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, VariantError> {
        let variant: Variant =
            toml::from_str(text).map_err(|e| VariantError::of_toml(file, text, &e))?;
        match variant.impossible() {
            Some((table, key, must)) => Err(VariantError::of_value(file, text, table, key, &must)),
            None => Ok(variant),
        }
    }

    /// The variant as a file that [`Variant::parse`] reads.
    pub fn to_text(&self) -> String {
        toml::to_string(self).expect("a variant has string keys and plain values only")
    }

    /// A value that cannot be: its table, its key, and what it must be.
    fn impossible(&self) -> Option<(&'static str, &'static str, String)> {
        if !is_code(&self.code) {
            return Some(("", "code", "be two or three small letters, as \"cn\"".into()));
        }
        let pulse_needed = self.group_1.end_of_digits.is_none();
        let wrong = |table| move |(key, must)| (table, key, must);
        self.line
            .impossible()
            .map(wrong("line"))
            .or_else(|| self.group_a.impossible(self.group_c.is_some()).map(wrong("group_a")))
            .or_else(|| self.group_b.impossible().map(wrong("group_b")))
            .or_else(|| self.group_c.as_ref()?.impossible().map(wrong("group_c")))
            .or_else(|| self.group_1.impossible(self.caller.order).map(wrong("group_1")))
            .or_else(|| self.group_2.impossible().map(wrong("group_2")))
            .or_else(|| self.category.as_ref()?.impossible().map(wrong("category")))
            .or_else(|| self.caller.impossible().map(wrong("caller")))
            .or_else(|| self.timers.impossible(pulse_needed).map(wrong("timers")))
    }

    /// The line signals, ready for use.
    pub(crate) fn line_bits(&self) -> LineBits {
        self.line.bits()
    }

    /// The register signals, ready for use.
    pub(crate) fn register(&self) -> Register {
        Register {
            a: self.group_a,
            b: self.group_b,
            c: self.group_c,
            one: self.group_1,
            calling: self.category.unwrap_or(self.group_2),
            two: self.group_2,
            caller: self.caller,
        }
    }

    /// The times.
    pub(crate) fn times(&self) -> Times {
        self.timers
    }
}

fn is_code(text: &str) -> bool {
    (2..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase())
}
