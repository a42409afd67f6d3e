//! As much SIP as a load needs: messages from templates, and the fields that answers are told by.

use std::fmt::Write;
use std::net::SocketAddr;

use md5::{Digest, Md5};

use super::process::SECRET;

/// The value of a header, by its full name, in the first place it stands.
pub(super) fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    message.split("\r\n").find_map(|line| {
        let (n, value) = line.split_once(':')?;
        n.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The status of a response; `None` for a request.
pub(super) fn status(message: &str) -> Option<u16> {
    message.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
}

/// The number in our Call-IDs, `c<number>.<what>`.
pub(super) fn call_number(message: &str) -> Option<usize> {
    header(message, "Call-ID")?.strip_prefix('c')?.split('.').next()?.parse().ok()
}

/// A caller's side of one call.
pub(super) struct Caller<'a> {
    pub(super) number: usize,
    /// Tells runs of the same box apart.
    pub(super) what: &'a str,
    pub(super) user: &'a str,
    pub(super) called: &'a str,
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
}

impl Caller<'_> {
    /// An INVITE with this session description; `more` are further header lines.
    pub(super) fn invite(&self, sdp: &str, cseq: u32, more: &str) -> String {
        let mut m = self.begin("INVITE", cseq, &format!("<sip:{}@{}>", self.called, self.remote));
        let _ = write!(
            m,
            "Contact: <sip:{}@{}>\r\n{more}Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            self.user,
            self.local,
            sdp.len()
        );
        m
    }

    /// A request of the dialog that `answer` has made.
    pub(super) fn within(&self, method: &str, cseq: u32, answer: &str) -> String {
        let to = header(answer, "To").unwrap_or_default();
        let mut m = self.begin(method, cseq, to);
        m.push_str("Content-Length: 0\r\n\r\n");
        m
    }

    fn begin(&self, method: &str, cseq: u32, to: &str) -> String {
        let Caller { number, what, user, called, local, remote } = self;
        let mut m = String::with_capacity(700);
        let _ = write!(
            m,
            "{method} sip:{called}@{remote} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {local};branch=z9hG4bK{what}{number}{method}{cseq}\r\n\
             From: <sip:{user}@{local}>;tag=t{number}\r\nTo: {to}\r\n\
             Call-ID: c{number}.{what}\r\nCSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n"
        );
        m
    }
}

/// An offer or answer of one A-law stream to `rtp`.
pub(super) fn sdp(rtp: SocketAddr, events: bool) -> String {
    let (formats, map) = if events {
        ("8 101", "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n")
    } else {
        ("8", "")
    };
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP {formats}\r\na=rtpmap:8 PCMA/8000\r\n{map}a=ptime:20\r\n",
        ip = rtp.ip(),
        port = rtp.port()
    )
}

/// The answer to a request, with a tag of ours and, if given, a session description.
pub(super) fn answer(request: &str, status: &str, local: SocketAddr, sdp: Option<&str>) -> String {
    let mut m = format!("SIP/2.0 {status}\r\n");
    for line in request.split("\r\n") {
        let name = line.split(':').next().unwrap_or_default();
        if ["Via", "From", "Call-ID", "CSeq", "Record-Route"]
            .iter()
            .any(|n| n.eq_ignore_ascii_case(name))
        {
            let _ = write!(m, "{line}\r\n");
        }
    }
    let to = header(request, "To").unwrap_or_default();
    let tag = if to.contains("tag=") { "" } else { ";tag=agent" };
    let _ = write!(m, "To: {to}{tag}\r\nContact: <sip:agent@{local}>\r\n");
    let body = sdp.unwrap_or_default();
    if !body.is_empty() {
        m.push_str("Content-Type: application/sdp\r\n");
    }
    let _ = write!(m, "Content-Length: {}\r\n\r\n{body}", body.len());
    m
}

/// The Authorization line that answers a 401 (RFC 2617, MD5, qop=auth, first use of the nonce).
pub(super) fn authorization(challenge: &str, method: &str, uri: &str, user: &str) -> String {
    let value = challenge
        .split("\r\n")
        .find(|l| l.starts_with("WWW-Authenticate") && l.contains("MD5"))
        .unwrap_or_default();
    let quoted = |name: &str| {
        value.split_once(&format!("{name}=\"")).and_then(|(_, r)| r.split('"').next()).unwrap_or("")
    };
    let (realm, nonce) = (quoted("realm"), quoted("nonce"));
    let ha1 = hex(&format!("{user}:{realm}:{SECRET}"));
    let ha2 = hex(&format!("{method}:{uri}"));
    let response = hex(&format!("{ha1}:{nonce}:00000001:bench:auth:{ha2}"));
    format!(
        "Authorization: Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", algorithm=MD5, cnonce=\"bench\", qop=auth, nc=00000001\r\n"
    )
}

fn hex(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().fold(String::with_capacity(32), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

/// A REGISTER of `user` for its address `local`.
pub(super) fn register(
    number: usize,
    user: u32,
    cseq: u32,
    local: SocketAddr,
    remote: SocketAddr,
    authorization: &str,
) -> String {
    format!(
        "REGISTER sip:{remote} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKr{number}x{cseq}\r\n\
         From: <sip:{user}@{remote}>;tag=t{number}\r\nTo: <sip:{user}@{remote}>\r\n\
         Call-ID: c{number}.register\r\nCSeq: {cseq} REGISTER\r\nMax-Forwards: 70\r\n\
         Contact: <sip:{user}@{local}>;expires=600\r\n{authorization}Content-Length: 0\r\n\r\n"
    )
}
