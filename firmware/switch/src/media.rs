//! What the switch asks of the media, and what the media tells it.
//!
//! Requests are symbolic: whoever wires the box turns them into sounds, sockets and files. A
//! channel hears one thing at a time: `Play`, `Music`, `Tone` and `Bridge` each end what it heard
//! before.

use std::sync::Arc;

use tipring_line::{CallId, ChannelId};
use tipring_tts::{Lang, Utterance};

/// Names one `Play` for its end. Unique within a run of the box.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct PlayId(pub u64);

/// The tones of the country's plan that the box makes by itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tone {
    /// The called party is being rung.
    Ringback,
    /// Engaged.
    Busy,
    /// The box or the network cannot take the call.
    Congestion,
}

/// What the switch asks of the media.
#[derive(Clone, PartialEq, Debug)]
pub enum MediaRequest {
    /// Let two channels hear each other.
    Bridge(ChannelId, ChannelId),
    /// Take two bridged channels apart. Comes before either is released.
    Unbridge(ChannelId, ChannelId),
    /// Say something.
    Play {
        /// Who hears it.
        ch: ChannelId,
        /// What, without gaps.
        say: Arc<[Utterance]>,
        /// In which language.
        lang: Lang,
        /// Whether it begins again when it has ended.
        repeat: bool,
        /// Comes back in [`MediaEvent::PlayDone`] when it was played to its end.
        id: PlayId,
    },
    /// Play music on hold.
    Music {
        /// Who hears it.
        ch: ChannelId,
    },
    /// Play a tone.
    Tone {
        /// Who hears it.
        ch: ChannelId,
        /// Which.
        tone: Tone,
    },
    /// Stop what the channel hears (a prompt, music or a tone).
    Stop {
        /// Who hears it.
        ch: ChannelId,
    },
    /// Listen for DTMF in the channel's audio (`true`), or stop doing so.
    Detect {
        /// The channel.
        ch: ChannelId,
        /// Whether to listen.
        dtmf: bool,
    },
    /// Begin the recording of a call: `left` is heard on the left, silence on the right.
    RecordStart {
        /// The call.
        call: CallId,
        /// Heard on the left: the caller.
        left: ChannelId,
        /// The file, relative to the recordings folder: `2026/11/21/4711.wav`.
        path: Arc<str>,
    },
    /// From now on this channel is heard on the right; `None` for silence.
    RecordRight {
        /// The call.
        call: CallId,
        /// The agent's or called party's channel.
        right: Option<ChannelId>,
    },
    /// End the recording.
    RecordStop {
        /// The call.
        call: CallId,
    },
}

/// What the media tells the switch.
#[derive(Clone, PartialEq, Debug)]
pub enum MediaEvent {
    /// A `Play` came to its end. Not told of one that was cut short.
    PlayDone {
        /// The channel.
        ch: ChannelId,
        /// The play.
        id: PlayId,
    },
    /// No RTP has come on a channel for so long that its peer must be gone.
    RtpStopped {
        /// The channel.
        ch: ChannelId,
    },
    /// A recording's file is complete.
    RecordingClosed {
        /// The call.
        call: CallId,
        /// The file, as in `RecordStart`.
        path: String,
        /// How long it is, in milliseconds.
        duration_ms: u64,
        /// How large it is.
        bytes: u64,
    },
}
