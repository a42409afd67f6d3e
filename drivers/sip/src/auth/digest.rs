//! The digest itself (RFC 7616, section 3.4).

use arrayvec::ArrayVec;
use md5::Md5;
use sha2::Sha256;

use crate::message::scan::{Scanner, is_token};

/// A digest in hexadecimal: 32 characters (MD5) or 64 (SHA-256).
pub(crate) type HexDigest = ArrayVec<u8, 64>;

/// A digest algorithm (RFC 7616, section 6.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Algorithm {
    /// `SHA-256`.
    Sha256,
    /// `MD5`.
    Md5,
}

impl Algorithm {
    const ALL: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Md5];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Md5 => "MD5",
        }
    }

    /// The algorithm of this name; none stands for MD5.
    pub(crate) fn named(name: Option<&[u8]>) -> Option<Self> {
        let Some(name) = name else { return Some(Algorithm::Md5) };
        Self::ALL.into_iter().find(|a| a.as_str().as_bytes().eq_ignore_ascii_case(name))
    }
}

/// The digest of the parts, joined by colons.
pub(crate) fn hash(algorithm: Algorithm, parts: &[&[u8]]) -> HexDigest {
    match algorithm {
        Algorithm::Md5 => hash_with::<Md5>(parts),
        Algorithm::Sha256 => hash_with::<Sha256>(parts),
    }
}

fn hash_with<D: sha2::Digest>(parts: &[&[u8]]) -> HexDigest {
    let mut digest = D::new();
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            digest.update(b":");
        }
        digest.update(part);
    }
    to_hex(&digest.finalize())
}

pub(crate) fn to_hex(bytes: &[u8]) -> HexDigest {
    let digit = |n: u8| b"0123456789abcdef"[usize::from(n)];
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).take(64).collect()
}

/// What an Authorization or Proxy-Authorization header says, borrowed. Quotes are taken off.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Credentials<'a> {
    pub(crate) username: &'a [u8],
    pub(crate) realm: &'a [u8],
    pub(crate) nonce: &'a [u8],
    pub(crate) uri: &'a [u8],
    pub(crate) response: &'a [u8],
    pub(crate) algorithm: Option<&'a [u8]>,
    pub(crate) qop: Option<&'a [u8]>,
    pub(crate) nc: &'a [u8],
    pub(crate) cnonce: &'a [u8],
}

impl<'a> Credentials<'a> {
    /// Reads them; `None` if the scheme is not Digest or something needed is missing.
    pub(crate) fn parse(value: &'a [u8]) -> Option<Self> {
        let mut c = Credentials::default();
        for (name, value) in digest_params(value)? {
            match () {
                () if name.eq_ignore_ascii_case(b"username") => c.username = value,
                () if name.eq_ignore_ascii_case(b"realm") => c.realm = value,
                () if name.eq_ignore_ascii_case(b"nonce") => c.nonce = value,
                () if name.eq_ignore_ascii_case(b"uri") => c.uri = value,
                () if name.eq_ignore_ascii_case(b"response") => c.response = value,
                () if name.eq_ignore_ascii_case(b"algorithm") => c.algorithm = Some(value),
                () if name.eq_ignore_ascii_case(b"qop") => c.qop = Some(value),
                () if name.eq_ignore_ascii_case(b"nc") => c.nc = value,
                () if name.eq_ignore_ascii_case(b"cnonce") => c.cnonce = value,
                () => {}
            }
        }
        let complete = !c.username.is_empty() && !c.nonce.is_empty() && !c.response.is_empty();
        complete.then_some(c)
    }

    /// Whether the response is what somebody with this H(A1) gives to this method.
    pub(crate) fn are_of(&self, algorithm: Algorithm, ha1: &[u8], method: &[u8]) -> bool {
        let ha2 = hash(algorithm, &[method, self.uri]);
        let expected = match self.qop {
            Some(qop) if qop.eq_ignore_ascii_case(b"auth") => {
                hash(algorithm, &[ha1, self.nonce, self.nc, self.cnonce, qop, &ha2])
            }
            Some(_) => return false,
            None => hash(algorithm, &[ha1, self.nonce, &ha2]),
        };
        same(&expected, self.response)
    }

    /// The nonce count; `None` without qop, or if it is none.
    pub(crate) fn nonce_count(&self) -> Option<u32> {
        self.qop?;
        let hex = core::str::from_utf8(self.nc).ok()?;
        u32::from_str_radix(hex, 16).ok()
    }
}

/// Compares in a time that does not depend on where they differ.
fn same(expected: &[u8], given: &[u8]) -> bool {
    expected.len() == given.len()
        && expected.iter().zip(given).fold(0, |d, (a, b)| d | (a ^ b.to_ascii_lowercase())) == 0
}

/// The `name=value` pairs after `Digest`, quotes taken off; `None` for another scheme.
pub(crate) fn digest_params(value: &[u8]) -> Option<impl Iterator<Item = (&[u8], &[u8])>> {
    let mut scanner = Scanner::new(value);
    scanner.skip_space();
    if !scanner.token().eq_ignore_ascii_case(b"Digest") {
        return None;
    }
    Some(core::iter::from_fn(move || {
        scanner.skip_space();
        while scanner.accept(b',') {}
        let name = scanner.token();
        if name.is_empty() || !scanner.accept(b'=') {
            return None;
        }
        let value = match scanner.peek() {
            Some(b'"') => {
                let quoted = scanner.quoted().ok()?;
                &quoted[1..quoted.len() - 1]
            }
            _ => {
                scanner.take_while(|b| is_token(b) || matches!(b, b':' | b'/' | b'=' | b'@' | b';'))
            }
        };
        Some((name, value))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 7616, section 3.9.1.
    #[test]
    fn the_examples_of_the_standard() {
        let rest = "qop=auth, nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", \
            realm=\"http-auth@example.org\", uri=\"/dir/index.html\", username=\"Mufasa\", \
            nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\"";
        let examples = [
            (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ];
        for (algorithm, response) in examples {
            let name = algorithm.as_str();
            let text = format!("Digest {rest}, response=\"{response}\", algorithm={name}");
            let credentials = Credentials::parse(text.as_bytes()).unwrap();
            assert_eq!(Algorithm::named(credentials.algorithm), Some(algorithm));
            let ha1 = hash(algorithm, &[b"Mufasa", b"http-auth@example.org", b"Circle of Life"]);
            assert!(credentials.are_of(algorithm, &ha1, b"GET"));
            assert!(!credentials.are_of(algorithm, &ha1, b"PUT"));
            assert_eq!(credentials.nonce_count(), Some(1));
        }
    }

    #[test]
    fn odd_credentials() {
        assert!(Credentials::parse(b"Basic dXNlcg==").is_none());
        assert!(Credentials::parse(b"Digest username=\"a\"").is_none());
        assert!(Credentials::parse(b"").is_none());
        let c = Credentials::parse(
            b"digest  username = \"a\"\r\n , nonce=\"n\",response=\"r\",uri=sip:h;x=y,nc=zz,qop=auth",
        );
        let c = c.unwrap();
        assert_eq!((c.uri, c.nonce_count()), (&b"sip:h;x=y"[..], None));
    }
}
