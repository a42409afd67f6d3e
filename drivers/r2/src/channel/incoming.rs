//! Calls that come in.

use tipring_clock::Instant;
use tipring_dsp::MfEvent;
use tipring_line::{Cause, ChannelEvent, Timeslot};

use super::timer::Timer;
use super::{R2, State, Wish};
use crate::backward::{BackwardEnd, BackwardRegister, BackwardStep};
use crate::events::Learnt;

impl<T: Timeslot> R2<T> {
    /// The far side has seized the channel.
    pub(super) fn on_seized(&mut self, now: Instant) {
        self.send_line(self.bits.seize_ack);
        let register = BackwardRegister::new(self.register, self.settings.called_digits);
        self.enter(State::Collecting(register));
        self.learnt = Learnt::default();
        self.audio.begin_incoming();
        self.set(now, Timer::Register);
    }

    fn register(&mut self) -> Option<&mut BackwardRegister> {
        match &mut self.state {
            State::Collecting(register)
            | State::Offered(register)
            | State::Accepting { register, .. }
            | State::ClearBack { register: Some(register), .. } => Some(register),
            _ => None,
        }
    }

    pub(super) fn on_forward_signal(&mut self, now: Instant, event: MfEvent) {
        let Some(register) = self.register() else { return };
        let step = register.on_event(event);
        let by_pause = register.may_end_by_pause() && event == MfEvent::Off;
        self.timers.stop(Timer::Pause);
        self.timers.stop(Timer::Pulse);
        match step {
            BackwardStep::Goes => {
                if matches!(self.state, State::Collecting(_)) {
                    self.set(now, Timer::Register);
                    if by_pause {
                        self.set(now, Timer::Pause);
                    }
                }
            }
            BackwardStep::Complete => self.offer(now),
            BackwardStep::Ended(end) => self.on_ended(now, end),
            BackwardStep::Senseless => {
                self.faults.register_signals = self.faults.register_signals.saturating_add(1);
                self.give_up(now);
            }
        }
    }

    fn offer(&mut self, now: Instant) {
        let state = core::mem::replace(&mut self.state, State::Resting);
        let State::Collecting(register) = state else {
            self.state = state;
            return;
        };
        self.learnt.category_signal = register.category();
        self.learnt.category =
            register.category().and_then(|signal| self.register.calling.category(signal));
        let (called, caller) = (register.called(), register.caller());
        self.enter(State::Offered(register));
        self.set(now, Timer::Accept);
        self.engaged = true;
        self.events.push(ChannelEvent::Offered {
            called,
            caller,
            trunk: None,
            extension: None,
            redirection: None,
        });
    }

    /// The registers have spoken their last.
    fn on_ended(&mut self, now: Instant, end: BackwardEnd) {
        match (&mut self.state, end) {
            (State::Accepting { wish, .. }, BackwardEnd::Accepted) => {
                let wish = *wish;
                self.enter(State::Accepted { wish });
                self.set(now, Timer::AnswerDelay);
                self.open_or_ring(wish);
            }
            (State::ClearBack { register, .. }, _) => {
                *register = None;
                self.audio.hush();
            }
            _ => {}
        }
    }

    fn open_or_ring(&mut self, wish: Wish) {
        if wish.ringing {
            self.audio.sound(self.settings.ringback);
        } else {
            self.audio.open();
        }
    }

    /// The call cannot be understood: the calling side is told, and clears.
    fn give_up(&mut self, now: Instant) {
        self.faults.lost_calls = self.faults.lost_calls.saturating_add(1);
        self.clear_back(now, Cause::ProtocolError);
    }

    pub(super) fn on_register_timeout(&mut self, now: Instant) {
        match self.state {
            State::AwaitingNumber | State::Dialling(_) => {
                self.clear_forward(now, Cause::TimerExpired);
            }
            State::Collecting(_) => self.give_up(now),
            State::Offered(_) | State::Accepting { .. } => {
                self.clear_back(now, Cause::TimerExpired);
            }
            _ => {}
        }
    }

    /// A pause has ended the called number.
    pub(super) fn on_pause(&mut self, now: Instant) {
        if let State::Collecting(register) = &mut self.state {
            register.on_pause();
            self.set(now, Timer::Pulse);
        }
    }

    pub(super) fn on_pulse_over(&mut self, now: Instant) {
        let Some(register) = self.register() else { return };
        register.pulse_over();
        match self.state {
            State::Collecting(_) => self.set(now, Timer::Register),
            State::ClearBack { .. } => self.on_ended(now, BackwardEnd::Refused(Cause::Congestion)),
            _ => {}
        }
    }

    /// Accepts an offered call.
    pub(super) fn accept(&mut self, now: Instant, wish: Wish) {
        let state = core::mem::replace(&mut self.state, State::Resting);
        let State::Offered(mut register) = state else {
            self.state = state;
            return;
        };
        register.decide(BackwardEnd::Accepted);
        self.enter(State::Accepting { register, wish });
        self.set(now, Timer::Register);
    }

    /// The caller hears ringing (`ringing`), or the switch's audio, before the answer.
    pub(super) fn alert(&mut self, now: Instant, ringing: bool) -> bool {
        match &mut self.state {
            State::Offered(_) => self.accept(now, Wish { answer: false, ringing }),
            State::Accepting { wish, .. } => wish.ringing = ringing,
            State::Accepted { wish } => {
                wish.ringing = ringing;
                let wish = *wish;
                self.open_or_ring(wish);
            }
            _ => return false,
        }
        true
    }

    pub(super) fn answer(&mut self, now: Instant) -> bool {
        match &mut self.state {
            State::Offered(_) => self.accept(now, Wish { answer: true, ringing: false }),
            State::Accepting { wish, .. } => wish.answer = true,
            State::Accepted { wish } => {
                wish.answer = true;
                if self.timers.due(Timer::AnswerDelay).is_none() {
                    self.on_answer_delay();
                }
            }
            _ => return false,
        }
        true
    }

    pub(super) fn on_answer_delay(&mut self) {
        if let State::Accepted { wish: Wish { answer: true, .. } } = self.state {
            self.send_line(self.bits.answer);
            self.answered(State::InAnswered);
        }
    }

    /// Ends a call from the called side: by a register signal as long as the registers speak, by
    /// the line's once the call was answered. Between the two some countries have a signal;
    /// elsewhere the caller hears that it is over.
    pub(super) fn clear_back(&mut self, now: Instant, cause: Cause) {
        let state = core::mem::replace(&mut self.state, State::Resting);
        let answered = matches!(state, State::InAnswered);
        let mut pulse = false;
        let register = match state {
            State::Offered(mut register) => {
                register.decide(BackwardEnd::Refused(cause));
                Some(register)
            }
            State::Collecting(mut register) => {
                pulse = !self.audio.hears_signal();
                register.give_up().then_some(register)
            }
            _ => None,
        };
        match (&register, self.bits.forced_release) {
            (Some(_), _) => {}
            (None, Some(forced)) if !answered => {
                self.send_line(forced);
                self.audio.hush();
            }
            (None, _) => {
                if answered {
                    self.send_line(self.bits.clear_back);
                }
                self.audio.sound(self.settings.busy);
            }
        }
        self.enter(State::ClearBack { cause, register });
        self.set(now, Timer::ClearForward);
        if pulse {
            self.set(now, Timer::Pulse);
        }
    }
}
