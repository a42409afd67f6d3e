//! Octet groups: an octet whose bit 8 is 0 is continued by the next (Q.931, 4.5.1).

use super::ElementError;

/// Reads an element's contents group by group.
#[derive(Clone, Debug)]
pub(super) struct Groups<'a> {
    rest: &'a [u8],
}

impl<'a> Groups<'a> {
    pub(super) const fn new(content: &'a [u8]) -> Self {
        Groups { rest: content }
    }

    /// The first `N` octets of the next group, as far as they are there; further ones, which a
    /// later edition may have added, are passed over.
    pub(super) fn group<const N: usize>(&mut self) -> Result<[Option<u8>; N], ElementError> {
        let mut found = [None; N];
        if self.rest.is_empty() {
            return Err(ElementError::Short);
        }
        let mut place = 0;
        while let Some((octet, rest)) = self.rest.split_first() {
            self.rest = rest;
            if let Some(slot) = found.get_mut(place) {
                *slot = Some(octet & 0x7F);
            }
            place += 1;
            if octet & 0x80 != 0 {
                break;
            }
        }
        Ok(found)
    }

    /// What is left.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}
