//! Session descriptions (RFC 4566) and offer/answer (RFC 3264) for one audio stream.
//!
//! Taken: G.711 in both laws over RTP/AVP, telephone-events (RFC 4733), directions, hold by
//! direction or by the address 0.0.0.0 (RFC 3264, section 8.4, and RFC 2543), ptime, rtcp-mux.
//! Every other media line is refused with port 0. Left out: SRTP, ICE, video, and `a=rtcp` (the
//! port after RTP's is used).

mod agree;
mod emit;
mod parse;

pub use agree::{Agreement, SdpError};
pub use emit::{LocalAudio, write_answer, write_offer, write_offer_again};
pub use parse::{Direction, MediaLine, Sdp};
