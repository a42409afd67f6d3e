//! The two wires between the box's port and the far side, hybrids at both ends.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_dsp::dbm0_to_rms;
use tipring_line::{FRAME_SAMPLES, Frame};

use crate::echo::Echo;
use crate::model::{Hum, LineModel};

/// Five periods of 50 Hz and six of 60 Hz.
const HUM_SAMPLES: usize = 800;
/// Harmonics of the mains as a rectifier and a neighbour's lamp make them, in dB below the first;
/// the ninth of 50 Hz lies on the tones of many exchanges.
const HARMONICS_DB: [(f32, f32); 5] =
    [(1.0, 0.0), (3.0, -4.0), (5.0, -9.0), (7.0, -14.0), (9.0, -17.0)];

/// A line that carries audio both ways at once.
#[derive(Clone, Debug)]
pub(crate) struct TwoWire {
    gain: f32,
    box_echo: Echo,
    /// How much of what the box sends its hybrid lets into the echo's path.
    leak: f32,
    far_echo: Echo,
    noise_rms: f32,
    noise: SmallRng,
    hum: Option<Box<[f32; HUM_SAMPLES]>>,
    hum_place: usize,
}

/// One turn of hum that can be repeated without a seam.
fn hum_table(hum: Hum) -> Box<[f32; HUM_SAMPLES]> {
    let sum: f32 = HARMONICS_DB.iter().map(|(_, db)| 10f32.powf(db / 10.0)).sum();
    let peak = dbm0_to_rms(hum.dbm0) * (2.0 / sum).sqrt();
    let first = core::f32::consts::TAU * f32::from(hum.hz) / tipring_line::SAMPLE_RATE_HZ as f32;
    Box::new(core::array::from_fn(|n| {
        HARMONICS_DB
            .iter()
            .map(|(times, db)| peak * 10f32.powf(db / 20.0) * (first * times * n as f32).sin())
            .sum()
    }))
}

fn leak(fits: bool) -> f32 {
    if fits { 1.0 } else { 2.0 }
}

impl TwoWire {
    pub(crate) fn new(seed: u64, model: &LineModel) -> Self {
        TwoWire {
            gain: 10f32.powf(-model.loss_db / 20.0),
            box_echo: Echo::new(model.box_echo.clone()),
            leak: leak(model.fitting_balance == 0),
            far_echo: Echo::new(model.far_echo.clone()),
            noise_rms: dbm0_to_rms(model.noise_dbm0),
            noise: SmallRng::seed_from_u64(seed),
            hum: model.hum.map(hum_table),
            hum_place: 0,
        }
    }

    /// Sets the box's hybrid to a balance that fits the line, or does not.
    pub(crate) fn set_balance(&mut self, fits: bool) {
        self.leak = leak(fits);
    }

    /// Carries one frame to the box and to a receiver of digits, which is deaf to what its own
    /// exchange sends: it has a filter for dial tone.
    pub(crate) fn carry_digits(&mut self, from_box: &Frame, from_far: &Frame) -> (Frame, Frame) {
        let (at_box, _) = self.carry(from_box, from_far);
        let at_far = self.attenuated(from_box);
        (at_box, self.with_noise(&at_far))
    }

    /// Carries one frame: what each side sends becomes what each side hears.
    pub(crate) fn carry(&mut self, from_box: &Frame, from_far: &Frame) -> (Frame, Frame) {
        let mut at_box = self.attenuated(from_far);
        let leaked = from_box.map(|s| (f32::from(s) * self.leak) as i16);
        self.box_echo.add(&leaked, &mut at_box);
        let mut at_far = self.attenuated(from_box);
        self.far_echo.add(from_far, &mut at_far);
        self.add_hum(&mut at_box, &mut at_far);
        (self.with_noise(&at_box), self.with_noise(&at_far))
    }

