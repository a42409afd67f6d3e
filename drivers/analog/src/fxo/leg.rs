//! The audio of an off-hook line: gains, echo, fax, overload.
//!
//! ```text
//! switch ──▶ gain ──▶ tones ──────────────────────────────────┬────────────▶ line
//!                                                             ▼ reference    │
//! switch ◀─ limiter ◀─ gain ◀─ suppressor ◀─ detectors ◀─ echo canceller ◀──┘
//! ```
//! The canceller's reference is exactly what was sent, and whatever listens to the line listens
//! behind it, at the line's own level, and before the suppressor of what is left of the echo: a
//! weak tone of the exchange under a loud prompt is nothing to be suppressed.

use tipring_dsp::{
    EchoCanceller, EchoTail, FaxTone, FaxToneDetector, ResidualSuppressor, dbm0_to_rms,
};
use tipring_line::{Frame, SILENCE};

use super::settings::FxoSettings;

/// How fast the limiter's measure follows, in frames: 100 ms.
const FOLLOW_FRAMES: f32 = 5.0;
/// A canceller that has learnt its line leaves less than this part of an echo: 10 dB.
const LEFT_OF_ECHO: i16 = 3;
/// How fast the limiter lets go: 1 dB a frame.
const RECOVER: f32 = 1.122;

/// One line's audio.
#[derive(Debug)]
pub(super) struct AudioLeg {
    tx_gain: Gain,
    rx_gain: Gain,
    limiter: Limiter,
    echo: EchoCanceller,
    cancels: bool,
    suppressor: ResidualSuppressor,
    suppresses: bool,
    /// What was received, before the canceller.
    received: Frame,
    fax_sent: FaxToneDetector,
    fax_heard: FaxToneDetector,
    fax: Option<FaxTone>,
}

impl AudioLeg {
    /// `is_buffered` says that the port holds audio back, whose delay is known but for a frame:
    /// the canceller then covers the longer tail.
    pub(super) fn new(settings: &FxoSettings, is_buffered: bool) -> Self {
        let tail = if is_buffered { EchoTail::Ms64 } else { EchoTail::Ms32 };
        AudioLeg {
            tx_gain: Gain::new(settings.tx_gain_db),
            rx_gain: Gain::new(settings.rx_gain_db),
            limiter: Limiter::new(settings.rx_limit_dbm0),
            echo: EchoCanceller::new(settings.echo_tail.map_or(tail, |wanted| wanted.max(tail))),
            cancels: false,
            suppressor: ResidualSuppressor::new(),
            suppresses: settings.suppress_echo,
            received: SILENCE,
            fax_sent: FaxToneDetector::new(),
            fax_heard: FaxToneDetector::new(),
            fax: None,
        }
    }

    /// A call begins. What the canceller has learnt of the line is kept: the hybrid stays.
    pub(super) fn begin(&mut self, cancel_echo: bool) {
        self.fax = None;
        while self.fax_sent.poll().is_some() {}
        while self.fax_heard.poll().is_some() {}
        self.cancels = cancel_echo;
        self.echo.set_enabled(cancel_echo);
        self.limiter.gain = 1.0;
    }

    /// What the switch wants to send becomes what the line is given.
    pub(super) fn send(&mut self, frame: &mut Frame) {
        self.tx_gain.apply(frame);
    }

    /// Takes the echo of what was sent out of what was received. From the first tone of a fax
    /// machine on either side, the line is left alone until the call ends (T.30; G.168, 7.10).
    pub(super) fn receive(&mut self, sent: &Frame, received: &mut Frame) {
        if self.fax.is_none() {
            self.fax_sent.rx(sent);
            self.fax_heard.rx(received);
            self.fax = self.fax_sent.poll().or_else(|| self.fax_heard.poll());
            if self.fax.is_some() {
                self.echo.set_enabled(false);
                self.cancels = false;
            }
        }
        self.received = *received;
        self.echo.process(sent, received);
    }

    /// What is heard of `sent` at most: all of it, or what a canceller that has learnt the line
    /// leaves of it.
    pub(super) fn may_echo(&self, sent: &Frame) -> Frame {
        if self.cancels && self.echo.erl_db().is_some() {
            sent.map(|s| s / LEFT_OF_ECHO)
        } else {
            *sent
        }
    }

    /// What the line gave becomes what the switch hears.
    pub(super) fn deliver(&mut self, frame: &mut Frame) {
        if self.cancels && self.suppresses {
            self.suppressor.process(&self.received, frame);
        }
        self.rx_gain.apply(frame);
        if self.fax.is_none() {
            self.limiter.apply(frame);
        }
    }

    /// The fax tone heard in this call.
    pub(super) fn fax(&self) -> Option<FaxTone> {
        self.fax
    }

    /// Echo return loss and its enhancement, in dB, as the canceller knows them.
    pub(super) fn echo_db(&self) -> (Option<f32>, Option<f32>) {
        (self.echo.erl_db(), self.echo.erle_db())
    }
}

/// A fixed gain.
#[derive(Clone, Copy, Debug)]
struct Gain(Option<f32>);

