//! Calls to the handset: ringing, caller id after the first burst, answer.

use tipring_clock::Instant;
use tipring_dsp::caller_id::{CallTime, FskTransmitter, Message};
use tipring_line::{AnalogPort, AnswerCertainty, CallerId, Cause, ChannelEvent, PortCommand};

use super::timer::Timer;
use super::{Fxs, State, millis};

/// The time told where the calendar is not known.
const NO_TIME: CallTime = CallTime { month: 1, day: 1, hour: 0, minute: 0 };

impl<P: AnalogPort> Fxs<P> {
    pub(super) fn seize(&mut self) -> bool {
        if self.state == State::OnHook && self.alarm.is_none() {
            self.state = State::Seized;
            return true;
        }
        // Off-hook without a call counts as busy; a call already has told its own end.
        if matches!(
            self.state,
            State::OnHook | State::Collecting | State::Parting | State::Howling | State::Abandoned
        ) {
            let cause =
                if self.alarm.is_some() { Cause::DestinationOutOfOrder } else { Cause::UserBusy };
            self.events.push(ChannelEvent::Released(cause));
        }
        false
    }

    pub(super) fn ring(&mut self, now: Instant, caller: &CallerId) -> bool {
        if self.state != State::Seized {
            return false;
        }
        self.caller = *caller;
        self.caller_id_sent = false;
        self.start_burst(now);
        self.events.push(ChannelEvent::Ringing);
        true
    }

    fn start_burst(&mut self, now: Instant) {
        self.state = State::Ringing { burst: true };
        self.order(PortCommand::Ring(true));
        self.timers.set(Timer::Cadence, now + millis(self.settings.ringing_ms[0]));
    }

    pub(super) fn on_cadence(&mut self, now: Instant) {
        match self.state {
            State::Ringing { burst: true } => {
                self.state = State::Ringing { burst: false };
                self.order(PortCommand::Ring(false));
                self.timers.set(Timer::Cadence, now + millis(self.settings.ringing_ms[1]));
                if !core::mem::replace(&mut self.caller_id_sent, true) {
                    self.timers.set(Timer::CallerId, now + self.settings.caller_id_delay);
                }
            }
            State::Ringing { burst: false } => {
                self.stop_caller_id();
                self.start_burst(now);
            }
            _ => {}
        }
    }

    pub(super) fn send_caller_id(&mut self, now: Instant) {
        let Some(sending) = self.settings.caller_id else { return };
        let time = self.settings.wall.map_or(NO_TIME, |w| w.call_time(now));
        let message = Message::call(sending.form, sending.encoding, time, &self.caller);
        self.fsk = Some(FskTransmitter::new(sending.modem, message));
        self.order(PortCommand::OnHookAudio(true));
    }

    fn stop_caller_id(&mut self) {
        self.timers.stop(Timer::CallerId);
        let draining = self.timers.due(Timer::CallerIdEnd).is_some();
        self.timers.stop(Timer::CallerIdEnd);
        if self.fsk.take().is_some() || draining {
            self.order(PortCommand::OnHookAudio(false));
        }
    }

    pub(super) fn stop_ringing(&mut self) {
        if self.state == (State::Ringing { burst: true }) {
            self.order(PortCommand::Ring(false));
        }
        self.stop_caller_id();
        self.timers.stop(Timer::Cadence);
    }

    pub(super) fn answered_by_handset(&mut self) {
        self.stop_ringing();
        self.state = State::Talking;
        while self.detector.poll().is_some() {}
        self.events.push(ChannelEvent::Answered(AnswerCertainty::Signalled));
    }
}
