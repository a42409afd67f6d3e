//! The corners of Q.24, each with a few digits; `./box bench dtmf` sends thousands.

use std::f64::consts::TAU;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_dsp::caller_id::{CallTime, FskTransmitter, Message, MessageForm, Modem, NameEncoding};
use tipring_dsp::{DtmfDetector, DtmfEvent, ToneGenerator, dbm0_to_peak, dbm0_to_rms, tones};
use tipring_line::CallerId;

const LOW_HZ: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH_HZ: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
const KEYS: &[u8; 16] = b"123A456B789C*0#D";

#[derive(Clone, Copy)]
struct Key {
    index: usize,
    /// How far low and high tone are off, as parts.
    off: [f64; 2],
    dbm0: [f32; 2],
    on_ms: usize,
    off_ms: usize,
    /// An interruption of 10 ms after so many.
    gap_at_ms: Option<usize>,
}

const NOMINAL: Key =
    Key { index: 0, off: [0.0; 2], dbm0: [-10.0, -8.0], on_ms: 50, off_ms: 50, gap_at_ms: None };

/// The digit after a random part of a block, at random phases.
fn samples(key: Key, random: &mut SmallRng) -> Vec<i16> {
    let lead = random.random_range(0..20);
    let mut samples = vec![0.0; lead + (key.on_ms + key.off_ms) * 8];
    let tones = [LOW_HZ[key.index / 4], HIGH_HZ[key.index % 4]];
    for (group, hz) in tones.into_iter().enumerate() {
        let step = TAU * hz * (1.0 + key.off[group]) / 8000.0;
        let phase = random.random_range(0.0..TAU);
        let peak = f64::from(dbm0_to_peak(key.dbm0[group]));
        for n in 0..key.on_ms * 8 {
            if !key.gap_at_ms.is_some_and(|at| (at..at + 10).contains(&(n / 8))) {
                samples[lead + n] += peak * (step * n as f64 + phase).sin();
            }
        }
    }
    samples.into_iter().map(|s: f64| s.round() as i16).collect()
}

fn heard(detector: &mut DtmfDetector, samples: &[i16]) -> String {
    let mut digits = String::new();
    for frame in samples.chunks(160) {
        detector.rx(frame);
        while let Some(event) = detector.poll() {
            if let DtmfEvent::Start(digit) = event {
                digits.push(digit.as_char());
            }
        }
    }
    digits
}

/// Sends all sixteen digits in this shape, one after the other; gives what was heard.
fn all_heard(shape: impl Fn(Key) -> Key, add: impl Fn(&mut [i16], &mut SmallRng)) -> String {
    let mut random = SmallRng::seed_from_u64(24);
    let mut detector = DtmfDetector::new();
    let mut digits = heard(&mut detector, &[0; 800]);
    for index in 0..16 {
        let mut samples = samples(shape(Key { index, ..NOMINAL }), &mut random);
        add(&mut samples, &mut random);
        digits += &heard(&mut detector, &samples);
    }
    digits + &heard(&mut detector, &[0; 800])
}

fn nothing(_: &mut [i16], _: &mut SmallRng) {}

fn all_are_heard(what: &str, shape: impl Fn(Key) -> Key) {
    let expected: String = KEYS.iter().copied().map(char::from).collect();
    assert_eq!(all_heard(shape, nothing), expected, "{what}");
}

fn none_is_heard(what: &str, shape: impl Fn(Key) -> Key) {
    assert_eq!(all_heard(shape, nothing), "", "{what}");
}

#[test]
fn frequencies_within_1_8_per_cent_are_heard_and_3_5_per_cent_off_are_not() {
    for part in [0.015, 0.018] {
        for off in [[part, 0.0], [-part, 0.0], [0.0, part], [0.0, -part]] {
            all_are_heard(&format!("{off:?}"), |key| Key { off, ..key });
        }
        for off in [[part, part], [part, -part], [-part, part], [-part, -part]] {
            all_are_heard(&format!("{off:?}"), |key| Key { off, ..key });
            all_are_heard(&format!("{off:?} in 40 ms"), |key| Key {
                off,
                on_ms: 40,
                off_ms: 40,
                ..key
            });
        }
    }
    for off in [[0.035, 0.0], [-0.035, 0.0], [0.0, 0.035], [0.0, -0.035], [0.035, 0.015]] {
        none_is_heard(&format!("{off:?}"), |key| Key { off, on_ms: 100, ..key });
    }
}

#[test]
fn twist_of_8_and_4_db_is_heard_even_off_frequency() {
    for dbm0 in [[-5.0, -13.0], [-25.0, -33.0], [-9.0, -5.0], [-24.0, -20.0]] {
        all_are_heard(&format!("{dbm0:?}"), |key| Key { dbm0, ..key });
        for off in [[0.015, -0.015], [-0.015, 0.015], [0.015, 0.015]] {
            all_are_heard(&format!("{dbm0:?} {off:?}"), |key| Key { dbm0, off, ..key });
        }
    }
    none_is_heard("low 12 dB stronger", |key| Key { dbm0: [-5.0, -17.0], ..key });
    none_is_heard("high 8 dB stronger", |key| Key { dbm0: [-13.0, -5.0], ..key });
}

