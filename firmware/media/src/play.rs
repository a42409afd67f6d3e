//! What is played to a leg: sequences of sounds without a gap, and tones.

use std::sync::Arc;

use tipring_dsp::{ToneCadence, ToneGenerator, g711};
use tipring_line::{FRAME_SAMPLES, Law};

use crate::event::PlayId;

/// Sounds to play one after another, with no gap between them.
#[derive(Clone, Debug, Default)]
pub struct Playlist {
    /// A-law at 8 kHz, without header. Shared with whoever keeps the prompts.
    pub sounds: Vec<Arc<[u8]>>,
    /// Whether to begin again after the last.
    pub repeat: bool,
    /// Names this play in its `PlayDone`.
    pub id: PlayId,
}

/// What plays to a leg.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a box would be freed in the real-time thread")]
pub(crate) enum Player {
    Sounds(SoundsPlayer),
    Tone(ToneGenerator),
}

/// Where a playlist has got to.
#[derive(Debug)]
pub(crate) struct SoundsPlayer {
    list: Playlist,
    sound: usize,
    offset: usize,
}

/// Whether a player goes on after the frame it has just filled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Playing {
    On,
    /// That was its last frame. Carries the id of a playlist.
    Done(Option<PlayId>),
}

impl Player {
    pub(crate) fn sounds(mut list: Playlist) -> Self {
        // An empty sound would make a repeating list spin.
        list.sounds.retain(|sound| !sound.is_empty());
        Player::Sounds(SoundsPlayer { list, sound: 0, offset: 0 })
    }

    pub(crate) fn tone(cadence: ToneCadence) -> Self {
        Player::Tone(ToneGenerator::new(cadence))
    }

    /// Fills the next 20 ms in `law`. What a sound's end leaves over is silence.
    pub(crate) fn fill(&mut self, law: Law, codes: &mut [u8; FRAME_SAMPLES]) -> Playing {
        match self {
            Player::Sounds(sounds) => {
                let playing = sounds.fill(codes);
                g711::transcode(Law::A, law, codes);
                playing
            }
            Player::Tone(tone) => {
                let mut samples = [0; FRAME_SAMPLES];
                let made = tone.tx(&mut samples);
                g711::encode(law, &samples, codes);
                if made < FRAME_SAMPLES { Playing::Done(None) } else { Playing::On }
            }
        }
    }
}

impl SoundsPlayer {
    fn fill(&mut self, codes: &mut [u8; FRAME_SAMPLES]) -> Playing {
        let mut filled = 0;
        while filled < FRAME_SAMPLES {
            let Some(sound) = self.list.sounds.get(self.sound) else {
                codes[filled..].fill(Law::A.silence());
                return Playing::Done(Some(self.list.id));
            };
            let take = (sound.len() - self.offset).min(FRAME_SAMPLES - filled);
            codes[filled..filled + take].copy_from_slice(&sound[self.offset..self.offset + take]);
            filled += take;
            self.offset += take;
            if self.offset == sound.len() {
                self.next_sound();
            }
        }
        if self.sound < self.list.sounds.len() {
            Playing::On
        } else {
            Playing::Done(Some(self.list.id))
        }
    }

    fn next_sound(&mut self) {
        self.offset = 0;
        self.sound += 1;
        if self.list.repeat && self.sound == self.list.sounds.len() {
            self.sound = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(from: u8, samples: usize) -> Arc<[u8]> {
        (0..samples).map(|i| from.wrapping_add(i as u8)).collect()
    }

    fn run(list: Playlist, frames: usize) -> (Vec<u8>, Option<usize>) {
        let mut player = Player::sounds(list);
        let mut out = Vec::new();
        for frame in 0..frames {
            let mut codes = [0; FRAME_SAMPLES];
            let playing = player.fill(Law::A, &mut codes);
            out.extend_from_slice(&codes);
            if playing != Playing::On {
                return (out, Some(frame));
            }
        }
        (out, None)
    }

    #[test]
    fn sounds_follow_each_other_sample_by_sample() {
        let sounds = vec![ramp(0, 7), ramp(50, 333), ramp(9, 1), ramp(100, 459)];
        let whole: Vec<u8> = sounds.iter().flat_map(|s| s.iter().copied()).collect();
        let (out, done) = run(Playlist { sounds, ..Playlist::default() }, 100);
        assert_eq!(out[..800], whole[..]);
        assert_eq!(done, Some(4), "the frame that holds the last sample is the last");
    }

    #[test]
    fn a_repeating_list_has_no_seam() {
        let sounds = vec![ramp(0, 100), ramp(100, 70)];
        let period: Vec<u8> = sounds.iter().flat_map(|s| s.iter().copied()).collect();
        let (out, done) = run(Playlist { sounds, repeat: true, id: PlayId(1) }, 50);
        assert_eq!(done, None);
        assert!(out.iter().enumerate().all(|(i, code)| *code == period[i % 170]));
    }

    #[test]
    fn nothing_to_play_ends_at_once_even_when_repeated() {
        let list = Playlist { sounds: vec![Arc::from([])], repeat: true, id: PlayId(3) };
        let (out, done) = run(list, 5);
        assert_eq!(done, Some(0));
        assert!(out.iter().all(|code| *code == Law::A.silence()));
    }
}
