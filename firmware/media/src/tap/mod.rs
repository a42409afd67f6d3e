//! Taps: what listens in on a leg's audio without being part of the call.

pub(crate) mod dtmf;
pub(crate) mod record;
mod screen;
