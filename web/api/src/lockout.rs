//! Guessing passwords is made slow: after a few failures a name is locked for an address, an
//! address for all names, and a name for all addresses it was never used from, longer each time
//! and never for ever.
//!
//! So whoever guesses an administrator's password from many addresses does not lock out the
//! administrator, who comes from an address that has been right before.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use tipring_clock::Instant;

/// The first lock; each further failure doubles it.
const LOCK_FIRST: Duration = Duration::from_secs(30);
/// The longest lock.
const LOCK_MAX: Duration = Duration::from_secs(900);
/// After so long without a failure all is forgotten.
const FORGET: Duration = Duration::from_secs(3600);
/// The most entries remembered; the one that failed longest ago gives way.
const ENTRIES_MAX: usize = 1_024;
/// The most names and addresses remembered that were right.
const KNOWN_MAX: usize = 512;
/// The most bytes of a name that are remembered.
const NAME_BYTES_MAX: usize = 64;

/// What failures are counted for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Key {
    Pair(String, IpAddr),
    Address(IpAddr),
    Name(String),
}

impl Key {
    /// Failures that are free.
    fn free(&self) -> u32 {
        match self {
            Key::Pair(..) => 5,
            Key::Address(_) => 20,
            Key::Name(_) => 50,
        }
    }
}

struct Entry {
    failures: u32,
    last: Instant,
    locked_until: Instant,
}

/// Who failed how often.
#[derive(Default)]
pub(crate) struct Lockout {
    table: HashMap<Key, Entry>,
    /// Names and the addresses from which they were right, the oldest first.
    known: VecDeque<(String, IpAddr)>,
}

fn short(name: &str) -> String {
    let end = (0..=NAME_BYTES_MAX.min(name.len())).rev().find(|i| name.is_char_boundary(*i));
    name[..end.unwrap_or(0)].to_owned()
}

/// One host has a whole network of 64 bits (RFC 4291, section 2.5.4), so that stands for it.
fn host(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

impl Lockout {
    fn keys(&self, name: &str, address: IpAddr) -> Vec<Key> {
        let (name, address) = (short(name), host(address));
        let mut keys = vec![Key::Pair(name.clone(), address), Key::Address(address)];
        if !self.known.iter().any(|(n, a)| (n, a) == (&name, &address)) {
            keys.push(Key::Name(name));
        }
        keys
    }

    /// For how many more seconds the name is locked for the address; `None` if it may try.
    pub(crate) fn locked_s(&self, now: Instant, name: &str, address: IpAddr) -> Option<u32> {
        let until = |key| self.table.get(&key).map(|entry| entry.locked_until);
        let until = self.keys(name, address).into_iter().filter_map(until).max()?;
        (until > now).then(|| ((until - now).as_secs() + 1).min(u32::MAX.into()) as u32)
    }

    /// A wrong password came. Counted before it is known to be wrong, so that tries in parallel
    /// do not slip through; a right one takes it back by [`Lockout::succeeded`].
    pub(crate) fn failed(&mut self, now: Instant, name: &str, address: IpAddr) {
        let forgotten = |entry: &Entry| now > entry.last + FORGET && now > entry.locked_until;
        self.table.retain(|_, entry| !forgotten(entry));
        for key in self.keys(name, address) {
            if self.table.len() >= ENTRIES_MAX && !self.table.contains_key(&key) {
                let oldest = self.table.iter().min_by_key(|(_, e)| e.last).map(|(k, _)| k.clone());
                oldest.map(|key| self.table.remove(&key));
            }
            let free = key.free();
            let entry = self.table.entry(key).or_insert(Entry {
                failures: 0,
                last: now,
                locked_until: now,
            });
            entry.failures = entry.failures.saturating_add(1);
            entry.last = now;
            if let Some(doublings) = entry.failures.checked_sub(free) {
                let lock = LOCK_FIRST.saturating_mul(1 << doublings.min(10)).min(LOCK_MAX);
                entry.locked_until = now + lock;
            }
        }
    }

    /// The right password came: this name's failures here are forgotten, and one failure of each
    /// other count, which was this try.
    pub(crate) fn succeeded(&mut self, name: &str, address: IpAddr) {
        for key in self.keys(name, address) {
            if let Key::Pair(..) = key {
                self.table.remove(&key);
            } else if let Some(entry) = self.table.get_mut(&key) {
                entry.failures = entry.failures.saturating_sub(1);
                if entry.failures < key.free() {
                    entry.locked_until = entry.last;
                }
            }
        }
        let pair = (short(name), host(address));
        if !self.known.contains(&pair) {
            if self.known.len() >= KNOWN_MAX {
                self.known.pop_front();
            }
            self.known.push_back(pair);
        }
    }

    /// Every name and host that is locked now.
    #[cfg(test)]
    fn locked(&self, now: Instant) -> std::collections::HashSet<Key> {
        self.table.iter().filter(|(_, e)| e.locked_until > now).map(|(k, _)| k.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

    fn other(n: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(0x0A00_0100 + n))
    }

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
    fn one_address_that_tries_many_names_is_locked_for_all() {
        let mut lockout = Lockout::default();
        for n in 0..20 {
            lockout.failed(Instant::ZERO, &format!("name {n}"), HERE);
        }
        assert!(lockout.locked_s(Instant::ZERO, "admin", HERE).is_some());
        assert_eq!(lockout.locked_s(Instant::ZERO, "admin", THERE), None);
    }

    #[test]
    fn many_addresses_that_try_one_name_do_not_lock_out_its_owner() {
        let mut lockout = Lockout::default();
        lockout.succeeded("admin", HERE);
        let mut now = Instant::ZERO;
        for n in 0..500 {
            now += Duration::from_secs(60);
            lockout.failed(now, "admin", other(n));
        }
        assert_eq!(lockout.locked_s(now, "admin", HERE), None);
        let locked = lockout.locked_s(now, "admin", THERE).expect("a stranger's address waits");
        assert!(u64::from(locked) <= LOCK_MAX.as_secs() + 1, "and never for ever: {locked}");
        assert!(lockout.locked(now).contains(&Key::Name("admin".to_owned())));
    }

    #[test]
    fn a_host_cannot_come_from_many_addresses_of_its_network() {
        let mut lockout = Lockout::default();
        for n in 0..5u128 {
            let address = Ipv6Addr::from_bits((0x2001_0db8 << 96) | n);
            lockout.failed(Instant::ZERO, "admin", address.into());
        }
        let next = Ipv6Addr::from_bits((0x2001_0db8 << 96) | 77);
        assert!(lockout.locked_s(Instant::ZERO, "admin", next.into()).is_some());
    }

    #[test]
    fn the_table_stays_bounded_and_forgets() {
        let mut lockout = Lockout::default();
        for n in 0..2_000 {
            lockout.failed(Instant::from_millis(n), &format!("名{n}").repeat(40), HERE);
        }
        assert_eq!(lockout.table.len(), ENTRIES_MAX);
        lockout.failed(Instant::ZERO + FORGET * 3, "admin", HERE);
        assert_eq!(lockout.table.len(), 3);
    }
}
