//! RTP as one packet leg speaks it: what comes in, what goes out, events, reports, jitter.

pub(crate) mod incoming;
pub(crate) mod jitter;
pub(crate) mod outgoing;
pub(crate) mod packet;
pub(crate) mod pause;
pub(crate) mod rtcp;
pub(crate) mod telephone_event;

/// RTP clock of G.711 and telephone-events: samples in a millisecond.
pub(crate) const SAMPLES_PER_MS: u32 = 8;

/// Samples in a stretch of time, rounded down.
pub(crate) fn samples_in(time: tipring_clock::Duration) -> u64 {
    // 8 kHz is 1 sample in 125 µs.
    u64::try_from(time.as_micros() / 125).unwrap_or(u64::MAX)
}
