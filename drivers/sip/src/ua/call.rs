//! One call: its dialog, its audio, its state.

use tipring_clock::{Duration, Instant};
use tipring_line::{
    Cause, ChannelEvent, ChannelId, Digits, Endpoint, Number, Redirection, RtpSession,
};

use super::{Context, TimerKey, UserAgent};
use crate::dialog::Dialog;
use crate::sdp::{Agreement, LocalAudio};
use crate::slab::SlotId;
use crate::transaction::Peer;
use crate::{DtmfMode, MediaChange, Output};

/// Who is at the other end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Party {
    Extension(Number),
    Trunk(u16),
}

/// A call on one channel.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) channel: ChannelId,
    /// Whether the switch still has the channel: `Released` was not told yet.
    pub(super) held_by_switch: bool,
    pub(super) party: Party,
    pub(super) state: CallState,
    pub(super) dialog: Dialog,
    /// The key under which a call that came in stands in `by_caller`.
    pub(super) caller_key: Option<u128>,
    pub(super) audio: Audio,
    pub(super) keys: Keys,
    /// The CSeq of the REFER that the phone waits to be told of.
    pub(super) refer: Option<u32>,
    /// Whether the peer's Allow lists UPDATE.
    pub(super) allows_update: bool,
    /// The earliest time at which the call is in the timetable.
    pub(super) armed: Option<Instant>,
}

/// Keys on their way out by INFO.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) mode: DtmfMode,
    /// Whether the peer's Allow lists INFO.
    pub(super) allows_info: bool,
    pub(super) waiting: Digits,
    /// Whether an INFO is under way: the next waits for its response.
    pub(super) sending: bool,
}

/// The audio of a call.
#[derive(Debug, Default)]
pub(super) struct Audio {
    pub(super) port: Option<u16>,
    pub(super) session_id: u64,
    pub(super) version: u64,
    pub(super) agreed: Option<Agreement>,
    /// The stream as the media was last told of it.
    pub(super) told: Option<RtpSession>,
    pub(super) held: bool,
}

/// Where a call stands.
#[derive(Debug)]
pub(super) enum CallState {
    /// The switch has taken a channel for a call that goes out.
    Seized {
        /// Where it goes.
        endpoint: Endpoint,
        /// Who led it on.
        redirection: Option<Redirection>,
    },
    /// INVITEs are out.
    Calling(Calling),
    /// The switch has released the call, and INVITEs are out still.
    Cancelling(Calling),
    /// An INVITE has come in and has no final response.
    Offered(Offered),
    /// A 2xx was sent or received.
    Established(Established),
    /// Our BYE is out.
    Ending,
}

/// A call that goes out and has no final response.
#[derive(Debug, Default)]
pub(super) struct Calling {
    /// One for each address that is rung.
    pub(super) branches: Vec<Branch>,
    /// The lines of the INVITE that all of its copies share, and its body.
    pub(super) common: Vec<u8>,
    pub(super) body: Vec<u8>,
    pub(super) ringing: bool,
    /// The tag of the early dialog whose audio is heard.
    pub(super) early_tag: Option<Box<[u8]>>,
    /// When to give up: on an answer, or on the end of what was cancelled.
    pub(super) until: Instant,
    /// Why the call is cancelled.
    pub(super) cancel_cause: Option<Cause>,
    /// The failure to tell when no branch is left.
    pub(super) failure: Option<(u16, Cause)>,
}

/// One INVITE of a call that goes out.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) target: Box<[u8]>,
    pub(super) peer: Peer,
    pub(super) cseq: u32,
    /// Its transaction while it has no final response.
    pub(super) transaction: Option<SlotId>,
    /// Whether credentials were sent.
    pub(super) authenticated: bool,
}

/// A call that has come in and has no final response.
#[derive(Debug)]
pub(super) struct Offered {
    pub(super) transaction: SlotId,
    /// The lines every response to the INVITE begins with, after its status line.
    pub(super) head: Vec<u8>,
    pub(super) reply: Peer,
    pub(super) cseq: u32,
    /// Our answer, or our offer if the INVITE had none.
    pub(super) body: Vec<u8>,
    /// Whether the body is an offer, which the ACK will answer.
    pub(super) offering: bool,
    pub(super) early_audio: bool,
    /// The lines of the 2xx that assert who answers.
    pub(super) identity: Vec<u8>,
}

