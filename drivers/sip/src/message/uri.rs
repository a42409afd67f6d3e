//! URIs: `sip:`, `sips:`, `tel:`, others as they are (RFC 3261, section 19.1; RFC 3966).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use arrayvec::ArrayString;

use super::InvalidMessage;
use super::scan::decimal;
use super::value::Params;

/// What a URI begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`; the number is the user, and there is no host.
    Tel,
    /// Any other; only `raw` is set.
    Other,
}

/// A URI, its parts borrowed from the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Uri<'a> {
    /// The whole URI as it came.
    pub raw: &'a [u8],
    /// Its scheme.
    pub scheme: Scheme,
    /// The user, still escaped, or the telephone number of a `tel:` URI.
    pub user: Option<&'a [u8]>,
    /// The password, still escaped.
    pub password: Option<&'a [u8]>,
    /// The host: a name, an IPv4 address, or an IPv6 address in brackets.
    pub host: &'a [u8],
    /// The port, if one is given.
    pub port: Option<u16>,
    /// The URI parameters.
    pub params: Params<'a>,
    /// The URI headers, after the question mark, still escaped.
    pub headers: &'a [u8],
}

impl<'a> Uri<'a> {
    /// Parses a whole URI, without angle brackets around it.
    ///
    /// # Errors
    /// [`InvalidMessage`] if it has no scheme, blanks or brackets, no host, or a bad port.
    pub fn parse(raw: &'a [u8]) -> Result<Self, InvalidMessage> {
        if raw.iter().any(|b| *b <= b' ' || matches!(b, b'<' | b'>' | b'"' | 0x7f)) {
            return Err(InvalidMessage("a URI contains blanks, quotes or angle brackets"));
        }
        let colon =
            raw.iter().position(|b| *b == b':').ok_or(InvalidMessage("a URI has no scheme"))?;
        let (scheme, rest) = (&raw[..colon], &raw[colon + 1..]);
        if scheme.eq_ignore_ascii_case(b"sip") {
            Self::parse_sip(raw, Scheme::Sip, rest)
        } else if scheme.eq_ignore_ascii_case(b"sips") {
            Self::parse_sip(raw, Scheme::Sips, rest)
        } else if scheme.eq_ignore_ascii_case(b"tel") {
            Self::parse_tel(raw, rest)
        } else if scheme.first().is_some_and(u8::is_ascii_alphabetic)
            && scheme.iter().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
        {
            Ok(Uri { scheme: Scheme::Other, ..Self::bare(raw) })
        } else {
            Err(InvalidMessage("a URI has no scheme"))
        }
    }

    fn bare(raw: &'a [u8]) -> Self {
        Uri {
            raw,
            scheme: Scheme::Sip,
            user: None,
            password: None,
            host: b"",
            port: None,
            params: Params::default(),
            headers: b"",
        }
    }

    fn parse_sip(raw: &'a [u8], scheme: Scheme, rest: &'a [u8]) -> Result<Self, InvalidMessage> {
        let mut uri = Uri { scheme, ..Self::bare(raw) };
        let mut rest = rest;
        if let Some(at) = rest.iter().position(|b| *b == b'@') {
            let userinfo = &rest[..at];
            rest = &rest[at + 1..];
            let colon = userinfo.iter().position(|b| *b == b':').unwrap_or(userinfo.len());
            uri.user = Some(&userinfo[..colon]);
            uri.password = userinfo.get(colon + 1..);
            if uri.user == Some(b"") {
                return Err(InvalidMessage("a SIP URI has an empty user"));
            }
        }
        let (host, port, rest) = split_host_port(rest)?;
        (uri.host, uri.port) = (host, port);
        let question = rest.iter().position(|b| *b == b'?').unwrap_or(rest.len());
        uri.headers = rest.get(question + 1..).unwrap_or(b"");
        uri.params = match &rest[..question] {
            [] => Params::default(),
            params @ [b';', ..] => Params::new(params),
            _ => return Err(InvalidMessage("a SIP URI's host is followed by something odd")),
        };
        Ok(uri)
    }

    fn parse_tel(raw: &'a [u8], rest: &'a [u8]) -> Result<Self, InvalidMessage> {
        let end = rest.iter().position(|b| *b == b';').unwrap_or(rest.len());
        let dialable = |b: &u8| b.is_ascii_hexdigit() || b"+*#-.()".contains(b);
        if end == 0 || !rest[..end].iter().all(dialable) {
            return Err(InvalidMessage("a tel URI has no number"));
        }
        let params = Params::new(&rest[end..]);
        Ok(Uri { scheme: Scheme::Tel, user: Some(&rest[..end]), params, ..Self::bare(raw) })
    }

    /// The user with its escapes resolved, if it is UTF-8 of at most 64 bytes. Parameters in the
    /// user part (`+8613800138000;phone-context=…`, RFC 3261, section 19.1.6) are left out, and
    /// so are the visual separators of a `tel:` number (RFC 3966, section 5.1.1).
    pub fn user_text(&self) -> Option<ArrayString<64>> {
        let user = self.user?;
        let user = &user[..user.iter().position(|b| *b == b';').unwrap_or(user.len())];
        let mut decoded = arrayvec::ArrayVec::<u8, 64>::new();
        for b in unescape(user) {
            if self.scheme == Scheme::Tel && b"-.()".contains(&b) {
                continue;
            }
            decoded.try_push(b).ok()?;
        }
        ArrayString::from(core::str::from_utf8(&decoded).ok()?).ok()
    }

    /// The host, if it is an address rather than a name.
    pub fn ip(&self) -> Option<IpAddr> {
        host_ip(self.host)
    }

