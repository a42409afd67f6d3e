//! How alike two sounds are: normalised cross-correlation at the best alignment.
//!
//! A machine that runs tests stands still now and then, and the peers and the box with it, for
//! longer than any phone's buffer lasts. Sound that waited for it goes on later than it began: so
//! where a sound is not found in one go, its quarters of a second are each found a little later
//! or earlier than the one before says, and what counts is how alike all of them are together.

use std::collections::VecDeque;
use std::f64::consts::PI;

use crate::wav;

/// How alike a sound is to a stretch of another.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Likeness {
    /// 1 for the same sound at any level, 0 for nothing in common.
    pub correlation: f64,
    /// Where the stretch begins, in samples.
    pub at: usize,
}

/// Where in `heard` the whole of `said` is found best, and how well. Levels do not matter; nothing
/// is found in what is shorter than `said`, or silent.
pub fn find(said: &[i16], heard: &[i16]) -> Likeness {
    let nothing = Likeness { correlation: 0.0, at: 0 };
    correlations(said, heard).into_iter().enumerate().fold(nothing, |best, (at, correlation)| {
        if correlation > best.correlation { Likeness { correlation, at } } else { best }
    })
}

/// The correlation of all of `said` with every stretch of `heard` of its length.
fn correlations(said: &[i16], heard: &[i16]) -> Vec<f64> {
    if said.is_empty() || heard.len() < said.len() {
        return Vec::new();
    }
    let (said, heard) = (without_mean(said), without_mean(heard));
    let said_energy = energy(&said);
    if said_energy == 0.0 {
        return vec![0.0; heard.len() - said.len() + 1];
    }
    let mut stretch_energy = energy(&heard[..said.len()]);
    let mut found = cross_products(&said, &heard);
    for (at, product) in found.iter_mut().enumerate() {
        if at > 0 {
            stretch_energy += heard[at + said.len() - 1].powi(2) - heard[at - 1].powi(2);
        }
        // A stretch far below everything said is noise, and dividing by it means nothing.
        let is_sound = stretch_energy > said_energy * 1e-5;
        *product = if is_sound { *product / (said_energy * stretch_energy).sqrt() } else { 0.0 };
    }
    found
}

/// Length of the pieces that are aligned each for itself: 0.25 s.
const PIECE: usize = 2000;
/// How much later (0.5 s) and earlier (0.1 s) than after the one before a piece may be found.
const LATER_MAX: usize = 4000;
const EARLIER_MAX: usize = 800;

/// How alike the pieces of `said` are to stretches of `heard` that follow each other about as
/// they do; louder pieces count for more.
fn find_in_pieces(said: &[i16], heard: &[i16]) -> f64 {
    // How alike all pieces so far are at best, for every place at which the latest may begin.
    let mut so_far = vec![0.0; heard.len()];
    let (mut length, mut total) = (0, 0.0);
    for piece in said.chunks(PIECE) {
        let weight = energy(&without_mean(piece));
        let before = best_before(&so_far, length);
        let alike = correlations(piece, heard);
        so_far = alike.iter().zip(before).map(|(alike, before)| before + weight * alike).collect();
        (length, total) = (piece.len(), total + weight);
    }
    so_far.into_iter().fold(0.0, f64::max) / total.max(1.0)
}

/// For every place at which a piece may begin: the best of the places at which the one before
/// may have begun, which is `length` long.
fn best_before(so_far: &[f64], length: usize) -> impl Iterator<Item = f64> {
    // Those still within reach that are better than all after them, the best first.
    let mut better: VecDeque<usize> = VecDeque::new();
    let mut next = 0;
    (0..).map(move |at: usize| {
        while next < so_far.len() && next + length <= at + EARLIER_MAX {
            while better.back().is_some_and(|last| so_far[*last] <= so_far[next]) {
                better.pop_back();
            }
            better.push_back(next);
            next += 1;
        }
        while better.front().is_some_and(|first| first + length + LATER_MAX < at) {
            better.pop_front();
        }
        better.front().map_or(f64::NEG_INFINITY, |best| so_far[*best])
    })
}

