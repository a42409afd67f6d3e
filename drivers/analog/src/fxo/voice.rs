//! Whether somebody speaks at the far side, while what we send echoes back.

use tipring_dsp::dbm0_to_rms;
use tipring_line::Frame;

/// Quieter than this is line noise.
const LEVEL_MIN_DBM0: f32 = -40.0;
/// A hybrid lets back less than this part (as a power) of what is sent: 6 dB in the worst case.
const ECHO_MAX: f64 = 0.25;
/// Frames of voice count two, others take one away; so much is speech: about 160 ms of syllables.
const BELIEVED: u8 = 16;

/// Follows the far side's voice.
#[derive(Clone, Debug)]
pub(super) struct VoiceMeter {
    floor: f64,
    score: u8,
    spoken: bool,
    sent_before: f64,
}

impl VoiceMeter {
    pub(super) fn new() -> Self {
        let rms = f64::from(dbm0_to_rms(LEVEL_MIN_DBM0));
        VoiceMeter { floor: rms * rms, score: 0, spoken: false, sent_before: 0.0 }
    }

    pub(super) fn reset(&mut self) {
        self.score = 0;
        self.spoken = false;
    }

    /// Whether voice was believed at any time since the last reset.
    pub(super) fn has_spoken(&self) -> bool {
        self.spoken
    }

    /// Takes a frame that was sent, the one that came back, and whether that was a tone; says
    /// whether voice is believed.
    pub(super) fn frame(&mut self, sent: &Frame, heard: &Frame, is_tone: bool) -> bool {
        let sent_now = power(sent);
        // Echo of the last frame reaches into this one.
        let echo_max = sent_now.max(self.sent_before) * ECHO_MAX;
        self.sent_before = sent_now;
        let heard = power(heard);
        if !is_tone && heard > self.floor && heard > echo_max {
            self.score = (self.score + 2).min(BELIEVED);
        } else {
            self.score = self.score.saturating_sub(1);
        }
        self.spoken |= self.score >= BELIEVED;
        self.score >= BELIEVED
    }
}

/// Mean square of a frame.
fn power(frame: &Frame) -> f64 {
    let sum: i64 = frame.iter().map(|s| i64::from(*s) * i64::from(*s)).sum();
    sum as f64 / frame.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speech_is_believed_noise_tone_and_echo_are_not() {
        let believed = |sent: i16, heard: i16, is_tone| {
            let mut meter = VoiceMeter::new();
            (0..50).any(|_| meter.frame(&[sent; 160], &[heard; 160], is_tone))
        };
        assert!(believed(0, 1000, false));
        assert!(!believed(0, 100, false), "noise");
        assert!(!believed(0, 1000, true), "tone");
        assert!(!believed(2000, 900, false), "echo");
        assert!(believed(2000, 1500, false), "both at once");
    }

    #[test]
    fn a_click_is_not_speech() {
        let mut meter = VoiceMeter::new();
        for n in 0..200 {
            let heard = if n % 3 == 0 { 5000 } else { 0 };
            assert!(!meter.frame(&[0; 160], &[heard; 160], false));
        }
    }
}
