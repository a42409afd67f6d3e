//! Typed header values: addresses, Via, CSeq, parameters (RFC 3261, sections 20 and 25.1).

use super::scan::{Scanner, decimal, is_token, trim};
use super::uri::split_host_port;
use super::{InvalidMessage, Method, Uri};

/// `;name=value` parameters, as they came.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Params<'a>(&'a [u8]);

impl<'a> Params<'a> {
    /// Parameters from text that is empty or begins with a semicolon.
    pub const fn new(raw: &'a [u8]) -> Self {
        Params(raw)
    }

    /// The text they were read from.
    pub const fn raw(&self) -> &'a [u8] {
        self.0
    }

    /// Each parameter's name and value. Quoted values keep their quotes.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> + use<'a> {
        let mut scanner = Scanner::new(self.0);
        core::iter::from_fn(move || {
            loop {
                scanner.take_while(|b| b != b';');
                if !scanner.accept(b';') {
                    return None;
                }
                let name = trim(scanner.take_while(|b| b != b';' && b != b'='));
                if name.is_empty() {
                    continue;
                }
                if !scanner.accept(b'=') {
                    return Some((name, None));
                }
                let value = match scanner.peek() {
                    Some(b'"') => scanner.quoted().unwrap_or(b""),
                    _ => trim(scanner.take_while(|b| b != b';')),
                };
                return Some((name, Some(value)));
            }
        })
    }

    /// The value of the parameter with this name, in any case: `Some(None)` if it has none.
    pub fn get(&self, name: &[u8]) -> Option<Option<&'a [u8]>> {
        if self.0.is_empty() {
            return None;
        }
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The value of the parameter with this name, if it is there and has one.
    pub fn value(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.get(name).flatten()
    }
}

/// An address with a display name and parameters: From, To, Contact, Route and their like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NameAddr<'a> {
    /// The display name's bytes as they came, quotes included; empty if there is none.
    pub display: &'a [u8],
    /// The address.
    pub uri: Uri<'a>,
    /// The header parameters.
    pub params: Params<'a>,
    /// The whole value.
    pub raw: &'a [u8],
}

impl<'a> NameAddr<'a> {
    /// Parses one value.
    ///
    /// # Errors
    /// [`InvalidMessage`] if a quote or bracket does not end, or the URI is none.
    pub fn parse(raw: &'a [u8]) -> Result<Self, InvalidMessage> {
        let raw = trim(raw);
        let mut scanner = Scanner::new(raw);
        let display = match scanner.peek() {
            Some(b'"') => scanner.quoted()?,
            _ if raw.contains(&b'<') => trim(scanner.take_while(|b| b != b'<')),
            _ => return Self::parse_bare(raw),
        };
        if !scanner.accept(b'<') {
            return Err(InvalidMessage("a display name is not followed by an address"));
        }
        let uri = trim(scanner.take_while(|b| b != b'>'));
        if !scanner.accept(b'>') {
            return Err(InvalidMessage("an address lacks its closing bracket"));
        }
        let params = scanner.rest;
        if !matches!(params.first(), None | Some(b';')) {
            return Err(InvalidMessage("an address is followed by something odd"));
        }
        Ok(NameAddr { display, uri: Uri::parse(uri)?, params: Params::new(params), raw })
    }

    /// Without brackets every parameter is the header's (RFC 3261, section 20.10).
    fn parse_bare(raw: &'a [u8]) -> Result<Self, InvalidMessage> {
        let end = raw.iter().position(|b| *b == b';').unwrap_or(raw.len());
        let uri = trim(&raw[..end]);
        if uri.iter().any(|b| matches!(b, b'?' | b',')) {
            return Err(InvalidMessage("an address with ? or , must stand in angle brackets"));
        }
        let params = Params::new(&raw[end..]);
        Ok(NameAddr { display: b"", uri: Uri::parse(uri)?, params, raw })
    }

    /// The `tag` parameter.
    pub fn tag(&self) -> Option<&'a [u8]> {
        self.params.value(b"tag")
    }
}

/// One Via value (RFC 3261, section 20.42).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Via<'a> {
    /// The transport's name, such as `UDP`.
    pub transport: &'a [u8],
    /// The host the peer says it sent from.
    pub host: &'a [u8],
    /// The port it says.
    pub port: Option<u16>,
    /// Its parameters.
    pub params: Params<'a>,
    /// The `branch` parameter; empty if there is none.
    pub branch: &'a [u8],
    /// The whole value.
    pub raw: &'a [u8],
}

/// What every branch of an RFC 3261 peer begins with (section 8.1.1.7).
pub(crate) const MAGIC_COOKIE: &[u8] = b"z9hG4bK";

