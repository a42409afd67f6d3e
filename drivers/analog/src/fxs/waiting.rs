//! A second call waits: the tone that says so, and who it is (type II caller id; Telcordia
//! GR-30 and GR-575, ETSI EN 300 659-2).
//!
//! ```text
//! tone (SAS) ─▶ alerting signal (CAS) ─▶ "D" within 165 ms ─▶ FSK ─▶ pause ─▶ tone …
//!               └──────── the far side is muted both ways ───────┘
//! ```
//! A handset that does not acknowledge knows nothing of this, and the call goes on.

use tipring_clock::{Duration, Instant};
use tipring_dsp::caller_id::FskTransmitter;
use tipring_dsp::{DtmfEvent, ToneCadence, ToneStep};
use tipring_line::{AnalogPort, CallerId};

use super::audio::Sound;
use super::caller_id::alert_tone;
use super::timer::Timer;
use super::{DRAIN, Fxs, State};

/// The acknowledgement begins so soon after the alerting signal (GR-30: 155–165 ms).
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_millis(165);
/// A key is told so long after it began: the detector's two blocks and a frame.
const KEY_TOLD_AFTER: Duration = Duration::from_millis(60);
/// From the acknowledgement's end to the message (GR-30: 50–200 ms), less what telling takes.
const ACKNOWLEDGED_TO_MESSAGE: Duration = Duration::from_millis(80);
/// An acknowledgement whose end is not heard has ended by then (it lasts 55–65 ms).
const ACKNOWLEDGEMENT_MAX: Duration = Duration::from_millis(240);
/// The pause of a call waiting tone whose cadence does not say it.
const PAUSE_MS: u16 = 4_000;
/// The length of a call waiting tone whose cadence does not say it.
const TONE_MS: u16 = 400;

/// A second call.
#[derive(Debug)]
pub(super) struct Waiting {
    caller: CallerId,
    phase: Phase,
    /// How often the tone has sounded.
    tones: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// The tone sounds.
    Tone { first: bool },
    /// Between tones.
    Pause,
    /// The alerting signal sounds.
    Alerting,
    /// The handset may acknowledge.
    Asked,
    /// It has.
    Acknowledged,
    /// The message is on its way.
    Message,
    /// The last of it is still in the port.
    Draining,
}

impl Waiting {
    /// Whether the handset alone is spoken to, and the far side must not hear it.
    pub(super) fn is_muted(&self) -> bool {
        !matches!(self.phase, Phase::Tone { .. } | Phase::Pause)
    }
}

/// The tone without its last pause, and that pause in milliseconds.
fn tone_and_pause(cadence: &ToneCadence) -> (ToneCadence, u16) {
    let steps = cadence.steps();
    let (sounding, pause) = match steps.split_last() {
        Some((last, rest)) if last.is_silence() && !rest.is_empty() => (rest, last.ms),
        _ => (steps, PAUSE_MS),
    };
    let ends = |s: &ToneStep| ToneStep { ms: if s.ms == 0 { TONE_MS } else { s.ms }, ..*s };
    let Some(first) = steps.first() else { return (cadence.once(), PAUSE_MS) };
    let mut all = [*first; ToneCadence::STEPS_MAX];
    all.iter_mut().zip(sounding).for_each(|(a, s)| *a = ends(s));
    let tone = ToneCadence::from_steps(&all[..sounding.len()], false);
    (tone.unwrap_or_else(|| cadence.once()), pause)
}

impl<P: AnalogPort> Fxs<P> {
    /// A second call waits; another one before is forgotten.
    pub(super) fn call_waiting(&mut self, caller: &CallerId) -> bool {
        if self.state != State::Talking {
            return false;
        }
        self.end_call_waiting();
        self.waiting = Some(Waiting { caller: *caller, phase: Phase::Pause, tones: 0 });
        self.sound_waiting(true);
        true
    }

    /// It waits no more.
    pub(super) fn end_call_waiting(&mut self) -> bool {
        let waited = self.waiting.take().is_some();
        if waited {
            self.sound = Sound::None;
            self.timers.stop(Timer::Waiting);
        }
        waited
    }

