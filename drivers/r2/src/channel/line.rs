//! What the far side's line signals mean in each state (Q.422 and its tables; Q.424 for what goes
//! wrong).

use tipring_clock::Instant;
use tipring_line::{Cause, ChannelEvent, Timeslot};

use super::timer::Timer;
use super::{R2, State};

impl<T: Timeslot> R2<T> {
    /// A line signal has come and stayed.
    pub(super) fn on_line(&mut self, now: Instant, ab: u8) {
        self.timers.stop(Timer::LineFault);
        let known = match self.state {
            State::Resting | State::Idle => self.on_line_at_rest(now, ab),
            State::Seized { .. }
            | State::AwaitingNumber
            | State::Dialling(_)
            | State::Proceeding
            | State::OutAnswered { .. }
            | State::ClearForward { .. }
            | State::Glare => self.on_backward_line(now, ab),
            State::Collecting(_)
            | State::Offered(_)
            | State::Accepting { .. }
            | State::Accepted { .. }
            | State::InAnswered
            | State::ClearBack { .. } => self.on_forward_line(ab),
        };
        if !known {
            self.faults.line_signals = self.faults.line_signals.saturating_add(1);
            self.set(now, Timer::LineFault);
        }
    }

    fn on_line_at_rest(&mut self, now: Instant, ab: u8) -> bool {
        let bits = self.bits;
        if ab == bits.idle {
            self.state = State::Idle;
        } else if ab == bits.seize && !self.blocked {
            // A far side that seizes has released what was before.
            self.on_seized(now);
        } else {
            self.state = State::Resting;
        }
        self.tell_alarm();
        ab == bits.idle || ab == bits.seize || ab == bits.blocked
    }

    /// Signals from the called side.
    fn on_backward_line(&mut self, now: Instant, ab: u8) -> bool {
        let bits = self.bits;
        if matches!(self.state, State::Glare) {
            return true;
        }
        if let State::ClearForward { cause } = self.state {
            if ab == bits.idle {
                self.finish(cause);
            }
            // Whatever else it sends, it will be idle, or the guard's time will be over.
            return true;
        }
        if ab == bits.idle {
            // The far side has given up the call without waiting for our clearing.
            return self.on_dropped(now);
        }
        match self.state {
            State::Seized { .. } if ab == bits.seize_ack => self.on_acknowledged(now),
            State::Seized { .. } if ab == bits.seize => self.on_glare(now),
            State::Proceeding if ab == bits.answer => {
                self.answered(State::OutAnswered { pulse: false });
            }
            // The answer is faster than the end of the last register signal.
            State::Dialling(ref register) if ab == bits.answer && register.in_group_b() => {
                self.answered(State::OutAnswered { pulse: false });
            }
            State::OutAnswered { pulse: true } if ab == bits.answer => {
                self.enter(State::OutAnswered { pulse: false });
                self.events.push(ChannelEvent::Metering);
            }
            State::OutAnswered { .. } if ab == bits.clear_back => self.on_clear_back(now),
            State::AwaitingNumber
            | State::Dialling(_)
            | State::Proceeding
            | State::OutAnswered { .. }
                if Some(ab) == bits.forced_release =>
            {
                self.clear_forward(now, Cause::NormalUnspecified);
            }
            // It has gone back to what it was.
            State::AwaitingNumber | State::Dialling(_) | State::Proceeding => {
                return ab == bits.seize_ack;
            }
            State::OutAnswered { pulse: false } => return ab == bits.answer,
            _ => return false,
        }
        true
    }

    fn on_clear_back(&mut self, now: Instant) {
        if self.bits.metering {
            self.state = State::OutAnswered { pulse: true };
            self.set(now, Timer::Metering);
        } else {
            self.clear_forward(now, Cause::NormalClearing);
        }
    }

    /// Both sides have seized the channel, and neither has it (Q.424, clause 2.2.5).
    fn on_glare(&mut self, now: Instant) {
        self.faults.glares = self.faults.glares.saturating_add(1);
        self.enter(State::Glare);
        self.set(now, Timer::GlareHold);
    }

    fn on_dropped(&mut self, now: Instant) -> bool {
        match self.state {
            // It was idle before, and has not seen the seizure yet.
            State::Seized { .. } => {}
            State::OutAnswered { .. } => self.clear_forward(now, Cause::NormalClearing),
            _ => self.clear_forward(now, Cause::TemporaryFailure),
        }
        true
    }

    /// Signals from the calling side.
    fn on_forward_line(&mut self, ab: u8) -> bool {
        if ab == self.bits.idle {
            let cause = match self.state {
                State::ClearBack { cause, .. } => cause,
                State::InAnswered => Cause::NormalClearing,
                _ => Cause::NormalUnspecified,
            };
            if matches!(self.state, State::Collecting(_)) {
                self.faults.lost_calls = self.faults.lost_calls.saturating_add(1);
            }
            self.finish(cause);
        }
        ab == self.bits.idle || ab == self.bits.seize
    }

    /// Bits that mean nothing have stayed: the call cannot go on.
    pub(super) fn on_line_fault(&mut self, now: Instant) {
        match self.state {
            State::Resting
            | State::Idle
            | State::Glare
            | State::ClearForward { .. }
            | State::ClearBack { .. } => {}
            State::Seized { .. }
            | State::AwaitingNumber
            | State::Dialling(_)
            | State::Proceeding
            | State::OutAnswered { .. } => self.clear_forward(now, Cause::NetworkOutOfOrder),
            State::Collecting(_)
            | State::Offered(_)
            | State::Accepting { .. }
            | State::Accepted { .. }
            | State::InAnswered => self.finish(Cause::NetworkOutOfOrder),
        }
    }
}
