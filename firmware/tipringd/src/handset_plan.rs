//! When a handset's number is complete: feature codes, emergency numbers, inside numbers, and what
//! the dial rules say of numbers that lead elsewhere.

use std::collections::BTreeMap;

use tipring_analog::{Completion, DialPlan};
use tipring_switch::{From, SwitchConfig};

/// What is known of the numbers that begin alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Known {
    /// All have this length.
    Length(u8),
    /// They differ in length: a pause, or #, ends them.
    Varies,
}

/// The plan of every handset. A number that no rule of it knows ends with a pause or #.
pub(crate) fn dial_plan(config: &SwitchConfig) -> DialPlan {
    let mut plan = DialPlan::default();
    let features = &config.features;
    plan.add(&features.agent_log_in, Completion::Hashes(2));
    for code in [&features.agent_log_out, &features.agent_ready, &features.agent_not_ready] {
        plan.add(code, Completion::Length(code.len() as u8));
    }
    for (prefix, length) in complete_lengths(config) {
        // A handset's plan is bounded; numbers beyond it end with a pause or #.
        if !plan.add(&prefix, Completion::Length(length)) {
            break;
        }
    }
    plan
}

/// The first keys and the length of the numbers whose length those keys tell.
fn complete_lengths(config: &SwitchConfig) -> Vec<(String, u8)> {
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    let mut learn = |prefix: String, length: Option<usize>| {
        let length = length.and_then(|l| u8::try_from(l).ok()).map_or(Known::Varies, Known::Length);
        let before = known.entry(prefix).or_insert(length);
        if *before != length {
            *before = Known::Varies;
        }
    };
    for extension in &config.extensions {
        let number = extension.number.as_str();
        learn(number.chars().take(1).collect(), Some(number.len()));
    }
    for rule in config.dial.iter().filter(|r| matches!(r.from, From::Any | From::Extension)) {
        learn(rule.number.prefix(), rule.number.length());
    }
    for number in &config.emergency.numbers {
        learn(number.to_string(), Some(number.as_str().len()));
    }
    let varies = |prefix: &str| {
        known.iter().any(|(other, known)| *known == Known::Varies && other.starts_with(prefix))
    };
    let lengths = known.iter().filter_map(|(prefix, known)| match known {
        Known::Length(length) if !prefix.is_empty() => Some((prefix.clone(), *length)),
        _ => None,
    });
    lengths.filter(|(prefix, _)| !varies(prefix)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_config::{Document, Site};

    fn lengths(text: &str) -> Vec<(String, u8)> {
        let trunk =
            "[[trunk]]\nname = \"city\"\nproxy = \"192.0.2.1:5060\"\naddress = [\"192.0.2.1\"]\n";
        let document = Document::parse(&format!("{text}\n{trunk}")).unwrap();
        complete_lengths(&document.resolve(Site::default()).unwrap().switch)
    }

    fn length_of(known: &[(String, u8)], number: &str) -> Option<u8> {
        let fits = known.iter().filter(|(prefix, _)| number.starts_with(prefix.as_str()));
        fits.max_by_key(|(prefix, _)| prefix.len()).map(|(_, length)| *length)
    }

    #[test]
    fn numbers_by_the_countrys_plan_are_complete_without_a_pause() {
        let known = lengths(
            "[[extension]]\nnumber = \"8001\"\nsecret = \"x\"\n\
             [numbering]\nvia = \"city\"\narea = \"0592\"\nlocal_digits = 7\nprefix = \"9\"\n",
        );
        for (number, length) in [
            ("8001", Some(4)),
            ("95551234", Some(8)),
            ("913800138000", Some(12)),
            ("94008001234", Some(11)),
            ("110", Some(3)),
            ("12395", Some(5)),
            ("9114", None),
            ("995588", None),
            ("905925551234", None),
        ] {
            assert_eq!(length_of(&known, number), length, "{number}");
        }
    }

    #[test]
    fn keys_that_leave_the_length_open_wait_for_a_pause() {
        let known = lengths(
            "[[dial]]\nnumber = \"6XX\"\nto = { trunk = { name = \"city\" } }\n\
             [[dial]]\nnumber = \"61.\"\nto = { trunk = { name = \"city\" } }\n",
        );
        assert_eq!(length_of(&known, "612"), None);
    }
}
