//! Calls that come in: ring validation, caller id, offer, answer, ring timeout.

use tipring_clock::{Duration, Instant};
use tipring_line::{AnalogPort, CallerId, Cause, ChannelEvent, Frame};

use super::listen::{CallerSource, Heard};
use super::ring::{Cadence, Ring, fit};
use super::timer::Timer;
use super::{Fxo, State};
use crate::plans::CallerIdKind;

/// Silence after which digits on an on-hook line are complete (YD/T 1277.1).
const DIGITS_END: Duration = Duration::from_millis(300);
/// Ringing longer than this has no pause; caller id will not come, and the call is offered.
const BURST_MAX: Duration = Duration::from_millis(3_000);

impl<P: AnalogPort> Fxo<P> {
    /// Follows ringing current; to be called every frame.
    pub(super) fn validate_ring(&mut self, now: Instant, rx: &Frame) {
        match self.ring.frame(now, rx, self.settings.ring_min) {
            Some(Ring::Valid { new_round }) => self.on_burst(now, new_round),
            Some(Ring::Ended(at)) => self.on_burst_end(at),
            None => {}
        }
        self.judge_cadence(now);
    }

    /// Settles which of the line's numbers the call is for. The first round may have begun before
    /// the line heard it, or its first burst may be cut short (exchanges whose cadence runs
    /// freely), so one that is no known cadence is followed by a second trial.
    fn judge_cadence(&mut self, now: Instant) {
        if !self.cadence.is_open || self.state != (State::Ringing { offered: false }) {
            return;
        }
        let Some(round) = self.ring.whole_round(now) else { return };
        let own = fit(round, self.settings.ringing.times_ms()).map(|fit| (fit, None));
        let further = self
            .settings
            .rings
            .iter()
            .filter_map(|ring| Some((fit(round, ring.cadence.times_ms())?, Some(ring.number))));
        // Only the first round may have begun unheard.
        let is_first = self.ring.rounds() <= 1;
        let fits = further.chain(own).filter(|(fit, _)| is_first || !fit.is_tail);
        let nearest = fits.min_by_key(|(fit, _)| *fit);
        if !is_first || nearest.is_some_and(|(fit, _)| !fit.is_tail) {
            self.cadence.number = nearest.and_then(|(_, number)| number);
            self.cadence.is_open = false;
            if self.cadence.offer_due {
                self.offer();
            }
        }
    }

    fn on_burst(&mut self, now: Instant, new_round: bool) {
        self.timers.stop(Timer::RingTimeout);
        match self.state {
            State::Idle => self.first_ring(now),
            // Exchanges that send caller id after ringing do it before the second round.
            State::Ringing { offered: false } if new_round => self.offer(),
            // The exchange rang before it saw our seizure: its call comes first.
            State::Guarded => {
                self.events.push(ChannelEvent::Released(Cause::NoChannel));
                self.number = None;
                self.first_ring(now);
            }
            _ => {}
        }
    }

    fn on_burst_end(&mut self, at: Instant) {
        if matches!(self.state, State::Ringing { .. } | State::Refused) {
            self.timers.set(Timer::RingTimeout, at + self.settings.ring_timeout);
        }
        if self.state == (State::Ringing { offered: false }) {
            self.timers.set(Timer::CallerIdWait, at + self.settings.caller_id_wait);
        }
    }

    fn first_ring(&mut self, now: Instant) {
        self.timers.stop(Timer::DigitsEnd);
        self.cadence = Cadence { is_open: !self.settings.rings.is_empty(), ..Cadence::default() };
        if let Some(caller) = self.ear.end_digits() {
            self.learn_caller(caller, CallerSource::Dtmf);
        }
        self.state = State::Ringing { offered: false };
        self.timers.set(Timer::CallerIdWait, now + BURST_MAX + self.settings.caller_id_wait);
        if self.caller.is_some() || !self.settings.wait_for_caller_id {
            self.offer();
        }
    }

    pub(super) fn offer(&mut self) {
        if self.state != (State::Ringing { offered: false }) {
            return;
        }
        if self.cadence.is_open {
            self.cadence.offer_due = true;
            return;
        }
        self.timers.stop(Timer::CallerIdWait);
        self.state = State::Ringing { offered: true };
        self.note_caller_id();
        self.push_offer();
    }

    /// The time for caller id, and for telling cadences apart, is over.
    pub(super) fn offer_anyway(&mut self) {
        self.cadence.is_open = false;
        self.offer();
    }

    pub(super) fn push_offer(&mut self) {
        self.events.push(ChannelEvent::Offered {
            called: self.cadence.number.or(self.settings.number),
            caller: self.caller.map(|(caller, _)| caller).unwrap_or_default(),
            trunk: None,
            extension: None,
            redirection: None,
        });
    }

    pub(super) fn listen_on_hook(&mut self, now: Instant, rx: &Frame) {
        match self.ear.rx(rx) {
            Heard::Nothing => {}
            Heard::Digit => self.timers.set(Timer::DigitsEnd, now + DIGITS_END),
            Heard::Caller(caller, source) => {
                self.timers.stop(Timer::DigitsEnd);
                self.on_caller(now, caller, source);
            }
            Heard::MessageWaiting(waiting) => {
                self.events.push(ChannelEvent::MessageWaiting(waiting));
            }
        }
    }

    pub(super) fn on_digits_end(&mut self, now: Instant) {
        if let Some(caller) = self.ear.end_digits() {
            self.on_caller(now, caller, CallerSource::Dtmf);
        }
    }

    fn on_caller(&mut self, now: Instant, caller: CallerId, source: CallerSource) {
        if !self.learn_caller(caller, source) {
            return;
        }
        match self.state {
            State::Ringing { offered: false } => self.offer(),
            State::Ringing { offered: true } => {
                self.note_caller_id();
                self.events.push(ChannelEvent::CallerKnown(caller));
            }
            // Before the first ring; forgotten again if none comes.
            _ => self.timers.set(Timer::RingTimeout, now + self.settings.ring_timeout),
        }
    }

    /// Keeps the surer of what was told; says whether that is news.
    fn learn_caller(&mut self, caller: CallerId, source: CallerSource) -> bool {
        let news = self.caller.is_none_or(|(known, from)| from <= source && known != caller);
        if news {
            self.caller = Some((caller, source));
        }
        news
    }

    fn note_caller_id(&mut self) {
        self.caller_id_heard = Some(match self.caller {
            Some((_, CallerSource::Fsk)) => CallerIdKind::Fsk,
            Some((_, CallerSource::Dtmf)) => CallerIdKind::Dtmf,
            None => CallerIdKind::None,
        });
    }

    /// Whether something is going on that ends in ringing: current that has not lasted long
    /// enough to count, or a caller already told.
    pub(super) fn call_is_coming(&self) -> bool {
        self.ring.is_present() || self.caller.is_some() || self.ear.is_collecting()
    }

    pub(super) fn on_ring_timeout(&mut self) {
        self.caller = None;
        self.ring.forget();
        let before = core::mem::replace(&mut self.state, State::Idle);
        self.timers.stop(Timer::CallerIdWait);
        if before == (State::Ringing { offered: true }) {
            self.events.push(ChannelEvent::Released(Cause::NormalUnspecified));
        }
    }

    pub(super) fn answer(&mut self, now: Instant) -> bool {
        match self.state {
            State::Ringing { offered: true } => self.go_off_hook(),
            // The loop is closed already, and the exchange takes the call as answered.
            State::Taken => {}
            _ => return false,
        }
        self.state = State::Connected { since: now };
        true
    }
}
