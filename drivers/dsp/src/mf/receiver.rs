//! The receiver of R2 signals (Q.455).
//!
//! A window of 133 samples slides over the sound in steps of 5 ms. Frequencies are 120 Hz apart,
//! which is twice the window's resolution of 60.2 Hz, so each vanishes in its neighbours' places.
//! A signal is two frequencies, and only two, that hold most of the window's power; it begins when
//! two windows agree, and ends when five have not held it, so that interruptions of 7 ms do not
//! end it. Operating and releasing take less than the 80 ms that Q.457 grants both together.
//!
//! Received (Q.455, clause 4.5.1): −5 to −35 dBm0 a frequency, each off by up to 10 Hz, of levels
//! up to 7 dB apart. Not received: anything below −42 dBm0, one frequency alone, three at once.

use std::sync::LazyLock;

use tipring_line::SAMPLE_RATE_HZ;

use super::{MfDirection, MfSignal};
use crate::level::dbm0_to_rms;
use crate::queue::Queue;

/// Samples a window is made of.
const WINDOW: usize = 133;
/// Samples from one window to the next.
const STEP: usize = 40;
/// Windows that must agree on a signal's beginning.
const BEGIN_WINDOWS: u8 = 2;
/// Windows without the signal that make its end.
const END_WINDOWS: u8 = 5;
/// The weakest frequency heard: between −35, which must be, and −42 dBm0, which must not.
const LEVEL_MIN_DBM0: f32 = -38.5;
/// How much stronger the one frequency may be, as a power: 7 dB must pass, and the wrong side of a
/// window makes another two.
const TWIST_MAX: f32 = 8.0;
/// How much weaker than the weaker of the two any third must be, as a power: 6 dB. Two tones 10 Hz
/// off and 7 dB apart leave at most −10.8 dB in a neighbour's place.
const THIRD_MAX: f32 = 0.25;
/// The part of the window's power that both make up at least.
const SHARE_MIN: f32 = 0.6;

/// What a [`MfReceiver`] tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MfEvent {
    /// A signal has begun, 22–27 ms ago.
    On(MfSignal),
    /// The signal that sounded has ended, some 30 ms ago.
    Off,
}

/// Cosine and sine of one frequency over a window.
type Waves = [[f32; WINDOW]; 2];

static FORWARD: LazyLock<[Waves; 6]> = LazyLock::new(|| waves(MfDirection::Forward));
static BACKWARD: LazyLock<[Waves; 6]> = LazyLock::new(|| waves(MfDirection::Backward));

fn waves(direction: MfDirection) -> [Waves; 6] {
    direction.frequencies_hz().map(|hz| {
        let step = core::f64::consts::TAU * f64::from(hz) / f64::from(SAMPLE_RATE_HZ);
        let wave =
            |function: fn(f64) -> f64| core::array::from_fn(|n| function(step * n as f64) as f32);
        [wave(f64::cos), wave(f64::sin)]
    })
}

/// The sum of products, in eight sums that one instruction can add to.
fn dot(wave: &[f32; WINDOW], samples: &[f32; WINDOW]) -> f32 {
    let (waves, wave_rest) = wave.as_chunks::<8>();
    let (pieces, rest) = samples.as_chunks::<8>();
    let mut sums = [0.0f32; 8];
    for (wave, piece) in waves.iter().zip(pieces) {
        for ((sum, w), s) in sums.iter_mut().zip(wave).zip(piece) {
            *sum += w * s;
        }
    }
    let tail: f32 = wave_rest.iter().zip(rest).map(|(w, s)| w * s).sum();
    sums.iter().sum::<f32>() + tail
}

