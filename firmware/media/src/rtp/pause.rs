//! Where speech pauses: there a moment may be put in or left out without being heard.

/// A sound is part of a pause if its power is this many times below that of the speech: 20 dB.
const BELOW_SPEECH: i64 = 100;
/// Or if its power is below this, which is −48 dBm0.
const SILENCE: i64 = 64 * 64;
/// The share of its power that speech is taken to lose in each frame: 3 dB in 3.5 s.
const DECAY: i64 = 256;

/// How loud the speech was lately.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SpeechLevel {
    power: i64,
}

impl SpeechLevel {
    /// Takes note of a frame.
    pub(crate) fn follow(&mut self, frame: &[i16]) {
        self.power = power(frame).max(self.power - self.power / DECAY);
    }

    /// Whether this sound is part of a pause.
    pub(crate) fn is_pause(&self, sound: &[i16]) -> bool {
        let power = power(sound);
        power < SILENCE || power < self.power / BELOW_SPEECH
    }
}

/// Mean square.
fn power(sound: &[i16]) -> i64 {
    let sum: i64 = sound.iter().map(|s| i64::from(*s) * i64::from(*s)).sum();
    sum / sound.len().max(1) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_20_db_below_the_speech_is_a_pause_and_so_is_silence() {
        let mut speech = SpeechLevel::default();
        assert!(speech.is_pause(&[60; 160]) && !speech.is_pause(&[70; 160]));
        speech.follow(&[5000; 160]);
        assert!(speech.is_pause(&[490; 160]) && speech.is_pause(&[490; 80]));
        assert!(!speech.is_pause(&[510; 80]));
        for _ in 0..500 {
            speech.follow(&[0; 160]);
        }
        assert!(!speech.is_pause(&[490; 160]), "the speech has become quieter");
    }
}
