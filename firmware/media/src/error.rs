//! What can go wrong on the core's side of the media.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use tipring_line::ChannelId;

/// Why the media side could not do what it was asked.
#[derive(Debug, Error)]
pub enum MediaError {
    /// Every leg is in use.
    #[error("all {0} media legs are in use; raise the configured number of legs")]
    NoLeg(u16),
    /// Every recording is in use.
    #[error("all {0} recordings are in use; raise the configured number of recordings")]
    NoRecording(u16),
    /// The channel has no leg.
    #[error("channel {0} is not open for media")]
    NotOpen(ChannelId),
    /// The channel has a leg already.
    #[error("channel {0} is open for media already")]
    AlreadyOpen(ChannelId),
    /// The port was not handed out by the pool.
    #[error("RTP port {0} was not allocated from the pool")]
    PortNotAllocated(u16),
    /// No port of the range could be bound.
    #[error("no free RTP port between {first} and {last}: {cause}")]
    NoPort {
        /// First of the range.
        first: u16,
        /// Last of the range.
        last: u16,
        /// Why the last one tried could not be bound.
        cause: io::Error,
    },
    /// A conference has too many members.
    #[error("a conference has at most {most} members, this has {asked}")]
    TooManyMembers {
        /// The bound.
        most: usize,
        /// What was asked for.
        asked: usize,
    },
    /// The system refused something the media side cannot do without.
    #[error("{what} failed: {cause}")]
    System {
        /// The call that failed.
        what: &'static str,
        /// Why.
        cause: io::Error,
    },
    /// A file could not be read or written.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A file is not a recording this crate understands.
    #[error("{path} is not a usable WAV file: {reason}")]
    NotWav {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
}
