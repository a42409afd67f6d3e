//! The owner of the SPI buses: it polls every chip and passes on what they say.

use core::convert::Infallible;
use core::fmt;
use std::sync::{Arc, OnceLock};
use std::thread::Thread;

use embedded_hal::digital::OutputPin;
use embedded_hal::spi::SpiDevice;
use tipring_clock::{Duration, Instant};
use tipring_line::{LineReading, PortCommand, PortEvent, PortKind};

use crate::ChipError;
use crate::pcm::AudioLink;
use crate::port::{DaaPort, PortEnd};
use crate::si3050::{Counters, Daa, DaaSettings};
use crate::si3210::{MessageLamp, Slic, SlicSettings};

/// How long the chips' reset line is held.
const RESET_HELD: Duration = Duration::from_millis(10);
/// From its release to the first access.
const RESET_RELEASED: Duration = Duration::from_millis(50);

/// Either kind of chip.
#[derive(Debug)]
enum Chip {
    Fxo(Daa),
    Fxs(Slic),
}

impl Chip {
    fn poll<S: SpiDevice>(&mut self, now: Instant, spi: &mut S) {
        match self {
            Chip::Fxo(daa) => daa.poll(now, spi),
            Chip::Fxs(slic) => slic.poll(now, spi),
        }
    }

    fn poll_timeout(&self) -> Instant {
        match self {
            Chip::Fxo(daa) => daa.poll_timeout(),
            Chip::Fxs(slic) => slic.poll_timeout(),
        }
    }

    fn command<S: SpiDevice>(&mut self, now: Instant, command: PortCommand, spi: &mut S) {
        match self {
            Chip::Fxo(daa) => daa.command(now, command, spi),
            Chip::Fxs(slic) => slic.command(now, command, spi),
        }
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        match self {
            Chip::Fxo(daa) => daa.poll_event(),
            Chip::Fxs(slic) => slic.poll_event(),
        }
    }

    fn reading(&self) -> LineReading {
        match self {
            Chip::Fxo(daa) => daa.reading(),
            Chip::Fxs(slic) => slic.reading(),
        }
    }

    fn error(&self) -> Option<ChipError> {
        match self {
            Chip::Fxo(daa) => daa.error(),
            Chip::Fxs(slic) => slic.error(),
        }
    }

    fn is_running(&self) -> bool {
        match self {
            Chip::Fxo(daa) => daa.is_running(),
            Chip::Fxs(slic) => slic.is_running(),
        }
    }

    fn counters(&self) -> Counters {
        match self {
            Chip::Fxo(daa) => daa.counters(),
            Chip::Fxs(slic) => slic.counters(),
        }
    }
}

/// What a port's operator should read: it came into service, or why it is not in service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The port's label.
    pub label: String,
    /// What is wrong; `None` once it is in service.
    pub error: Option<ChipError>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(error) => write!(f, "{}: {error}", self.label),
            None => write!(f, "{}: in service", self.label),
        }
    }
}

/// A chip and the card's end of its port.
#[derive(Debug)]
struct Unit {
    label: String,
    spi: usize,
    chip: Chip,
    end: PortEnd,
    /// What was reported last; `None` before the first report.
    reported: Option<Option<ChipError>>,
}

impl Unit {
    fn poll<S: SpiDevice>(&mut self, now: Instant, spi: &mut S) {
        while let Some(command) = self.end.next_command() {
            self.chip.command(now, command, spi);
        }
        if now >= self.chip.poll_timeout() {
            self.chip.poll(now, spi);
        }
        // What finds no room waits with the chip, whose queue has its own bound.
        while self.end.has_room()
            && let Some(event) = self.chip.poll_event()
        {
            self.end.tell(event);
        }
        self.end.set_reading(self.chip.reading());
    }

    fn report(&mut self) -> Option<Report> {
        let error = self.chip.error();
        let is_news = if self.chip.is_running() {
            self.reported != Some(None)
        } else {
            error.is_some() && self.reported != Some(error)
        };
        if !is_news {
            return None;
        }
        let error = if self.chip.is_running() { None } else { error };
        self.reported = Some(error);
        Some(Report { label: self.label.clone(), error })
    }
}

/// Where the reset line stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reset {
    Untouched,
    Held(Instant),
    Released(Instant),
    Done,
}

/// A card: its SPI devices, its reset line, and its chips.
///
/// The highway's clock must run before the card is first polled: without PCLK and FSYNC no chip
/// answers.
#[derive(Debug)]
pub struct Card<S, R> {
    spi: Vec<S>,
    reset_line: Option<R>,
    reset: Reset,
    reset_failed: bool,
    units: Vec<Unit>,
    waker: Arc<OnceLock<Thread>>,
}

