//! Music made up by seed: what coloured ringback and music on hold sound like at 8 kHz, with more
//! notes on the tones' own pitches than any composer would dare.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Semitones above A2 of a pentatonic scale over three octaves; 440 and 466 Hz are among them.
const SCALE: [u8; 15] = [0, 3, 5, 7, 10, 12, 15, 17, 19, 22, 24, 27, 29, 31, 34];

#[derive(Clone, Copy)]
enum Instrument {
    /// Struck or plucked: decays.
    Plucked,
    /// Blown: swells and holds, with vibrato.
    Blown,
    /// Bowed or organ: holds.
    Held,
}

/// So many seconds of melody and chords.
pub(crate) fn melody(seed: u64, seconds: usize) -> Vec<i16> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let instrument = match rng.random_range(0..3) {
        0 => Instrument::Plucked,
        1 => Instrument::Blown,
        _ => Instrument::Held,
    };
    let beat_ms = rng.random_range(180..700);
    let mut mix = vec![0.0f32; seconds * 8000];
    let mut at = 0;
    while at < mix.len() {
        let beats = [1, 1, 1, 2, 2, 4][rng.random_range(0..6)];
        let samples = beat_ms * beats * 8;
        let voices = rng.random_range(1..=3);
        for _ in 0..voices {
            let note = SCALE[rng.random_range(0..SCALE.len())];
            let hz = 110.0 * 2f32.powf(f32::from(note) / 12.0);
            add_note(&mut mix[at..], instrument, hz, samples, rng.random_range(0.3..1.0));
        }
        // Rests are part of music, and what makes it look like a cadence.
        at += samples + if rng.random_bool(0.3) { beat_ms * 8 } else { 0 };
    }
    let loudest = mix.iter().fold(1.0f32, |m, s| m.max(s.abs()));
    mix.iter().map(|s| (s / loudest * 12_000.0) as i16).collect()
}

fn add_note(mix: &mut [f32], instrument: Instrument, hz: f32, samples: usize, force: f32) {
    // A plucked string rings on into the next note.
    let lasts = match instrument {
        Instrument::Plucked => samples * 2,
        _ => samples * 9 / 10,
    };
    for (n, out) in mix.iter_mut().take(lasts).enumerate() {
        let t = n as f32 / 8000.0;
        let left = (lasts - n) as f32 / 160.0;
        let level = match instrument {
            Instrument::Plucked => (-t * 4.0).exp(),
            Instrument::Blown => (t * 6.0).min(1.0) * (1.0 + 0.15 * (t * 35.0).sin()),
            Instrument::Held => 1.0,
        } * (t * 200.0).min(1.0)
            * left.min(1.0);
        let turn = core::f32::consts::TAU * hz * t;
        let wave = turn.sin() + 0.35 * (2.0 * turn).sin() + 0.15 * (3.0 * turn).sin();
        *out += wave * level * force;
    }
}
