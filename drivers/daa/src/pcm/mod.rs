//! The PCM highway: one ALSA PCM whose channels are the slots of all chips.
//!
//! [`PcmHighway::exchange`] reads a frame of 20 ms of all slots and writes one; it runs on a
//! thread of its own, in the pace of the codecs' clock. Each port reads and writes its slot
//! through an elastic buffer, in the pace of the media thread.

mod alsa;
mod device;
mod elastic;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;
use tipring_clock::{Duration, Instant};
use tipring_line::{FRAME_SAMPLES, Frame};

pub use self::alsa::AlsaPcm;
pub use device::{PcmDevice, PcmError, PcmFault};
pub use elastic::Slips;
use elastic::{ElasticReader, ElasticWriter, elastic};

/// From a device's loss to the next attempt to open it.
const REOPEN: Duration = Duration::from_secs(1);
/// Frames exchanged in one call at most, to catch up.
const CATCH_UP_MAX: usize = 4;
/// Slots of a highway: a frame at the highest clock has so many of 16 bits.
pub const SLOTS_MAX: usize = 64;

/// From a sample sent in a port's `exchange` to its echo received there, in samples: both elastic
/// buffers, the frame that plays before it, and the frame in which it is captured. Within a frame,
/// depending on how the threads' phases lie; an echo canceller skips it.
pub const ECHO_DELAY_SAMPLES: usize = 2 * elastic::TARGET + FRAME_SAMPLES;

/// What paces the highway.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pace {
    /// The device's clock.
    #[default]
    Device,
    /// Whoever calls, a frame a call: for plug-ins that have no clock (`null`, `file`).
    Caller,
}

/// Settings of the highway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcmSettings {
    /// ALSA's name of the PCM, for example `hw:CARD=tipring`.
    pub pcm: String,
    /// Slots in a frame: channels of the PCM.
    pub slots: u8,
    /// What paces it.
    pub pace: Pace,
}

/// Why a port cannot have a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SlotError {
    /// The highway has fewer slots.
    #[error("slot {slot} does not exist: the PCM highway has slots 0 to {last}")]
    TooHigh {
        /// What was asked for.
        slot: u8,
        /// The last there is.
        last: u8,
    },
    /// Another port has it.
    #[error("slot {slot} of the PCM highway is given to two ports")]
    Taken {
        /// The slot.
        slot: u8,
    },
}

/// What happened since the highway's making.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PcmCounters {
    /// Frames exchanged.
    pub frames: u64,
    /// Times samples were lost because nobody read or wrote in time.
    pub xruns: u64,
    /// Frames for which the device had no room.
    pub frames_dropped: u64,
    /// Times the device was lost.
    pub losses: u64,
}

/// A port's end of its slot.
#[derive(Debug)]
pub struct AudioLink {
    to_wire: ElasticWriter,
    from_wire: ElasticReader,
    in_service: Arc<AtomicBool>,
}

/// The highway's end of a slot.
#[derive(Debug)]
struct SlotEnd {
    from_port: ElasticReader,
    to_port: ElasticWriter,
}

impl AudioLink {
    /// Exchanges a frame with the slot; `rx` is silence where there is none. Gives whether the
    /// highway is in service.
    pub fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> bool {
        self.to_wire.write(tx);
        self.from_wire.read(rx);
        self.in_service.load(Ordering::Relaxed)
            && !self.to_wire.is_abandoned()
            && !self.from_wire.is_abandoned()
    }

    /// How the clocks slipped on the way from the wire.
    pub fn slips(&self) -> Slips {
        self.from_wire.slips()
    }
}

/// The highway.
#[derive(Debug)]
pub struct PcmHighway<D> {
    device: D,
    pace: Pace,
    slots: Vec<Option<SlotEnd>>,
    captured: Vec<i16>,
    playing: Vec<i16>,
    in_service: Arc<AtomicBool>,
    /// When to try to open the device; `None` while it is open.
    open_at: Option<Instant>,
    error: Option<PcmError>,
    counters: PcmCounters,
}

impl PcmHighway<AlsaPcm> {
    /// A highway over an ALSA PCM, which the first exchange opens.
    pub fn alsa(settings: &PcmSettings) -> Self {
        let device = AlsaPcm::new(&settings.pcm, settings.slots);
        PcmHighway::new(device, settings.slots, settings.pace)
    }
}

