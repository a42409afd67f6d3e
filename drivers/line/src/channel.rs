//! Seam 2: what every channel can be told, and what it tells.

use serde::{Deserialize, Serialize};
use tipring_clock::Instant;

use crate::{
    Alarm, CallerId, Cause, ChannelId, Components, Digit, Digits, Frame, Notice, Number, PortId,
    Redirection,
};

/// Where an outgoing call goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Endpoint {
    /// An analog port: a handset (FXS) or an exchange line (FXO).
    Port(PortId),
    /// A registered SIP phone, by its extension number.
    SipPhone(Number),
    /// The SIP trunk of this index in the configuration.
    SipTrunk(u16),
    /// A channel of an E1 span.
    SpanChannel {
        /// The span, counted from 0 in the order of the configuration.
        span: u8,
        /// The timeslot, 1–31.
        timeslot: u8,
    },
}

/// What the switch tells a channel.
#[derive(Clone, PartialEq, Debug)]
pub enum ChannelCommand {
    /// Begin an outgoing call on this channel. Followed by `Dial` (trunks) or `Ring` (phones).
    Seize(Endpoint),
    /// Send the called number, and who calls, towards the network.
    Dial {
        /// The number called.
        number: Number,
        /// Who calls, as to be shown there.
        caller: CallerId,
    },
    /// The call that is about to be dialled was led on from another number, as the network is to
    /// be told. Comes between `Seize` and `Dial`.
    Redirected(Redirection),
    /// Ring the phone, showing who calls.
    Ring {
        /// Who calls, as to be shown there.
        caller: CallerId,
        /// Which ringing: 0 the phone's ordinary one, *n* its *n*-th distinctive one. A phone
        /// that has no such ringing rings as ordinary.
        pattern: u8,
    },
    /// Tell a phone in a call that a second call waits: it hears the call waiting tone, and its
    /// display shows who calls if it can. Whoever talks accepts by a flash; the switch decides.
    CallWaiting {
        /// Who waits, as to be shown there.
        caller: CallerId,
    },
    /// The second call waits no more: it was taken, or has gone.
    CallWaitingEnd,
    /// Messages wait for this phone (`true`) or no more: its lamp and its dial tone say so.
    /// Outside calls too.
    MessageWaiting(bool),
    /// Calls to this phone are forwarded (`true`) or no more: its dial tone reminds of it.
    /// Outside calls too.
    Forwarded(bool),
    /// Tell the caller that the called party is being rung (SIP 180, Q.931 ALERTING).
    Alert,
    /// Open the audio towards the caller before answering (SIP 183, Q.931 PROGRESS).
    OpenEarlyAudio,
    /// Who answers the call that came in, as the caller is to be shown (COLP). Before `Answer` it
    /// goes with the answer; after it, where the signalling has a word for a change (SIP UPDATE).
    Connected(CallerId),
    /// Answer the call that came in.
    Answer,
    /// Pass a supplementary service's components on (Q.931 FACILITY).
    Facility(Components),
    /// Pass on what the network says of the other party (Q.931 NOTIFY).
    Notify(Notice),
    /// Send keys to the other side in the way the channel does (RFC 4733, SIP INFO, DTMF).
    SendDigits(Digits),
    /// Send a hook flash.
    Flash,
    /// Take the channel out of service (`true`) or back into it: where the signalling has a word for
    /// it, as R2 has, the far side is told, and a call in progress goes on. Outside calls too.
    Block(bool),
    /// How the transfer that the phone asked for went: taken, or refused, or not answered by its
    /// target. One that was taken is followed by `Release`.
    Transferred(Result<(), Cause>),
    /// End the call. The channel answers with `Released` once it is free again.
    Release(Cause),
}

/// How a digit was recognised.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DigitSource {
    /// An RFC 4733 telephone-event.
    Rfc4733,
    /// A SIP INFO request.
    SipInfo,
    /// Tones in the audio.
    InBand,
    /// Dial pulses (loop breaks).
    Pulse,
}

