//! A card of simulated chips under virtual time, and a PCM made of vectors.
#![allow(dead_code, reason = "every test file uses its own part of this")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tipring_clock::{Duration, Instant};
use tipring_daa::pcm::{Pace, PcmDevice, PcmError, PcmFault};
use tipring_daa::si3050::DaaSettings;
use tipring_daa::si3210::SlicSettings;
use tipring_daa::{Card, ChipSelect, Country, DaaPort, Framing, NoResetLine, PcmHighway, Slot};
use tipring_line::{AnalogPort, FRAME_SAMPLES, Frame, PortCommand, PortEvent, SILENCE};
use tipring_sim::daa::{ChainControl, ChipModel, Si3050Model, Si3210Model, SimSpi, spi_chain};

/// The samples a [`VecPcm`] has played and is to capture, and its faults.
#[derive(Debug, Default)]
pub(crate) struct VecPcmState {
    pub(crate) to_capture: VecDeque<i16>,
    pub(crate) played: Vec<i16>,
    pub(crate) fault: Option<PcmFault>,
    pub(crate) is_away: bool,
    pub(crate) has_no_room: bool,
    pub(crate) opened: u32,
    pub(crate) restarted: u32,
}

/// A PCM made of vectors.
#[derive(Clone, Debug, Default)]
pub(crate) struct VecPcm(Arc<Mutex<VecPcmState>>);

impl VecPcm {
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut VecPcmState) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }

    fn fault(&self) -> Result<(), PcmFault> {
        self.with(|s| {
            if s.is_away {
                return Err(PcmFault::Gone(away()));
            }
            s.fault.take().map_or(Ok(()), Err)
        })
    }
}

fn away() -> PcmError {
    PcmError { pcm: "vectors".into(), call: "open", reason: "No such device".into() }
}

impl PcmDevice for VecPcm {
    fn open(&mut self) -> Result<(), PcmError> {
        self.with(|s| {
            s.opened += 1;
            if s.is_away { Err(away()) } else { Ok(()) }
        })
    }
    fn restart(&mut self) -> Result<(), PcmFault> {
        self.with(|s| s.restarted += 1);
        self.fault()
    }
    fn waiting(&mut self) -> Result<usize, PcmFault> {
        self.fault()?;
        Ok(self.with(|s| s.to_capture.len()))
    }
    fn read(&mut self, samples: &mut [i16]) -> Result<(), PcmFault> {
        self.fault()?;
        self.with(|s| {
            samples.iter_mut().for_each(|to| *to = s.to_capture.pop_front().unwrap_or(0))
        });
        Ok(())
    }
    fn write(&mut self, samples: &[i16]) -> Result<bool, PcmFault> {
        self.with(|s| {
            s.played.extend(samples);
            Ok(!s.has_no_room)
        })
    }
    fn wait(&mut self, _at_most: Duration) {}
}

pub(crate) fn china() -> &'static Country {
    Country::find("CN").unwrap()
}

pub(crate) fn daa_settings(place: u8) -> DaaSettings {
    let framing = Framing::Daa { place, select: ChipSelect::PerAccess };
    DaaSettings::new(framing, Slot { number: place, ..Slot::default() }, china())
}

pub(crate) fn slic_settings() -> SlicSettings {
    SlicSettings::new(Framing::SLIC, Slot::default())
}

/// A card with its highway, its chips' models, and the time.
pub(crate) struct Rig {
    pub(crate) now: Instant,
    pub(crate) card: Card<SimSpi, NoResetLine>,
    pub(crate) highway: PcmHighway<VecPcm>,
    pub(crate) pcm: VecPcm,
    pub(crate) chips: ChainControl,
    /// Lines for the operator, with their time in milliseconds.
    pub(crate) reports: Vec<(u64, String)>,
}

impl Rig {
    /// FXO ports over these chips, in one chain.
    pub(crate) fn fxo(
        chips: Vec<Si3050Model>,
        adjust: impl Fn(&mut DaaSettings),
    ) -> (Rig, Vec<DaaPort>) {
        let count = chips.len() as u8;
        let (mut rig, spi) = Rig::new(chips.into_iter().map(ChipModel::Daa).collect());
        let spi = rig.card.add_spi(spi);
        let ports = (0..count).map(|place| {
            let mut settings = daa_settings(place);
            adjust(&mut settings);
            let audio = rig.highway.connect(place).unwrap();
            rig.card.add_fxo(&format!("fxo-{}", place + 1), spi, settings, audio)
        });
        let ports = ports.collect();
        (rig, ports)
    }

    /// An FXS port over this chip.
    pub(crate) fn fxs(chip: Si3210Model, settings: SlicSettings) -> (Rig, DaaPort) {
        let (mut rig, spi) = Rig::new(vec![ChipModel::Slic(Box::new(chip))]);
        let spi = rig.card.add_spi(spi);
        let audio = rig.highway.connect(0).unwrap();
        let port = rig.card.add_fxs("fxs-1", spi, settings, audio);
        (rig, port)
    }

    fn new(chips: Vec<ChipModel>) -> (Rig, SimSpi) {
        let slots = chips.len() as u8;
        let (spi, control) = spi_chain(chips);
        let pcm = VecPcm::default();
        let rig = Rig {
            now: Instant::ZERO,
            card: Card::new(None),
            highway: PcmHighway::new(pcm.clone(), slots, Pace::Caller),
            pcm,
            chips: control,
            reports: vec![],
        };
        (rig, spi)
    }

    pub(crate) fn ms(&self) -> u64 {
        self.now.as_millis()
    }

    /// Lets 20 ms pass on the card: its threads' work in steps of a millisecond.
    pub(crate) fn pass_frame(&mut self) {
        for _ in 0..20 {
            self.now += Duration::from_millis(1);
            self.chips.advance(self.now);
            if self.now >= self.card.poll_timeout() {
                self.card.poll(self.now);
            }
            while let Some(report) = self.card.poll_report() {
                self.reports.push((self.ms(), report.to_string()));
            }
        }
        self.highway.exchange(self.now);
    }

    /// Runs with one port, silence sent, and gives its events with their time.
    pub(crate) fn run(&mut self, port: &mut DaaPort, ms: u64) -> Vec<(u64, PortEvent)> {
        let mut events = vec![];
        for _ in 0..ms / 20 {
            self.pass_frame();
            let mut rx = SILENCE;
            let _ = port.exchange(&SILENCE, &mut rx);
            while let Some(event) = port.poll_event() {
                events.push((self.ms(), event));
            }
        }
        events
    }

    /// Gives a command and has the card's thread take it at once.
    pub(crate) fn command(&mut self, port: &mut DaaPort, command: PortCommand) {
        port.command(command).unwrap();
        self.card.poll(self.now);
    }
}

/// Only what happened, without the times.
pub(crate) fn what(events: &[(u64, PortEvent)]) -> Vec<PortEvent> {
    events.iter().map(|(_, event)| *event).collect()
}

/// A frame of the same sample.
pub(crate) fn constant(sample: i16) -> Frame {
    [sample; FRAME_SAMPLES]
}