impl<D: PcmDevice> PcmHighway<D> {
    /// A highway over this device, which the first exchange opens.
    pub fn new(device: D, slots: u8, pace: Pace) -> Self {
        let slots = usize::from(slots).clamp(1, SLOTS_MAX);
        PcmHighway {
            device,
            pace,
            slots: (0..slots).map(|_| None).collect(),
            captured: vec![0; slots * FRAME_SAMPLES],
            playing: vec![0; slots * FRAME_SAMPLES],
            in_service: Arc::new(AtomicBool::new(true)),
            open_at: Some(Instant::ZERO),
            error: None,
            counters: PcmCounters::default(),
        }
    }

    /// Gives a port its slot.
    ///
    /// # Errors
    /// A slot that does not exist or that another port has.
    pub fn connect(&mut self, slot: u8) -> Result<AudioLink, SlotError> {
        let last = (self.slots.len() - 1) as u8;
        let place =
            self.slots.get_mut(usize::from(slot)).ok_or(SlotError::TooHigh { slot, last })?;
        if place.is_some() {
            return Err(SlotError::Taken { slot });
        }
        let (to_wire, from_port) = elastic();
        let (to_port, from_wire) = elastic();
        *place = Some(SlotEnd { from_port, to_port });
        Ok(AudioLink { to_wire, from_wire, in_service: self.in_service.clone() })
    }

    /// Exchanges every frame that is due, all slots at once; gives how many. Neither blocks nor
    /// allocates while the device is there.
    pub fn exchange(&mut self, now: Instant) -> usize {
        if !self.is_open(now) {
            return 0;
        }
        match self.exchange_due() {
            Ok(frames) => frames,
            Err(fault) => {
                self.on_fault(now, fault);
                0
            }
        }
    }

    fn exchange_due(&mut self) -> Result<usize, PcmFault> {
        let due = match self.pace {
            Pace::Device => (self.device.waiting()? / FRAME_SAMPLES).min(CATCH_UP_MAX),
            Pace::Caller => 1,
        };
        for _ in 0..due {
            self.device.read(&mut self.captured)?;
            self.exchange_slots();
            if !self.device.write(&self.playing)? {
                self.counters.frames_dropped += 1;
            }
            self.counters.frames += 1;
        }
        Ok(due)
    }

    fn exchange_slots(&mut self) {
        let channels = self.slots.len();
        let mut frame = [0; FRAME_SAMPLES];
        for (channel, end) in self.slots.iter_mut().enumerate() {
            let Some(end) = end else { continue };
            let captured = self.captured.iter().skip(channel).step_by(channels);
            frame.iter_mut().zip(captured).for_each(|(to, from)| *to = *from);
            end.to_port.write(&frame);
            end.from_port.read(&mut frame);
            let playing = self.playing.iter_mut().skip(channel).step_by(channels);
            playing.zip(frame).for_each(|(to, from)| *to = from);
        }
    }

    fn is_open(&mut self, now: Instant) -> bool {
        let Some(at) = self.open_at else { return true };
        if now < at {
            return false;
        }
        match self.device.open() {
            Ok(()) => {
                self.open_at = None;
                self.error = None;
                self.in_service.store(true, Ordering::Relaxed);
                true
            }
            Err(error) => {
                self.on_loss(now, error);
                false
            }
        }
    }

    fn on_fault(&mut self, now: Instant, fault: PcmFault) {
        match fault {
            PcmFault::Xrun => {
                self.counters.xruns += 1;
                if let Err(PcmFault::Gone(error)) = self.device.restart() {
                    self.counters.losses += 1;
                    self.on_loss(now, error);
                }
            }
            PcmFault::Gone(error) => {
                self.counters.losses += 1;
                self.on_loss(now, error);
            }
        }
    }

    fn on_loss(&mut self, now: Instant, error: PcmError) {
        self.error = Some(error);
        self.open_at = Some(now + REOPEN);
        self.in_service.store(false, Ordering::Relaxed);
    }

    /// Waits until a frame may be due, for so long at most.
    pub fn wait(&mut self, at_most: Duration) {
        self.device.wait(at_most);
    }

    /// Whether the device itself can be waited for.
    pub fn is_paced_by_device(&self) -> bool {
        self.pace == Pace::Device && self.open_at.is_none()
    }

    /// Why the device is not in use, if it is not.
    pub fn error(&self) -> Option<&PcmError> {
        self.error.as_ref()
    }

    /// What happened so far.
    pub fn counters(&self) -> PcmCounters {
        self.counters
    }

    /// How the clocks slipped on the way to this slot's wire.
    pub fn slips(&self, slot: u8) -> Option<Slips> {
        self.slots.get(usize::from(slot))?.as_ref().map(|end| end.from_port.slips())
    }
}
