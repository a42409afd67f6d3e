//! The FSK receiver, one for Bell 202 and V.23 alike.
//!
//! Two correlators of about one bit's length, midway between the two standards' frequencies
//! (mark 1250 Hz, space 2150 Hz), give a soft decision a sample. Bits are read at their middle,
//! counted from the start bit's edge, both found between samples. Channel seizure is not asked
//! for, because its beginning is often cut off: 40 bits of mark and a known message type are, and
//! the checksum has the last word.

use arrayvec::ArrayVec;
use tipring_line::SAMPLE_RATE_HZ;

use super::fsk_tx::BAUD;
use super::message::{Message, is_message_type};
use crate::level::dbm0_to_rms;

const MARK_HZ: f32 = 1250.0;
const SPACE_HZ: f32 = 2150.0;
/// A bit is 6.67 samples; seven are the nearest whole window.
const WINDOW: usize = 7;
const BIT_SAMPLES: f32 = SAMPLE_RATE_HZ as f32 / BAUD as f32;
/// Mark needed before a message: fewer than any standard sends, to survive a cut beginning.
const MARK_BITS_MIN: f32 = 40.0;
/// Mark allowed between octets is 10 bits (GR-30); more than this ends the message.
const GAP_BITS_MAX: f32 = 25.0;
/// Weaker than this is silence.
const LEVEL_MIN_DBM0: f32 = -42.0;

/// Where the receiver stands.
#[derive(Clone, Debug)]
enum State {
    /// Waiting for enough mark; samples of it so far.
    Hunting { mark_samples: u32 },
    /// Waiting for a start bit; samples waited so far.
    Idle { samples: u32 },
    /// Reading an octet, start bit first.
    Octet {
        /// Samples until the middle of the next bit, counted from the latest sample.
        next: f32,
        /// Bits read: 0 for the start bit, 9 for the stop bit.
        bit: u8,
        octet: u8,
    },
}

/// Finds messages in a stream of samples.
#[derive(Clone, Debug)]
pub struct FskReceiver {
    mark: Correlator,
    space: Correlator,
    power: [f32; WINDOW],
    power_sum: f32,
    place: usize,
    power_min: f32,
    /// The decision of the sample before: mark is positive.
    last: f32,
    state: State,
    octets: ArrayVec<u8, { Message::OCTETS_MAX }>,
    found: Option<Message>,
    damaged: u32,
}

/// A sliding correlation with one frequency.
#[derive(Clone, Debug)]
struct Correlator {
    re: f32,
    im: f32,
    step_re: f32,
    step_im: f32,
    products: [(f32, f32); WINDOW],
}

impl Correlator {
    fn new(hz: f32) -> Self {
        let (step_im, step_re) = (core::f32::consts::TAU * hz / SAMPLE_RATE_HZ as f32).sin_cos();
        Correlator { re: 1.0, im: 0.0, step_re, step_im, products: [(0.0, 0.0); WINDOW] }
    }

    /// Takes a sample into place `place` of the window.
    fn rx(&mut self, x: f32, place: usize) {
        self.products[place] = (x * self.re, x * self.im);
        let re = self.re * self.step_re - self.im * self.step_im;
        let im = self.re * self.step_im + self.im * self.step_re;
        let gain = 1.5 - 0.5 * (re * re + im * im);
        self.re = re * gain;
        self.im = im * gain;
    }

    /// How much of the frequency the window holds.
    fn magnitude(&self) -> f32 {
        let (sum_re, sum_im) =
            self.products.iter().fold((0.0, 0.0), |(r, i), p| (r + p.0, i + p.1));
        (sum_re * sum_re + sum_im * sum_im).sqrt()
    }
}

impl FskReceiver {
    /// A receiver that hears silence.
    pub fn new() -> Self {
        FskReceiver {
            mark: Correlator::new(MARK_HZ),
            space: Correlator::new(SPACE_HZ),
            power: [0.0; WINDOW],
            power_sum: 0.0,
            place: 0,
            power_min: dbm0_to_rms(LEVEL_MIN_DBM0).powi(2) * WINDOW as f32,
            last: 0.0,
            state: State::Hunting { mark_samples: 0 },
            octets: ArrayVec::new(),
            found: None,
            damaged: 0,
        }
    }

