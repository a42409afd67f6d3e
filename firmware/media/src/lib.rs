//! The real-time half of the box: RTP and frames in, relay, mixing, prompts, taps, RTP and frames
//! out; and the recorder behind it.
//!
//! The parts, and the thread each of them lives on:
//!
//! - [`Control`] is the core's end. It owns what is allocated, maps channels to legs, sends
//!   commands and gets [`MediaEvent`]s back.
//! - [`Engine`] is the real-time end: sans-IO, with the time handed in. It does not allocate,
//!   lock, log or block; `tests/allocation.rs` proves the first of these with a counting
//!   allocator. Two packet legs of one law are relayed the moment a packet comes, under an SSRC,
//!   sequence and timestamps of our own; frames, jitter buffers and mixing serve only the legs
//!   that need them, from the 20 ms tick.
//! - [`Recorder`] is the disk's end: stereo A-law WAV, written about once a second.
//! - [`thread`] gives the engine its sockets and its frame clock, by io_uring or by epoll.
//!
//! Followed: RFC 3550 (RTP, RTCP), RFC 3551 (payload types), RFC 4733 (telephone-events),
//! RFC 4961 (symmetric RTP), RFC 5761 (RTCP on the RTP port), ITU-T G.711.
//! Left out on purpose: SRTP, codecs other than G.711, T.38, video.

mod command;
mod config;
mod control;
mod digits;
mod engine;
mod error;
mod event;
mod metrics;

pub mod net;
mod play;
mod ports;
pub mod recorder;
mod rtp;
mod tap;

pub mod thread;
mod wake;
pub mod wav;

pub use config::MediaConfig;
pub use control::{Control, open};
pub use engine::{Engine, IoChange, LegSlot, Outgoing, Stream};
pub use error::MediaError;
pub use event::{MediaEvent, PlayId, RecordingId, RtpStatistics};
pub use metrics::{LATENESS_BUCKETS_US, Metrics, MetricsSnapshot};
pub use play::Playlist;
pub use ports::PortPool;
pub use recorder::Recorder;
