//! How alike two sounds are: normalised cross-correlation at the best alignment.

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

/// Checks that `said` was heard somewhere in `heard`, all of it in one go.
///
/// # Panics
/// It was not: the correlation at the best place is below 0.9.
#[track_caller]
pub fn assert_heard(what: &str, said: &[i16], heard: &[i16]) {
    keep(what, said, heard);
    let found = find(said, heard);
    assert!(
        found.correlation >= 0.9,
        "{what}: correlation {:.3} at {:.2} s, in {:.2} s of sound",
        found.correlation,
        found.at as f64 / 8000.0,
        heard.len() as f64 / 8000.0,
    );
    println!("{what}: correlation {:.4}", found.correlation);
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
    fn half_of_it_is_not_enough() {
        let said = noise(1, 4000, 8000);
        let mut heard = said.clone();
        heard[2000..].fill(0);
        assert!(find(&said, &heard).correlation < 0.8);
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