#[test]
fn levels_from_0_to_minus_35_dbm0_are_heard_and_minus_55_is_not() {
    for level in -35..=0 {
        let dbm0 = [level as f32; 2];
        all_are_heard(&format!("{level} dBm0"), |key| Key { dbm0, ..key });
    }
    none_is_heard("−55 dBm0", |key| Key { dbm0: [-55.0; 2], ..key });
}

#[test]
fn forty_milliseconds_are_heard_and_23_are_not() {
    all_are_heard("40 ms on, 40 off", |key| Key { on_ms: 40, off_ms: 40, ..key });
    none_is_heard("23 ms", |key| Key { on_ms: 23, ..key });
}

#[test]
fn an_interruption_of_10_ms_does_not_split_a_digit() {
    for (on_ms, gap_at_ms) in [(50, 10), (50, 20), (50, 30), (90, 20), (90, 40), (90, 70)] {
        let gap_at_ms = Some(gap_at_ms);
        all_are_heard(&format!("{on_ms} ms, {gap_at_ms:?}"), |key| Key { on_ms, gap_at_ms, ..key });
    }
}

#[test]
fn digits_10_db_above_white_noise_are_heard() {
    // The noise of the whole band, 1.1 dB more than that of 300 to 3400 Hz.
    let rms = (dbm0_to_rms(-10.0).powi(2) + dbm0_to_rms(-8.0).powi(2)).sqrt() * 0.316 * 1.136;
    let noise = |samples: &mut [i16], random: &mut SmallRng| {
        for sample in samples {
            let sum: f32 = (0..12).map(|_| random.random_range(-0.5..0.5f32)).sum();
            *sample = sample.saturating_add((rms * sum) as i16);
        }
    };
    let expected: String = KEYS.iter().copied().map(char::from).collect();
    assert_eq!(all_heard(|key| key, noise), expected);
    assert_eq!(all_heard(|key| Key { on_ms: 40, off_ms: 40, ..key }, noise), expected);
}

#[test]
fn the_first_digit_is_heard_over_a_dial_tone_20_db_stronger() {
    for (index, digit) in KEYS.iter().enumerate() {
        let mut random = SmallRng::seed_from_u64(3);
        let mut line = vec![0i16; 4000];
        ToneGenerator::new(tones::china::DIAL.at_level(-5.0)).tx(&mut line);
        let key = Key { index, dbm0: [-25.0; 2], ..NOMINAL };
        for (sum, sample) in line[2000..].iter_mut().zip(samples(key, &mut random)) {
            *sum += sample;
        }
        let expected = char::from(*digit).to_string();
        assert_eq!(heard(&mut DtmfDetector::new(), &line), expected);
    }
}

#[test]
fn nothing_is_heard_in_other_signals() {
    let mut detector = DtmfDetector::new();
    for tone in [tones::china::DIAL, tones::china::BUSY, tones::china::RINGBACK] {
        let mut samples = vec![0i16; 80_000];
        ToneGenerator::new(tone).tx(&mut samples);
        assert_eq!(heard(&mut detector, &samples), "");
    }
    let caller = CallerId::from_number("13800138000".parse().unwrap());
    let time = CallTime { month: 11, day: 21, hour: 9, minute: 5 };
    for modem in [Modem::Bell202, Modem::V23] {
        let message = Message::call(MessageForm::Mdmf, NameEncoding::Gbk, time, &caller);
        let mut samples = vec![0i16; 12_000];
        FskTransmitter::new(modem, message).tx(&mut samples);
        assert_eq!(heard(&mut detector, &samples), "");
    }
    let mut random = SmallRng::seed_from_u64(7);
    for peak in [100, 3000, 32_000] {
        let noise: Vec<i16> = (0..160_000).map(|_| random.random_range(-peak..=peak)).collect();
        assert_eq!(heard(&mut detector, &noise), "");
    }
    let square: Vec<i16> = (0..80_000).map(|n| if n % 10 < 5 { 20_000 } else { -20_000 }).collect();
    assert_eq!(heard(&mut detector, &square), "");
}

#[test]
fn pieces_of_any_length_give_the_same_digits() {
    let mut random = SmallRng::seed_from_u64(9);
    let all: Vec<i16> =
        (0..16).flat_map(|index| samples(Key { index, ..NOMINAL }, &mut random)).collect();
    let in_frames = heard(&mut DtmfDetector::new(), &all);
    assert_eq!(in_frames.len(), 16);
    for piece in [1, 33, 5000] {
        let mut detector = DtmfDetector::new();
        let mut digits = String::new();
        for samples in all.chunks(piece) {
            detector.rx(samples);
            while let Some(event) = detector.poll() {
                if let DtmfEvent::Start(digit) = event {
                    digits.push(digit.as_char());
                }
            }
        }
        assert_eq!(digits, in_frames, "pieces of {piece}");
    }
}
