//! Whether 10 ms of audio may be part of a DTMF digit: a cheap first look, so that the detector
//! itself runs only where a digit is possible.
//!
//! A digit is two tones, one of each group, that make up nearly all of the energy, are about
//! equally strong, and last for at least 34 ms (ITU-T Q.24 and SpanDSP's limits). Any such digit
//! fills two whole blocks of 10 ms. The bounds here are several decibels wider than the
//! detector's, so what is turned away here it would have turned away too; the tests compare both.

use std::sync::LazyLock;

/// Samples looked at together: 10 ms.
pub(super) const BLOCK: usize = 80;

pub(super) type Block = [i16; BLOCK];

/// Tones of rows and columns, in hertz (ITU-T Q.23).
const TONES: [f64; 8] = [697.0, 770.0, 852.0, 941.0, 1209.0, 1336.0, 1477.0, 1633.0];
/// Tones of one group.
const GROUP: usize = 4;
/// Samples are taken without their lowest bits, so that sums of 80 products fit 32 bits.
const SHIFT: u32 = 3;
/// Amplitude of the reference waves.
const WAVE: f64 = 4095.0;
/// Energy below which even the weakest digit (−42 dBm0 a tone) is not there: −46 dBm0.
const ENERGY_MIN: i32 = 8000;
/// The part of the energy that both tones must make up. The detector wants 0.82; here the
/// frequency may be off (−1.3 dB at 1.8 %) and the tones leak into each other.
const PART_MIN: f32 = 0.35;
/// How much stronger the low group may be: 13 dB (detector: 8 dB).
const LOW_TWIST_MAX: f32 = 20.0;
/// How much stronger the high group may be: 9 dB (detector: 4 dB).
const HIGH_TWIST_MAX: f32 = 8.0;

/// Cosine and sine of each tone.
static WAVES: LazyLock<[[Block; 2]; 8]> = LazyLock::new(|| {
    TONES.map(|hz| {
        let step = std::f64::consts::TAU * hz / f64::from(tipring_line::SAMPLE_RATE_HZ);
        let wave = |shape: fn(f64) -> f64| {
            std::array::from_fn(|i| (WAVE * shape(step * i as f64)).round() as i16)
        };
        [wave(f64::cos), wave(f64::sin)]
    })
});

/// Makes the reference waves, which must not happen in the real-time thread.
pub(super) fn prepare() {
    LazyLock::force(&WAVES);
}

/// The sum of products. It cannot overflow: 80 × 2^12 × 2^12 is below 2^31.
fn dot(a: &Block, b: &Block) -> i32 {
    a.iter()
        .zip(b)
        .fold(0i32, |sum, (a, b)| sum.wrapping_add(i32::from(*a).wrapping_mul(i32::from(*b))))
}

/// Whether the block may belong to a digit.
pub(super) fn may_be_digit(samples: &Block) -> bool {
    let mut block = *samples;
    block.iter_mut().for_each(|sample| *sample >>= SHIFT);
    let energy = dot(&block, &block);
    if energy < ENERGY_MIN {
        return false;
    }
    let power = |tone: usize| {
        let [cosine, sine] = &WAVES[tone];
        let (x, y) = (dot(&block, cosine) as f32, dot(&block, sine) as f32);
        x * x + y * y
    };
    let strongest = |from: usize| (from..from + GROUP).map(power).fold(0.0, f32::max);
    let (low, high) = (strongest(0), strongest(GROUP));
    // A tone of amplitude A has the energy A²·80/2, and the power (A·WAVE·80/2)².
    let to_energy = 2.0 / (BLOCK as f32 * (WAVE * WAVE) as f32);
    (low + high) * to_energy >= PART_MIN * energy as f32
        && low <= LOW_TWIST_MAX * high
        && high <= HIGH_TWIST_MAX * low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tones(low_hz: f64, high_hz: f64, low: f64, high: f64) -> Block {
        std::array::from_fn(|i| {
            let t = std::f64::consts::TAU * i as f64 / 8000.0;
            (low * (low_hz * t + 1.0).sin() + high * (high_hz * t).sin()) as i16
        })
    }

    #[test]
    fn digits_pass_at_any_level_and_anything_else_hardly() {
        for (low, high) in [(697.0, 1209.0), (941.0, 1633.0), (770.0, 1477.0)] {
            for level in [200.0, 1000.0, 10_000.0, 16_000.0] {
                assert!(may_be_digit(&tones(low, high, level, level)));
                assert!(may_be_digit(&tones(low * 1.018, high * 0.982, level, level * 0.5)));
            }
        }
        assert!(!may_be_digit(&[0; BLOCK]));
        assert!(!may_be_digit(&tones(450.0, 450.0, 5000.0, 5000.0)), "a dial tone");
        assert!(!may_be_digit(&tones(697.0, 700.0, 5000.0, 5000.0)), "one group alone");
        assert!(!may_be_digit(&tones(300.0, 2500.0, 5000.0, 5000.0)));
    }

    #[test]
    fn sums_fit_at_full_scale() {
        let full: Block = std::array::from_fn(|i| if i % 2 == 0 { i16::MAX } else { i16::MIN });
        assert!(!may_be_digit(&full));
        assert!(may_be_digit(&tones(697.0, 1209.0, 16_383.0, 16_383.0)));
    }
}
