//! Walking through header values, white space and folds included.

use super::InvalidMessage;

/// White space in a value: a fold leaves its line break there (RFC 3261, section 25.1, LWS).
pub(crate) const fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

/// A character of `token` (RFC 3261, section 25.1).
pub(crate) const fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(b, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

/// `bytes` without white space at either end.
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|b| !is_space(*b)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|b| !is_space(*b)).map_or(start, |last| last + 1);
    &bytes[start..end]
}

/// A decimal number of digits alone, if it fits.
pub(crate) fn decimal(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() {
        return None;
    }
    bytes.iter().try_fold(0u64, |sum, b| match b {
        b'0'..=b'9' => sum.checked_mul(10)?.checked_add(u64::from(b - b'0')),
        _ => None,
    })
}

/// A place in a value.
#[derive(Clone, Copy)]
pub(crate) struct Scanner<'a> {
    pub(crate) rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Scanner { rest: bytes }
    }

    pub(crate) fn skip_space(&mut self) {
        let n = self.rest.iter().position(|b| !is_space(*b)).unwrap_or(self.rest.len());
        self.rest = &self.rest[n..];
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Takes `byte` and the white space around it, if it comes next.
    pub(crate) fn accept(&mut self, byte: u8) -> bool {
        let mut ahead = *self;
        ahead.skip_space();
        if ahead.peek() != Some(byte) {
            return false;
        }
        ahead.rest = &ahead.rest[1..];
        ahead.skip_space();
        *self = ahead;
        true
    }

    /// Takes bytes as long as `wanted` says so.
    pub(crate) fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let n = self.rest.iter().position(|b| !wanted(*b)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(n);
        self.rest = rest;
        taken
    }

    /// Takes a token; empty if none comes next.
    pub(crate) fn token(&mut self) -> &'a [u8] {
        self.take_while(is_token)
    }

    /// Takes a quoted string, quotes included (RFC 3261, section 25.1, `quoted-string`).
    pub(crate) fn quoted(&mut self) -> Result<&'a [u8], InvalidMessage> {
        let end = quoted_end(self.rest).ok_or(InvalidMessage("a quoted string does not end"))?;
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(taken)
    }
}

/// Length of the quoted string that `bytes` begins with, both quotes included.
pub(crate) fn quoted_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// The values of a comma-separated line; commas within quotes and angle brackets do not part.
pub(crate) struct Values<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Values<'a> {
    pub(crate) fn new(line: &'a [u8]) -> Self {
        Values { rest: Some(line) }
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];
    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let line = self.rest.take()?;
            let end = value_end(line);
            self.rest = line.get(end + 1..);
            let value = trim(&line[..end.min(line.len())]);
            // RFC 3261's grammar has no empty values, but trailing commas are seen.
            if !value.is_empty() {
                return Some(value);
            }
        }
    }
}

fn value_end(line: &[u8]) -> usize {
    let mut at = 0;
    let mut bracket = false;
    while at < line.len() {
        match line[at] {
            b',' if !bracket => return at,
            b'<' => bracket = true,
            b'>' => bracket = false,
            b'"' if !bracket => match quoted_end(&line[at..]) {
                Some(n) => at += n - 1,
                None => return line.len(),
            },
            _ => {}
        }
        at += 1;
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_part_only_at_outer_commas() {
        let line = br#" "a, \"b" <sip:x,y@h>;q=1 , <sip:z@h>,, c"#;
        let values: Vec<_> = Values::new(line).collect();
        assert_eq!(values, [&br#""a, \"b" <sip:x,y@h>;q=1"#[..], b"<sip:z@h>", b"c"]);
        assert_eq!(Values::new(b" ,").count(), 0);
        assert_eq!(Values::new(b"\"open, x").count(), 1);
    }

    #[test]
    fn numbers_do_not_overflow() {
        assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(decimal(b"18446744073709551616"), None);
        assert_eq!(decimal(b"-1"), None);
        assert_eq!(decimal(b""), None);
    }
}
