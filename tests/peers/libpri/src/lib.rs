//! Our ISDN signalling against libpri, the stack that most boxes on E1 lines run.
//!
//! libpri lives in a small C program of ours, `pri_peer.c`, compiled when a test starts: it speaks
//! lines over a Unix socket in lock step and takes its time from the test, so that hours of calls
//! run in seconds and every run is the same. [`LibPri`] is that program, [`Line`] the wire between
//! it and our end, [`Desk`] plays the exchange or the subscriber on top of libpri. The program can
//! also hold a D-channel of DAHDI itself, which the virtual machine of the span tests does.

#![forbid(unsafe_code)]

mod desk;
mod line;
mod peer;

pub use desk::{Desk, Manner, PeerCall};
pub use line::Line;
pub use peer::{Event, LibPri, program};
