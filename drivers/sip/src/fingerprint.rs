//! Short keys for long identifiers: SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012).
//!
//! Transactions and dialogs are looked up by text a peer chose. Hashed with a secret key the text
//! needs not be kept, and no peer can make two of them meet.

/// The secret key of all fingerprints of one agent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FingerprintKey(pub(crate) u64, pub(crate) u64);

impl FingerprintKey {
    /// The fingerprint of these parts, each one's length included.
    pub(crate) fn of(self, parts: &[&[u8]]) -> u128 {
        let mut state = State::new(self);
        for part in parts {
            state.word(part.len() as u64);
            let mut words = part.chunks_exact(8);
            for chunk in &mut words {
                state.word(little_endian(chunk));
            }
            if !words.remainder().is_empty() {
                state.word(little_endian(words.remainder()));
            }
        }
        state.finish()
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, b| word << 8 | u64::from(*b))
}

struct State([u64; 4]);

impl State {
    fn new(FingerprintKey(k0, k1): FingerprintKey) -> Self {
        State([
            k0 ^ 0x736f_6d65_7073_6575,
            k1 ^ 0x646f_7261_6e64_6f6d ^ 0xee,
            k0 ^ 0x6c79_6765_6e65_7261,
            k1 ^ 0x7465_6462_7974_6573,
        ])
    }

    fn round(&mut self) {
        let [v0, v1, v2, v3] = &mut self.0;
        *v0 = v0.wrapping_add(*v1);
        *v1 = v1.rotate_left(13) ^ *v0;
        *v0 = v0.rotate_left(32);
        *v2 = v2.wrapping_add(*v3);
        *v3 = v3.rotate_left(16) ^ *v2;
        *v0 = v0.wrapping_add(*v3);
        *v3 = v3.rotate_left(21) ^ *v0;
        *v2 = v2.wrapping_add(*v1);
        *v1 = v1.rotate_left(17) ^ *v2;
        *v2 = v2.rotate_left(32);
    }

    fn word(&mut self, word: u64) {
        self.0[3] ^= word;
        self.round();
        self.round();
        self.0[0] ^= word;
    }

    fn finish(mut self) -> u128 {
        self.0[2] ^= 0xee;
        (0..4).for_each(|_| self.round());
        let low = self.0.iter().fold(0, |sum, v| sum ^ v);
        self.0[1] ^= 0xdd;
        (0..4).for_each(|_| self.round());
        let high = self.0.iter().fold(0, |sum, v| sum ^ v);
        u128::from(high) << 64 | u128::from(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_keys_and_lengths_matter() {
        let key = FingerprintKey(1, 2);
        let all = [
            key.of(&[b"ab", b"c"]),
            key.of(&[b"a", b"bc"]),
            key.of(&[b"abc"]),
            key.of(&[b"abc\0"]),
            key.of(&[b"abc", b""]),
            key.of(&[]),
            FingerprintKey(1, 3).of(&[b"abc"]),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(!all[i + 1..].contains(a), "{i}");
        }
        assert_eq!(key.of(&[b"12345678x"]), key.of(&[b"12345678x"]));
    }
}
