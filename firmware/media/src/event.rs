//! What the media side tells the core.

use std::path::PathBuf;

use tipring_line::{ChannelEvent, ChannelId};

/// Names one `play` of a channel, so that an old one's end is not taken for a new one's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct PlayId(pub u64);

/// Names a recording; the core counts them out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct RecordingId(pub u64);

/// How a packet leg's audio travelled (RFC 3550, section 6.4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RtpStatistics {
    /// RTP packets received.
    pub received: u32,
    /// RTP packets sent.
    pub sent: u32,
    /// Packets the peer sent that did not arrive, by their sequence numbers.
    pub lost: u32,
    /// Interarrival jitter of what was received, in microseconds.
    pub jitter_us: u32,
    /// Packets lost on the way to the peer, as its last report says.
    pub peer_lost: u32,
    /// Round trip time by the peer's last report, in microseconds; 0 if it never reported.
    pub round_trip_us: u32,
    /// Packets from elsewhere than the peer, dropped.
    pub strangers: u32,
}

/// What the media side tells the core.
#[derive(Clone, PartialEq, Debug)]
pub enum MediaEvent {
    /// A frame channel's event, or a digit heard on any channel: by telephone-event or in-band,
    /// once where both come.
    Channel(ChannelId, ChannelEvent),
    /// A playlist has come to its end; its last frame has been sent.
    PlayDone {
        /// The channel it played to.
        channel: ChannelId,
        /// Which `play` it was.
        id: PlayId,
    },
    /// Every digit of a `send_digits` has been sent.
    DigitsSent(ChannelId),
    /// The peer's first RTP packet since the channel was opened, or since `RtpStopped`.
    RtpStarted(ChannelId),
    /// No RTP packet has come for 10 s although the session says that the peer sends.
    RtpStopped(ChannelId),
    /// The channel's packet leg has been closed; its statistics are final.
    Closed(ChannelId, RtpStatistics),
    /// The recording's file has been made.
    RecordingStarted(RecordingId),
    /// The recording's file is complete.
    RecordingClosed {
        /// Which recording.
        id: RecordingId,
        /// Its file.
        path: PathBuf,
        /// Its length, in milliseconds.
        duration_ms: u64,
        /// Its size on disk, header included.
        bytes: u64,
        /// Pieces that came late and could not be put into the file any more.
        lost: u32,
    },
    /// The recording's file could not be made or written; what is there is kept.
    RecordingFailed {
        /// Which recording.
        id: RecordingId,
        /// What the system said, and about which file.
        reason: String,
    },
}
