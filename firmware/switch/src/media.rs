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
    /// Dial now.
    Dial,
    /// The box or the network cannot take the call.
    Congestion,
    /// Callers wait in the queue of an agent who talks: a soft beep.
    CallersWait,
    /// A supervisor hears the call: the reminder tone.
    Supervised,
    /// What a handset asked for during a call was done.
    Confirmation,
}

/// What the switch asks of the media.
#[derive(Clone, PartialEq, Debug)]
pub enum MediaRequest {
    /// Let two channels hear each other.
    Bridge(ChannelId, ChannelId),
    /// Take two bridged channels apart. Comes before either is released.
    Unbridge(ChannelId, ChannelId),
    /// Let all of these hear each other, and nobody else. They leave what they were in, another
    /// conference of some of them included.
    Conference {
        /// Three or more.
        members: Arc<[ChannelId]>,
    },
    /// Take a channel out of its conference, or from what it listens to.
    Leave {
        /// Which.
        ch: ChannelId,
    },
    /// Let a channel hear what another says and hears.
    Monitor {
        /// Who hears.
        listener: ChannelId,
        /// Whom.
        target: ChannelId,
        /// Whether the target, and nobody else, hears the listener.
        whisper: bool,
    },
    /// Let nobody hear what a channel says (`true`), or let it be heard again.
    Mute {
        /// Whose microphone.
        ch: ChannelId,
        /// Whether muted.
        muted: bool,
    },
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
    /// Let a channel hear a tone beside what it hears anyway: nobody else hears it, and no
    /// recording holds it.
    Beep {
        /// Who hears it.
        ch: ChannelId,
        /// Which.
        tone: Tone,
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
    /// Begin the recording of a call, with silence on both sides.
    RecordStart {
        /// The call.
        call: CallId,
        /// The file, relative to the recordings folder: `2026/11/21/4711.wav`.
        path: Arc<str>,
    },
    /// From now on these are heard in the recording; silence for nobody.
    RecordSides {
        /// The call.
        call: CallId,
        /// On the left: the caller.
        left: Option<ChannelId>,
        /// On the right: the agent, the called party, all others of a conference.
        right: Arc<[ChannelId]>,
    },
    /// Remove the file of a recording that was closed.
    RecordDiscard {
        /// The file, as in `RecordStart`.
        path: Arc<str>,
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