/// A call that was answered.
#[derive(Debug, Default)]
pub(super) struct Established {
    /// Our 2xx that was not acknowledged yet.
    pub(super) unacknowledged: Option<Unacknowledged>,
    /// Our ACK, for a 2xx that comes again.
    pub(super) ack: Option<(Vec<u8>, Peer)>,
    /// The cause of a BYE that waits for the ACK (RFC 3261, section 15).
    pub(super) bye: Option<Cause>,
}

/// A 2xx that is repeated until its ACK comes (RFC 3261, section 13.3.1.4).
#[derive(Debug)]
pub(super) struct Unacknowledged {
    pub(super) bytes: Vec<u8>,
    pub(super) reply: Peer,
    pub(super) cseq: u32,
    pub(super) interval: Duration,
    pub(super) next: Instant,
    pub(super) end: Instant,
    /// Whether it carries an offer, which the ACK must answer.
    pub(super) offering: bool,
}

impl Call {
    /// When the call wants to be looked at.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            CallState::Calling(calling) | CallState::Cancelling(calling) => Some(calling.until),
            CallState::Established(established) => {
                established.unacknowledged.as_ref().map(|u| u.next.min(u.end))
            }
            CallState::Seized { .. } | CallState::Offered(_) | CallState::Ending => None,
        }
    }

    /// Our end of the session; its port must have been allocated.
    pub(super) fn local_audio(&self, ptime_ms: u8) -> LocalAudio {
        LocalAudio {
            address: self.dialog.contact.ip(),
            port: self.audio.port.unwrap_or(0),
            session_id: self.audio.session_id,
            version: self.audio.version,
            ptime_ms,
        }
    }
}

impl UserAgent {
    /// Puts the call into the timetable if it wants to be looked at earlier than it is in there.
    pub(super) fn arm_call(&mut self, id: SlotId) {
        let Some(call) = self.calls.get_mut(id) else { return };
        let Some(due) = call.poll_timeout() else { return };
        if call.armed.is_none_or(|armed| due < armed) {
            call.armed = Some(due);
            self.timers.push(due, TimerKey::Call(id));
        }
    }

    /// Tells the media and the switch what has been agreed.
    pub(super) fn tell_media(&mut self, id: SlotId) {
        let Some(call) = self.calls.get_mut(id) else { return };
        let (Some(agreed), Some(port)) = (call.audio.agreed, call.audio.port) else { return };
        if !call.held_by_switch {
            return;
        }
        let session = agreed.session(port);
        let change = match call.audio.told {
            None => MediaChange::Open(session),
            Some(told) if told == session => return,
            Some(_) => MediaChange::Update(session),
        };
        call.audio.told = Some(session);
        let (channel, held) = (call.channel, agreed.is_held());
        let turned = held != call.audio.held;
        call.audio.held = held;
        self.output(Output::Media(channel, change));
        if turned {
            self.tell(channel, ChannelEvent::Held(held));
        }
    }

    /// Gives the channel back to the switch: audio closed, port freed, `Released` told.
    pub(super) fn free_channel(&mut self, cx: &mut Context<'_>, id: SlotId, cause: Cause) {
        let Some(call) = self.calls.get_mut(id) else { return };
        if !call.held_by_switch {
            return;
        }
        call.held_by_switch = false;
        let channel = call.channel;
        let told = call.audio.told.take();
        let port = call.audio.port.take();
        self.by_channel.remove(&channel);
        if told.is_some() {
            self.output(Output::Media(channel, MediaChange::Close));
        }
        if let Some(port) = port {
            cx.ports.release(port);
        }
        self.tell(channel, ChannelEvent::Released(cause));
    }

    /// Forgets a call whose channel was freed.
    pub(super) fn drop_call(&mut self, id: SlotId) {
        let Some(call) = self.calls.remove(id) else { return };
        assert!(!call.held_by_switch, "a channel is freed before its call is dropped");
        self.by_tag.remove(&call.dialog.local_tag);
        if let Some(key) = call.caller_key {
            self.by_caller.remove(&key);
        }
    }
}
