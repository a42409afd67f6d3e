//! Feature codes, parking places and speed dial: none may hide another, or an extension.

use std::collections::BTreeSet;

use tipring_line::Number;

use crate::document::Document;
use crate::error::ConfigError;

/// Checks what extensions dial beside numbers.
pub(crate) fn check(document: &Document) -> Result<(), ConfigError> {
    let codes = check_codes(document)?;
    let mut places = BTreeSet::new();
    for place in &document.parking.places {
        let text = place.as_str();
        if let Some((key, code)) = codes.iter().find(|(_, code)| text.starts_with(code)) {
            return Err(ConfigError::general(format!(
                "parking: place {text} begins with the code {code} of `features.{key}`, so it could \
                 not be dialled"
            )));
        }
        if !places.insert(text) {
            return Err(ConfigError::general(format!("parking: place {text} stands twice")));
        }
    }
    if !(10..=3600).contains(&document.parking.return_s) {
        return Err(ConfigError::general("parking: `return_s` is 10 to 3600"));
    }
    if !(5..=120).contains(&document.forward_no_answer_s) {
        return Err(ConfigError::general("`forward_no_answer_s` is 5 to 120"));
    }
    let mut entries = BTreeSet::new();
    for entry in &document.speed_dial {
        if !entries.insert(entry.code.as_str()) {
            let code = entry.code;
            return Err(ConfigError::general(format!("speed_dial: code {code} stands twice")));
        }
    }
    for extension in &document.extensions {
        let features = &extension.features;
        let targets = [features.forward_always, features.forward_busy, features.forward_no_answer];
        if extension.number.is_some() && targets.contains(&extension.number) {
            return Err(ConfigError::general(format!(
                "extension {}: its calls are forwarded to itself",
                extension.number.as_ref().map_or("", Number::as_str)
            )));
        }
    }
    Ok(())
}

/// Codes are told apart by their beginnings, so that none may be the beginning of another.
fn check_codes(document: &Document) -> Result<Vec<(&'static str, &str)>, ConfigError> {
    let each = document.features.each();
    let used: Vec<_> =
        each.into_iter().filter(|c| !c.1.is_empty()).map(|(key, code, _)| (key, code)).collect();
    for (at, (key, code)) in used.iter().enumerate() {
        let keys = code.bytes().all(|b| b.is_ascii_digit() || b == b'*' || b == b'#');
        if !keys || !(2..=40).contains(&code.len()) {
            return Err(ConfigError::general(format!(
                "features: `{key} = \"{code}\"` cannot be dialled; write two to forty of 0-9, * and #"
            )));
        }
        let hidden = used[..at].iter().find(|(_, o)| o.starts_with(code) || code.starts_with(o));
        if let Some((other, o)) = hidden {
            return Err(ConfigError::general(format!(
                "features: the code {code} of `{key}` and the code {o} of `{other}` cannot be told \
                 apart; none may be the beginning of another"
            )));
        }
        let extensions = document.extensions.iter().filter_map(|e| e.number);
        if let Some(number) = extensions.into_iter().find(|n| n.as_str().starts_with(code)) {
            return Err(ConfigError::general(format!(
                "features: the code {code} of `{key}` hides extension {number}"
            )));
        }
    }
    Ok(used)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(change: impl FnOnce(&mut Document)) -> String {
        let mut document = Document::default();
        change(&mut document);
        check(&document).unwrap_err().to_string()
    }

    #[test]
    fn the_usual_codes_do_not_hide_each_other() {
        check(&Document::default()).unwrap();
    }

    #[test]
    fn what_could_not_be_dialled_is_said() {
        let text = fault(|d| d.features.park = "*6".into());
        assert!(text.contains("`park`") && text.contains("cannot be told apart"), "{text}");
        let text = fault(|d| d.features.redial = "*1x".into());
        assert!(text.contains("`redial = \"*1x\"`"), "{text}");
        let text = fault(|d| d.parking.places.push("*611".parse().unwrap()));
        assert!(text.contains("*61 of `features.agent_log_in`"), "{text}");
        let text = fault(|d| d.parking.places.push("*701".parse().unwrap()));
        assert!(text.contains("*701 stands twice"), "{text}");
    }

    #[test]
    fn a_code_may_be_switched_off() {
        let mut document = Document::default();
        document.features.park = String::new();
        document.features.unpark = String::new();
        check(&document).unwrap();
    }
}