/// Recognises the signals of one direction in a stream of samples.
#[derive(Clone, Debug)]
pub struct MfReceiver {
    waves: &'static [Waves; 6],
    /// The newest samples, oldest first.
    window: [f32; WINDOW],
    /// Samples since the last look.
    fresh: usize,
    sounding: Option<MfSignal>,
    candidate: Option<MfSignal>,
    /// Windows in a row that showed the candidate, which is not what sounds.
    agreed: u8,
    /// Windows in a row that did not show what sounds.
    missed: u8,
    events: Queue<MfEvent, 16>,
}

impl MfReceiver {
    /// A receiver that has heard silence.
    pub fn new(direction: MfDirection) -> Self {
        let waves = match direction {
            MfDirection::Forward => &*FORWARD,
            MfDirection::Backward => &*BACKWARD,
        };
        MfReceiver {
            waves,
            window: [0.0; WINDOW],
            fresh: 0,
            sounding: None,
            candidate: None,
            agreed: 0,
            missed: 0,
            events: Queue::new(),
        }
    }

    /// Forgets what was heard and what waits to be polled.
    pub fn reset(&mut self) {
        self.window = [0.0; WINDOW];
        self.fresh = 0;
        (self.sounding, self.candidate) = (None, None);
        (self.agreed, self.missed) = (0, 0);
        self.events.clear();
    }

    /// Listens to these samples; what was found is ready to be polled.
    pub fn rx(&mut self, samples: &[i16]) {
        let mut rest = samples;
        while !rest.is_empty() {
            let count = rest.len().min(STEP - self.fresh);
            self.window.copy_within(count.., 0);
            for (place, sample) in self.window[WINDOW - count..].iter_mut().zip(rest) {
                *place = f32::from(*sample);
            }
            self.fresh += count;
            rest = &rest[count..];
            if self.fresh == STEP {
                self.fresh = 0;
                let shown = self.look();
                self.judge(shown);
            }
        }
    }

    /// The next thing found, oldest first.
    pub fn poll(&mut self) -> Option<MfEvent> {
        self.events.pop()
    }

    /// The signal that sounds.
    pub fn current(&self) -> Option<MfSignal> {
        self.sounding
    }

    /// Events lost because nobody polled.
    pub fn dropped(&self) -> u32 {
        self.events.dropped()
    }

    /// The signal this window holds, if it is one.
    fn look(&self) -> Option<MfSignal> {
        // A wave of amplitude A gives A·N/2 in its place, and has the mean square A²/2.
        let scale = 2.0 / (WINDOW as f32 * WINDOW as f32);
        let powers = self.waves.each_ref().map(|[cos, sin]| {
            let (re, im) = (dot(cos, &self.window), dot(sin, &self.window));
            scale * (re * re + im * im)
        });
        let mut order = [0usize, 1, 2, 3, 4, 5];
        order.sort_unstable_by(|a, b| powers[*b].total_cmp(&powers[*a]));
        let [first, second, third] = [order[0], order[1], order[2]].map(|place| powers[place]);
        let whole = dot(&self.window, &self.window) / WINDOW as f32;
        let floor = dbm0_to_rms(LEVEL_MIN_DBM0);
        let is_signal = second >= floor * floor
            && first <= TWIST_MAX * second
            && third <= THIRD_MAX * second
            && first + second >= SHARE_MIN * whole;
        if is_signal { MfSignal::from_places(order[0], order[1]) } else { None }
    }