/// Checks that `said` was heard somewhere in `heard`, all of it, in one go but for where a machine
/// that stood still held it up.
///
/// # Panics
/// It was not: the correlation at the best places is below 0.9.
#[track_caller]
pub fn assert_heard(what: &str, said: &[i16], heard: &[i16]) {
    keep(what, said, heard);
    let found = find(said, heard);
    if found.correlation >= 0.9 {
        println!("{what}: correlation {:.4}", found.correlation);
        return;
    }
    let in_pieces = find_in_pieces(said, heard);
    assert!(
        in_pieces >= 0.9,
        "{what}: correlation {:.3} at {:.2} s, in {:.2} s of sound; {in_pieces:.3} in pieces",
        found.correlation,
        found.at as f64 / 8000.0,
        heard.len() as f64 / 8000.0,
    );
    println!("{what}: correlation {in_pieces:.4} in pieces, {:.3} in one", found.correlation);
}

/// Keeps both sounds in the folder that `TIPRING_KEEP_SOUND` names, for whoever has to find out
/// why they differ.
fn keep(what: &str, said: &[i16], heard: &[i16]) {
    let Some(folder) = std::env::var_os("TIPRING_KEEP_SOUND") else { return };
    for (end, sound) in [("said", said), ("heard", heard)] {
        let path = std::path::Path::new(&folder).join(format!("{what}, {end}.wav"));
        std::fs::write(&path, wav::write(sound)).expect("the folder can be written");
    }
}

/// Checks that `said` was heard nowhere in `heard`.
///
/// # Panics
/// Something like it was.
#[track_caller]
pub fn assert_not_heard(what: &str, said: &[i16], heard: &[i16]) {
    let found = find(said, heard);
    assert!(
        found.correlation < 0.3,
        "{what} was heard: correlation {:.3} at {:.2} s",
        found.correlation,
        found.at as f64 / 8000.0,
    );
}

fn without_mean(samples: &[i16]) -> Vec<f64> {
    let mean = samples.iter().map(|s| f64::from(*s)).sum::<f64>() / samples.len() as f64;
    samples.iter().map(|s| f64::from(*s) - mean).collect()
}

fn energy(samples: &[f64]) -> f64 {
    samples.iter().map(|s| s * s).sum()
}

/// The sum of products of `short` and `long` for every place at which `short` lies within `long`,
/// by way of the Fourier transform.
fn cross_products(short: &[f64], long: &[f64]) -> Vec<f64> {
    let size = long.len().next_power_of_two();
    let padded = |samples: &[f64]| {
        let mut values: Vec<Complex> = samples.iter().map(|s| Complex(*s, 0.0)).collect();
        values.resize(size, Complex(0.0, 0.0));
        transform(&mut values, false);
        values
    };
    let (short_spectrum, mut long_spectrum) = (padded(short), padded(long));
    for (l, s) in long_spectrum.iter_mut().zip(&short_spectrum) {
        *l = l.times(Complex(s.0, -s.1));
    }
    transform(&mut long_spectrum, true);
    // What wraps around lies behind the last place at which all of `short` fits.
    long_spectrum[..=long.len() - short.len()].iter().map(|v| v.0 / size as f64).collect()
}

#[derive(Clone, Copy)]
struct Complex(f64, f64);

impl Complex {
    fn times(self, other: Self) -> Self {
        Complex(self.0 * other.0 - self.1 * other.1, self.0 * other.1 + self.1 * other.0)
    }
}

