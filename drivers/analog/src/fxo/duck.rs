//! Room for the exchange's tones under our own voice.
//!
//! A prompt that plays when the far side hangs up leaves an echo that no canceller takes out
//! whole, and cadences are told by their levels and edges. So as soon as one of the exchange's
//! tones has been heard for a moment, what we send goes down, and comes back when no tone has
//! followed: if the tone means what it seems to, nobody listens any more. A voice that was as pure
//! as a tone for that moment goes on as a voice, and then what we send comes back at once.

use tipring_clock::{Duration, Instant};
use tipring_dsp::Sound;
use tipring_line::Frame;

/// A tone heard for this long, in milliseconds, makes room for itself.
const TONE_MS: u32 = 80;
/// How long room is kept after it: longer than any pause of a tone that ends a call.
const HOLD: Duration = Duration::from_millis(1_200);
/// What is no tone, heard for this long after one, in milliseconds, is the voice it came from.
const VOICE_MS: u32 = 100;
/// How far down: 20 dB.
const DOWN: f32 = 0.1;
/// A tone that goes on for so long and has not been told was disturbed where it began. Ringback
/// is not cut in two: its bursts are no longer than two seconds.
const CONTINUOUS_MS: u32 = 2_600;

/// Lowers what is sent while a tone may be there.
#[derive(Clone, Debug)]
pub(super) struct Duck {
    until: Instant,
    gain: f32,
    fresh: bool,
}

impl Duck {
    pub(super) fn new() -> Self {
        Duck { until: Instant::ZERO, gain: 1.0, fresh: false }
    }

    pub(super) fn reset(&mut self) {
        *self = Duck::new();
    }

    /// Takes note of what is heard now, and for how many milliseconds it has been. Says, once a
    /// tone, that it has gone on for longer than it takes to be told: then what was heard of it
    /// before there was room, or while an announcement ended, is better forgotten.
    pub(super) fn hear(&mut self, now: Instant, sound: Sound, ms: u32) -> bool {
        match sound {
            Sound::Tone(_) if ms >= TONE_MS => {
                self.fresh |= now >= self.until;
                self.until = now + HOLD;
                self.fresh && ms >= CONTINUOUS_MS && core::mem::take(&mut self.fresh)
            }
            Sound::Other if ms >= VOICE_MS => {
                self.until = self.until.min(now);
                false
            }
            _ => false,
        }
    }

    /// Lowers a frame, without a click at either end.
    pub(super) fn apply(&mut self, now: Instant, frame: &mut Frame) {
        let before = self.gain;
        self.gain = if now < self.until { DOWN } else { 1.0 };
        if before == 1.0 && self.gain == 1.0 {
            return;
        }
        let step = (self.gain - before) / frame.len() as f32;
        for (n, sample) in frame.iter_mut().enumerate() {
            *sample = (f32::from(*sample) * (before + step * n as f32)).round() as i16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_goes_down_under_a_tone_and_comes_back() {
        let mut duck = Duck::new();
        let mut levels = vec![];
        for n in 0..150u64 {
            let now = Instant::from_millis(n * 20);
            // A tone from 200 to 500 ms.
            let is_tone = (10..25).contains(&n);
            let sound = if is_tone { Sound::Tone(0) } else { Sound::Silence };
            let heard = if is_tone { (n as u32 - 9) * 20 } else { 0 };
            let mut frame = [1000; 160];
            duck.apply(now, &mut frame);
            levels.push(frame[159]);
            assert!(!duck.hear(now, sound, heard), "no continuous tone");
        }
        assert_eq!(levels[12], 1000);
        assert_eq!(levels[25], 100);
        assert_eq!(levels[80], 100);
        assert_eq!(levels[149], 1000);
        assert!(levels.windows(2).filter(|pair| pair[0] != pair[1]).count() <= 4, "{levels:?}");
    }

    #[test]
    fn a_voice_that_was_a_tone_for_a_moment_lets_ours_come_back() {
        let mut duck = Duck::new();
        let mut frame = [1000; 160];
        let mut now = Instant::ZERO;
        duck.hear(now, Sound::Tone(0), 120);
        duck.apply(now, &mut frame);
        assert!(frame[159] < 120, "{}", frame[159]);
        now += Duration::from_millis(20);
        duck.hear(now, Sound::Other, 20);
        frame = [1000; 160];
        duck.apply(now, &mut frame);
        assert_eq!(frame[159], 100, "the edge of a burst is no voice yet");
        now += Duration::from_millis(80);
        duck.hear(now, Sound::Other, 100);
        frame = [1000; 160];
        duck.apply(now, &mut frame);
        assert!(frame[159] > 980, "{}", frame[159]);
    }

    #[test]
    fn a_continuous_tone_is_begun_anew_once() {
        let mut duck = Duck::new();
        let told = (0..300u32)
            .filter(|n| {
                let now = Instant::from_millis(u64::from(*n) * 20 + 20);
                duck.hear(now, Sound::Tone(0), n * 20)
            })
            .count();
        assert_eq!(told, 1);
    }
}