    fn judge(&mut self, shown: Option<MfSignal>) {
        if shown.is_some() && shown == self.sounding {
            (self.agreed, self.missed) = (0, 0);
            self.candidate = None;
            return;
        }
        self.agreed = if shown.is_some() && shown == self.candidate { self.agreed + 1 } else { 1 };
        self.candidate = shown;
        if self.sounding.is_some() {
            self.missed += 1;
            // Another signal right behind is an end too.
            let replaced = shown.is_some() && self.agreed > BEGIN_WINDOWS;
            if self.missed >= END_WINDOWS || replaced {
                self.sounding = None;
                self.events.push(MfEvent::Off);
            }
        }
        if let (Some(signal), None) = (shown, self.sounding)
            && self.agreed >= BEGIN_WINDOWS
        {
            self.sounding = Some(signal);
            self.missed = 0;
            self.events.push(MfEvent::On(signal));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::dbm0_to_peak;
    use crate::mf::MfGenerator;
    use crate::oscillator::{Oscillator, to_sample};

    /// Tones of these frequencies and levels for so many milliseconds.
    fn tones(parts: &[(f64, f32)], ms: usize) -> Vec<i16> {
        let mut voices: Vec<_> =
            parts.iter().map(|(hz, dbm0)| Oscillator::new(*hz, dbm0_to_peak(*dbm0))).collect();
        (0..ms * 8).map(|_| to_sample(voices.iter_mut().map(Oscillator::next).sum())).collect()
    }

    /// What is told, with the millisecond.
    fn told(direction: MfDirection, samples: &[i16]) -> Vec<(usize, MfEvent)> {
        let mut receiver = MfReceiver::new(direction);
        let mut told = vec![];
        for (ms, piece) in samples.chunks(8).enumerate() {
            receiver.rx(piece);
            told.extend(core::iter::from_fn(|| receiver.poll()).map(|event| (ms + 1, event)));
        }
        assert_eq!(receiver.dropped(), 0);
        told
    }

    /// All signals told to begin, in silence after it.
    fn heard(direction: MfDirection, parts: &[(f64, f32)]) -> Vec<MfEvent> {
        let mut samples = vec![0; 403];
        samples.extend(tones(parts, 100));
        samples.extend([0; 800]);
        told(direction, &samples).into_iter().map(|(_, event)| event).collect()
    }

    const DIRECTIONS: [MfDirection; 2] = [MfDirection::Forward, MfDirection::Backward];

    /// Every signal with both frequencies shifted and of such levels.
    fn each(
        change: impl Fn([f64; 2]) -> Vec<(f64, f32)>,
        expected: impl Fn(MfSignal) -> Vec<MfEvent>,
    ) {
        for direction in DIRECTIONS {
            let hz = direction.frequencies_hz();
            for signal in (1..=15).filter_map(MfSignal::new) {
                let parts = change(signal.places().map(|place| f64::from(hz[place])));
                assert_eq!(heard(direction, &parts), expected(signal), "{direction:?} {parts:?}");
            }
        }
    }

    fn once(signal: MfSignal) -> Vec<MfEvent> {
        vec![MfEvent::On(signal), MfEvent::Off]
    }

    #[test]
    fn levels_and_frequencies_within_q455_are_received() {
        for level in [-5.0, -11.5, -20.0, -35.0] {
            for off in [[0.0, 0.0], [10.0, 10.0], [-10.0, 10.0], [10.0, -10.0], [-10.0, -10.0]] {
                each(|[a, b]| vec![(a + off[0], level), (b + off[1], level)], once);
            }
        }
    }

    #[test]
    fn a_difference_of_seven_decibels_is_received() {
        for off in [0.0, 10.0] {
            each(|[a, b]| vec![(a + off, -12.0), (b - off, -19.0)], once);
            each(|[a, b]| vec![(a - off, -26.0), (b + off, -19.0)], once);
        }
    }

    #[test]
    fn what_is_weak_or_alone_or_three_is_nothing() {
        let nothing = |_| vec![];
        each(|[a, b]| vec![(a, -42.0), (b, -42.0)], nothing);
        each(|[a, _]| vec![(a, -8.0)], nothing);
        each(|[a, b]| vec![(a, -8.0), (b, -20.0)], nothing);
        for direction in DIRECTIONS {
            let hz = direction.frequencies_hz().map(f64::from);
            for skip in 0..4 {
                let three = [hz[skip], hz[skip + 1], hz[skip + 2]].map(|hz| (hz, -12.0));
                assert_eq!(heard(direction, &three), [], "{three:?}");
            }
        }
    }

    #[test]
    fn the_other_direction_and_other_sounds_are_nothing() {
        for (mine, other) in [(DIRECTIONS[0], DIRECTIONS[1]), (DIRECTIONS[1], DIRECTIONS[0])] {
            let hz = other.frequencies_hz().map(f64::from);
            for signal in (1..=15).filter_map(MfSignal::new) {
                let parts = signal.places().map(|place| (hz[place], -8.0));
                assert_eq!(heard(mine, &parts), [], "{parts:?}");
            }
            for hz in [400.0, 425.0, 450.0, 2280.0, 2600.0, 3825.0] {
                assert_eq!(heard(mine, &[(hz, -8.0)]), [], "{hz} Hz");
            }
        }
    }

    #[test]
    fn operating_and_releasing_take_less_than_eighty_milliseconds() {
        for direction in DIRECTIONS {
            for signal in (1..=15).filter_map(MfSignal::new) {
                for lead in 0..40 {
                    let mut samples = vec![0; 800 + lead];
                    let mut generator = MfGenerator::new(direction);
                    generator.send(Some(signal));
                    let mut sound = [0; 800];
                    generator.tx(&mut sound);
                    samples.extend(sound);
                    samples.extend([0; 800]);
                    let told = told(direction, &samples);
                    let [(on, MfEvent::On(heard)), (off, MfEvent::Off)] = told[..] else {
                        panic!("{told:?}")
                    };
                    let began = (800 + lead).div_ceil(8);
                    assert_eq!(heard, signal);
                    let (operate, release) = (on - began, off - began - 100);
                    assert!(operate <= 28 && release <= 45, "{operate} and {release} ms");
                    assert!(operate + release < 75, "{operate} + {release} ms");
                }
            }
        }
    }

    #[test]
    fn an_interruption_of_seven_milliseconds_does_not_end_a_signal() {
        for at in 0..40 {
            let mut samples = vec![0; 400];
            samples.extend(tones(&[(1380.0, -12.0), (1620.0, -12.0)], 200));
            samples[1000 + at..1056 + at].fill(0);
            samples.extend([0; 800]);
            let events: Vec<_> =
                told(MfDirection::Forward, &samples).into_iter().map(|(_, e)| e).collect();
            assert_eq!(events, once(MfSignal::new(2).unwrap()), "{at}");
        }
    }

    #[test]
    fn a_signal_right_behind_another_ends_it() {
        let mut samples = tones(&[(1380.0, -12.0), (1500.0, -12.0)], 100);
        samples.extend(tones(&[(1740.0, -12.0), (1860.0, -12.0)], 100));
        samples.extend([0; 800]);
        let events: Vec<_> =
            told(MfDirection::Forward, &samples).into_iter().map(|(_, e)| e).collect();
        let [one, ten] = [1, 10].map(|n| MfSignal::new(n).unwrap());
        assert_eq!(events, [MfEvent::On(one), MfEvent::Off, MfEvent::On(ten), MfEvent::Off]);
    }

    #[test]
    fn white_noise_of_thirty_decibels_less_does_not_disturb() {
        use rand::rngs::SmallRng;
        use rand::{Rng, SeedableRng};
        let mut random = SmallRng::seed_from_u64(5);
        let spread = dbm0_to_rms(-32.0) * 3f32.sqrt();
        for direction in DIRECTIONS {
            let hz = direction.frequencies_hz().map(f64::from);
            for signal in (1..=15).filter_map(MfSignal::new) {
                let mut samples = vec![0; 400];
                samples.extend(tones(&signal.places().map(|place| (hz[place], -14.0)), 100));
                samples.extend([0; 800]);
                let noise = |s: &mut i16| *s += random.random_range(-spread..spread) as i16;
                samples.iter_mut().for_each(noise);
                let events: Vec<_> =
                    told(direction, &samples).into_iter().map(|(_, e)| e).collect();
                assert_eq!(events, once(signal));
            }
        }
    }
}
