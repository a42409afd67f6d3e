//! Tests of the whole box against real peers: the built programs, sipp, baresip, and a browser's
//! side of the API.
//!
//! Nothing of the box is linked in: it runs as its users run it, as a process with a state folder
//! and addresses of its own, so that tests run side by side. Sound is real recorded speech, and
//! what came out at the far end is compared with what went in by normalised cross-correlation.
//! The G.711, RTP and WAV code here is written apart from the box's, so that a mistake in one does
//! not hide in the other.
//!
//! Tests wait for what they wait for, with a deadline, never for a length of time. The one
//! exception is speech, which lasts as long as it lasts.

#![forbid(unsafe_code)]

pub mod acts;
pub mod alike;
pub mod api;
pub mod baresip;
pub mod g711;
pub mod installed;
pub mod lines;
pub mod malformed;
pub mod party;
pub mod ports;
pub mod process;
pub mod rtp;
pub mod rtp_peer;
pub mod sipp;
pub mod site;
pub mod speech;
pub mod tipring;
pub mod wait;
pub mod wav;
