//! The two wires between the box's port and the far side, hybrids at both ends.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_dsp::dbm0_to_rms;
use tipring_line::{FRAME_SAMPLES, Frame};

use crate::echo::Echo;
use crate::model::LineModel;

/// A line that carries audio both ways at once.
#[derive(Clone, Debug)]
pub(crate) struct TwoWire {
    gain: f32,
    box_echo: Echo,
    far_echo: Echo,
    noise_rms: f32,
    noise: SmallRng,
}

impl TwoWire {
    pub(crate) fn new(seed: u64, model: &LineModel) -> Self {
        TwoWire {
            gain: 10f32.powf(-model.loss_db / 20.0),
            box_echo: Echo::new(model.box_echo.clone()),
            far_echo: Echo::new(model.far_echo.clone()),
            noise_rms: dbm0_to_rms(model.noise_dbm0),
            noise: SmallRng::seed_from_u64(seed),
        }
    }

    /// Carries one frame: what each side sends becomes what each side hears.
    pub(crate) fn carry(&mut self, from_box: &Frame, from_far: &Frame) -> (Frame, Frame) {
        let mut at_box = self.attenuated(from_far);
        self.box_echo.add(from_box, &mut at_box);
        let mut at_far = self.attenuated(from_box);
        self.far_echo.add(from_far, &mut at_far);
        (self.with_noise(&at_box), self.with_noise(&at_far))
    }

    fn attenuated(&self, samples: &Frame) -> [f32; FRAME_SAMPLES] {
        samples.map(|s| f32::from(s) * self.gain)
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
    fn one_seed_gives_one_noise() {
        let run = |seed| TwoWire::new(seed, &LineModel::default()).carry(&[0; 160], &[0; 160]);
        assert_eq!(run(5), run(5));
        assert_ne!(run(5), run(6));
    }
}
