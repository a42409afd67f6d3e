//! Dial rules of China's numbering: what an extension dials, as the exchange wants it.
//!
//! Facts: E.164 and the national plan. A fixed number has seven or eight digits and begins with
//! 2–8; a mobile number has eleven and begins with 13–19; 0 and an area code reach other areas,
//! 0 before a mobile number says that it is one of another area; 00 leads abroad. Service
//! numbers begin with 1, 95 or 96; 400 and 800 numbers have ten digits. Carriers take all of them
//! as they are dialled at home; only the site's own prefix is taken off.

use serde::{Deserialize, Serialize};
use tipring_switch::{Class, DialRule, From, Outside, Target};

use crate::document::Document;
use crate::error::ConfigError;

/// How extensions dial the outside, where the numbers are China's (facts of the numbering plan:
/// fixed numbers of seven or eight digits, mobile numbers 1[3-9] of eleven, 0 before an area
/// code, 00 abroad, service numbers 1…, 95…, 96…, 400, 800). Dial rules come before it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberingEntry {
    /// The group, trunk or line that carries the calls.
    pub via: String,
    /// The area code with its 0 (`0592`): a call to it is a local one.
    pub area: String,
    /// Digits of a fixed number: 7 or 8.
    #[serde(default = "local_digits_default")]
    pub local_digits: u8,
    /// What is dialled first for a call to the outside (`9`), and taken off; nothing where empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
}

fn local_digits_default() -> u8 {
    8
}

/// The rules, for calls from extensions.
pub(crate) fn rules(numbering: &NumberingEntry) -> Result<Vec<DialRule>, ConfigError> {
    let fixed = usize::from(numbering.local_digits);
    let fixed = |first: char| format!("{first}{}", "X".repeat(fixed - 1));
    let own_area = format!("{}.", numbering.area);
    let mut patterns: Vec<(String, Class)> =
        ('2'..='8').map(|first| (fixed(first), Class::Local)).collect();
    patterns.extend(('3'..='9').map(|second| (format!("1{second}XXXXXXXXX"), Class::Local)));
    let others = [
        ("400XXXXXXX", Class::Local),
        ("800XXXXXXX", Class::Local),
        ("1XX", Class::Local),
        ("1XXXX", Class::Local),
        ("95.", Class::Local),
        ("96.", Class::Local),
        (own_area.as_str(), Class::Local),
        ("0Z.", Class::National),
        ("00.", Class::International),
    ];
    patterns.extend(others.map(|(pattern, class)| (pattern.to_owned(), class)));
    patterns.into_iter().map(|(pattern, class)| rule(numbering, &pattern, class)).collect()
}

fn rule(numbering: &NumberingEntry, pattern: &str, class: Class) -> Result<DialRule, ConfigError> {
    let text = format!("{}{pattern}", numbering.prefix);
    let wrong = |e| ConfigError::general(format!("numbering: `{text}` is no number pattern: {e}"));
    Ok(DialRule {
        number: text.parse().map_err(wrong)?,
        from: From::Extension,
        to: Target::Trunk(Outside {
            name: numbering.via.clone(),
            strip: numbering.prefix.len() as u8,
            prepend: String::new(),
            class,
        }),
        ringing: None,
    })
}

/// Whether the entry makes sense beside the rest of the document.
pub(crate) fn check(document: &Document, numbering: &NumberingEntry) -> Result<(), ConfigError> {
    let wrong = |message: String| Err(ConfigError::general(format!("numbering: {message}")));
    if !matches!(numbering.local_digits, 7 | 8) {
        return wrong(format!(
            "`local_digits` is {}; a fixed number has 7 or 8 digits",
            numbering.local_digits
        ));
    }
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let area = &numbering.area;
    if !(area.starts_with('0') && digits(area) && (3..=4).contains(&area.len())) {
        return wrong(format!(
            "`area` is `{area}`; write the area code with its 0, as 0592 or 010"
        ));
    }
    let prefix = &numbering.prefix;
    if prefix.len() > 2 || !digits(prefix) {
        return wrong(format!("`prefix` is `{prefix}`; it is one or two digits, or left out"));
    }
    let inside = document
        .extensions
        .iter()
        .filter_map(|e| e.number.map(|n| n.to_string()).or_else(|| e.range.clone()));
    for extension in inside {
        let clashes = if prefix.is_empty() {
            extension.starts_with(|first| ('2'..='8').contains(&first))
        } else {
            extension.starts_with(prefix.as_str())
        };
        if clashes {
            return wrong(format!(
                "extension {extension} begins as a number outside does, so a handset cannot know \
                 when it is complete; set `prefix` to a digit that no extension begins with"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbering(prefix: &str) -> NumberingEntry {
        NumberingEntry {
            via: "city".into(),
            area: "0592".into(),
            local_digits: 7,
            prefix: prefix.into(),
        }
    }

    /// The class of the most specific rule for a number.
    fn class(prefix: &str, number: &str) -> Option<(Class, u8)> {
        let rules = rules(&numbering(prefix)).unwrap();
        let fits = rules.iter().filter(|r| r.number.matches(number));
        let rule = fits.max_by_key(|r| r.number.specificity())?;
        let Target::Trunk(outside) = &rule.to else { panic!("{rule:?}") };
        Some((outside.class, outside.strip))
    }

    #[test]
    fn numbers_of_each_kind_have_their_class() {
        for (number, expected) in [
            ("5551234", Class::Local),
            ("13800138000", Class::Local),
            ("4008001234", Class::Local),
            ("10086", Class::Local),
            ("114", Class::Local),
            ("95588", Class::Local),
            ("967770", Class::Local),
            ("05925551234", Class::Local),
            ("01088886666", Class::National),
            ("013800138000", Class::National),
            ("0085212345678", Class::International),
        ] {
            assert_eq!(class("", number), Some((expected, 0)), "{number}");
            assert_eq!(class("9", &format!("9{number}")), Some((expected, 1)), "9{number}");
        }
        assert_eq!(class("", "555"), None);
        assert_eq!(class("9", "5551234"), None);
    }

    #[test]
    fn an_extension_that_looks_like_a_number_outside_is_refused() {
        let mut document = Document::default();
        document.extensions.push(crate::ExtensionEntry {
            range: Some("8001-8100".into()),
            ..crate::ExtensionEntry::default()
        });
        let e = check(&document, &numbering("")).unwrap_err().to_string();
        assert!(e.contains("8001-8100") && e.contains("`prefix`"), "{e}");
        assert!(check(&document, &numbering("9")).is_ok());
        assert!(check(&document, &numbering("8")).is_err());
    }

    #[test]
    fn wrong_entries_say_what_is_right() {
        let document = Document::default();
        for (entry, hint) in [
            (NumberingEntry { area: "592".into(), ..numbering("") }, "0592"),
            (NumberingEntry { local_digits: 6, ..numbering("") }, "7 or 8"),
            (numbering("9x"), "one or two digits"),
        ] {
            let e = check(&document, &entry).unwrap_err().to_string();
            assert!(e.contains(hint), "{e}");
        }
    }
}