    /// Listens to these samples; a message found is ready to be polled. A second message in the
    /// same samples replaces the first.
    pub fn rx(&mut self, samples: &[i16]) {
        for &sample in samples {
            self.sample(f32::from(sample));
        }
    }

    /// The message found, if one was.
    pub fn poll(&mut self) -> Option<Message> {
        self.found.take()
    }

    /// How many messages began and were damaged: broken off, or with a wrong checksum.
    pub fn damaged(&self) -> u32 {
        self.damaged
    }

    /// Whether a message is being read.
    pub fn is_receiving(&self) -> bool {
        !self.octets.is_empty()
    }

    fn sample(&mut self, x: f32) {
        self.power_sum -= self.power[self.place];
        self.power[self.place] = x * x;
        self.power_sum += x * x;
        self.mark.rx(x, self.place);
        self.space.rx(x, self.place);
        self.place = (self.place + 1) % WINDOW;
        if self.power_sum < self.power_min {
            self.lose_carrier();
            self.last = 0.0;
        } else {
            let now = self.mark.magnitude() - self.space.magnitude();
            self.advance(now);
            self.last = now;
        }
    }

    fn lose_carrier(&mut self) {
        if !matches!(self.state, State::Hunting { .. }) {
            self.abandon();
        }
        self.state = State::Hunting { mark_samples: 0 };
    }

    fn abandon(&mut self) {
        if !self.octets.is_empty() {
            self.damaged = self.damaged.saturating_add(1);
            self.octets.clear();
        }
        self.state = State::Hunting { mark_samples: 0 };
    }

    fn advance(&mut self, now: f32) {
        match &mut self.state {
            State::Hunting { mark_samples } => {
                *mark_samples = if now > 0.0 { *mark_samples + 1 } else { 0 };
                if *mark_samples as f32 >= MARK_BITS_MIN * BIT_SAMPLES {
                    self.state = State::Idle { samples: 0 };
                }
            }
            State::Idle { samples } => {
                *samples += 1;
                if now < 0.0 {
                    // The edge lies between the last sample and this one.
                    let since_edge = now / (now - self.last.max(0.0));
                    let next = BIT_SAMPLES / 2.0 - since_edge;
                    self.state = State::Octet { next, bit: 0, octet: 0 };
                } else if !self.octets.is_empty() && *samples as f32 > GAP_BITS_MAX * BIT_SAMPLES {
                    self.abandon();
                }
            }
            State::Octet { next, bit, octet } => {
                *next -= 1.0;
                if *next > 0.0 {
                    return;
                }
                // The bit's middle lies between the last sample and this one.
                let middle = now + (self.last - now) * -*next;
                let is_mark = middle > 0.0;
                *next += BIT_SAMPLES;
                let (place, value) = (*bit, *octet);
                *bit += 1;
                match place {
                    0 if is_mark => self.state = State::Idle { samples: 0 },
                    0 => {}
                    1..=8 => *octet |= u8::from(is_mark) << (place - 1),
                    _ if is_mark => self.octet(value),
                    _ => self.abandon(),
                }
            }
        }
    }

    fn octet(&mut self, octet: u8) {
        self.state = State::Idle { samples: 0 };
        if self.octets.is_empty() && !is_message_type(octet) {
            self.state = State::Hunting { mark_samples: 0 };
            return;
        }
        self.octets.push(octet);
        let complete =
            self.octets.len() >= 2 && self.octets.len() == usize::from(self.octets[1]) + 3;
        if !complete {
            return;
        }
        match Message::new_checked(&self.octets) {
            Ok(message) => {
                self.found = Some(message);
                self.octets.clear();
                self.state = State::Hunting { mark_samples: 0 };
            }
            Err(_) => self.abandon(),
        }
    }
}

