//! Calls that go out: seizure, dial tone, dialling, progress, answer.

use tipring_clock::{Duration, Instant};
use tipring_dsp::{ProgressTone, Sound};
use tipring_line::{
    Alarm, AnalogPort, AnswerCertainty, Cause, ChannelEvent, FRAME_MS, Frame, Number,
};

use super::settings::Dialling;
use super::timer::Timer;
use super::{Fxo, State};

/// Special dial tone (call forwarding is on, messages wait) is broken for 40 ms every 400 ms; a
/// longer pause says that it was no dial tone.
const DIAL_TONE_GAP_MAX: Duration = Duration::from_millis(100);
/// A line with less than this has no exchange at its other end.
const BATTERY_V_MIN: u16 = 3;

/// Why a line was not seized.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeizeRefusal {
    /// A call is on the line, or is coming in.
    Call,
    /// Another set on the same pair is off-hook.
    OtherSet,
    /// No battery.
    NoBattery,
    /// The port is in alarm.
    Alarm,
}

/// What the exchange has said of a call on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Progress {
    /// Nothing that means anything.
    Nothing,
    /// The called party is rung.
    Ringback,
    /// It has failed, for whatever reason; an announcement tells (special information tone).
    Failure,
}

/// How much dial tone has been heard.
#[derive(Clone, Debug, Default)]
pub(super) struct DialToneMeter {
    tone: Duration,
    gap: Duration,
}

impl DialToneMeter {
    /// Takes note of a frame; gives the tone heard so far, short breaks left out.
    fn frame(&mut self, is_tone: bool) -> Duration {
        let frame = Duration::from_millis(u64::from(FRAME_MS));
        if is_tone {
            self.tone += frame;
            self.gap = Duration::ZERO;
        } else {
            self.gap += frame;
            if self.gap > DIAL_TONE_GAP_MAX {
                self.tone = Duration::ZERO;
            }
        }
        self.tone
    }
}

impl<P: AnalogPort> Fxo<P> {
    pub(super) fn seize(&mut self, now: Instant) -> bool {
        if self.state == State::Testing {
            // A call is worth more than a test; the guard time then lets the line rest.
            self.cancel_work(now);
        }
        if let Some(refusal) = self.seize_refusal() {
            self.refusal = Some(refusal);
            // Glare, a call already, or a dead line: the switch takes another channel.
            if !self.is_off_hook() {
                self.events.push(ChannelEvent::Released(Cause::NoChannel));
            }
            return false;
        }
        if self.timers.due(Timer::Guard).is_some() {
            self.state = State::Guarded;
        } else {
            self.take_line(now);
        }
        true
    }

    fn seize_refusal(&mut self) -> Option<SeizeRefusal> {
        let mended = self.alarm == Some(Alarm::NoBattery) && self.battery;
        if self.alarm.is_some() && !mended {
            return Some(SeizeRefusal::Alarm);
        }
        if self.state != State::Idle || self.call_is_coming() {
            return Some(SeizeRefusal::Call);
        }
        if !self.battery {
            return Some(SeizeRefusal::NoBattery);
        }
        self.voltage_refusal()
    }

    /// What the voltage says against seizing; a port that does not measure it says nothing.
    fn voltage_refusal(&mut self) -> Option<SeizeRefusal> {
        if self.settings.idle_v_min == 0 {
            return None;
        }
        match self.port.reading().voltage_v?.unsigned_abs() {
            0..BATTERY_V_MIN => {
                self.set_alarm(Some(Alarm::NoBattery));
                Some(SeizeRefusal::NoBattery)
            }
            volts => {
                self.set_alarm(None);
                (volts < self.settings.idle_v_min).then_some(SeizeRefusal::OtherSet)
            }
        }
    }

    pub(super) fn on_guard_over(&mut self, now: Instant) {
        if self.state != State::Guarded {
            return;
        }
        // While the line rested a set may have been lifted, or a caller told.
        self.state = State::Idle;
        match self.seize_refusal() {
            Some(refusal) => {
                self.refusal = Some(refusal);
                self.number = None;
                self.events.push(ChannelEvent::Released(Cause::NoChannel));
            }
            None => self.take_line(now),
        }
    }

    fn take_line(&mut self, now: Instant) {
        self.go_off_hook();
        self.caller = None;
        self.dial_tone = DialToneMeter::default();
        self.state = State::AwaitingDialTone { since: now, heard: false };
        self.timers.set(Timer::DialTone, now + self.settings.dial_tone_timeout);
    }

    pub(super) fn dial(&mut self, now: Instant, number: &Number) -> bool {
        let digits = number.digits();
        let by_pulse = self.settings.dialling == Dialling::Pulse;
        if digits.is_empty() || by_pulse && !self.pulses.can_send(&digits) {
            self.release_by_switch(now, Cause::InvalidNumberFormat);
            return false;
        }
        match self.state {
            State::AwaitingDialTone { .. } | State::Guarded => {
                self.number = Some(digits);
                self.dial_if_ready();
                true
            }
            _ => false,
        }
    }