    fn attenuated(&self, samples: &Frame) -> [f32; FRAME_SAMPLES] {
        samples.map(|s| f32::from(s) * self.gain)
    }

    fn add_hum(&mut self, at_box: &mut [f32; FRAME_SAMPLES], at_far: &mut [f32; FRAME_SAMPLES]) {
        let Some(hum) = &self.hum else { return };
        // The table is a whole number of frames long.
        let part = &hum[self.hum_place..self.hum_place + FRAME_SAMPLES];
        for ((near, far), sample) in at_box.iter_mut().zip(at_far).zip(part) {
            *near += sample;
            *far += sample;
        }
        self.hum_place = (self.hum_place + FRAME_SAMPLES) % HUM_SAMPLES;
    }

    fn with_noise(&mut self, samples: &[f32; FRAME_SAMPLES]) -> Frame {
        // Four uniform numbers, of variance 1/12 each, are near enough to a normal one.
        let scale = self.noise_rms * 3f32.sqrt();
        samples.map(|s| {
            let bits = self.noise.random::<u64>();
            let sum: f32 = (0..4).map(|i| (bits >> (16 * i) & 0xFFFF) as f32 / 65536.0 - 0.5).sum();
            (s + sum * scale).round() as i16
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::echo::EchoPath;
    use tipring_dsp::LevelMeter;

    fn level(frames: &[Frame]) -> f32 {
        let mut meter = LevelMeter::new();
        frames.iter().for_each(|f| meter.rx(f));
        meter.take().dbm0
    }

    #[test]
    fn loss_echo_and_noise_are_as_set() {
        let model = LineModel {
            loss_db: 6.0,
            box_echo: EchoPath::hybrid(12.0),
            far_echo: EchoPath::none(),
            noise_dbm0: -50.0,
            ..LineModel::default()
        };
        let mut line = TwoWire::new(1, &model);
        let quiet: Vec<_> = (0..50).map(|_| line.carry(&[0; 160], &[0; 160]).0).collect();
        assert!((level(&quiet) + 50.0).abs() < 0.5, "{}", level(&quiet));
        // White noise at −10 dBm0 from the box: 6 dB less at the far side, 12 dB less as echo.
        let mut rng = SmallRng::seed_from_u64(2);
        let peak = dbm0_to_rms(-10.0) * 3f32.sqrt();
        let pairs: Vec<_> = (0..200)
            .map(|_| {
                let sent: Frame = core::array::from_fn(|_| rng.random_range(-peak..peak) as i16);
                line.carry(&sent, &[0; 160])
            })
            .collect();
        let (echo, through): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        assert!((level(&through) + 16.0).abs() < 0.3, "{}", level(&through));
        assert!((level(&echo) + 22.0).abs() < 0.5, "{}", level(&echo));
    }

    #[test]
    fn hum_has_its_level_and_its_harmonics_and_no_seam() {
        for hz in [50, 60] {
            let model = LineModel {
                noise_dbm0: -90.0,
                hum: Some(Hum { hz, dbm0: -40.0 }),
                ..LineModel::default()
            };
            let mut line = TwoWire::new(1, &model);
            let heard: Vec<_> = (0..50).map(|_| line.carry(&[0; 160], &[0; 160]).0).collect();
            assert!((level(&heard) + 40.0).abs() < 0.3, "{}", level(&heard));
            // A period later (twenty-four periods of 60 Hz are 400 ms) everything is the same.
            let flat: Vec<i16> = heard.into_iter().flatten().collect();
            let differs = flat.iter().zip(&flat[3200..]).any(|(a, b)| a.abs_diff(*b) > 4);
            assert!(!differs, "{hz} Hz");
        }
    }

    #[test]
    fn one_seed_gives_one_noise() {
        let run = |seed| TwoWire::new(seed, &LineModel::default()).carry(&[0; 160], &[0; 160]);
        assert_eq!(run(5), run(5));
        assert_ne!(run(5), run(6));
    }
}
