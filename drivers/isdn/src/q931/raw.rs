//! Information elements before anybody looks into them (Q.931, 4.5.1–4.5.4): their coding,
//! codesets and shifts.

use thiserror::Error;

/// One element as it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RawElement<'a> {
    /// The codeset it was written in, 0–7.
    pub codeset: u8,
    /// Its identifier; a single-octet element's whole octet, value included.
    pub id: u8,
    /// Its contents; `None` for a single-octet element.
    pub content: Option<&'a [u8]>,
}

impl RawElement<'_> {
    /// Whether a receiver that does not know the element must not act on the message (4.5.1,
    /// note 3; 5.8.7.1): codes 0–15.
    pub const fn comprehension_required(&self) -> bool {
        self.content.is_some() && self.id & 0xF0 == 0
    }
}

/// The elements end in the middle of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the element {id:#04x} says it has {len} octets, {left} are left")]
pub struct CutOff {
    /// Its identifier.
    pub id: u8,
    /// The length it claims; 0 if even that is missing.
    pub len: usize,
    /// What is left of the message.
    pub left: usize,
}

/// Goes through the elements of a message, following shifts.
#[derive(Clone, Debug)]
pub struct RawElements<'a> {
    rest: &'a [u8],
    /// The codeset a locking shift has set.
    locked: u8,
    /// The codeset a non-locking shift has set for the next element alone.
    next: Option<u8>,
}

impl<'a> RawElements<'a> {
    /// The elements of a message's body.
    pub const fn new(body: &'a [u8]) -> Self {
        RawElements { rest: body, locked: 0, next: None }
    }

    fn shift(&mut self, octet: u8) {
        let codeset = octet & 0x07;
        if octet & 0x08 != 0 {
            self.next = Some(codeset);
        } else {
            self.locked = codeset;
        }
    }
}

impl<'a> Iterator for RawElements<'a> {
    type Item = Result<RawElement<'a>, CutOff>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (id, rest) = self.rest.split_first()?;
            let id = *id;
            if id & 0x80 != 0 {
                self.rest = rest;
                if id & 0xF0 == 0x90 {
                    self.shift(id);
                    continue;
                }
                let codeset = self.next.take().unwrap_or(self.locked);
                return Some(Ok(RawElement { codeset, id, content: None }));
            }
            let codeset = self.next.take().unwrap_or(self.locked);
            let Some((len, rest)) = rest.split_first() else {
                self.rest = &[];
                return Some(Err(CutOff { id, len: 0, left: 0 }));
            };
            let len = usize::from(*len);
            if len > rest.len() {
                let left = rest.len();
                self.rest = &[];
                return Some(Err(CutOff { id, len, left }));
            }
            let (content, rest) = rest.split_at(len);
            self.rest = rest;
            return Some(Ok(RawElement { codeset, id, content: Some(content) }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Shown<'a> = Result<(u8, u8, Option<&'a [u8]>), CutOff>;

    fn read(body: &[u8]) -> Vec<Shown<'_>> {
        RawElements::new(body).map(|e| e.map(|e| (e.codeset, e.id, e.content))).collect()
    }

    #[test]
    fn shifts_lock_or_last_for_one_element() {
        let body = [0x9E, 0x01, 0x00, 0x28, 0x01, 0x41, 0x95, 0x32, 0x00, 0xA1];
        assert_eq!(
            read(&body),
            [
                Ok((6, 0x01, Some(&[][..]))),
                Ok((0, 0x28, Some(&[0x41][..]))),
                Ok((5, 0x32, Some(&[][..]))),
                Ok((5, 0xA1, None)),
            ]
        );
    }

    #[test]
    fn an_element_cut_off_ends_the_reading() {
        assert_eq!(
            read(&[0xA1, 0x70, 0x05, 0x80, 0x31]),
            [Ok((0, 0xA1, None)), Err(CutOff { id: 0x70, len: 5, left: 2 })]
        );
        assert_eq!(read(&[0x70]), [Err(CutOff { id: 0x70, len: 0, left: 0 })]);
    }
}
