//! Calls that go out.

use tipring_clock::Instant;
use tipring_dsp::MfEvent;
use tipring_line::{CallerId, Cause, ChannelEvent, Number, Presentation, Timeslot};

use super::timer::Timer;
use super::{R2, State};
use crate::events::Learnt;
use crate::forward::{Calling, ForwardRegister, ForwardStep, Signals, of_digit};

impl<T: Timeslot> R2<T> {
    pub(super) fn seize(&mut self, now: Instant) -> bool {
        if self.engaged {
            return false;
        }
        if !self.is_idle() {
            // A call that comes in at this moment, or none at all, is not disturbed by it.
            self.events.push(ChannelEvent::Released(Cause::NoChannel));
            return true;
        }
        self.engaged = true;
        self.learnt = Learnt::default();
        self.send_line(self.bits.seize);
        self.enter(State::Seized { number: None, release: None });
        self.set(now, Timer::SeizeAck);
        true
    }

    pub(super) fn dial(&mut self, now: Instant, called: &Number, caller: &CallerId) -> bool {
        if !matches!(self.state, State::Seized { number: None, .. } | State::AwaitingNumber) {
            return false;
        }
        let signals =
            |number: &Number| -> Signals { number.as_str().chars().filter_map(of_digit).collect() };
        let called = signals(called);
        if called.is_empty() {
            return self.released_by_switch(now, Cause::InvalidNumberFormat);
        }
        let calling = Calling {
            number: caller.number.as_ref().map(signals).unwrap_or_default(),
            restricted: caller.presentation == Presentation::Restricted,
            category: self.register.calling.signal(self.settings.category),
            class: self.register.two.signal(self.settings.category),
        };
        let register = ForwardRegister::new(self.register, called, calling);
        match &mut self.state {
            State::Seized { number, .. } => *number = Some(register),
            _ => self.begin_dialling(now, register),
        }
        true
    }

    /// The seizure was acknowledged.
    pub(super) fn on_acknowledged(&mut self, now: Instant) {
        match core::mem::replace(&mut self.state, State::AwaitingNumber) {
            State::Seized { release: Some(cause), .. } => self.clear_forward(now, cause),
            State::Seized { number: Some(register), .. } => self.begin_dialling(now, register),
            _ => {
                // Without a number the far side's register gives up; so does this one.
                self.enter(State::AwaitingNumber);
                self.set(now, Timer::Register);
            }
        }
    }

    /// Sends the first digit.
    fn begin_dialling(&mut self, now: Instant, register: ForwardRegister) {
        self.enter(State::Dialling(register));
        self.set(now, Timer::Register);
        self.audio.begin_outgoing();
    }

    pub(super) fn on_no_acknowledgement(&mut self, now: Instant) {
        let cause = match self.state {
            State::Seized { release: Some(cause), .. } => cause,
            _ => Cause::TimerExpired,
        };
        self.clear_forward(now, cause);
    }

    /// Ends a call from the calling side.
    pub(super) fn clear_forward(&mut self, now: Instant, cause: Cause) {
        self.send_line(self.bits.idle);
        self.audio.hush();
        if self.persistence.held() == Some(self.bits.idle) {
            return self.finish(cause);
        }
        self.enter(State::ClearForward { cause });
        self.set(now, Timer::ReleaseGuard);
    }

    pub(super) fn on_backward_signal(&mut self, now: Instant, event: MfEvent) {
        let State::Dialling(register) = &mut self.state else { return };
        let step = register.on_event(event);
        let waits = register.sending().is_none();
        match step {
            ForwardStep::Goes => {
                self.set(now, Timer::Register);
                if waits {
                    self.timers.set(Timer::Register, now + self.times.forward_off.into());
                }
            }
            ForwardStep::Accepted { free_of_charge } => {
                self.learnt.free_of_charge = free_of_charge;
                self.enter(State::Proceeding);
                self.set(now, Timer::Answer);
                self.audio.open();
                self.events.push(ChannelEvent::Ringing);
                self.events.push(ChannelEvent::EarlyAudio);
            }
            ForwardStep::Refused(cause) => self.clear_forward(now, cause),
            ForwardStep::Senseless => {
                self.faults.register_signals = self.faults.register_signals.saturating_add(1);
                self.clear_forward(now, Cause::ProtocolError);
            }
        }
    }
}
