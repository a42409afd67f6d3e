//! Our nonces: signed, so that challenges cost no memory; counted, so that none is replayed.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};
use tipring_clock::{Duration, Instant};

use super::digest::{HexDigest, to_hex};

/// How long a nonce may be used.
const LIFETIME: Duration = Duration::from_secs(300);
/// Signed bytes: time of issue and a count.
const STAMP: usize = 16;

/// What the use of a nonce comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NonceUse {
    /// It is ours, young, and was not used with this count before.
    Fresh,
    /// It is not ours, old, forgotten or used: the peer is to try again with a new one.
    Stale,
}

/// How often a nonce was used: the highest count, and which of the 64 below it were.
#[derive(Clone, Copy, Debug)]
struct Uses {
    highest: u32,
    below: u64,
}

/// Issues and checks nonces.
#[derive(Debug)]
pub(crate) struct Nonces {
    key: [u8; 32],
    issued: u64,
    uses: FxHashMap<u128, Uses>,
    order: VecDeque<u128>,
    /// Nonces issued before this one and not in `uses` may have been forgotten.
    forgotten: u64,
    max: usize,
}

impl Nonces {
    pub(crate) fn new(key: [u8; 32], max: usize) -> Self {
        let uses = FxHashMap::default();
        Nonces { key, issued: 0, uses, order: VecDeque::new(), forgotten: 0, max }
    }

    fn sign(&self, stamp: &[u8]) -> [u8; 8] {
        // The stamp has a fixed length, so prefixing the key is as good as HMAC here.
        let digest = Sha256::new().chain_update(self.key).chain_update(stamp).finalize();
        digest[..8].try_into().expect("SHA-256 has 32 bytes")
    }

    /// A new nonce: 48 hexadecimal characters.
    pub(crate) fn issue(&mut self, now: Instant) -> HexDigest {
        self.issued += 1;
        let mut nonce = [0; STAMP + 8];
        nonce[..8].copy_from_slice(&now.as_micros().to_be_bytes());
        nonce[8..STAMP].copy_from_slice(&self.issued.to_be_bytes());
        let signature = self.sign(&nonce[..STAMP]);
        nonce[STAMP..].copy_from_slice(&signature);
        to_hex(&nonce)
    }

    /// Uses a nonce that came with a right response. Without a count it can be used once.
    pub(crate) fn check(&mut self, now: Instant, nonce: &[u8], count: Option<u32>) -> NonceUse {
        self.try_use(now, nonce, count).unwrap_or(NonceUse::Stale)
    }

    fn try_use(&mut self, now: Instant, nonce: &[u8], count: Option<u32>) -> Option<NonceUse> {
        let bytes = from_hex(nonce)?;
        let (stamp, signature) = bytes.split_at(STAMP);
        if self.sign(stamp) != *signature {
            return None;
        }
        let id = u128::from_be_bytes(stamp.try_into().ok()?);
        let issued_at = Instant::from_micros((id >> 64) as u64);
        if now - issued_at > LIFETIME {
            return None;
        }
        let count = count.unwrap_or(u32::MAX);
        match self.uses.get_mut(&id) {
            Some(uses) => uses.mark(count).then_some(NonceUse::Fresh),
            None if (id as u64) < self.forgotten => None,
            None => {
                self.remember(now, id, count);
                Some(NonceUse::Fresh)
            }
        }
    }

    fn remember(&mut self, now: Instant, id: u128, count: u32) {
        while let Some(oldest) = self.order.front().copied() {
            let issued_at = Instant::from_micros((oldest >> 64) as u64);
            let full = self.order.len() >= self.max;
            if !full && now - issued_at <= LIFETIME {
                break;
            }
            self.order.pop_front();
            self.uses.remove(&oldest);
            if full {
                self.forgotten = self.forgotten.max(oldest as u64 + 1);
            }
        }
        self.uses.insert(id, Uses { highest: count, below: 0 });
        self.order.push_back(id);
    }
}

impl Uses {
    /// Marks a count as used; says whether it was not before. Requests may overtake one another.
    fn mark(&mut self, count: u32) -> bool {
        if count > self.highest {
            let shift = count - self.highest;
            self.below = self.below.checked_shl(shift).unwrap_or(0);
            self.below |= 1u64.checked_shl(shift - 1).unwrap_or(0);
            self.highest = count;
            return true;
        }
        let back = self.highest - count;
        if back == 0 || back > 64 || self.below >> (back - 1) & 1 == 1 {
            return false;
        }
        self.below |= 1 << (back - 1);
        true
    }
}

fn from_hex(hex: &[u8]) -> Option<[u8; STAMP + 8]> {
    let mut bytes = [0; STAMP + 8];
    if hex.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
        let high = (pair[0] as char).to_digit(16)?;
        let low = (pair[1] as char).to_digit(16)?;
        *byte = (high << 4 | low) as u8;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Instant {
        Instant::from_millis(s * 1000)
    }

    #[test]
    fn a_count_is_good_once_in_any_order() {
        let mut nonces = Nonces::new([7; 32], 10);
        let n = nonces.issue(at(0));
        for (count, good) in [(1, true), (1, false), (3, true), (2, true), (2, false), (3, false)] {
            let expected = if good { NonceUse::Fresh } else { NonceUse::Stale };
            assert_eq!(nonces.check(at(1), &n, Some(count)), expected, "{count}");
        }
        assert_eq!(nonces.check(at(1), &n, Some(1000)), NonceUse::Fresh);
        assert_eq!(nonces.check(at(1), &n, Some(900)), NonceUse::Stale);
        assert_eq!(nonces.check(at(1), &n, Some(936)), NonceUse::Fresh);
        assert_eq!(nonces.check(at(1), &n, Some(936)), NonceUse::Stale);
    }

    #[test]
    fn without_a_count_a_nonce_is_good_once() {
        let mut nonces = Nonces::new([7; 32], 10);
        let n = nonces.issue(at(0));
        assert_eq!(nonces.check(at(1), &n, None), NonceUse::Fresh);
        assert_eq!(nonces.check(at(1), &n, None), NonceUse::Stale);
    }

    #[test]
    fn old_forged_and_foreign_nonces_are_stale() {
        let mut nonces = Nonces::new([7; 32], 10);
        let n = nonces.issue(at(0));
        assert_eq!(nonces.check(at(301), &n, Some(1)), NonceUse::Stale);
        let mut forged = n.clone();
        forged[15] ^= 1;
        assert_eq!(nonces.check(at(1), &forged, Some(1)), NonceUse::Stale);
        assert_eq!(Nonces::new([8; 32], 10).check(at(1), &n, Some(1)), NonceUse::Stale);
        for odd in [&b""[..], b"zz", &[b'z'; 48]] {
            assert_eq!(nonces.check(at(1), odd, Some(1)), NonceUse::Stale);
        }
    }

    #[test]
    fn a_forgotten_nonce_cannot_be_replayed() {
        let mut nonces = Nonces::new([7; 32], 2);
        let issued: Vec<_> = (0..4).map(|_| nonces.issue(at(0))).collect();
        for n in &issued {
            assert_eq!(nonces.check(at(1), n, Some(1)), NonceUse::Fresh);
        }
        for n in &issued {
            assert_eq!(nonces.check(at(1), n, Some(1)), NonceUse::Stale);
        }
        assert_eq!((nonces.uses.len(), nonces.order.len()), (2, 2));
        assert_eq!(nonces.check(at(1), &issued[3], Some(2)), NonceUse::Fresh);
    }
}
