//! How the audio of a packet channel travels.

use std::net::SocketAddr;

use crate::Law;

/// One negotiated audio stream (RFC 3264, RFC 3550), as the signalling hands it to the media.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RtpSession {
    /// Our UDP port; RTCP comes on the next one unless `rtcp_mux`.
    pub local_port: u16,
    /// Where the peer said it listens. Packets that come from elsewhere move this once, to the
    /// first source that sends valid RTP (symmetric RTP, RFC 4961), as NAT makes necessary.
    pub remote: SocketAddr,
    /// G.711 law; its static payload type is used.
    pub law: Law,
    /// Payload type of telephone-events (RFC 4733), if agreed.
    pub event_payload_type: Option<u8>,
    /// Packet time to send, in milliseconds: a multiple of 10, 10–60.
    pub ptime_ms: u8,
    /// Whether we send audio (SDP direction seen from here).
    pub send: bool,
    /// Whether the peer sends audio.
    pub receive: bool,
    /// Whether RTCP shares the RTP port (RFC 5761).
    pub rtcp_mux: bool,
}