impl<'a> Via<'a> {
    /// Parses one value; white space may stand around every separator.
    ///
    /// # Errors
    /// [`InvalidMessage`] if the protocol, the transport or the host is missing.
    pub fn parse(raw: &'a [u8]) -> Result<Self, InvalidMessage> {
        const BAD: InvalidMessage = InvalidMessage("a Via is not SIP/2.0/transport host");
        let raw = trim(raw);
        let mut scanner = Scanner::new(raw);
        let protocol = scanner.token();
        let slash = scanner.accept(b'/');
        let version = scanner.token();
        if !slash || !scanner.accept(b'/') || protocol.is_empty() || version.is_empty() {
            return Err(BAD);
        }
        let transport = scanner.token();
        if transport.is_empty() {
            return Err(BAD);
        }
        scanner.skip_space();
        let end = scanner.rest.iter().position(|b| matches!(b, b';' | b' ' | b'\t' | b'\r'));
        let (sent_by, rest) = scanner.rest.split_at(end.unwrap_or(scanner.rest.len()));
        let (host, mut port, odd) = split_host_port(sent_by)?;
        let mut scanner = Scanner::new(rest);
        if port.is_none() && scanner.accept(b':') {
            port = decimal(scanner.token()).and_then(|port| u16::try_from(port).ok());
            if port.is_none() {
                return Err(BAD);
            }
        }
        scanner.skip_space();
        if !odd.is_empty() || !matches!(scanner.peek(), None | Some(b';')) {
            return Err(BAD);
        }
        let params = Params::new(scanner.rest);
        let branch = params.value(b"branch").unwrap_or(b"");
        Ok(Via { transport, host, port, params, branch, raw })
    }

    /// Whether the branch is one of RFC 3261 rather than of RFC 2543.
    pub fn has_magic_cookie(&self) -> bool {
        self.branch.len() > MAGIC_COOKIE.len()
            && self.branch[..MAGIC_COOKIE.len()].eq_ignore_ascii_case(MAGIC_COOKIE)
    }
}

/// A CSeq (RFC 3261, section 20.16).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CSeq<'a> {
    /// The sequence number, below 2^31.
    pub number: u32,
    /// The method.
    pub method: Method,
    /// The method's text.
    pub method_text: &'a [u8],
}

impl<'a> CSeq<'a> {
    /// Parses the value.
    ///
    /// # Errors
    /// [`InvalidMessage`] if the number or the method is missing, or the number is too large.
    pub fn parse(raw: &'a [u8]) -> Result<Self, InvalidMessage> {
        let mut scanner = Scanner::new(trim(raw));
        let number = decimal(scanner.take_while(|b| b.is_ascii_digit()));
        scanner.skip_space();
        let method_text = scanner.rest;
        match number.and_then(|n| u32::try_from(n).ok()).filter(|n| *n < 1 << 31) {
            Some(number) if !method_text.is_empty() && method_text.iter().all(|b| is_token(*b)) => {
                Ok(CSeq { number, method: Method::of(method_text), method_text })
            }
            _ => Err(InvalidMessage("CSeq is not a number below 2^31 and a method")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_and_without_brackets() {
        let a = NameAddr::parse(br#" "A \" <B" <sip:a@h;lr> ;tag=9 ; x = "q;r" "#).unwrap();
        assert_eq!(a.display, br#""A \" <B""#);
        assert_eq!(a.uri.host, b"h");
        assert_eq!(a.tag(), Some(&b"9"[..]));
        assert_eq!(a.params.value(b"X"), Some(&br#""q;r""#[..]));
        let bare = NameAddr::parse(b"sip:a@h;tag=1").unwrap();
        assert_eq!((bare.uri.raw, bare.tag()), (&b"sip:a@h"[..], Some(&b"1"[..])));
        assert_eq!(NameAddr::parse(b"Two Words <tel:110>").unwrap().display, b"Two Words");
        for bad in ["", "<sip:a@h", "\"x <sip:a@h>", "\"x\" sip:a@h", "<sip:a@h> x", "sip:a@h?b=c"]
        {
            assert!(NameAddr::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn via_with_white_space_everywhere() {
        let via = Via::parse(b"SIP / 2.0\r\n / UDP  10.0.0.1 : 5070 ; branch = z9hG4bK77 ;rport")
            .unwrap();
        assert_eq!(
            (via.transport, via.host, via.port),
            (&b"UDP"[..], &b"10.0.0.1"[..], Some(5070))
        );
        assert_eq!(via.branch, b"z9hG4bK77");
        assert!(via.has_magic_cookie());
        assert_eq!(via.params.get(b"rport"), Some(None));
        let v6 = Via::parse(b"SIP/2.0/TCP [2001:db8::9]:5061;received=[2001:db8::8]").unwrap();
        assert_eq!((v6.host, v6.port), (&b"[2001:db8::9]"[..], Some(5061)));
        for bad in
            ["", "SIP/2.0", "SIP/2.0/UDP", "SIP/2.0/UDP h:x", "SIP/2.0/UDP h;a,b c@", "UDP h"]
        {
            let parsed = Via::parse(bad.as_bytes());
            assert!(parsed.is_err() || bad.contains("@"), "{bad} {parsed:?}");
        }
    }

    #[test]
    fn cseq_is_bounded() {
        let cseq = CSeq::parse(b"0009\r\n INVITE").unwrap();
        assert_eq!((cseq.number, cseq.method), (9, Method::Invite));
        assert_eq!(CSeq::parse(b"1 FROB").unwrap().method_text, b"FROB");
        for bad in [
            "",
            "INVITE",
            "36893488147419103232 REGISTER",
            "2147483648 BYE",
            "-1 BYE",
            "1",
            "1 A B",
        ] {
            assert!(CSeq::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
