//! Wrong passwords, counted by work number, whether or not there is such an agent.

use rustc_hash::FxHashMap;
use tipring_clock::{Duration, Instant};

use crate::config::LockOut;

/// How many work numbers are remembered at once. When more come, the one tried longest ago is
/// forgotten, so that a guesser who tries every number cannot fill the memory.
const REMEMBERED_MAX: usize = 1024;

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

/// The work numbers with wrong passwords.
#[derive(Debug, Default)]
pub(crate) struct LockOuts {
    rules: LockOut,
    failures: FxHashMap<String, Failures>,
}

impl LockOuts {
    pub(crate) fn set_rules(&mut self, rules: LockOut) {
        self.rules = rules;
    }

    fn lock(&self) -> Duration {
        Duration::from_secs(self.rules.lock_s.into())
    }

    /// Whether nobody can log in with this work number now.
    pub(crate) fn is_locked(&mut self, now: Instant, work_number: &str) -> bool {
        let Some(failures) = self.failures.get(work_number) else { return false };
        if failures.count < self.rules.failures {
            return false;
        }
        let over = now.saturating_since(failures.last) >= self.lock();
        if over {
            self.failures.remove(work_number);
        }
        !over
    }

    /// A password was wrong; says whether the work number is locked from now on.
    pub(crate) fn failed(&mut self, now: Instant, work_number: &str) -> bool {
        if !self.failures.contains_key(work_number) && self.failures.len() >= REMEMBERED_MAX {
            let oldest = self.failures.iter().min_by_key(|(_, f)| f.last).map(|(n, _)| n.clone());
            self.failures.remove(&oldest.unwrap_or_default());
        }
        let entry = self.failures.entry(work_number.to_owned());
        let failures = entry.or_insert(Failures { count: 0, last: now });
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
        failures.count >= self.rules.failures
    }

    /// A password was right.
    pub(crate) fn succeeded(&mut self, work_number: &str) {
        self.failures.remove(work_number);
    }
}

/// Compares without telling by its time where the first difference is.
pub(crate) fn same_secret(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut difference = u8::from(a.len() != b.len());
    for at in 0..a.len().max(b.len()) {
        let of = |s: &[u8]| s.get(at).copied().unwrap_or(0);
        difference |= core::hint::black_box(of(a) ^ of(b));
    }
    difference == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_the_same_or_not() {
        assert!(same_secret("1234", "1234") && same_secret("", ""));
        for (a, b) in [("1234", "1235"), ("1234", "123"), ("", "1"), ("1", "1\0")] {
            assert!(!same_secret(a, b), "{a:?} {b:?}");
        }
    }

    #[test]
    fn five_failures_lock_for_a_time() {
        let mut locks = LockOuts::default();
        let at = |s: u64| Instant::from_millis(s * 1000);
        for n in 1..=5 {
            assert!(!locks.is_locked(at(n), "1001"));
            assert_eq!(locks.failed(at(n), "1001"), n == 5);
        }
        assert!(locks.is_locked(at(6), "1001"));
        assert!(!locks.is_locked(at(6), "1002"));
        assert!(locks.is_locked(at(304), "1001"));
        assert!(!locks.is_locked(at(305), "1001"));
        assert!(!locks.failed(at(306), "1001"), "counting begins anew");
    }

    #[test]
    fn a_guesser_cannot_fill_the_memory() {
        let mut locks = LockOuts::default();
        for n in 0..5000u64 {
            locks.failed(Instant::from_millis(n), &n.to_string());
        }
        assert_eq!(locks.failures.len(), REMEMBERED_MAX);
        assert!(locks.failures.contains_key("4999") && !locks.failures.contains_key("0"));
    }
}
