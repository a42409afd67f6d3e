//! What time does to calls (Q.931, 9).

use tipring_clock::Instant;
use tipring_line::Cause;

use super::call::{CallState, CallTimer};
use super::control::{CallControl, Key};

impl CallControl {
    /// When [`handle_timeout`](Self::handle_timeout) is to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.calls
            .iter()
            .flatten()
            .filter_map(|call| call.timers.poll_timeout())
            .chain(self.t309)
            .chain(self.restart.t316)
            .min()
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.t309.is_some_and(|at| at <= now) {
            self.t309 = None;
            self.give_up_all();
        }
        if self.restart.t316.is_some_and(|at| at <= now) {
            self.t316_expired(now);
        }
        for key in self.keys() {
            while self.exists(key) {
                let Some(timer) = self.call_mut(key).timers.expire(now) else { break };
                self.expired(now, key, timer);
            }
        }
    }

    /// The D-channel did not come back within T309 (5.8.9).
    fn give_up_all(&mut self) {
        for key in self.keys() {
            if self.exists(key) {
                self.drop_call(key, Cause::DestinationOutOfOrder);
            }
        }
    }

    fn expired(&mut self, now: Instant, key: Key, timer: CallTimer) {
        match timer {
            CallTimer::T301 => self.clear(now, key, Cause::NoAnswer),
            CallTimer::T302 => self.digits_ended(now, key),
            CallTimer::T303 => self.setup_unanswered(now, key),
            CallTimer::T304 | CallTimer::T310 | CallTimer::T313 => {
                self.clear(now, key, Cause::TimerExpired);
            }
            CallTimer::T305 | CallTimer::T306 => {
                let cause = self.call(key).cause_sent;
                self.send_release(now, key, Some(cause));
            }
            CallTimer::T308 => self.release_unanswered(now, key),
            CallTimer::T322 => self.enquiry_unanswered(now, key),
            CallTimer::Tones => self.send_release(now, key, None),
        }
    }

    /// Sent once more, then given up (5.1.1, 5.2.1).
    fn setup_unanswered(&mut self, now: Instant, key: Key) {
        let at = now + self.settings.timers.t303;
        let call = self.call_mut(key);
        call.expiries += 1;
        if call.expiries == 1 && call.timeslot != 0 {
            call.timers.set(CallTimer::T303, at);
            let setup = call.setup.clone();
            self.send_again(setup);
        } else {
            let reference = call.our_reference();
            self.send_release_complete(reference, Cause::TimerExpired.q850());
            self.drop_call(key, Cause::TimerExpired);
        }
    }

    fn release_unanswered(&mut self, now: Instant, key: Key) {
        let call = self.call_mut(key);
        if call.expiries == 0 {
            let cause = call.cause_sent;
            self.send_release(now, key, Some(cause));
            self.call_mut(key).expiries = 1;
        } else {
            self.give_up_release(now, key);
        }
    }

    fn enquiry_unanswered(&mut self, now: Instant, key: Key) {
        let n322 = self.settings.timers.n322;
        let call = self.call_mut(key);
        if matches!(call.state, CallState::ReleaseRequest | CallState::DisconnectSent) {
            return;
        }
        call.expiries += 1;
        if call.expiries < n322 {
            self.send_status_enquiry(now, key);
        } else {
            self.clear(now, key, Cause::TemporaryFailure);
        }
    }
}
