//! The SIP side of the box: phones and SIP trunks, as agent (UAS and UAC), registrar and
//! registering client, for audio calls over UDP and TCP.
//!
//! Sans-IO: [`UserAgent`] takes datagrams, stream bytes, commands and the time, and gives out
//! datagrams, channel events and descriptions of audio streams. It reads no clock, opens no
//! socket, starts no thread; its randomness comes from a seed.
//!
//! Standards: RFC 3261 (core), RFC 6026 (2xx and the Accepted state), RFC 3581 (`rport`),
//! RFC 7616 and 2617 (digest), RFC 3264 and 4566 (offer/answer, SDP), RFC 3311 (UPDATE), RFC 3323
//! and 3325 (privacy, asserted identity), RFC 6086 with the `application/dtmf-relay` custom
//! (keys by INFO), RFC 3326 (Reason).
//!
//! Left out on purpose: TLS, SRTP, REFER, session timers and reliable provisional responses
//! (`100rel`), which are refused as a peer can understand; proxying; name resolution (peers are
//! reached by the address they came from or are configured with). RTP is the media's.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod auth;
mod config;
mod dialog;
mod fingerprint;
pub mod message;
mod output;
mod registrar;
pub mod sdp;
mod slab;
pub mod stream;
mod timetable;
mod transaction;
mod ua;
mod via;

pub use auth::Algorithm as DigestAlgorithm;
pub use config::{
    Config, DtmfMode, ExtensionConfig, Limits, LocalAddress, NetworkAddress, RegistrarConfig,
    TimerConfig, TrunkAccess, TrunkConfig,
};
pub use output::{
    ConnectionId, Counters, MediaChange, MediaPorts, Output, Refusal, Registration, Transport,
    TrunkState,
};
pub use ua::UserAgent;
