//! How calls end: announcements, tones, battery, polarity.

use tipring_dsp::ToneCadence;

use super::control::{EndReason, ExchangeEvent};
use super::port::{SimFxoPort, State, ms};
use super::signals::Signal;
use crate::model::ReleaseSign;

impl SimFxoPort {
    pub(super) fn far_hangs_up(&mut self) {
        match self.state {
            State::Talking => {
                self.end(EndReason::FarHungUp);
                self.give_release_sign();
            }
            State::Prelude(_) | State::Burst | State::Pause => {
                self.stop_ringing();
                self.finish(EndReason::GaveUp);
            }
            _ => {}
        }
    }

    fn give_release_sign(&mut self) {
        let tones = self.model.tones;
        match self.model.release {
            ReleaseSign::BusyTone => self.inform(None, tones.busy, State::FarGone),
            ReleaseSign::CongestionTone => self.inform(None, tones.congestion, State::FarGone),
            ReleaseSign::OwnTone(tone) => self.inform(None, tone, State::FarGone),
            ReleaseSign::DialTone => self.inform(None, tones.dial, State::FarGone),
            ReleaseSign::Polarity => {
                self.set_reversed(false);
                self.inform(None, tones.busy, State::FarGone);
            }
            ReleaseSign::BatteryDrop { ms: away } => {
                self.enter(State::Dropped, Some(ms(u32::from(away))));
                self.set_battery(false);
            }
            ReleaseSign::Silence => {
                self.signal = Signal::None;
                self.enter(State::FarGone, None);
            }
        }
    }

    pub(super) fn on_battery_back(&mut self) {
        self.enter(State::FarGone, None);
        self.set_battery(true);
        if self.off_hook {
            self.give_tone(self.model.tones.busy, State::FarGone);
        } else {
            self.become_idle();
        }
    }

    /// Says what there is to say, and ends in this tone and state.
    pub(super) fn inform(&mut self, special: Option<ToneCadence>, tone: ToneCadence, then: State) {
        self.afterwards = Some((tone, then));
        match special {
            Some(special) => {
                self.signal = Signal::tone(special.once());
                self.enter(State::Special, None);
            }
            None => self.announce(),
        }
    }

    fn announce(&mut self) {
        self.recording.rewind();
        self.signal = Signal::None;
        self.enter(State::Announcing, None);
        self.follow_announcement();
    }

    /// Goes on to what follows once the special tone or the words have ended.
    pub(super) fn follow_announcement(&mut self) {
        if self.state == State::Special && self.signal.is_finished() {
            self.announce();
        } else if self.state == State::Announcing
            && self.recording.has_ended(&self.model.announcement)
            && let Some((tone, then)) = self.afterwards.take()
        {
            self.give_tone(tone, then);
        }
    }

    fn give_tone(&mut self, tone: ToneCadence, then: State) {
        self.signal = Signal::tone(tone);
        self.enter(then, None);
        self.link.tell(ExchangeEvent::ReleaseTone { at_ms: self.at_ms() });
    }

    pub(super) fn end(&mut self, reason: EndReason) {
        self.link.tell(ExchangeEvent::Ended { reason, at_ms: self.at_ms() });
    }

    /// The call is over and the line with it.
    pub(super) fn finish(&mut self, reason: EndReason) {
        self.end(reason);
        self.become_idle();
    }

    pub(super) fn become_idle(&mut self) {
        self.signal = Signal::None;
        self.caller_id_at = None;
        self.set_reversed(false);
        self.enter(State::Idle, None);
        self.link.tell(ExchangeEvent::Idle { at_ms: self.at_ms() });
    }
}