/// The Fourier transform of a power of two of values, in place (Cooley and Tukey, radix 2).
fn transform(values: &mut [Complex], inverse: bool) {
    let size = values.len();
    let bits = size.trailing_zeros();
    for i in 0..size {
        let mirrored = i.reverse_bits().checked_shr(usize::BITS - bits).unwrap_or(0);
        if i < mirrored {
            values.swap(i, mirrored);
        }
    }
    let mut half = 1;
    while half < size {
        let angle = if inverse { PI } else { -PI } / half as f64;
        let turns: Vec<Complex> = (0..half)
            .map(|k| Complex((angle * k as f64).cos(), (angle * k as f64).sin()))
            .collect();
        for block in values.chunks_exact_mut(half * 2) {
            let (low, high) = block.split_at_mut(half);
            for ((a, b), turn) in low.iter_mut().zip(high).zip(&turns) {
                let t = b.times(*turn);
                (*a, *b) = (Complex(a.0 + t.0, a.1 + t.1), Complex(a.0 - t.0, a.1 - t.1));
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::{self, recorded};

    /// Noise by a linear congruential generator.
    fn noise(seed: u32, length: usize, amplitude: i32) -> Vec<i16> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 16) as i32 - 32_768) * amplitude / 32_768
        };
        (0..length).map(|_| next() as i16).collect()
    }

    #[test]
    fn a_shifted_quieter_noisier_sound_is_found_where_it_is() {
        let said = noise(1, 4000, 8000);
        let mut heard = noise(2, 12_345, 300);
        for (h, s) in heard[5678..].iter_mut().zip(&said) {
            *h += s / 4;
        }
        let found = find(&said, &heard);
        assert_eq!(found.at, 5678);
        assert!((0.95..1.0).contains(&found.correlation), "{found:?}");
        assert!((find(&said, &said).correlation - 1.0).abs() < 1e-9);
    }

    #[test]
    fn another_sound_silence_and_less_than_was_said_are_not_it() {
        let said = noise(1, 4000, 8000);
        assert!(find(&said, &noise(3, 20_000, 8000)).correlation < 0.1);
        assert_eq!(find(&said, &vec![0; 20_000]).correlation, 0.0);
        assert_eq!(find(&said, &said[1..]).correlation, 0.0);
    }

    #[test]
    fn a_slip_in_mid_speech_is_seen() {
        let said = noise(1, 24_000, 8000);
        let mut heard = vec![0; 1000];
        heard.extend(&said[..11_000]);
        heard.extend(&said[11_080..]);
        assert!(find(&said, &heard).correlation < 0.8);
    }

    #[test]
    fn two_slips_of_a_machine_that_stood_still_are_got_over() {
        let said = noise(1, 24_000, 8000);
        let mut heard = vec![0; 1000];
        heard.extend(&said[..7_000]);
        heard.extend([0; 2400]);
        heard.extend(&said[7_000..15_500]);
        heard.extend(&said[15_900..]);
        assert!(find(&said, &heard).correlation < 0.6);
        let found = find_in_pieces(&said, &heard);
        assert!((0.9..0.97).contains(&found), "{found}");
    }

    #[test]
    fn pieces_of_something_else_or_in_another_order_are_not_it() {
        let said = noise(1, 24_000, 8000);
        assert!(find_in_pieces(&said, &noise(3, 60_000, 8000)) < 0.2);
        let other = [&said[12_000..], &said[..12_000]].concat();
        assert!(find_in_pieces(&said, &other) < 0.6);
        let caller = recorded(speech::CALLER);
        assert!(find_in_pieces(&caller, &recorded(speech::CALLEE)) < 0.6);
        assert_eq!(find_in_pieces(&said, &vec![0; 30_000]), 0.0);
        assert_eq!(find_in_pieces(&said, &[]), 0.0);
    }

    #[test]
    fn half_of_it_is_not_enough() {
        let said = noise(1, 4000, 8000);
        let mut heard = said.clone();
        heard[2000..].fill(0);
        assert!(find(&said, &heard).correlation < 0.8);
        assert!(find_in_pieces(&said, &heard) < 0.6);
    }

    #[test]
    fn the_products_are_those_of_the_definition() {
        let (short, long) = (noise(4, 37, 100), noise(5, 101, 100));
        let (short, long) = (without_mean(&short), without_mean(&long));
        let fast = cross_products(&short, &long);
        assert_eq!(fast.len(), 65);
        for (at, found) in fast.iter().enumerate() {
            let product: f64 = short.iter().zip(&long[at..]).map(|(a, b)| a * b).sum();
            assert!((product - found).abs() < 1e-6, "{at}: {product} {found}");
        }
    }
}
