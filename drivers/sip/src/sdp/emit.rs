//! Writing our session description.

use std::io::Write as _;
use std::net::IpAddr;

use tipring_line::Law;

use super::{Agreement, Direction, Sdp};

/// The telephone-event payload type we offer: what everybody else uses.
const EVENTS_OFFERED: u8 = 101;

/// Our end of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalAudio {
    /// Where we listen.
    pub address: IpAddr,
    /// The RTP port.
    pub port: u16,
    /// The session's id in `o=`.
    pub session_id: u64,
    /// The description's version in `o=`: one more for each that differs.
    pub version: u64,
    /// Packet time, in milliseconds.
    pub ptime_ms: u8,
}

// Writing to a Vec cannot fail, so the results of `write!` are let go below.

fn write_session(out: &mut Vec<u8>, local: &LocalAudio) {
    let family = if local.address.is_ipv4() { "IP4" } else { "IP6" };
    let _ = write!(
        out,
        "v=0\r\no=- {} {} IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\n",
        local.session_id,
        local.version,
        address = local.address,
    );
}

fn write_stream(
    out: &mut Vec<u8>,
    local: &LocalAudio,
    codecs: &[Law],
    events: Option<u8>,
    direction: Direction,
) {
    let _ = write!(out, "m=audio {} RTP/AVP", local.port);
    for law in codecs {
        let _ = write!(out, " {}", law.payload_type());
    }
    if let Some(events) = events {
        let _ = write!(out, " {events}");
    }
    out.extend_from_slice(b"\r\n");
    for law in codecs {
        let (payload, name) = (law.payload_type(), encoding_name(*law));
        let _ = write!(out, "a=rtpmap:{payload} {name}/8000\r\n");
    }
    if let Some(events) = events {
        let _ = write!(out, "a=rtpmap:{events} telephone-event/8000\r\na=fmtp:{events} 0-16\r\n");
    }
    let _ = write!(out, "a=ptime:{}\r\na={}\r\n", local.ptime_ms, direction.as_str());
}

const fn encoding_name(law: Law) -> &'static str {
    match law {
        Law::A => "PCMA",
        Law::Mu => "PCMU",
    }
}

/// Appends an offer of one audio stream with these codecs, the best first.
pub fn write_offer(out: &mut Vec<u8>, local: &LocalAudio, codecs: &[Law], events: bool) {
    write_session(out, local);
    write_stream(out, local, codecs, events.then_some(EVENTS_OFFERED), Direction::SendRecv);
}

/// Appends an offer that leaves a session as it was agreed.
pub fn write_offer_again(out: &mut Vec<u8>, local: &LocalAudio, agreed: &Agreement) {
    write_session(out, local);
    write_stream(out, local, &[agreed.law], agreed.events, Direction::SendRecv);
}

/// Appends the answer to `offer`: the agreed stream, and every other one refused (RFC 3264,
/// section 6).
pub fn write_answer(out: &mut Vec<u8>, local: &LocalAudio, offer: &Sdp<'_>, agreed: &Agreement) {
    write_session(out, local);
    for (line, media) in offer.media.iter().enumerate() {
        if line == agreed.line {
            write_stream(out, local, &[agreed.law], agreed.events, agreed.our_direction());
            if agreed.rtcp_mux {
                out.extend_from_slice(b"a=rtcp-mux\r\n");
            }
            continue;
        }
        for part in [&b"m="[..], media.kind, b" 0 ", media.protocol, b" ", media.formats, b"\r\n"] {
            out.extend_from_slice(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: LocalAudio = LocalAudio {
        address: IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)),
        port: 16_384,
        session_id: 7,
        version: 1,
        ptime_ms: 20,
    };

    #[test]
    fn an_offer_is_answered_in_its_own_lines() {
        let mut offer = Vec::new();
        write_offer(&mut offer, &LOCAL, &[Law::A, Law::Mu], true);
        offer.extend_from_slice(b"m=video 9 RTP/AVP 96 97\r\na=rtpmap:96 H264/90000\r\n");
        let sdp = Sdp::parse(&offer).unwrap();
        let agreed = Agreement::with(&sdp, &[Law::Mu], true, LOCAL.address).unwrap();
        let mut answer = Vec::new();
        write_answer(&mut answer, &LocalAudio { port: 20_000, ..LOCAL }, &sdp, &agreed);
        let expected = "v=0\r\no=- 7 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
            m=audio 20000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n\
            a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n\
            m=video 0 RTP/AVP 96 97\r\n";
        assert_eq!(String::from_utf8(answer.clone()).unwrap(), expected);
        let back = Sdp::parse(&answer).unwrap();
        let theirs = Agreement::with(&back, &[Law::A, Law::Mu], true, LOCAL.address).unwrap();
        assert_eq!((theirs.law, theirs.events, theirs.remote.port()), (Law::Mu, Some(101), 20_000));
    }
}
