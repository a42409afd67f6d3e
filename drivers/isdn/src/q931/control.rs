//! Call control of one D-channel: its calls and channels, what is asked of it and what it tells.
//! What messages do to it is in `receive` and `incoming`, what the switch wants in `command`,
//! the ends of calls in `clearing`, restarts in `restart`, time in `expiry`.

use std::collections::VecDeque;

use tipring_clock::{Duration, Instant};
use tipring_line::{Cause, ChannelEvent, Redirection};

use super::call::{Call, CallState, CallTimer, location};
use super::element::{CauseElement, Element};
use super::message::{Builder, CallReference, MessageOctets, MessageType};
use super::restart::Restart;
use super::settings::{Hunt, Settings};

/// Calls that may exist at once: one a channel, and as many again that are being cleared after
/// they lost theirs.
const CALLS_MAX: usize = 64;
/// Messages that may wait for the link.
const MESSAGES_MAX: usize = 128;
/// Outputs that may wait to be taken.
const OUTPUTS_MAX: usize = 256;

/// What call control tells.
#[derive(Clone, PartialEq, Debug)]
#[expect(clippy::large_enum_variant, reason = "a box would allocate for every event")]
pub enum Output {
    /// A channel's event, in the words of every channel.
    Channel {
        /// Its timeslot.
        timeslot: u8,
        /// What happened.
        event: ChannelEvent,
    },
    /// The far side moved a call of ours to another channel, which is busy from now on.
    Moved {
        /// The timeslot on which it was seized.
        from: u8,
        /// The timeslot on which it goes on.
        to: u8,
    },
    /// The far side answered no RESTART, or refuses it. A technician may have to look.
    RestartFailed {
        /// The timeslots concerned: bit *n* stands for timeslot *n*.
        timeslots: u32,
    },
}

/// What a channel is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Channel {
    /// No B-channel, or taken out of service.
    Absent,
    /// Free.
    Idle,
    /// The switch has seized it and not yet said whom to call.
    Seized,
    /// It belongs to the call in this place.
    Busy(u8),
    /// Out of service until a RESTART is acknowledged.
    Blocked,
}

/// What went wrong, counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Messages of another protocol, or too short to have a header (5.8.1, 5.8.2).
    pub unreadable: u64,
    /// Messages for calls that do not exist (5.8.3).
    pub unknown_reference: u64,
    /// Messages that did not fit the state of their call (5.8.4).
    pub unexpected: u64,
    /// Messages with a mandatory element missing or unreadable (5.8.6).
    pub mandatory: u64,
    /// Messages with an element that has to be understood and was not (5.8.7.1).
    pub not_understood: u64,
    /// STATUS messages that reported an error of ours.
    pub errors_reported: u64,
    /// Both sides wanted the same channel at once.
    pub glares: u64,
    /// Calls refused because no place for them was left.
    pub refused_for_room: u64,
    /// Messages or events dropped because a queue was full.
    pub overflows: u64,
}

/// Call control of one D-channel. It does not allocate after its making, but for what supplementary
/// services tell.
#[derive(Debug)]
pub struct CallControl {
    pub(super) settings: Settings,
    pub(super) calls: Vec<Option<Call>>,
    pub(super) channels: [Channel; 32],
    /// Who led on the call that is about to be dialled on a channel.
    pub(super) redirections: [Option<Redirection>; 32],
    next_reference: u16,
    pub(super) link_up: bool,
    /// When calls are given up if the D-channel does not come back (T309).
    pub(super) t309: Option<Instant>,
    pub(super) restart: Restart,
    messages: VecDeque<MessageOctets>,
    outputs: VecDeque<Output>,
    pub(super) counters: Counters,
}

/// The place of a call.
pub(super) type Key = u8;

impl CallControl {
    /// Call control without calls, its link down.
    pub fn new(settings: Settings) -> Self {
        let channels = core::array::from_fn(|timeslot| {
            let is_channel = settings.channels >> timeslot & 1 == 1 && timeslot != 0;
            if is_channel { Channel::Idle } else { Channel::Absent }
        });
        CallControl {
            restart: Restart::default(),
            calls: (0..CALLS_MAX).map(|_| None).collect(),
            channels,
            redirections: [None; 32],
            next_reference: 1,
            link_up: false,
            t309: None,
            messages: VecDeque::with_capacity(MESSAGES_MAX),
            outputs: VecDeque::with_capacity(OUTPUTS_MAX),
            counters: Counters::default(),
            settings,
        }
    }

    /// What went wrong since its making.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How many calls there are, those being cleared included.
    pub fn calls(&self) -> usize {
        self.calls.iter().flatten().count()
    }

    /// How many channels are not free for a call.
    pub fn channels_in_use(&self) -> usize {
        self.channels
            .iter()
            .filter(|channel| !matches!(channel, Channel::Idle | Channel::Absent))
            .count()
    }

    /// The state of the call on this timeslot, if there is one.
    pub fn state(&self, timeslot: u8) -> Option<CallState> {
        self.call_on(timeslot).map(|key| self.call(key).state)
    }

    /// Whether a call could be begun on this timeslot.
    pub fn is_free(&self, timeslot: u8) -> bool {
        self.link_up && self.channel(timeslot) == Channel::Idle
    }

