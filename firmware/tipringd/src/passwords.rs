//! New passwords.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Letters and digits that are not mistaken for one another when read from paper.
const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A new password from the system's randomness: six digits, for keying in at a handset, or twelve
/// letters and digits (60 bits).
pub(crate) fn new_password(digits: bool) -> String {
    let mut random = StdRng::from_os_rng();
    if digits {
        (0..6).map(|_| char::from(b'0' + random.random_range(0..10))).collect()
    } else {
        (0..12).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_their_form_and_differ() {
        assert!(new_password(true).bytes().all(|b| b.is_ascii_digit()));
        assert_eq!(new_password(true).len(), 6);
        assert_eq!(new_password(false).len(), 12);
        assert_ne!(new_password(false), new_password(false));
    }
}