    fn sound_waiting(&mut self, first: bool) {
        let Some(waiting) = &mut self.waiting else { return };
        let times = self.settings.tones.call_waiting.times_played();
        if times > 0 && waiting.tones >= times {
            // The country's tone is heard so often and no more.
            return;
        }
        waiting.tones = waiting.tones.saturating_add(1);
        let (tone, _) = tone_and_pause(&self.settings.tones.call_waiting);
        self.enter_waiting(Phase::Tone { first });
        self.play(tone);
    }

    fn enter_waiting(&mut self, phase: Phase) {
        if let Some(waiting) = &mut self.waiting {
            waiting.phase = phase;
        }
    }

    fn pause_waiting(&mut self, now: Instant) {
        let (_, pause) = tone_and_pause(&self.settings.tones.call_waiting);
        self.enter_waiting(Phase::Pause);
        self.timers.set(Timer::Waiting, now + super::millis(pause));
    }

    fn phase(&self) -> Option<Phase> {
        self.waiting.as_ref().map(|w| w.phase)
    }

    /// A tone or message of call waiting has been handed to the port.
    pub(super) fn on_waiting_sound_end(&mut self, now: Instant) {
        match self.phase() {
            Some(Phase::Tone { first: true }) if self.settings.call_waiting_caller_id => {
                self.enter_waiting(Phase::Alerting);
                self.forget_keys();
                // GR-30: CAS of 80 ± 5 ms, up to 50 ms after SAS.
                self.play(alert_tone(40, 80, 1));
            }
            Some(Phase::Tone { .. }) => self.pause_waiting(now),
            Some(Phase::Alerting) => {
                self.enter_waiting(Phase::Asked);
                let wait = ACKNOWLEDGED_WITHIN + KEY_TOLD_AFTER + self.settings.port_round_trip;
                self.timers.set(Timer::Waiting, now + wait);
            }
            Some(Phase::Message) => {
                self.enter_waiting(Phase::Draining);
                self.timers.set(Timer::Waiting, now + DRAIN);
            }
            _ => {}
        }
    }

    pub(super) fn on_waiting_timer(&mut self, now: Instant) {
        match self.phase() {
            Some(Phase::Pause) => self.sound_waiting(false),
            Some(Phase::Asked | Phase::Draining) => self.pause_waiting(now),
            Some(Phase::Acknowledged) => self.send_who_waits(now),
            _ => {}
        }
    }

    /// A key while the handset is asked: `D` acknowledges, others are the handset's mistake.
    pub(super) fn on_acknowledgement(&mut self, now: Instant, event: DtmfEvent) {
        match (self.phase(), event) {
            (Some(Phase::Asked), DtmfEvent::Start(digit)) if digit.as_char() == 'D' => {
                self.enter_waiting(Phase::Acknowledged);
                self.timers.set(Timer::Waiting, now + ACKNOWLEDGEMENT_MAX);
            }
            (Some(Phase::Acknowledged), DtmfEvent::End { digit, .. }) if digit.as_char() == 'D' => {
                self.timers.set(Timer::Waiting, now + ACKNOWLEDGED_TO_MESSAGE);
            }
            _ => {}
        }
    }

    fn send_who_waits(&mut self, now: Instant) {
        let Some(waiting) = &self.waiting else { return };
        let message = self.call_message(now, &waiting.caller);
        let sending = self.settings.fsk;
        let fsk = FskTransmitter::off_hook(sending.modem, message).at_level(sending.level_dbm0);
        self.enter_waiting(Phase::Message);
        self.sound = Sound::Message(fsk);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_dsp::tones;

    #[test]
    fn the_tone_is_taken_apart_from_its_last_pause() {
        let lengths = |cadence: &ToneCadence| {
            let (tone, pause) = tone_and_pause(cadence);
            assert!(!tone.repeats());
            (tone.steps().iter().map(|s| s.ms).collect::<Vec<_>>(), pause)
        };
        assert_eq!(lengths(&tones::china::CALL_WAITING), (vec![400], 4000));
        let norway = ToneCadence::single(425, -20.0, &[200, 600, 200, 10_000]);
        assert_eq!(lengths(&norway), (vec![200, 600, 200], 10_000));
        let continuous = ToneCadence::single(425, -20.0, &[]);
        assert_eq!(lengths(&continuous), (vec![TONE_MS], PAUSE_MS));
    }
}
