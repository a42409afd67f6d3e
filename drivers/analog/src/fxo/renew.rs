//! What a line's settings make, and taking others while the box runs.

use tipring_dsp::{DtmfGenerator, ProgressDetector};
use tipring_line::AnalogPort;

use super::leg::AudioLeg;
use super::pulse::PulseDialler;
use super::{Fxo, FxoSettings, State};
use crate::renewal::Renewal;

/// What the settings make, apart from the port and the state of the line.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) settings: FxoSettings,
    pub(super) leg: AudioLeg,
    pub(super) progress: ProgressDetector,
    pub(super) generator: DtmfGenerator,
    pub(super) pulses: PulseDialler,
}

impl Parts {
    pub(super) fn new(settings: FxoSettings, is_buffered: bool) -> Self {
        let mut tones = settings.tones.clone();
        for learnt in &settings.learnt {
            // A plan that is full already has more tones than any exchange.
            tones.add_disconnect(*learnt);
        }
        Parts {
            leg: AudioLeg::new(&settings, is_buffered),
            progress: ProgressDetector::new(&tones),
            generator: DtmfGenerator::with(settings.dtmf_levels, settings.dtmf_timing),
            pulses: PulseDialler::new(settings.pulses),
            settings,
        }
    }
}

/// The end by which an exchange line gets new settings; usable from any thread.
#[derive(Debug)]
pub struct LineRenewal {
    pub(super) link: Renewal<Parts>,
    pub(super) is_buffered: bool,
}

impl LineRenewal {
    /// Has the line take these settings when it is idle; of several the last.
    pub fn renew(&mut self, settings: FxoSettings) {
        self.link.renew(Parts::new(settings, self.is_buffered));
    }

    /// Whether the line has taken what it was given since last asked; told once. To be asked now
    /// and then, which also gives it what found no room before.
    pub fn is_taken(&mut self) -> bool {
        self.link.is_taken()
    }
}

impl<P: AnalogPort> Fxo<P> {
    /// Takes new settings, if there are any and nothing goes on.
    pub(super) fn renew(&mut self) {
        let is_idle = self.state == State::Idle && !self.call_is_coming();
        let Some(mut parts) = self.renewal.take(is_idle) else { return };
        core::mem::swap(&mut self.settings, &mut parts.settings);
        core::mem::swap(&mut self.leg, &mut parts.leg);
        core::mem::swap(&mut self.progress, &mut parts.progress);
        core::mem::swap(&mut self.generator, &mut parts.generator);
        core::mem::swap(&mut self.pulses, &mut parts.pulses);
        self.renewal.give_back(parts);
        self.set_balance();
    }
}
