//! Restart (Q.931, 5.5): making channels idle on both sides, at the start and after trouble.

use tipring_clock::Instant;
use tipring_line::Cause;

use super::control::{CallControl, Channel, Output};
use super::element::{ChannelIdentification, ChannelSelection, Element, RestartClass, id};
use super::incoming::channel_of;
use super::message::{Builder, CallReference, Message, MessageType};

/// What we restart.
#[derive(Clone, Debug, Default)]
pub(super) struct Restart {
    /// Every channel is to be restarted once the link is up.
    at_start: Start,
    /// Timeslots still to be restarted one by one.
    wanted: u32,
    /// Timeslots whose RESTART is not acknowledged yet.
    pub(super) awaited: u32,
    /// When it is sent again (T316).
    pub(super) t316: Option<Instant>,
    sent: u8,
    /// The far side has refused RESTART: it is not tried again.
    refused: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Start {
    #[default]
    Wanted,
    Done,
}

impl CallControl {
    /// Whether the far side may be asked to restart.
    pub(super) const fn restart_possible(&self) -> bool {
        self.settings.profile.restart && !self.restart.refused
    }

    /// Restarts the channel at this timeslot: a call on it ends, and it is idle once the far side
    /// has acknowledged. Does nothing where the profile has no RESTART.
    pub fn restart_channel(&mut self, now: Instant, timeslot: u8) {
        if self.restart_possible() && self.channel(timeslot) != Channel::Absent {
            self.end_calls(1 << timeslot, Channel::Blocked);
            self.want_restart(now, 1 << timeslot);
        }
    }

    pub(super) fn want_restart(&mut self, now: Instant, timeslots: u32) {
        self.restart.wanted |= timeslots;
        self.next_restart(now);
    }

    pub(super) fn link_is_up_for_restart(&mut self, now: Instant) {
        if core::mem::replace(&mut self.restart.at_start, Start::Done) == Start::Wanted
            && self.restart_possible()
            && self.calls() == 0
        {
            self.end_calls(self.settings.channels, Channel::Blocked);
            self.restart.awaited = self.settings.channels;
            self.restart.sent = 0;
            self.send_restart(now);
        } else {
            self.next_restart(now);
        }
    }

    pub(super) fn link_is_down_for_restart(&mut self) {
        // Asked again when the link is back.
        self.restart.wanted |= core::mem::take(&mut self.restart.awaited);
        self.restart.t316 = None;
    }

    fn next_restart(&mut self, now: Instant) {
        if self.restart.awaited != 0 || self.restart.wanted == 0 || !self.link_up {
            return;
        }
        let next = 1 << self.restart.wanted.trailing_zeros();
        self.restart.wanted &= !next;
        self.restart.awaited = next;
        self.restart.sent = 0;
        self.send_restart(now);
    }

    fn send_restart(&mut self, now: Instant) {
        let awaited = self.restart.awaited;
        let message = Builder::new(CallReference::global(false), MessageType::Restart);
        let message = if awaited.count_ones() == 1 {
            let timeslot = awaited.trailing_zeros() as u8;
            let channel = ChannelIdentification::exclusive(timeslot);
            message
                .put(Element::ChannelIdentification(channel))
                .put(Element::Restart(RestartClass::IndicatedChannels))
        } else {
            message.put(Element::Restart(RestartClass::AllInterfaces))
        };
        self.send(message);
        self.restart.sent += 1;
        self.restart.t316 = Some(now + self.settings.timers.t316);
    }

    pub(super) fn t316_expired(&mut self, now: Instant) {
        self.restart.t316 = None;
        if self.restart.sent < self.settings.timers.n316 {
            self.send_restart(now);
        } else {
            self.restart_failed(now);
        }
    }

    /// The far side does not restart: the channels are used as they are, which is no worse than
    /// not using them, and a technician is told.
    fn restart_failed(&mut self, now: Instant) {
        let timeslots = core::mem::take(&mut self.restart.awaited);
        self.restart.t316 = None;
        self.unblock(timeslots);
        self.tell(Output::RestartFailed { timeslots });
        self.next_restart(now);
    }

    fn unblock(&mut self, timeslots: u32) {
        for timeslot in each(timeslots) {
            if self.channel(timeslot) == Channel::Blocked {
                self.set_channel(timeslot, Channel::Idle);
            }
        }
    }

    /// The far side wants channels idle (5.5.2).
    pub(super) fn on_restart(&mut self, message: &Message<'_>) {
        let class = message.first(|element| match element {
            Element::Restart(class) => Some(class),
            _ => None,
        });
        let named = channel_of(message).and_then(Result::ok);
        let timeslots = match (class, named) {
            (Some(RestartClass::SingleInterface | RestartClass::AllInterfaces), _) => u32::MAX,
            (_, Some(channel)) if channel.selection == ChannelSelection::Any => u32::MAX,
            (_, Some(channel)) => channel.timeslots(),
            (_, None) => u32::MAX,
        };
        self.end_calls(timeslots, Channel::Idle);
        let mut reference = message.reference;
        reference.flag = !reference.flag;
        let mut answer = Builder::new(reference, MessageType::RestartAcknowledge);
        for raw in message.elements().flatten() {
            if matches!(raw.id, id::CHANNEL_IDENTIFICATION | id::RESTART_INDICATOR) {
                answer = answer.raw(raw);
            }
        }
        self.send(answer);
    }

    pub(super) fn on_restart_acknowledge(&mut self, now: Instant, message: &Message<'_>) {
        let awaited = self.restart.awaited;
        let named = channel_of(message).and_then(Result::ok).map(|channel| channel.timeslots());
        if awaited == 0 || named.is_some_and(|named| named != 0 && named & awaited == 0) {
            return;
        }
        self.restart.awaited = 0;
        self.restart.t316 = None;
        self.unblock(awaited);
        self.next_restart(now);
    }

    /// A complaint about RESTART: some exchanges do not allow it.
    pub(super) fn on_global_status(&mut self, now: Instant, _message: &Message<'_>) {
        self.counters.errors_reported += 1;
        if self.restart.awaited != 0 {
            self.restart.refused = true;
            self.restart.awaited |= core::mem::take(&mut self.restart.wanted);
            self.restart_failed(now);
        }
    }

    /// Ends the calls on these timeslots without a message, and leaves the channels like this.
    fn end_calls(&mut self, timeslots: u32, channel: Channel) {
        for timeslot in each(timeslots) {
            match self.channel(timeslot) {
                Channel::Busy(key) => self.end_call(key, Cause::TemporaryFailure, channel),
                Channel::Seized => {
                    self.set_channel(timeslot, channel);
                    let event = tipring_line::ChannelEvent::Released(Cause::TemporaryFailure);
                    self.tell(Output::Channel { timeslot, event });
                }
                Channel::Idle => self.set_channel(timeslot, channel),
                Channel::Absent | Channel::Blocked => {}
            }
        }
    }
}

fn each(timeslots: u32) -> impl Iterator<Item = u8> {
    (1..=31).filter(move |timeslot| timeslots >> timeslot & 1 == 1)
}
