//! Calls from the box to the street: seizure, dial tone, digits, ringback, answer or refusal.

use tipring_dsp::{DtmfEvent, ToneCadence};
use tipring_line::{Frame, Number, PortEvent};

use super::control::{CalledOutcome, EndReason, ExchangeEvent};
use super::port::{SimFxoPort, State, ms};
use super::signals::Signal;

/// Dial tone without a digit for this long ends in busy tone.
const FIRST_DIGIT_MAX: u64 = ms(20_000);
/// Unanswered ringback ends in busy tone.
const RINGBACK_MAX: u64 = ms(60_000);

impl SimFxoPort {
    pub(super) fn on_seizure(&mut self) {
        if let Some(plan) = self.at_seizure.take() {
            return self.trip(plan);
        }
        if !self.other_set {
            let delay = ms(u32::from(self.model.dial_tone_delay_ms));
            self.enter(State::Seized, Some(delay));
        }
    }

    pub(super) fn give_dial_tone(&mut self) {
        self.dialled.clear();
        self.pulses = Default::default();
        self.signal = Signal::tone(self.model.tones.dial);
        self.enter(State::DialTone, Some(FIRST_DIGIT_MAX));
    }

    pub(super) fn on_nobody_dials(&mut self) {
        self.signal = Signal::tone(self.model.tones.busy);
        self.enter(State::FarGone, None);
    }

    /// The loop opens or closes while digits are expected.
    pub(super) fn on_loop(&mut self, closed: bool) {
        self.pulses.hook(self.at, closed);
    }

    pub(super) fn count_pulses(&mut self) {
        if !matches!(self.state, State::DialTone | State::Collecting) {
            return;
        }
        if self.pulses.has_hung_up(self.at) {
            return self.become_idle();
        }
        if self.pulses.is_counting() {
            self.keep_collecting();
        }
        if let Some(digit) = self.pulses.take(self.at) {
            let _ = self.dialled.try_push(digit);
        }
    }

    fn keep_collecting(&mut self) {
        self.signal = Signal::None;
        let pause = ms(u32::from(self.model.digit_pause_ms));
        self.enter(State::Collecting, Some(pause));
    }

    pub(super) fn collect(&mut self, heard: &Frame) {
        self.digits.rx(heard);
        while let Some(event) = self.digits.poll() {
            if let DtmfEvent::Start(digit) = event {
                // More than 32 digits are no number; the rest is ignored.
                let _ = self.dialled.try_push(digit);
            }
            self.keep_collecting();
        }
    }

    pub(super) fn route(&mut self) {
        let mut text: arrayvec::ArrayString<32> = arrayvec::ArrayString::new();
        self.dialled.iter().for_each(|d| text.push(d.as_char()));
        if let Ok(number) = text.parse::<Number>() {
            self.link.tell(ExchangeEvent::Dialled(number));
        }
        match self.called.outcome {
            CalledOutcome::Answers { after_ms } => self.ring_called_party(ms(after_ms)),
            CalledOutcome::NoAnswer => self.ring_called_party(RINGBACK_MAX),
            CalledOutcome::Busy => self.refuse(self.model.tones.busy),
            CalledOutcome::Congestion => self.refuse(self.model.tones.congestion),
            CalledOutcome::Vacant => self.refuse(self.model.tones.vacant),
            CalledOutcome::Silence => self.enter(State::Refused, None),
        }
    }

    fn ring_called_party(&mut self, lasts: u64) {
        self.signal = Signal::tone(self.model.tones.ringback);
        self.recording.rewind();
        self.enter(State::Ringback, Some(lasts));
    }

    pub(super) fn on_ringback_over(&mut self) {
        let CalledOutcome::Answers { .. } = self.called.outcome else {
            return self.refuse(self.model.tones.busy);
        };
        self.set_reversed(self.model.reversal_on_answer);
        self.talk(self.called.script(), self.called.talk_ms);
        self.metering_at = self.model.metering_ms.map(|_| self.at);
    }

    fn refuse(&mut self, tone: ToneCadence) {
        self.end(EndReason::Refused);
        self.inform(self.model.tones.special, tone, State::Refused);
    }

    /// The call goes on: pulses are metered, and a party that has talked enough hangs up.
    pub(super) fn follow_talk(&mut self) {
        if self.state != State::Talking {
            return;
        }
        if let (Some(due), Some(every)) = (self.metering_at, self.model.metering_ms)
            && self.at >= due
        {
            self.report(PortEvent::MeteringPulse);
            self.metering_at = Some(due + ms(every));
        }
        let talked = self.talker.elapsed_ms();
        if self.talk_ms.is_some_and(|talk| talked >= u64::from(talk)) {
            self.far_hangs_up();
        }
    }
}
