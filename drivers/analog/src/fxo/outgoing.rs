//! Calls that go out: seizure, dial tone, dialling, and what the exchange answers.
//!
//! Without polarity service an analog line has no answer signal: the end of ringback, a voice, or
//! a timer only make an answer probable, and [`AnswerCertainty`] says so.

use tipring_clock::{Duration, Instant};
use tipring_dsp::{ProgressTone, Sound};
use tipring_line::{AnalogPort, AnswerCertainty, Cause, ChannelEvent, FRAME_MS, Frame, Number};

use super::timer::Timer;
use super::{Fxo, State};

/// Special dial tone (call forwarding is on, messages wait) is broken for 40 ms every 400 ms; a
/// longer pause says that it was no dial tone.
const DIAL_TONE_GAP_MAX: Duration = Duration::from_millis(100);

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
        let free = self.state == State::Idle && self.ringing_since.is_none() && self.battery;
        if !free || self.alarm.is_some() {
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

    pub(super) fn on_guard_over(&mut self, now: Instant) {
        if self.state == State::Guarded {
            self.take_line(now);
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
        if digits.is_empty() {
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
        for digit in digits {
            // A number has at most 32 digits, and so many find room.
            let _ = self.generator.push(digit);
        }
        self.state = State::Dialling;
    }

    pub(super) fn on_dial_tone_timeout(&mut self, now: Instant) {
        let State::AwaitingDialTone { since, heard } = self.state else { return };
        if self.settings.dial_without_tone && !heard {
            self.state = State::AwaitingDialTone { since, heard: true };
            self.timers.set(Timer::DialTone, now + self.settings.dial_tone_timeout);
            self.dial_if_ready();
        } else {
            // No tone: the line is dead or a call came in at that moment. No number: nobody dials.
            self.release(now, if heard { Cause::TimerExpired } else { Cause::NetworkOutOfOrder });
        }
    }

    pub(super) fn listen_outgoing(&mut self, now: Instant, sent: &Frame, rx: &Frame) {
        match self.state {
            State::AwaitingDialTone { since, heard: false } => self.await_tone(now, since, rx),
            State::Dialling if self.generator.is_idle() => {
                self.progress.reset();
                self.voice.reset();
                self.state = State::Proceeding { ringback: false };
                self.timers.set(Timer::Answer, now + self.settings.answer_timer);
                self.events.push(ChannelEvent::EarlyAudio);
            }
            State::Proceeding { ringback } => self.follow_progress(now, ringback, sent, rx),
            _ => {}
        }
    }

    fn await_tone(&mut self, now: Instant, since: Instant, rx: &Frame) {
        if now - since < self.settings.seize_settle {
            return;
        }
        self.progress.rx(rx);
        let is_tone = matches!(self.progress.current().0, Sound::Tone(_));
        if self.dial_tone.frame(is_tone) >= self.settings.dial_tone_min {
            self.state = State::AwaitingDialTone { since, heard: true };
            self.dial_if_ready();
        }
    }

    fn follow_progress(&mut self, now: Instant, ringback: bool, sent: &Frame, rx: &Frame) {
        self.progress.rx_beside(rx, sent);
        while let Some(tone) = self.progress.poll() {
            match tone {
                ProgressTone::Ringback => {
                    if !ringback {
                        self.events.push(ChannelEvent::Ringing);
                    }
                    self.state = State::Proceeding { ringback: true };
                    self.timers.set(Timer::Answer, now + self.settings.ringback_end);
                }
                ProgressTone::Busy => return self.release(now, Cause::UserBusy),
                ProgressTone::Congestion => return self.release(now, Cause::Congestion),
                ProgressTone::Vacant => return self.release(now, Cause::UnallocatedNumber),
                // An announcement follows, for the caller to hear, and then another tone.
                ProgressTone::SpecialInformation => {}
                ProgressTone::Dial | ProgressTone::Howler => {
                    return self.release(now, Cause::NetworkOutOfOrder);
                }
            }
        }
        let is_tone = matches!(self.progress.current().0, Sound::Tone(_));
        if self.voice.frame(sent, rx, is_tone) && ringback {
            self.answered(now, AnswerCertainty::Voice);
        }
    }

    pub(super) fn on_answer_timer(&mut self, now: Instant) {
        if matches!(self.state, State::Proceeding { .. }) {
            self.answered(now, AnswerCertainty::Timer);
        }
    }

    pub(super) fn answered(&mut self, now: Instant, certainty: AnswerCertainty) {
        self.timers.stop(Timer::Answer);
        self.state = State::Connected { since: now };
        self.events.push(ChannelEvent::Answered(certainty));
    }
}
