//! Guessing passwords is made slow: after a few failures a name is locked for an address, longer
//! each time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use tipring_clock::Instant;

/// Failures that are free.
const FAILURES_FREE: u32 = 5;
/// The first lock; each further failure doubles it.
const LOCK_FIRST: Duration = Duration::from_secs(30);
/// The longest lock.
const LOCK_MAX: Duration = Duration::from_secs(900);
/// After so long without a failure all is forgotten.
const FORGET: Duration = Duration::from_secs(3600);
/// The most names and addresses remembered; the one that failed longest ago gives way.
const ENTRIES_MAX: usize = 1_024;
/// The most bytes of a name that are remembered.
const NAME_BYTES_MAX: usize = 64;

struct Entry {
    failures: u32,
    last: Instant,
    locked_until: Instant,
}

/// Who failed how often.
#[derive(Default)]
pub(crate) struct Lockout {
    table: HashMap<(String, IpAddr), Entry>,
}

fn key(name: &str, address: IpAddr) -> (String, IpAddr) {
    let end = (0..=NAME_BYTES_MAX.min(name.len())).rev().find(|i| name.is_char_boundary(*i));
    (name[..end.unwrap_or(0)].to_owned(), address)
}

impl Lockout {
    /// For how many more seconds the name is locked for the address; `None` if it may try.
    pub(crate) fn locked_s(&self, now: Instant, name: &str, address: IpAddr) -> Option<u32> {
        let entry = self.table.get(&key(name, address))?;
        (entry.locked_until > now)
            .then(|| ((entry.locked_until - now).as_secs() + 1).min(u32::MAX.into()) as u32)
    }

    /// A wrong password came. Counted before it is known to be wrong, so that tries in parallel
    /// do not slip through; a right one takes it back by [`Lockout::succeeded`].
    pub(crate) fn failed(&mut self, now: Instant, name: &str, address: IpAddr) {
        let forgotten = |entry: &Entry| now > entry.last + FORGET && now > entry.locked_until;
        self.table.retain(|_, entry| !forgotten(entry));
        let key = key(name, address);
        if self.table.len() >= ENTRIES_MAX && !self.table.contains_key(&key) {
            let oldest = self.table.iter().min_by_key(|(_, e)| e.last).map(|(k, _)| k.clone());
            oldest.map(|key| self.table.remove(&key));
        }
        let entry =
            self.table.entry(key).or_insert(Entry { failures: 0, last: now, locked_until: now });
        entry.failures = entry.failures.saturating_add(1);
        entry.last = now;
        if let Some(doublings) = entry.failures.checked_sub(FAILURES_FREE) {
            let lock = LOCK_FIRST.saturating_mul(1 << doublings.min(10)).min(LOCK_MAX);
            entry.locked_until = now + lock;
        }
    }

    /// The right password came.
    pub(crate) fn succeeded(&mut self, name: &str, address: IpAddr) {
        self.table.remove(&key(name, address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

    #[test]
    fn the_fifth_failure_locks_and_each_further_one_doubles() {
        let mut lockout = Lockout::default();
        let mut now = Instant::ZERO;
        for _ in 0..4 {
            lockout.failed(now, "admin", HERE);
            assert_eq!(lockout.locked_s(now, "admin", HERE), None);
        }
        lockout.failed(now, "admin", HERE);
        assert_eq!(lockout.locked_s(now, "admin", HERE), Some(31));
        assert_eq!(lockout.locked_s(now, "admin", THERE), None);
        assert_eq!(lockout.locked_s(now, "root", HERE), None);
        now += LOCK_FIRST;
        assert_eq!(lockout.locked_s(now, "admin", HERE), None);
        lockout.failed(now, "admin", HERE);
        assert_eq!(lockout.locked_s(now, "admin", HERE), Some(61));
        lockout.succeeded("admin", HERE);
        assert_eq!(lockout.locked_s(now, "admin", HERE), None);
    }

    #[test]
    fn the_table_stays_bounded_and_forgets() {
        let mut lockout = Lockout::default();
        for n in 0..2_000 {
            lockout.failed(Instant::from_millis(n), &format!("名{n}").repeat(40), HERE);
        }
        assert_eq!(lockout.table.len(), ENTRIES_MAX);
        lockout.failed(Instant::ZERO + FORGET * 3, "admin", HERE);
        assert_eq!(lockout.table.len(), 1);
    }
}