impl Gain {
    fn new(db: f32) -> Self {
        Gain((db != 0.0).then(|| 10f32.powf(db / 20.0)))
    }

    fn apply(self, frame: &mut Frame) {
        if let Some(gain) = self.0 {
            frame.iter_mut().for_each(|s| *s = (f32::from(*s) * gain).round() as i16);
        }
    }
}

/// Keeps what lasts at a bearable level: an exchange's howler steps up to +25 dBm. Speech, whose
/// level over 100 ms stays below, passes unchanged.
#[derive(Clone, Debug)]
struct Limiter {
    limit: f32,
    power: f32,
    gain: f32,
}

impl Limiter {
    fn new(limit_dbm0: f32) -> Self {
        Limiter { limit: dbm0_to_rms(limit_dbm0).powi(2), power: 0.0, gain: 1.0 }
    }

    fn apply(&mut self, frame: &mut Frame) {
        let sum: f32 = frame.iter().map(|s| f32::from(*s) * f32::from(*s)).sum();
        self.power += (sum / frame.len() as f32 - self.power) / FOLLOW_FRAMES;
        let wanted = if self.power > self.limit { (self.limit / self.power).sqrt() } else { 1.0 };
        let before = self.gain;
        self.gain = wanted.min(self.gain * RECOVER);
        if before == 1.0 && self.gain == 1.0 {
            return;
        }
        // The gain goes from one frame's to the next in a straight line, without a click.
        let step = (self.gain - before) / frame.len() as f32;
        for (n, sample) in frame.iter_mut().enumerate() {
            *sample = (f32::from(*sample) * (before + step * n as f32)).round() as i16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_dsp::{LevelMeter, ToneCadence, ToneGenerator};

    fn level_behind(dbm0: f32, frames: usize) -> f32 {
        let mut limiter = Limiter::new(-6.0);
        let mut tone = ToneGenerator::new(ToneCadence::single(950, dbm0, &[]));
        let mut meter = LevelMeter::new();
        let mut frame = [0; 160];
        for n in 0..frames {
            tone.tx(&mut frame);
            limiter.apply(&mut frame);
            if n >= frames - 10 {
                meter.rx(&frame);
            }
        }
        meter.take().dbm0
    }

    #[test]
    fn a_howler_is_brought_down_and_speech_level_is_not() {
        assert!((level_behind(3.0, 100) + 6.0).abs() < 0.3, "{}", level_behind(3.0, 100));
        assert!((level_behind(-10.0, 100) + 10.0).abs() < 0.1);
    }

    /// What the canceller leaves of an echo 12 dB down, and what the switch hears, as energies
    /// of the last second of six.
    fn left_and_delivered(leg: &mut AudioLeg) -> (f64, f64) {
        let mut seed = 1u32;
        let mut noise = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) as i16
        };
        let energy = |frame: &Frame| frame.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>();
        let (mut left, mut delivered) = (0.0, 0.0);
        for n in 0..300 {
            let sent: Frame = core::array::from_fn(|_| if n % 5 < 3 { noise() / 8 } else { 0 });
            let mut frame = sent.map(|s| s / 4 + noise() / 2000);
            leg.receive(&sent, &mut frame);
            left += if n >= 250 { energy(&frame) } else { 0.0 };
            leg.deliver(&mut frame);
            delivered += if n >= 250 { energy(&frame) } else { 0.0 };
        }
        (left, delivered)
    }

    fn leg(suppress_echo: bool) -> AudioLeg {
        let mut leg =
            AudioLeg::new(&FxoSettings { suppress_echo, ..FxoSettings::default() }, false);
        leg.begin(true);
        leg
    }

    #[test]
    fn what_is_left_of_an_echo_is_suppressed_unless_the_setting_forbids() {
        let (left, delivered) = left_and_delivered(&mut leg(true));
        assert!(delivered < 0.8 * left, "{delivered} of {left}");
        let (left, delivered) = left_and_delivered(&mut leg(false));
        assert_eq!(delivered, left);
    }

    #[test]
    fn a_fax_is_neither_cancelled_nor_suppressed() {
        let mut leg = leg(true);
        let mut answer = ToneGenerator::new(ToneCadence::single(2100, -12.0, &[]));
        let mut frame = SILENCE;
        for _ in 0..150 {
            answer.tx(&mut frame);
            leg.receive(&SILENCE, &mut frame);
            leg.deliver(&mut frame);
        }
        assert!(leg.fax().is_some());
        let sent = [1000; 160];
        let mut frame = [250; 160];
        leg.receive(&sent, &mut frame);
        leg.deliver(&mut frame);
        assert_eq!(frame, [250; 160]);
    }

    #[test]
    fn gains_are_decibels() {
        let mut frame = [1000; 160];
        Gain::new(-6.0206).apply(&mut frame);
        assert_eq!(frame[0], 500);
        Gain::new(60.0).apply(&mut frame);
        assert_eq!(frame[0], i16::MAX, "overload saturates");
        let mut same = [7; 160];
        Gain::new(0.0).apply(&mut same);
        assert_eq!(same, [7; 160]);
    }
}