impl Default for FskReceiver {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CallTime, FskTransmitter, Message, MessageForm, Modem, NameEncoding};
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};
    use tipring_line::CallerId;

    fn message() -> Message {
        let time = CallTime { month: 11, day: 21, hour: 9, minute: 5 };
        let mut caller = CallerId::from_number("13800138000".parse().unwrap());
        caller.name.push_str("王小明");
        Message::call(MessageForm::Mdmf, NameEncoding::Gbk, time, &caller)
    }

    fn signal(modem: Modem, dbm0: f32) -> Vec<i16> {
        let mut fsk = FskTransmitter::new(modem, message()).at_level(dbm0);
        let mut samples = vec![0; 800];
        let start = samples.len();
        samples.resize(start + fsk.duration_ms() as usize * 8 + 8, 0);
        let written = fsk.tx(&mut samples[start..]);
        assert!(fsk.is_finished());
        samples.truncate(start + written);
        samples.extend([0; 800]);
        samples
    }

    fn with_noise(mut samples: Vec<i16>, dbm0: f32, seed: u64) -> Vec<i16> {
        let mut rng = SmallRng::seed_from_u64(seed);
        let rms = crate::dbm0_to_rms(dbm0);
        for s in &mut samples {
            // The sum of twelve uniform numbers is as good as normal.
            let normal: f32 = (0..12).map(|_| rng.random_range(-0.5f32..0.5)).sum();
            *s = s.saturating_add((normal * rms) as i16);
        }
        samples
    }

    fn received(samples: &[i16]) -> Option<Message> {
        let mut receiver = FskReceiver::new();
        samples.chunks(160).for_each(|c| receiver.rx(c));
        receiver.poll()
    }

    #[test]
    fn both_modems_from_minus_36_to_minus_5_dbm0() {
        for modem in [Modem::Bell202, Modem::V23] {
            for dbm0 in -36..=-5 {
                let heard = received(&signal(modem, dbm0 as f32));
                assert_eq!(heard, Some(message()), "{modem:?} at {dbm0} dBm0");
            }
        }
    }

    #[test]
    fn noise_fifteen_decibels_down_is_survived() {
        for modem in [Modem::Bell202, Modem::V23] {
            for seed in 0..100 {
                let noisy = with_noise(signal(modem, -15.0), -30.0, seed);
                assert_eq!(received(&noisy), Some(message()), "{modem:?}, seed {seed}");
            }
        }
    }

    #[test]
    fn a_message_damaged_by_noise_is_never_misread() {
        let mut lost = 0;
        for seed in 0..300 {
            let noisy = with_noise(signal(Modem::Bell202, -15.0), -19.0, seed);
            match received(&noisy) {
                None => lost += 1,
                Some(heard) => assert_eq!(heard, message(), "seed {seed}"),
            }
        }
        assert!(lost > 0, "the noise was meant to damage some");
    }

    #[test]
    fn a_cut_beginning_does_not_matter() {
        let whole = signal(Modem::Bell202, -14.0);
        // All of the seizure and two thirds of the mark are gone.
        let cut = &whole[800 + (360.0 + 60.0) as usize * 20 / 3..];
        assert_eq!(received(cut), Some(message()));
    }

    #[test]
    fn a_message_broken_off_is_counted() {
        let whole = signal(Modem::V23, -14.0);
        let mut receiver = FskReceiver::new();
        receiver.rx(&whole[..whole.len() - 1600]);
        assert!(receiver.is_receiving());
        receiver.rx(&[0; 160]);
        assert_eq!((receiver.poll(), receiver.damaged()), (None, 1));
        receiver.rx(&whole);
        assert_eq!(receiver.poll(), Some(message()));
    }

    #[test]
    fn twist_of_six_decibels_either_way() {
        // A first-order tilt: y = x ± a·x[n−1] favours high or low frequencies.
        for a in [-0.35f32, 0.35] {
            let samples = signal(Modem::Bell202, -15.0);
            let mut last = 0.0;
            let tilted: Vec<i16> = samples
                .iter()
                .map(|&s| {
                    let y = f32::from(s) + a * last;
                    last = f32::from(s);
                    y as i16
                })
                .collect();
            assert_eq!(received(&tilted), Some(message()), "{a}");
        }
    }
}