    fn dial_if_ready(&mut self) {
        let State::AwaitingDialTone { heard: true, .. } = self.state else { return };
        let Some(digits) = self.number.take() else { return };
        self.timers.stop(Timer::DialTone);
        match self.settings.dialling {
            Dialling::Pulse => self.pulses.start(digits),
            Dialling::Tone => {
                for digit in digits {
                    // A number has at most 32 digits, and so many find room.
                    let _ = self.generator.push(digit);
                }
            }
        }
        self.state = State::Dialling;
    }

    pub(super) fn on_dial_tone_timeout(&mut self, now: Instant) {
        let State::AwaitingDialTone { since, heard } = self.state else { return };
        if !heard && self.settings.glare_by_voice && self.voice.has_spoken() {
            self.take_call();
        } else if !heard && self.settings.dial_without_tone && !self.voice.has_spoken() {
            self.state = State::AwaitingDialTone { since, heard: true };
            self.timers.set(Timer::DialTone, now + self.settings.dial_tone_timeout);
            self.dial_if_ready();
        } else {
            // No tone: the line is dead. No number: nobody dials.
            self.release(now, if heard { Cause::TimerExpired } else { Cause::NetworkOutOfOrder });
        }
    }

    /// A call came in at the moment of seizure and is thereby answered, at the exchange. The
    /// switch takes another channel for its own call and is offered this one. What has been heard
    /// since the seizure is this call's: its caller may be hanging up already.
    pub(super) fn take_call(&mut self) {
        self.timers.stop(Timer::DialTone);
        self.number = None;
        self.refusal = Some(SeizeRefusal::Call);
        self.events.push(ChannelEvent::Released(Cause::NoChannel));
        self.state = State::Taken;
        self.push_offer();
    }

    pub(super) fn listen_outgoing(&mut self, now: Instant, sent: &Frame, rx: &Frame) {
        match self.state {
            State::AwaitingDialTone { since, heard: false } => self.await_tone(now, since, rx),
            State::Dialling if self.generator.is_idle() && self.pulses.is_idle() => {
                self.progress.reset();
                self.voice.reset();
                self.state = State::Proceeding { heard: Progress::Nothing };
                self.timers.set(Timer::Answer, now + self.settings.answer_timer);
                self.events.push(ChannelEvent::EarlyAudio);
            }
            State::Proceeding { heard } => self.follow_progress(now, heard, sent, rx),
            _ => {}
        }
    }

    fn await_tone(&mut self, now: Instant, since: Instant, rx: &Frame) {
        if now - since < self.settings.seize_settle {
            return;
        }
        self.progress.rx(rx);
        while let Some(tone) = self.progress.poll() {
            if tone.is_disconnect() {
                return self.release(now, Cause::NetworkOutOfOrder);
            }
        }
        let is_tone = matches!(self.progress.current().0, Sound::Tone(_));
        self.voice.frame(&tipring_line::SILENCE, rx, is_tone);
        if self.dial_tone.frame(is_tone) >= self.settings.dial_tone_min {
            self.state = State::AwaitingDialTone { since, heard: true };
            self.dial_if_ready();
        }
    }

    fn follow_progress(&mut self, now: Instant, heard: Progress, sent: &Frame, rx: &Frame) {
        self.progress.rx_beside(rx, &self.leg.may_echo(sent));
        while let Some(tone) = self.progress.poll() {
            match tone {
                ProgressTone::Ringback => {
                    if heard == Progress::Nothing {
                        self.events.push(ChannelEvent::Ringing);
                    }
                    self.state = State::Proceeding { heard: Progress::Ringback };
                    self.timers.set(Timer::Answer, now + self.settings.ringback_end);
                }
                _ if heard == Progress::Failure && tone.is_disconnect() => {
                    return self.release(now, Cause::UnallocatedNumber);
                }
                ProgressTone::Busy => return self.release(now, Cause::UserBusy),
                ProgressTone::Congestion => return self.release(now, Cause::Congestion),
                ProgressTone::Vacant => return self.release(now, Cause::UnallocatedNumber),
                ProgressTone::Dial | ProgressTone::Howler => {
                    return self.release(now, Cause::NetworkOutOfOrder);
                }
                // An announcement says why, which the caller may hear; a tone ends it.
                ProgressTone::SpecialInformation => {
                    self.state = State::Proceeding { heard: Progress::Failure };
                    self.timers.set(Timer::Answer, now + self.settings.answer_timer);
                }
            }
        }
        self.make_room(now);
        let is_tone = matches!(self.progress.current().0, Sound::Tone(_));
        // A canceller that has only just begun to learn leaves much of our own voice.
        if self.voice.frame(sent, rx, is_tone) && heard == Progress::Ringback {
            self.answered(now, AnswerCertainty::Voice);
        }
    }

    pub(super) fn on_answer_timer(&mut self, now: Instant) {
        match self.state {
            State::Proceeding { heard: Progress::Failure } => {
                self.release(now, Cause::UnallocatedNumber);
            }
            State::Proceeding { .. } => self.answered(now, AnswerCertainty::Timer),
            _ => {}
        }
    }

    pub(super) fn answered(&mut self, now: Instant, certainty: AnswerCertainty) {
        self.timers.stop(Timer::Answer);
        self.silence.reset();
        self.state = State::Connected { since: now };
        self.events.push(ChannelEvent::Answered(certainty));
    }
}
