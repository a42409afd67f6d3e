//! Who calls, told to a handset on-hook: FSK in a pause of ringing, or FSK or DTMF before the
//! first ring.
//!
//! ```text
//! after:   ring ── 600 ms ── FSK ── ≥ 200 ms ── ring
//! before:  [reversal ── 300 ms] ── DT-AS, FSK or DTMF ── 300 ms ── ring, polarity forward
//! ```

use tipring_clock::{Duration, Instant};
use tipring_dsp::caller_id::{CallTime, FskTransmitter, Message, dtmf_digits};
use tipring_dsp::{DtmfGenerator, DtmfTiming, ToneCadence, ToneStep};
use tipring_line::{AnalogPort, CallerId, PortCommand};

use super::audio::Sound;
use super::timer::Timer;
use super::{CallerIdSending, DRAIN, Fxs, State};

/// The time told where the calendar is not known.
const NO_TIME: CallTime = CallTime { month: 1, day: 1, hour: 0, minute: 0 };
/// From reversal to what follows (EN 300 659-1 and YD/T 1277.1: 200 ms and more).
const AFTER_REVERSAL: Duration = Duration::from_millis(300);
/// From seizure without reversal to what follows, for the port to open its audio path.
const WITHOUT_REVERSAL: Duration = Duration::from_millis(100);
/// From the last of a message to ringing (EN 300 659-1: 200–500 ms), the port's buffers included.
const BEFORE_RING: Duration = Duration::from_millis(300);
/// Digits of caller id by DTMF (70 ± 20 ms; receivers take 40).
const DTMF_TIMING: DtmfTiming = DtmfTiming { on_ms: 70, off_ms: 70 };
/// Dual-tone alerting signal, DT-AS or CAS: 2130 + 2750 Hz.
const ALERT_HZ: [u16; 2] = [2130, 2750];
const ALERT_DBM0: f32 = -13.0;

/// An alerting signal once, with silence before and after it.
pub(super) fn alert_tone(before_ms: u16, ms: u16, after_ms: u16) -> ToneCadence {
    let [low, high] = ALERT_HZ;
    let tone = ToneCadence::dual(low, high, ALERT_DBM0, &[ms, after_ms]);
    let (sound, silence) = (tone.steps()[0], tone.steps()[1]);
    let before = ToneStep { ms: before_ms, ..silence };
    ToneCadence::from_steps(&[before, sound, silence], false).expect("three steps fit")
}

impl<P: AnalogPort> Fxs<P> {
    /// Begins to tell who calls before the first ring; `false` if the settings do not want that.
    pub(super) fn announce(&mut self, now: Instant) -> bool {
        let (CallerIdSending::FskBeforeRing { reversal }
        | CallerIdSending::DtmfBeforeRing { reversal, .. }) = self.settings.caller_id
        else {
            return false;
        };
        self.state = State::Announcing;
        self.set_reversed(reversal);
        let wait = if reversal { AFTER_REVERSAL } else { WITHOUT_REVERSAL };
        self.timers.set(Timer::CallerId, now + wait);
        true
    }

    /// The time for caller id has come.
    pub(super) fn send_caller_id(&mut self, now: Instant) {
        self.open_on_hook_audio();
        match self.settings.caller_id {
            CallerIdSending::FskBeforeRing { .. } => {
                // EN 300 659-1, 6.1.2: DT-AS of 88–110 ms, then FSK 45–500 ms later.
                self.play(alert_tone(20, 100, 100));
            }
            CallerIdSending::DtmfBeforeRing { style, .. } => {
                let mut dtmf = DtmfGenerator::with(self.settings.dtmf_levels, DTMF_TIMING);
                dtmf_digits(style, &self.caller).iter().for_each(|d| {
                    // A queue of 32 takes all of at most 32 digits.
                    let _ = dtmf.push(*d);
                });
                self.sound = Sound::Digits(dtmf);
            }
            CallerIdSending::None | CallerIdSending::FskAfterRing => self.send_message(now),
        }
    }

    /// Sends who calls by FSK; a pause of ringing too short for it is made longer.
    pub(super) fn send_message(&mut self, now: Instant) {
        let message = self.call_message(now, &self.caller);
        let sending = self.settings.fsk;
        let fsk = FskTransmitter::new(sending.modem, message).at_level(sending.level_dbm0);
        if let State::Ringing { .. } = self.state {
            let length = Duration::from_millis(u64::from(fsk.duration_ms()));
            let earliest = now + length + BEFORE_RING;
            if self.timers.due(Timer::Cadence).is_some_and(|due| due < earliest) {
                self.timers.set(Timer::Cadence, earliest);
            }
        }
        self.sound = Sound::Message(fsk);
    }

    pub(super) fn call_message(&self, now: Instant, caller: &CallerId) -> Message {
        let time = self.settings.wall.map_or(NO_TIME, |w| w.call_time(now));
        Message::call(self.settings.fsk.form, self.settings.fsk.encoding, time, caller)
    }

    /// The last of a message to the handset on-hook has been handed to the port.
    pub(super) fn on_message_sent(&mut self, now: Instant) {
        self.timers.set(Timer::OnHookAudioEnd, now + DRAIN);
        if self.state == State::Announcing {
            self.timers.set(Timer::Cadence, now + BEFORE_RING);
        }
    }

    pub(super) fn open_on_hook_audio(&mut self) {
        self.on_hook_audio = true;
        self.order(PortCommand::OnHookAudio(true));
    }

    pub(super) fn end_on_hook_audio(&mut self) {
        if core::mem::take(&mut self.on_hook_audio) {
            self.order(PortCommand::OnHookAudio(false));
        }
    }

    /// Breaks off what is being sent to the handset on-hook.
    pub(super) fn stop_on_hook_audio(&mut self) {
        self.timers.stop(Timer::CallerId);
        self.timers.stop(Timer::OnHookAudioEnd);
        if self.on_hook_audio {
            // A lamp message broken off is sent again.
            self.lamp_due |= self.state == State::OnHook && !matches!(self.sound, Sound::None);
            self.sound = Sound::None;
            self.end_on_hook_audio();
        }
    }
}
