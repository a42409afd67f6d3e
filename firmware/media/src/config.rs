//! What the media side is built for.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;

use tipring_clock::WallTime;

/// Sizes and addresses, fixed for the life of a box. Everything sized here is allocated once.
#[derive(Clone, Debug)]
pub struct MediaConfig {
    /// Legs at once, packet legs and frame channels together.
    pub legs_max: u16,
    /// Recordings at once.
    pub recordings_max: u16,
    /// Frames of recorded audio on their way to the recorder, all recordings together; 176 bytes
    /// each. This is how long the disk may stall: 32,768 hold 0.8 s of 400 recorded calls.
    pub recorder_chunks: usize,
    /// Commands, and events, on their way between the core and the engine.
    pub ring_slots: usize,
    /// The address RTP sockets are bound to.
    pub bind: IpAddr,
    /// The UDP ports for RTP (even) and RTCP (the odd one above it).
    pub rtp_ports: RangeInclusive<u16>,
    /// Seeds SSRCs and first sequence numbers and timestamps, which RFC 3550 wants random.
    pub seed: u64,
    /// The calendar time at [`tipring_clock::Instant::ZERO`], for RTCP sender reports.
    pub wall_at_zero: WallTime,
}

impl Default for MediaConfig {
    fn default() -> Self {
        MediaConfig {
            legs_max: 1024,
            recordings_max: 512,
            recorder_chunks: 32_768,
            ring_slots: 4096,
            bind: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            rtp_ports: 16_384..=17_407,
            seed: 0,
            wall_at_zero: WallTime::default(),
        }
    }
}