impl<S: SpiDevice, R: OutputPin> Card<S, R> {
    /// A card without chips. The reset line, where the board has one, is active low.
    pub fn new(reset_line: Option<R>) -> Self {
        let has_reset_line = reset_line.is_some();
        Card {
            spi: Vec::new(),
            reset_line,
            reset: if has_reset_line { Reset::Untouched } else { Reset::Done },
            reset_failed: false,
            units: Vec::new(),
            waker: Arc::default(),
        }
    }

    /// Adds an SPI device, one for each chip select; gives its number for the ports on it.
    pub fn add_spi(&mut self, spi: S) -> SpiNumber {
        self.spi.push(spi);
        SpiNumber(self.spi.len() - 1)
    }

    /// Adds an exchange line.
    pub fn add_fxo(
        &mut self,
        label: &str,
        spi: SpiNumber,
        settings: DaaSettings,
        audio: AudioLink,
    ) -> DaaPort {
        self.add(label, spi, Chip::Fxo(Daa::new(settings)), audio, PortKind::Fxo, false)
    }

    /// Adds a handset's line.
    pub fn add_fxs(
        &mut self,
        label: &str,
        spi: SpiNumber,
        settings: SlicSettings,
        audio: AudioLink,
    ) -> DaaPort {
        let has_lamp = settings.lamp != MessageLamp::None;
        self.add(label, spi, Chip::Fxs(Slic::new(settings)), audio, PortKind::Fxs, has_lamp)
    }

    fn add(
        &mut self,
        label: &str,
        SpiNumber(spi): SpiNumber,
        chip: Chip,
        audio: AudioLink,
        kind: PortKind,
        has_lamp: bool,
    ) -> DaaPort {
        let (port, end) = DaaPort::new(kind, has_lamp, audio, self.waker.clone());
        self.units.push(Unit { label: label.to_owned(), spi, chip, end, reported: None });
        port
    }

    /// Does everything that is due.
    pub fn poll(&mut self, now: Instant) {
        if !self.is_reset(now) {
            return;
        }
        for unit in &mut self.units {
            // A number of another card's device names none of this one's.
            if let Some(spi) = self.spi.get_mut(unit.spi) {
                unit.poll(now, spi);
            }
        }
    }

    /// When [`poll`](Self::poll) has something to do again.
    pub fn poll_timeout(&self) -> Instant {
        match self.reset {
            Reset::Untouched => Instant::ZERO,
            Reset::Held(until) | Reset::Released(until) => until,
            Reset::Done => self
                .units
                .iter()
                .map(|unit| unit.chip.poll_timeout())
                .min()
                .unwrap_or(Instant::from_micros(u64::MAX)),
        }
    }

    /// The next thing an operator should read.
    pub fn poll_report(&mut self) -> Option<Report> {
        if core::mem::take(&mut self.reset_failed) {
            let error = Some(ChipError::ResetLine);
            return Some(Report { label: "analog card".to_owned(), error });
        }
        self.units.iter_mut().find_map(Unit::report)
    }

    /// What happened on the port of this label.
    pub fn counters(&self, label: &str) -> Option<Counters> {
        self.units.iter().find(|unit| unit.label == label).map(|unit| unit.chip.counters())
    }

    /// The thread that commands shall wake.
    pub(crate) fn wake(&self, thread: Thread) {
        // A card runs on one thread for its whole life.
        let _ = self.waker.set(thread);
    }

    /// Takes the chips through their hardware reset; gives whether that is over.
    fn is_reset(&mut self, now: Instant) -> bool {
        let Some(line) = &mut self.reset_line else { return true };
        match self.reset {
            Reset::Untouched => {
                self.reset_failed |= line.set_low().is_err();
                self.reset = Reset::Held(now + RESET_HELD);
            }
            Reset::Held(until) if now >= until => {
                self.reset_failed |= line.set_high().is_err();
                self.reset = Reset::Released(now + RESET_RELEASED);
            }
            Reset::Released(until) if now >= until => self.reset = Reset::Done,
            _ => {}
        }
        self.reset == Reset::Done
    }
}

/// The reset line of a card that has none.
#[derive(Clone, Copy, Debug)]
pub enum NoResetLine {}

impl embedded_hal::digital::ErrorType for NoResetLine {
    type Error = Infallible;
}

impl OutputPin for NoResetLine {
    fn set_low(&mut self) -> Result<(), Infallible> {
        match *self {}
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        match *self {}
    }
}

/// Which SPI device of a card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpiNumber(usize);
