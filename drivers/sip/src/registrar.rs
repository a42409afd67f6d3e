//! The contacts of one extension (RFC 3261, section 10.3).

use tipring_clock::{Duration, Instant};

use crate::RegistrarConfig;
use crate::message::scan::{decimal, is_token};
use crate::message::{HeaderName, Message, NameAddr, Scheme, Uri};
use crate::transaction::Peer;

/// Where an extension can be reached.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    /// The contact's URI.
    pub(crate) uri: Box<[u8]>,
    /// Where the REGISTER came from: where requests go, through whatever NAT lies between.
    pub(crate) peer: Peer,
    pub(crate) expires_at: Instant,
    /// Thousandths of the contact's `q`.
    pub(crate) q: u16,
    pub(crate) product: Box<str>,
    call_id: Box<[u8]>,
    cseq: u32,
}

/// The REGISTER that is being done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Register<'m, 'a> {
    pub(crate) message: &'m Message<'a>,
    pub(crate) call_id: &'a [u8],
    pub(crate) cseq: u32,
    pub(crate) peer: Peer,
}

/// What a REGISTER changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    /// This contact is there, for so long.
    Bound(Box<[u8]>, Duration),
    /// This contact has gone.
    Gone(Box<[u8]>),
}

/// The contacts of one extension.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bindings(Vec<Binding>);

/// One contact as asked for.
struct Wanted<'a> {
    uri: Uri<'a>,
    expires: Duration,
    q: u16,
}

impl Bindings {
    /// The contacts that hold at `now`, the best `q` first.
    pub(crate) fn current(&self, now: Instant) -> impl Iterator<Item = &Binding> {
        self.0.iter().filter(move |binding| binding.expires_at > now)
    }

    /// Removes contacts whose time is over.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<Change> {
        let mut changes = Vec::new();
        self.0.retain(|binding| {
            let holds = binding.expires_at > now;
            if !holds {
                changes.push(Change::Gone(binding.uri.clone()));
            }
            holds
        });
        changes
    }

    /// When the next contact's time is over.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.0.iter().map(|binding| binding.expires_at).min()
    }

    /// Does a REGISTER: all of its contacts or none.
    ///
    /// # Errors
    /// The status to refuse it with.
    pub(crate) fn register(
        &mut self,
        now: Instant,
        register: &Register<'_, '_>,
        config: &RegistrarConfig,
    ) -> Result<Vec<Change>, u16> {
        let mut changes = self.expire(now);
        let message = register.message;
        let header = message.header(HeaderName::Expires).and_then(decimal);
        let contacts: Vec<&[u8]> = message.values(HeaderName::Contact).collect();
        if contacts.contains(&&b"*"[..]) {
            if contacts.len() != 1 || header != Some(0) {
                return Err(400);
            }
            changes.extend(self.remove_all(register)?);
            return Ok(changes);
        }
        let mut wanted = Vec::with_capacity(contacts.len());
        for contact in contacts {
            wanted.push(want(contact, header, config)?);
        }
        self.check(register, &wanted, config)?;
        for contact in wanted {
            changes.push(self.apply(now, register, &contact));
        }
        self.0.sort_by_key(|binding| core::cmp::Reverse(binding.q));
        Ok(changes)
    }

    fn find(&self, uri: &Uri<'_>) -> Option<usize> {
        self.0.iter().position(|binding| {
            *binding.uri == *uri.raw
                || Uri::parse(&binding.uri).is_ok_and(|bound| bound.is_equivalent(uri))
        })
    }

    /// A later request of the same phone must have a higher CSeq (RFC 3261, 10.3, step 7).
    fn is_late(binding: &Binding, register: &Register<'_, '_>) -> bool {
        *binding.call_id == *register.call_id && register.cseq <= binding.cseq
    }

    fn check(
        &self,
        register: &Register<'_, '_>,
        wanted: &[Wanted<'_>],
        config: &RegistrarConfig,
    ) -> Result<(), u16> {
        let mut count = self.0.len();
        for contact in wanted {
            match self.find(&contact.uri) {
                Some(at) if Self::is_late(&self.0[at], register) => return Err(500),
                Some(_) => {}
                None => count += usize::from(!contact.expires.is_zero()),
            }
        }
        if count > config.contacts_max.max(1) { Err(403) } else { Ok(()) }
    }

    fn remove_all(&mut self, register: &Register<'_, '_>) -> Result<Vec<Change>, u16> {
        if self.0.iter().any(|binding| Self::is_late(binding, register)) {
            return Err(500);
        }
        Ok(self.0.drain(..).map(|binding| Change::Gone(binding.uri)).collect())
    }

    fn apply(&mut self, now: Instant, register: &Register<'_, '_>, contact: &Wanted<'_>) -> Change {
        let at = self.find(&contact.uri);
        let uri: Box<[u8]> = contact.uri.raw.into();
        if contact.expires.is_zero() {
            if let Some(at) = at {
                self.0.remove(at);
            }
            return Change::Gone(uri);
        }
        let binding = Binding {
            uri: uri.clone(),
            peer: register.peer,
            expires_at: now + contact.expires,
            q: contact.q,
            product: product_of(register.message),
            call_id: register.call_id.into(),
            cseq: register.cseq,
        };
        match at {
            Some(at) => self.0[at] = binding,
            None => self.0.push(binding),
        }
        Change::Bound(uri, contact.expires)
    }
}

