//! What two descriptions agree on.

use std::net::{IpAddr, SocketAddr};

use thiserror::Error;
use tipring_line::{Law, RtpSession};

use super::{Direction, Sdp};
use crate::message::scan::decimal;

/// Why two descriptions do not agree.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum SdpError {
    /// No audio stream over plain RTP.
    #[error("there is no audio stream over RTP/AVP")]
    NoAudio,
    /// No codec in common.
    #[error("there is no common codec: this box speaks PCMA and PCMU")]
    NoCommonCodec,
}

/// What the peer's audio stream and ours have in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Agreement {
    /// Which of the peer's media lines it is.
    pub line: usize,
    /// The codec.
    pub law: Law,
    /// The payload type of telephone-events.
    pub events: Option<u8>,
    /// Packet time the peer wants, in milliseconds: a multiple of 10, 10–60.
    pub ptime_ms: u8,
    /// Where the peer listens.
    pub remote: SocketAddr,
    /// The direction as the peer wrote it; hold by address counts as not receiving.
    pub direction: Direction,
    /// Whether RTCP shares the port.
    pub rtcp_mux: bool,
}

impl Agreement {
    /// What we can agree on with the peer's description, an offer or an answer.
    ///
    /// `codecs` are ours, the best first: in an offer the best of ours that the peer has is taken,
    /// in an answer the peer's first. `source` stands in where the peer gave a name for an address.
    ///
    /// # Errors
    /// [`SdpError`] if there is no stream or no codec in common.
    pub fn with(
        sdp: &Sdp<'_>,
        codecs: &[Law],
        events: bool,
        source: IpAddr,
    ) -> Result<Self, SdpError> {
        let mut error = SdpError::NoAudio;
        for (line, media) in sdp.media.iter().enumerate() {
            if media.kind != b"audio" || media.port == 0 || media.protocol != b"RTP/AVP" {
                continue;
            }
            let Some(law) = codecs
                .iter()
                .copied()
                .find(|law| media.payloads().any(|payload| payload == law.payload_type()))
            else {
                error = SdpError::NoCommonCodec;
                continue;
            };
            let held = media.address.is_some_and(|address| address.is_unspecified());
            let direction = media.direction;
            return Ok(Agreement {
                line,
                law,
                events: media.payload_of("telephone-event/8000").filter(|_| events),
                ptime_ms: media.attributes("ptime").find_map(decimal).map_or(20, clamp_ptime),
                remote: SocketAddr::new(media.address.unwrap_or(source), media.port),
                direction: Direction::of(direction.sends(), direction.receives() && !held),
                rtcp_mux: media.attributes("rtcp-mux").next().is_some(),
            });
        }
        Err(error)
    }

    /// The direction we answer with (RFC 3264, section 6.1): we never hold.
    pub const fn our_direction(&self) -> Direction {
        Direction::of(self.direction.receives(), self.direction.sends())
    }

    /// Whether the peer does not want to hear us.
    pub const fn is_held(&self) -> bool {
        !self.direction.receives()
    }

    /// The stream as the media is told of it.
    pub const fn session(&self, local_port: u16) -> RtpSession {
        RtpSession {
            local_port,
            remote: self.remote,
            law: self.law,
            event_payload_type: self.events,
            ptime_ms: self.ptime_ms,
            send: self.direction.receives(),
            receive: self.direction.sends(),
            rtcp_mux: self.rtcp_mux,
        }
    }
}

fn clamp_ptime(ms: u64) -> u8 {
    (ms.clamp(10, 60) / 10 * 10) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: &[Law] = &[Law::A, Law::Mu];

    fn agree(lines: &str, codecs: &[Law]) -> Result<Agreement, SdpError> {
        let body = format!("v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 192.0.2.9\r\n{lines}");
        Agreement::with(
            &Sdp::parse(body.as_bytes()).unwrap(),
            codecs,
            true,
            [203, 0, 113, 1].into(),
        )
    }

    #[test]
    fn our_preference_decides_among_theirs() {
        let both = "m=audio 4000 RTP/AVP 0 18 8\r\n";
        assert_eq!(agree(both, BOTH).unwrap().law, Law::A);
        assert_eq!(agree(both, &[Law::Mu, Law::A]).unwrap().law, Law::Mu);
        assert_eq!(agree("m=audio 4000 RTP/AVP 0\r\n", BOTH).unwrap().law, Law::Mu);
        assert_eq!(agree("m=audio 4000 RTP/AVP 18\r\n", BOTH), Err(SdpError::NoCommonCodec));
        assert_eq!(agree("m=audio 0 RTP/AVP 8\r\n", BOTH), Err(SdpError::NoAudio));
        assert_eq!(agree("m=audio 4000 RTP/SAVP 8\r\n", BOTH), Err(SdpError::NoAudio));
    }

    #[test]
    fn the_second_audio_line_may_be_the_one() {
        let lines = "m=audio 4000 RTP/SAVP 8\r\nm=video 9 RTP/AVP 96\r\nm=audio 4002 RTP/AVP 8\r\n";
        let agreed = agree(lines, BOTH).unwrap();
        assert_eq!((agreed.line, agreed.remote.port()), (2, 4002));
    }

    #[test]
    fn every_hold_is_one() {
        let hold = |attribute: &str| {
            let agreed =
                agree(&format!("m=audio 4000 RTP/AVP 8\r\n{attribute}\r\n"), BOTH).unwrap();
            let session = agreed.session(16_384);
            (agreed.is_held(), session.send, session.receive, agreed.our_direction().as_str())
        };
        assert_eq!(hold("a=sendrecv"), (false, true, true, "sendrecv"));
        assert_eq!(hold("a=sendonly"), (true, false, true, "recvonly"));
        assert_eq!(hold("a=recvonly"), (false, true, false, "sendonly"));
        assert_eq!(hold("a=inactive"), (true, false, false, "inactive"));
        assert_eq!(hold("c=IN IP4 0.0.0.0"), (true, false, true, "recvonly"));
    }

    #[test]
    fn names_ptime_and_events() {
        let agreed = agree(
            "m=audio 4000 RTP/AVP 8 97 101\r\nc=IN IP4 sbc.example\r\na=ptime:35\r\n\
             a=rtpmap:97 telephone-event/16000\r\na=rtpmap:101 telephone-event/8000\r\n",
            BOTH,
        )
        .unwrap();
        assert_eq!(agreed.remote, "203.0.113.1:4000".parse().unwrap());
        assert_eq!((agreed.ptime_ms, agreed.events), (30, Some(101)));
        assert_eq!(agree("m=audio 1 RTP/AVP 8\r\na=ptime:0\r\n", BOTH).unwrap().ptime_ms, 10);
    }
}
