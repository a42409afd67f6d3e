//! Somebody at a telephone: speaks a recording and presses keys.

use std::sync::Arc;

use tipring_dsp::{DtmfGenerator, DtmfLevels, DtmfTiming};
use tipring_line::{Digit, Frame};

use crate::keys::KeyPlan;
use crate::wav::{WavError, read_wav};

/// Recorded speech, shared, never copied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Speech(Arc<[i16]>);

impl Speech {
    /// These samples: 8 kHz, 16-bit linear.
    pub fn from_samples(samples: &[i16]) -> Self {
        Speech(samples.into())
    }

    /// The samples of a WAV file.
    ///
    /// # Errors
    /// [`WavError`] if it is not 8 kHz, mono, 16-bit.
    pub fn from_wav(bytes: &[u8]) -> Result<Self, WavError> {
        read_wav(bytes).map(|samples| Speech(samples.into()))
    }

    /// The samples.
    pub fn samples(&self) -> &[i16] {
        &self.0
    }
}

/// Follows a recording, which its owner keeps, frame by frame.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    /// The next sample.
    place: usize,
}

impl Recording {
    /// Goes back to the beginning.
    pub(crate) fn rewind(&mut self) {
        self.place = 0;
    }

    /// Whether all of it has been heard.
    pub(crate) fn has_ended(&self, speech: &Option<Speech>) -> bool {
        self.place >= speech.as_ref().map_or(0, |s| s.samples().len())
    }

    /// The next frame, from the beginning again if it `repeats`.
    pub(crate) fn tx(&mut self, speech: &Option<Speech>, repeats: bool, frame: &mut Frame) {
        let Some(speech) = speech else { return };
        let samples = speech.samples();
        for out in frame.iter_mut() {
            if repeats && self.place >= samples.len() {
                self.place = 0;
            }
            let Some(sample) = samples.get(self.place) else { return };
            *out = *sample;
            self.place += 1;
        }
    }
}

/// What a talker does in a call.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Script {
    /// What is said.
    pub say: Option<Speech>,
    /// How long after the answer, in milliseconds.
    pub say_after_ms: u32,
    /// Whether it is said again and again.
    pub repeat: bool,
    /// Keys pressed, by the time since the answer.
    pub keys: KeyPlan,
}

/// Follows a script, frame by frame, from the moment the call is answered.
#[derive(Debug, Default)]
pub struct Talker {
    script: Script,
    /// Samples since the call was answered.
    elapsed: u64,
    recording: Recording,
    next_key: usize,
    dtmf: DtmfGenerator,
}

impl Talker {
    /// A talker whose telephone has this keypad.
    pub(crate) fn with_keypad(levels: DtmfLevels, timing: DtmfTiming) -> Self {
        Talker { dtmf: DtmfGenerator::with(levels, timing), ..Talker::default() }
    }

    /// Starts on a script; gives back the speech of the last one, for whoever may free it.
    pub fn start(&mut self, script: Script) -> Option<Speech> {
        let last = core::mem::replace(&mut self.script, script);
        self.elapsed = 0;
        self.recording.rewind();
        self.next_key = 0;
        self.dtmf.stop();
        last.say
    }

    /// Presses keys now; `false` if not all found room.
    pub(crate) fn press(&mut self, digits: &[Digit]) -> bool {
        digits.iter().all(|d| self.dtmf.push(*d))
    }

    /// Whether keys still sound or wait.
    pub(crate) fn is_pressing(&self) -> bool {
        !self.dtmf.is_idle()
    }

    /// Milliseconds since the script began.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        self.elapsed / 8
    }

    /// The next frame of what is said. A set mutes its microphone while a key is pressed.
    pub fn tx(&mut self, frame: &mut Frame) {
        frame.fill(0);
        self.press_due_keys();
        if self.elapsed_ms() >= u64::from(self.script.say_after_ms) {
            self.recording.tx(&self.script.say, self.script.repeat, frame);
        }
        if !self.dtmf.is_idle() {
            let written = self.dtmf.tx(frame);
            frame[written..].fill(0);
        }
        self.elapsed += frame.len() as u64;
    }

    fn press_due_keys(&mut self) {
        let now_ms = self.elapsed_ms();
        while let Some(press) = self.script.keys.presses().get(self.next_key) {
            if u64::from(press.at_ms) > now_ms || !self.dtmf.push(press.digit) {
                return;
            }
            self.next_key += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_once_or_again_and_again() {
        let speech = Speech::from_samples(&[7; 200]);
        for (repeat, expected) in [(false, 0), (true, 7)] {
            let mut talker = Talker::default();
            let say = Some(speech.clone());
            talker.start(Script { say, say_after_ms: 20, repeat, ..Script::default() });
            let mut frame = [1; 160];
            talker.tx(&mut frame);
            assert_eq!(frame, [0; 160]);
            talker.tx(&mut frame);
            assert_eq!(frame, [7; 160]);
            talker.tx(&mut frame);
            assert_eq!((frame[39], frame[40]), (7, expected));
        }
    }

    #[test]
    fn keys_sound_at_their_time_and_mute_the_speech() {
        let mut talker = Talker::default();
        let say = Some(Speech::from_samples(&[7; 16_000]));
        let keys = "1@40ms,2@40ms".parse().unwrap();
        talker.start(Script { say, keys, ..Script::default() });
        let mut heard = vec![];
        let mut frame = [0; 160];
        for _ in 0..30 {
            talker.tx(&mut frame);
            heard.extend(frame);
        }
        assert_eq!(heard[..320], [7; 320]);
        assert!(heard[320..320 + 3200].iter().all(|s| *s != 7 || s.abs() > 7));
        assert_eq!(heard[320 + 3200..], [7; 30 * 160 - 3520]);
    }

    #[test]
    fn an_empty_speech_repeated_is_silence() {
        let mut talker = Talker::default();
        let say = Some(Speech::from_samples(&[]));
        talker.start(Script { say, repeat: true, ..Script::default() });
        let mut frame = [1; 160];
        talker.tx(&mut frame);
        assert_eq!(frame, [0; 160]);
    }
}