    /// The next message for the link.
    pub fn poll_message(&mut self) -> Option<MessageOctets> {
        self.messages.pop_front()
    }

    /// What there is to tell, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(super) fn channel(&self, timeslot: u8) -> Channel {
        self.channels.get(usize::from(timeslot)).copied().unwrap_or(Channel::Absent)
    }

    pub(super) fn set_channel(&mut self, timeslot: u8, channel: Channel) {
        let slot = &mut self.channels[usize::from(timeslot & 31)];
        if *slot != Channel::Absent {
            *slot = channel;
        }
    }

    pub(super) fn call_on(&self, timeslot: u8) -> Option<Key> {
        match self.channel(timeslot) {
            Channel::Busy(key) => Some(key),
            _ => None,
        }
    }

    pub(super) fn call(&self, key: Key) -> &Call {
        self.calls[usize::from(key)].as_ref().expect("a key is held only while its call exists")
    }

    pub(super) fn call_mut(&mut self, key: Key) -> &mut Call {
        self.calls[usize::from(key)].as_mut().expect("a key is held only while its call exists")
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = Key> + use<> {
        0..CALLS_MAX as Key
    }

    pub(super) fn exists(&self, key: Key) -> bool {
        self.calls[usize::from(key)].is_some()
    }

    /// The call a received reference is about: its flag says whether we chose it.
    pub(super) fn find(&self, reference: CallReference) -> Option<Key> {
        let place = self.calls.iter().position(|call| {
            call.as_ref().is_some_and(|call| {
                call.reference == reference.value && call.originated == reference.flag
            })
        })?;
        Some(place as Key)
    }

    /// Puts a call into a free place.
    pub(super) fn insert(&mut self, call: Call) -> Option<Key> {
        let place = self.calls.iter().position(Option::is_none)?;
        self.calls[place] = Some(call);
        Some(place as Key)
    }

    /// A reference that none of our calls has (4.3).
    pub(super) fn new_reference(&mut self) -> u16 {
        loop {
            let value = self.next_reference;
            self.next_reference = if value >= 0x7FFF { 1 } else { value + 1 };
            if self.find(CallReference::new(value, true)).is_none() {
                return value;
            }
        }
    }

    /// A free channel, in the order of the profile.
    pub(super) fn hunt(&self) -> Option<u8> {
        let free = |timeslot: &u8| self.channel(*timeslot) == Channel::Idle;
        match self.settings.profile.hunt {
            Hunt::Ascending => (1..=31).find(free),
            Hunt::Descending => (1..=31).rev().find(free),
        }
    }

    pub(super) fn tell(&mut self, output: Output) {
        if self.outputs.len() >= OUTPUTS_MAX {
            self.counters.overflows += 1;
            self.outputs.pop_front();
        }
        self.outputs.push_back(output);
    }

    /// Tells the event of a call's channel, if the switch knows of the call.
    pub(super) fn tell_event(&mut self, key: Key, event: ChannelEvent) {
        let call = self.call(key);
        if !call.silent && call.timeslot != 0 {
            let timeslot = call.timeslot;
            self.tell(Output::Channel { timeslot, event });
        }
    }

    pub(super) fn send(&mut self, message: Builder) {
        self.send_again(message.finish());
    }

    /// A message that was sent before.
    pub(super) fn send_again(&mut self, message: MessageOctets) {
        if self.messages.len() < MESSAGES_MAX {
            self.messages.push_back(message);
        } else {
            self.counters.overflows += 1;
        }
    }

    /// What waits for a link that is down is lost with it.
    pub(super) fn forget_messages(&mut self) {
        self.messages.clear();
    }

    /// A message of this call.
    pub(super) fn message(&self, key: Key, kind: MessageType) -> Builder {
        Builder::new(self.call(key).our_reference(), kind)
    }

    /// A cause of ours.
    pub(super) fn cause(&self, value: u8) -> Element<'static> {
        Element::Cause(CauseElement::new(location(self.settings.side), value))
    }

    /// Moves a call on and starts the state's timer, stopping all others.
    pub(super) fn enter(
        &mut self,
        now: Instant,
        key: Key,
        state: CallState,
        timer: Option<(CallTimer, Duration)>,
    ) {
        let call = self.call_mut(key);
        call.state = state;
        call.expiries = 0;
        call.timers.stop_all();
        if let Some((timer, after)) = timer {
            call.timers.set(timer, now + after);
        }
    }

    /// The call is over: its reference and channel are free, the switch is told.
    pub(super) fn drop_call(&mut self, key: Key, cause: Cause) {
        self.end_call(key, cause, Channel::Idle);
    }

    pub(super) fn end_call(&mut self, key: Key, cause: Cause, channel: Channel) {
        self.call_mut(key).blame(cause);
        let cause = self.call(key).cause.unwrap_or(cause);
        let timeslot = self.call(key).timeslot;
        self.tell_event(key, ChannelEvent::Released(cause));
        if self.channel(timeslot) == Channel::Busy(key) {
            self.set_channel(timeslot, channel);
        }
        self.calls[usize::from(key)] = None;
    }
}
