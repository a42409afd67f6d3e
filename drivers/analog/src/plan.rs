//! When a handset's dialling is complete.

use arrayvec::{ArrayString, ArrayVec};
use tipring_clock::Duration;
use tipring_line::{Digit, Digits, Number};

/// What completes a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Completion {
    /// This many keys in all.
    Length(u8),
    /// This many `#`, which belong to the number (feature codes with several parts).
    Hashes(u8),
}

/// Numbers that begin with these keys are complete so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DialRule {
    /// The first keys.
    pub prefix: Digits,
    /// When the number is complete.
    pub completion: Completion,
}

/// How dialled keys become a number. Numbers no rule knows end with `#`, which is left out, or
/// with a pause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DialPlan {
    /// The longest prefix that fits decides.
    pub rules: ArrayVec<DialRule, 32>,
    /// Dial tone without a key for this long: the handset has been left off-hook.
    pub first_digit: Duration,
    /// A pause this long ends the number.
    pub inter_digit: Duration,
}

impl Default for DialPlan {
    fn default() -> Self {
        DialPlan {
            rules: ArrayVec::new(),
            first_digit: Duration::from_secs(16),
            inter_digit: Duration::from_secs(4),
        }
    }
}

impl DialPlan {
    /// Adds a rule for numbers that begin with `prefix`; `false` if 32 are there already or the
    /// prefix has a character no key has.
    pub fn add(&mut self, prefix: &str, completion: Completion) -> bool {
        let keys: Option<Digits> =
            prefix.chars().map(Digit::from_char).take(32).collect::<Option<ArrayVec<Digit, 32>>>();
        let Some(prefix) = keys else { return false };
        self.rules.try_push(DialRule { prefix, completion }).is_ok()
    }

    /// Whether these keys are a whole number.
    pub(crate) fn is_complete(&self, keys: &Digits) -> bool {
        let hash = |d: &&Digit| d.as_char() == '#';
        let rule = self
            .rules
            .iter()
            .filter(|r| keys.starts_with(&r.prefix))
            .max_by_key(|r| r.prefix.len());
        match rule.map(|r| r.completion) {
            Some(Completion::Length(n)) => {
                keys.len() >= usize::from(n) || keys.last().is_some_and(|d| hash(&d))
            }
            Some(Completion::Hashes(n)) => keys.iter().filter(hash).count() >= usize::from(n),
            None => keys.last().is_some_and(|d| hash(&d)),
        }
    }

    /// The number these keys make, without the `#` that only ends it; `None` if nothing is left.
    pub(crate) fn number(&self, keys: &Digits) -> Option<Number> {
        let has_hashes = self
            .rules
            .iter()
            .filter(|r| keys.starts_with(&r.prefix))
            .max_by_key(|r| r.prefix.len())
            .is_some_and(|r| matches!(r.completion, Completion::Hashes(_)));
        let mut text: ArrayString<32> = ArrayString::new();
        keys.iter().for_each(|d| text.push(d.as_char()));
        let text = if has_hashes { &text[..] } else { text.trim_end_matches('#') };
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Digits {
        text.chars().map(|c| Digit::from_char(c).unwrap()).collect()
    }

    #[test]
    fn rules_decide_by_their_longest_prefix() {
        let mut plan = DialPlan::default();
        assert!(plan.add("8", Completion::Length(4)));
        assert!(plan.add("*61", Completion::Hashes(2)));
        assert!(plan.add("*6", Completion::Length(3)));
        assert!(!plan.add("x", Completion::Length(3)));
        for (text, complete, number) in [
            ("800", false, Some("800")),
            ("8002", true, Some("8002")),
            ("80#", true, Some("80")),
            ("*61", false, Some("*61")),
            ("*611001#", false, Some("*611001#")),
            ("*611001#1234#", true, Some("*611001#1234#")),
            ("*62", true, Some("*62")),
            ("13800138000", false, Some("13800138000")),
            ("13800138000#", true, Some("13800138000")),
            ("#", true, None),
        ] {
            assert_eq!(plan.is_complete(&keys(text)), complete, "{text}");
            assert_eq!(plan.number(&keys(text)).map(|n| n.to_string()).as_deref(), number);
        }
    }
}
