//! Who calls, told to a handset on-hook by FSK or DTMF: in a pause of ringing or before the first
//! ring (Telcordia GR-30; ETSI EN 300 659-1; China YDN 069, YD/T 1277.1).
//!
//! ```text
//! ring ─────────────────────────── delay ── message ── ≥ 200 ms ── ring
//! reversal ─────────────────────── delay ── message ── 300 ms ── ring, polarity forward
//! reversal ── 150 ms ── DT-AS ──── delay ── message ── 300 ms ── ring, polarity forward
//! short ring ───────────────────── delay ── message ── 300 ms ── ring
//! nothing ──────────────────────── delay ── message ── 300 ms ── ring
//! ```

use tipring_clock::{Duration, Instant};
use tipring_dsp::caller_id::{CallTime, DtmfCallerIdStyle, FskTransmitter, Message, dtmf_digits};
use tipring_dsp::{DtmfGenerator, DtmfTiming, ToneCadence, ToneStep};
use tipring_line::{AnalogPort, CallerId, PortCommand};

use super::audio::Sound;
use super::timer::Timer;
use super::{CallerIdSending, DRAIN, Fxs, State, millis};
use crate::plans::CallerIdStart;

/// The time told where the calendar is not known.
const NO_TIME: CallTime = CallTime { month: 1, day: 1, hour: 0, minute: 0 };
/// From reversal to the alert signal (BT SIN 227: 100 ms and more).
const BEFORE_ALERT: Duration = Duration::from_millis(150);
/// A short ring that announces caller id (EN 300 659-1, RP-AS: 200–300 ms).
const RING_PULSE: Duration = Duration::from_millis(240);
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
        let wait = match self.settings.caller_id.start() {
            None | Some(CallerIdStart::FirstRing) => return false,
            Some(CallerIdStart::Idle) => self.settings.caller_id_delay,
            Some(CallerIdStart::Reversal) => {
                self.set_reversed(true);
                self.settings.caller_id_delay
            }
            Some(CallerIdStart::ReversalAlertTone) => {
                self.set_reversed(true);
                BEFORE_ALERT
            }
            Some(CallerIdStart::RingPulse) => {
                self.order(PortCommand::Ring(true));
                RING_PULSE
            }
        };
        let ring_pulse = self.settings.caller_id.start() == Some(CallerIdStart::RingPulse);
        self.state = State::Announcing { ring_pulse };
        self.timers.set(Timer::CallerId, now + wait);
        true
    }

    /// The time for caller id, or for what comes before it, has come.
    pub(super) fn on_caller_id_timer(&mut self, now: Instant) {
        if self.state == (State::Announcing { ring_pulse: true }) {
            self.order(PortCommand::Ring(false));
            self.state = State::Announcing { ring_pulse: false };
            self.timers.set(Timer::CallerId, now + self.settings.caller_id_delay);
            return;
        }
        self.open_on_hook_audio();
        if self.settings.caller_id.start() == Some(CallerIdStart::ReversalAlertTone) {
            self.play_alert();
        } else {
            self.send_caller_id(now);
        }
    }

    /// Alerts a handset on-hook (EN 300 659-1, 6.1.2: DT-AS of 88–110 ms); what follows is sent
    /// when that has ended.
    pub(super) fn play_alert(&mut self) {
        let delay = self.settings.caller_id_delay.as_millis().clamp(1, 1_000) as u16;
        self.play(alert_tone(20, 100, delay));
    }

    /// Sends who calls in the way the handset reads.
    pub(super) fn send_caller_id(&mut self, now: Instant) {
        let length = match self.settings.caller_id {
            CallerIdSending::None => return,
            CallerIdSending::Fsk(_) => self.send_by_fsk(now),
            CallerIdSending::Dtmf { style, .. } => self.send_by_dtmf(style),
        };
        self.stretch_pause(now + length + BEFORE_RING);
    }

    /// A pause of ringing too short for caller id is made longer.
    pub(super) fn stretch_pause(&mut self, earliest: Instant) {
        let pause = matches!(self.state, State::Ringing { .. });
        if pause && self.timers.due(Timer::Cadence).is_some_and(|due| due < earliest) {
            self.timers.set(Timer::Cadence, earliest);
        }
    }

    fn send_by_fsk(&mut self, now: Instant) -> Duration {
        let message = self.call_message(now, &self.caller);
        let sending = self.settings.fsk;
        let fsk = FskTransmitter::new(sending.modem, message).at_level(sending.level_dbm0);
        let length = Duration::from_millis(u64::from(fsk.duration_ms()));
        self.sound = Sound::Message(fsk);
        length
    }

    fn send_by_dtmf(&mut self, style: DtmfCallerIdStyle) -> Duration {
        let digits = dtmf_digits(style, &self.caller);
        let mut dtmf = DtmfGenerator::with(self.settings.dtmf_levels, DTMF_TIMING);
        // A queue of 32 takes all of at most 32 digits.
        let taken = digits.iter().filter(|d| dtmf.push(**d)).count() as u32;
        self.sound = Sound::Digits(dtmf);
        millis(DTMF_TIMING.on_ms + DTMF_TIMING.off_ms) * taken
    }

    pub(super) fn call_message(&self, now: Instant, caller: &CallerId) -> Message {
        let time = self.settings.wall.map_or(NO_TIME, |w| w.call_time(now));
        Message::call(self.settings.fsk.form, self.settings.fsk.encoding, time, caller)
    }

    /// The last of a message to the handset on-hook has been handed to the port.
    pub(super) fn on_message_sent(&mut self, now: Instant) {
        self.timers.set(Timer::OnHookAudioEnd, now + DRAIN);
        if matches!(self.state, State::Announcing { .. }) {
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