    /// Where requests for this URI go, if its host is an address (5060 without a port; 5061 for
    /// `sips:`).
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        let default = if self.scheme == Scheme::Sips { 5061 } else { 5060 };
        Some(SocketAddr::new(self.ip()?, self.port.unwrap_or(default)))
    }

    /// Whether both URIs are the same by RFC 3261, section 19.1.4.
    pub fn is_equivalent(&self, other: &Uri<'_>) -> bool {
        let users = match (self.user, other.user) {
            (None, None) => true,
            (Some(a), Some(b)) => unescape(a).eq(unescape(b)),
            _ => false,
        };
        // A URI may name a parameter twice, and would then not even equal itself below.
        if self.raw == other.raw {
            return true;
        }
        self.scheme != Scheme::Other
            && self.scheme == other.scheme
            && users
            && self.password == other.password
            && self.host.eq_ignore_ascii_case(other.host)
            && self.port == other.port
            && self.headers == other.headers
            && self.params_match(other)
            && other.params_match(self)
    }

    /// Parameters both have must agree; some must be in both or in neither.
    fn params_match(&self, other: &Uri<'_>) -> bool {
        self.params.iter().all(|(name, value)| match other.params.get(name) {
            Some(theirs) => theirs.unwrap_or(b"").eq_ignore_ascii_case(value.unwrap_or(b"")),
            None => ![&b"user"[..], b"ttl", b"method", b"maddr", b"transport"]
                .iter()
                .any(|special| special.eq_ignore_ascii_case(name)),
        })
    }
}

/// Resolves `%xx` escapes; a broken one stays as it is.
pub(crate) fn unescape(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let mut at = 0;
    core::iter::from_fn(move || {
        let b = *bytes.get(at)?;
        at += 1;
        if b == b'%'
            && let Some(hex) = bytes.get(at..at + 2)
            && let (Some(high), Some(low)) = (hex_digit(hex[0]), hex_digit(hex[1]))
        {
            at += 2;
            return Some(high << 4 | low);
        }
        Some(b)
    })
}

fn hex_digit(b: u8) -> Option<u8> {
    (b as char).to_digit(16).map(|d| d as u8)
}

/// The address a host is, if it is one.
pub(crate) fn host_ip(host: &[u8]) -> Option<IpAddr> {
    if let [b'[', inner @ .., b']'] = host {
        return core::str::from_utf8(inner).ok()?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    core::str::from_utf8(host).ok()?.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

/// A host, its port, and what follows them.
pub(crate) type HostPort<'a> = (&'a [u8], Option<u16>, &'a [u8]);

/// Splits `host[:port]` off; the rest begins with whatever cannot belong to it.
pub(crate) fn split_host_port(bytes: &[u8]) -> Result<HostPort<'_>, InvalidMessage> {
    let host_end = if bytes.first() == Some(&b'[') {
        let end = bytes.iter().position(|b| *b == b']');
        end.map(|end| end + 1).ok_or(InvalidMessage("an IPv6 address lacks its bracket"))?
    } else {
        // The underscore is no host character, but networks name hosts with it.
        let stop = |b: &u8| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
        bytes.iter().position(stop).unwrap_or(bytes.len())
    };
    let (host, rest) = bytes.split_at(host_end);
    if host.is_empty() || (host[0] == b'[' && host_ip(host).is_none()) {
        return Err(InvalidMessage("a host is missing or no host"));
    }
    let Some((b':', digits)) = rest.split_first().map(|(b, d)| (*b, d)) else {
        return Ok((host, None, rest));
    };
    let end = digits.iter().position(|b| !b.is_ascii_digit()).unwrap_or(digits.len());
    let port = decimal(&digits[..end]).and_then(|port| u16::try_from(port).ok());
    match port {
        Some(port) => Ok((host, Some(port), &digits[end..])),
        None => Err(InvalidMessage("a port is not a number up to 65535")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri<'_> {
        Uri::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn parts() {
        let u = uri("sip:j%40son:pw@[2001:db8::1]:5070;transport=tcp;lr?Subject=a%20b");
        assert_eq!(u.user_text().unwrap().as_str(), "j@son");
        assert_eq!(u.password, Some(&b"pw"[..]));
        assert_eq!(u.socket_addr(), Some("[2001:db8::1]:5070".parse().unwrap()));
        assert_eq!(u.params.get(b"Transport"), Some(Some(&b"tcp"[..])));
        assert_eq!(u.params.get(b"lr"), Some(None));
        assert_eq!(u.headers, b"Subject=a%20b");
        let tel = uri("tel:+86-10-1234;phone-context=x");
        assert_eq!(tel.user_text().unwrap().as_str(), "+86101234");
        let ims = uri("sip:+8613800138000;phone-context=ims.mnc000.mcc460@h;user=phone");
        assert_eq!(ims.user_text().unwrap().as_str(), "+8613800138000");
        assert_eq!(uri("urn:service:sos").scheme, Scheme::Other);
    }

    #[test]
    fn what_is_no_uri() {
        for bad in [
            "",
            "8001",
            "sip:",
            "sip:@host",
            "sip:a@",
            "sip:a@h:99999",
            "sip:a@h:",
            "sip:a b@h",
            "<sip:a@h>",
            "sip:a@[::1",
            "sip:a@[zz]",
            "tel:",
            "sip:a@h!x",
            "1a:b",
            "tel:hello",
        ] {
            assert!(Uri::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn equivalence_by_the_examples_of_the_standard() {
        for (a, b, same) in [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp", true),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5", true),
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false),
            ("sips:carol@chicago.com", "sip:carol@chicago.com", false),
        ] {
            assert_eq!(uri(a).is_equivalent(&uri(b)), same, "{a} {b}");
        }
    }
}