fn want<'a>(
    contact: &'a [u8],
    header: Option<u64>,
    config: &RegistrarConfig,
) -> Result<Wanted<'a>, u16> {
    let contact = NameAddr::parse(contact).map_err(|_| 400u16)?;
    if !matches!(contact.uri.scheme, Scheme::Sip | Scheme::Sips) {
        return Err(400);
    }
    let param = contact.params.value(b"expires").map(|value| decimal(value).unwrap_or(3600));
    let expires = match param.or(header) {
        None => config.expires_default,
        Some(0) => Duration::ZERO,
        Some(seconds) => Duration::from_secs(seconds).min(config.expires_max),
    };
    if !expires.is_zero() && expires < config.expires_min {
        return Err(423);
    }
    let q = contact.params.value(b"q").map_or(1000, quality);
    Ok(Wanted { uri: contact.uri, expires, q })
}

/// Thousandths of a `qvalue` (RFC 3261, section 25.1); what is none counts as 1.
fn quality(value: &[u8]) -> u16 {
    let (whole, fraction) = match value.iter().position(|b| *b == b'.') {
        Some(dot) => (&value[..dot], &value[dot + 1..]),
        None => (value, &b""[..]),
    };
    if whole != b"0" || fraction.len() > 3 || !fraction.iter().all(u8::is_ascii_digit) {
        return 1000;
    }
    (0..3).fold(0, |q, i| q * 10 + fraction.get(i).map_or(0, |b| u16::from(b - b'0')))
}

fn product_of(message: &Message<'_>) -> Box<str> {
    let text = message.header(HeaderName::UserAgent).unwrap_or(b"");
    let known = |b: &u8| is_token(*b) || matches!(b, b' ' | b'/' | b'(' | b')' | b':');
    text.iter().filter(|b| known(b)).take(128).map(|b| char::from(*b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Transport;
    use crate::message::Framing;

    fn register(
        bindings: &mut Bindings,
        seconds: u64,
        cseq: u32,
        lines: &str,
    ) -> Result<Vec<Change>, u16> {
        let text = format!("REGISTER sip:h SIP/2.0\r\n{lines}\r\n\r\n");
        let message = Message::parse(text.as_bytes(), Framing::Datagram).unwrap();
        let address = "192.0.2.5:5060".parse().unwrap();
        let peer = Peer { transport: Transport::Udp, address, connection: None };
        let register = Register { message: &message, call_id: b"c", cseq, peer };
        let now = Instant::from_millis(seconds * 1000);
        bindings.register(now, &register, &RegistrarConfig::default())
    }

    fn uris(bindings: &Bindings, seconds: u64) -> Vec<String> {
        let now = Instant::from_millis(seconds * 1000);
        bindings.current(now).map(|b| String::from_utf8(b.uri.to_vec()).unwrap()).collect()
    }

    #[test]
    fn contacts_come_stay_and_go() {
        let mut b = Bindings::default();
        let two = "Contact: <sip:a@h1>;q=0.2, <sip:a@h2>;expires=60;q=0.75\r\nExpires: 120";
        assert_eq!(register(&mut b, 0, 1, two).unwrap().len(), 2);
        assert_eq!(uris(&b, 0), ["sip:a@h2", "sip:a@h1"]);
        assert_eq!(b.poll_timeout(), Some(Instant::from_millis(60_000)));
        assert_eq!(uris(&b, 60), ["sip:a@h1"]);
        assert_eq!(b.expire(Instant::from_millis(60_000)).len(), 1);
        assert_eq!(register(&mut b, 61, 2, "Contact: <sip:a@H1>;expires=0").unwrap().len(), 1);
        assert_eq!(uris(&b, 61).len(), 0);
    }

    #[test]
    fn a_star_takes_everything_and_only_with_zero() {
        let mut b = Bindings::default();
        register(&mut b, 0, 1, "Contact: <sip:a@h1>, <sip:a@h2>").unwrap();
        assert_eq!(register(&mut b, 0, 2, "Contact: *\r\nExpires: 60"), Err(400));
        assert_eq!(register(&mut b, 0, 2, "Contact: *"), Err(400));
        assert_eq!(register(&mut b, 0, 2, "Contact: *, <sip:a@h3>\r\nExpires: 0"), Err(400));
        assert_eq!(register(&mut b, 0, 1, "Contact: *\r\nExpires: 0"), Err(500));
        assert_eq!(register(&mut b, 0, 2, "Contact: *\r\nExpires: 0").unwrap().len(), 2);
    }

    #[test]
    fn too_brief_too_many_too_late_and_no_address() {
        let mut b = Bindings::default();
        assert_eq!(register(&mut b, 0, 1, "Contact: <sip:a@h>;expires=29"), Err(423));
        assert_eq!(register(&mut b, 0, 1, "Contact: <tel:110>"), Err(400));
        assert_eq!(register(&mut b, 0, 1, "Contact: sip:a@h?x=y"), Err(400));
        let five: Vec<_> = (0..5).map(|i| format!("<sip:a@h{i}>")).collect();
        assert_eq!(register(&mut b, 0, 1, &format!("Contact: {}", five.join(","))), Err(403));
        assert!(uris(&b, 0).is_empty(), "none of them is bound");
        register(&mut b, 0, 5, "Contact: <sip:a@h>").unwrap();
        assert_eq!(register(&mut b, 0, 5, "Contact: <sip:a@h>"), Err(500));
        let changes = register(&mut b, 0, 6, "Contact: <sip:a@h>\r\nExpires: 9999999999").unwrap();
        assert_eq!(changes, [Change::Bound((*b"sip:a@h").into(), Duration::from_secs(3600))]);
        assert_eq!(register(&mut b, 0, 7, "Subject: query").unwrap(), []);
        assert_eq!(uris(&b, 0).len(), 1);
    }

    #[test]
    fn qualities() {
        let cases =
            [("1", 1000), ("0.5", 500), ("0", 0), ("0.123", 123), ("x", 1000), ("0.1234", 1000)];
        for (text, q) in cases {
            assert_eq!(quality(text.as_bytes()), q, "{text}");
        }
    }
}