/// How surely the far side has answered.
///
/// An analog line without polarity service has no answer signal; the record of such a call says
/// that its answer is estimated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum AnswerCertainty {
    /// The signalling says so: SIP 200, Q.931 CONNECT, a handset lifted.
    #[default]
    Signalled,
    /// The exchange reversed the line's polarity: certain, and charged from here.
    Polarity,
    /// Ringback ended and a voice was heard: probable.
    Voice,
    /// Nothing but time says so.
    Timer,
}

/// What a channel tells the switch.
#[derive(Clone, PartialEq, Debug)]
pub enum ChannelEvent {
    /// A call has come in.
    Offered {
        /// The number called, where the wire tells it (SIP, ISDN); otherwise the line's own.
        called: Option<Number>,
        /// Who calls.
        caller: CallerId,
        /// The SIP trunk it came by, if it did.
        trunk: Option<u16>,
        /// The authenticated extension it came from, if it did (SIP phone, FXS handset).
        extension: Option<Number>,
        /// Who led it here, where it was for another number first.
        redirection: Option<Box<Redirection>>,
    },
    /// A phone wants to take the place of another leg: a SIP INVITE with Replaces (RFC 3891). It is
    /// answered, or released with why not.
    Replaces {
        /// The leg whose place it is to take.
        leg: ChannelId,
        /// The authenticated extension it came from.
        extension: Number,
    },
    /// Who calls, learnt after the call was offered (caller id between the first two rings).
    CallerKnown(CallerId),
    /// The far side is being rung.
    Ringing,
    /// The far side's audio is open before it has answered.
    EarlyAudio,
    /// Who answers the call we made, as the network tells (COLP). Before `Answered`.
    Connected(CallerId),
    /// The far side has answered.
    Answered(AnswerCertainty),
    /// A supplementary service's components.
    Facility(Components),
    /// What the network says of the other party.
    Notified(Notice),
    /// The far side pressed a key.
    Digit {
        /// The key.
        digit: Digit,
        /// How it was recognised.
        source: DigitSource,
    },
    /// The handset flashed its hook.
    HookFlash,
    /// The phone asks that its other party be transferred (SIP REFER). Answered by
    /// [`ChannelCommand::Transferred`], unless the phone hangs up before.
    Transfer {
        /// Where to.
        to: Number,
        /// The phone's own other channel whose far party is meant, where it has consulted.
        consulted: Option<ChannelId>,
    },
    /// The exchange charged one unit.
    Metering,
    /// The exchange says that messages wait on the line (`true`), or no more.
    MessageWaiting(bool),
    /// The far side put us on hold (`true`) or took us back.
    Held(bool),
    /// The network put a call that we are making on another channel of the same span (Q.931,
    /// 5.2.3): this channel is free, and the call goes on at that one.
    Moved(ChannelId),
    /// The call on this channel is over and the channel is free. The last event of a call.
    Released(Cause),
    /// The line is out of order (`Some`), or is in order again (`None`). Outside calls too.
    Alarm(Option<Alarm>),
}

/// A channel whose audio comes in frames: a signalling machine on top of its port.
///
/// The media thread calls [`tick`](FrameChannel::tick) once every 20 ms and passes commands and
/// events between ticks. No call may allocate, lock or block.
pub trait FrameChannel: Send {
    /// Takes one frame from the wire into `rx` and gives it `tx`.
    ///
    /// `rx` is silence where the line is on-hook. Events that the frame led to are ready to be
    /// polled afterwards.
    fn tick(&mut self, now: Instant, tx: &Frame, rx: &mut Frame);

    /// Tells the channel what to do. A command that does not fit the state of the call is
    /// dropped; if the call cannot go on, `Released` says so.
    fn command(&mut self, now: Instant, command: &ChannelCommand);

    /// The next event, oldest first.
    fn poll_event(&mut self) -> Option<ChannelEvent>;
}
