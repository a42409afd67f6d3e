//! Keys on their way to a peer: telephone-events (RFC 4733) where agreed, else DTMF in the audio.

use arrayvec::ArrayVec;
use tipring_dsp::DtmfGenerator;
use tipring_line::{Digit, Digits, FRAME_SAMPLES, Frame};

use crate::rtp::telephone_event::TelephoneEvent;

/// How long a key lasts, in frames: 100 ms.
const KEY_FRAMES: u32 = 5;
/// How long the pause after it lasts, in frames: 100 ms.
const PAUSE_FRAMES: u32 = 5;
/// Level of each tone as told in events, in dBm0 below zero.
const VOLUME: u8 = 10;
/// What to send in this frame for the keys under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum KeyFrame {
    /// The key has just begun or goes on for so many frames, this one included.
    Key(Digit, u32),
    /// The first frame after the key: its end is told now.
    End(Digit, u32),
    /// A pause.
    Pause,
    /// The last frame of all: the keys have been sent.
    Done,
}

/// The keys that wait, and how far the present one is.
#[derive(Clone, Debug, Default)]
pub(crate) struct DigitSender {
    waiting: ArrayVec<Digit, 32>,
    /// The present key and its frames so far.
    current: Option<(Digit, u32)>,
    /// Timestamp of the present key's event.
    pub(crate) event_timestamp: Option<u32>,
    /// 100 ms of tones and 100 ms of silence a key, as the events.
    generator: DtmfGenerator,
}

impl DigitSender {
    /// Adds keys; those beyond 32 waiting are dropped. Says how many were.
    pub(crate) fn add(&mut self, digits: &Digits) -> usize {
        digits.iter().filter(|digit| self.waiting.try_push(**digit).is_err()).count()
    }

    pub(crate) fn is_sending(&self) -> bool {
        self.current.is_some() || !self.waiting.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        *self = DigitSender::default();
    }

    /// Writes the tones that belong to the frame `next_frame` has just given.
    pub(crate) fn tones(&mut self, frame: KeyFrame, samples: &mut Frame) {
        samples.fill(0);
        if let KeyFrame::Key(digit, 1) = frame {
            self.generator.stop();
            self.generator.push(digit);
        }
        self.generator.tx(samples);
    }

    /// Moves on by a frame.
    pub(crate) fn next_frame(&mut self) -> KeyFrame {
        let Some((digit, frames)) = &mut self.current else {
            let Some(digit) = self.waiting.pop_at(0) else { return KeyFrame::Done };
            self.current = Some((digit, 1));
            return KeyFrame::Key(digit, 1);
        };
        *frames += 1;
        let (digit, frames) = (*digit, *frames);
        if frames <= KEY_FRAMES {
            return KeyFrame::Key(digit, frames);
        }
        if frames == KEY_FRAMES + 1 {
            return KeyFrame::End(digit, KEY_FRAMES);
        }
        if frames < KEY_FRAMES + PAUSE_FRAMES {
            return KeyFrame::Pause;
        }
        self.current = None;
        if self.waiting.is_empty() { KeyFrame::Done } else { KeyFrame::Pause }
    }
}

/// The event packet of a key that has lasted `frames`.
pub(crate) fn event(digit: Digit, frames: u32, end: bool) -> TelephoneEvent {
    let duration = (frames as usize * FRAME_SAMPLES) as u16;
    TelephoneEvent { event: digit.event(), end, volume: VOLUME, duration }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_lasts_100_ms_and_is_followed_by_as_much() {
        let mut sender = DigitSender::default();
        let keys: Digits = "12".chars().filter_map(Digit::from_char).collect();
        assert_eq!(sender.add(&keys), 0);
        let mut seen = Vec::new();
        loop {
            let frame = sender.next_frame();
            seen.push(frame);
            if frame == KeyFrame::Done {
                break;
            }
        }
        let one = keys[0];
        assert_eq!(seen.len(), 20);
        assert_eq!(seen[0], KeyFrame::Key(one, 1));
        assert_eq!(seen[4], KeyFrame::Key(one, 5));
        assert_eq!(seen[5], KeyFrame::End(one, 5));
        assert_eq!(seen[6..10], [KeyFrame::Pause; 4]);
        assert_eq!(seen[10], KeyFrame::Key(keys[1], 1));
        assert!(!sender.is_sending());
    }

    #[test]
    fn keys_beyond_the_bound_are_told() {
        let mut sender = DigitSender::default();
        let keys: Digits = std::iter::repeat_n(Digit::from_char('5').unwrap(), 32).collect();
        assert_eq!(sender.add(&keys), 0);
        assert_eq!(sender.add(&keys), 32);
    }

    #[test]
    fn an_event_tells_its_duration() {
        let told = event(Digit::from_char('#').unwrap(), 5, true);
        assert_eq!((told.event, told.duration, told.end), (11, 800, true));
    }
}
