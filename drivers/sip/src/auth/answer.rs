//! Answering a challenge (RFC 7616, section 3.4).

use super::digest::{Algorithm, digest_params, hash};
use crate::message::scan::trim;
use crate::message::{HeaderName, Message, Writer};

/// A challenge we can answer, kept for the requests that follow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Challenge {
    /// Whether it came in WWW-Authenticate (401) or in Proxy-Authenticate (407).
    pub(crate) proxy: bool,
    realm: Box<[u8]>,
    pub(crate) nonce: Box<[u8]>,
    opaque: Option<Box<[u8]>>,
    algorithm: Algorithm,
    qop: bool,
    pub(crate) stale: bool,
    /// How often the nonce was used.
    uses: u32,
}

impl Challenge {
    /// The first challenge of a 401 or 407 that we can answer.
    pub(crate) fn of(message: &Message<'_>) -> Option<Self> {
        let (name, proxy) = match message.status()? {
            401 => (HeaderName::WwwAuthenticate, false),
            407 => (HeaderName::ProxyAuthenticate, true),
            _ => return None,
        };
        message.lines(name).find_map(|line| Self::parse(line, proxy))
    }

    fn parse(line: &[u8], proxy: bool) -> Option<Self> {
        let (mut realm, mut nonce, mut opaque, mut algorithm, mut qops) =
            (None, None, None, None, None);
        let mut stale = false;
        for (name, value) in digest_params(line)? {
            match name.to_ascii_lowercase().as_slice() {
                b"realm" => realm = Some(value),
                b"nonce" => nonce = Some(value),
                b"opaque" => opaque = Some(value.into()),
                b"algorithm" => algorithm = Some(value),
                b"qop" => qops = Some(value),
                b"stale" => stale = value.eq_ignore_ascii_case(b"true"),
                _ => {}
            }
        }
        let qop = qops.is_some_and(|qops| {
            qops.split(|b| *b == b',').any(|qop| trim(qop).eq_ignore_ascii_case(b"auth"))
        });
        if qops.is_some() && !qop {
            return None;
        }
        Some(Challenge {
            proxy,
            realm: realm?.into(),
            nonce: nonce?.into(),
            opaque,
            algorithm: Algorithm::named(algorithm)?,
            qop,
            stale,
            uses: 0,
        })
    }
}

/// Writes the header that answers `challenge`, and counts the use of its nonce.
pub(crate) fn write_credentials(
    writer: &mut Writer<'_>,
    challenge: &mut Challenge,
    (user, secret): (&str, &str),
    (method, uri): (&str, &[u8]),
    cnonce: u64,
) {
    challenge.uses += 1;
    let algorithm = challenge.algorithm;
    let ha1 = hash(algorithm, &[user.as_bytes(), &challenge.realm, secret.as_bytes()]);
    let ha2 = hash(algorithm, &[method.as_bytes(), uri]);
    let nc = format!("{:08x}", challenge.uses);
    let cnonce = format!("{cnonce:016x}");
    let (nc, cnonce) = (nc.as_bytes(), cnonce.as_bytes());
    let nonce = &challenge.nonce;
    let response = if challenge.qop {
        hash(algorithm, &[&ha1, nonce, nc, cnonce, b"auth", &ha2])
    } else {
        hash(algorithm, &[&ha1, nonce, &ha2])
    };
    let name =
        if challenge.proxy { HeaderName::ProxyAuthorization } else { HeaderName::Authorization };
    writer.name(name).put(b"Digest username=\"").clean(user.as_bytes());
    writer.put(b"\", realm=\"").clean(&challenge.realm);
    writer.put(b"\", nonce=\"").clean(nonce).put(b"\", uri=\"").clean(uri);
    writer.put(b"\", response=\"").put(&response);
    writer.put(b"\", algorithm=").put(algorithm.as_str().as_bytes());
    if let Some(opaque) = &challenge.opaque {
        writer.put(b", opaque=\"").clean(opaque).put(b"\"");
    }
    if challenge.qop {
        writer.put(b", qop=auth, nc=").put(nc).put(b", cnonce=\"").put(cnonce).put(b"\"");
    }
    writer.end();
}

#[cfg(test)]
mod tests {
    use super::super::Credentials;
    use super::*;
    use crate::message::Framing;

    fn answer(challenges: &str) -> Option<(Vec<u8>, Challenge)> {
        let text = format!("SIP/2.0 407 Who\r\n{challenges}\r\n\r\n");
        let message = Message::parse(text.as_bytes(), Framing::Datagram).unwrap();
        let mut challenge = Challenge::of(&message)?;
        let mut out = Vec::new();
        let mut writer = Writer::request(&mut out, b"BYE", b"sip:h");
        write_credentials(&mut writer, &mut challenge, ("u", "p"), ("BYE", b"sip:h"), 9);
        writer.finish("", b"");
        Some((out, challenge))
    }

    #[test]
    fn what_we_answer_is_what_a_server_takes() {
        for (challenge, algorithm) in [
            (
                "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int,auth\", algorithm=SHA-256",
                Algorithm::Sha256,
            ),
            ("Digest realm=\"r\",nonce=\"n\",opaque=\"o\"", Algorithm::Md5),
            (
                "Digest realm=\"r\", nonce=\"n\", algorithm=md5, qop=auth, stale=TRUE",
                Algorithm::Md5,
            ),
        ] {
            let (bytes, kept) = answer(&format!("Proxy-Authenticate: {challenge}")).unwrap();
            let message = Message::parse(&bytes, Framing::Datagram).unwrap();
            let line = message.header(HeaderName::ProxyAuthorization).unwrap();
            let credentials = Credentials::parse(line).unwrap();
            let ha1 = hash(algorithm, &[b"u", b"r", b"p"]);
            assert!(credentials.are_of(algorithm, &ha1, b"BYE"), "{challenge}");
            assert_eq!(kept.stale, challenge.contains("TRUE"));
        }
    }

    #[test]
    fn the_first_challenge_we_know_is_taken() {
        let two = "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256\r\n\
            Proxy-Authenticate: Digest realm=\"r\", nonce=\"m\", algorithm=MD5";
        assert_eq!(&*answer(two).unwrap().1.nonce, b"m");
        assert!(answer("Proxy-Authenticate: Basic realm=\"r\"").is_none());
        assert!(
            answer("Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"")
                .is_none()
        );
        assert!(answer("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"").is_none());
    }
}
