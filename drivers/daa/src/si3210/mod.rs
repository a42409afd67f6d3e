//! The Si3210 ProSLIC: a handset's line (FXS).
//!
//! A sans-IO machine like the one of the exchange line: [`Slic::poll`] is handed the time and the
//! bus, and [`Slic::poll_timeout`] says when it wants to be called again.
//!
//! ```text
//!          battery on           calibration          converter's calibration
//! Waiting ───────────▶ BatteryRising ──▶ Calibrating ──▶ ConverterCalibrating ──▶ Running
//!    ▲  after 5 s           │ 0.5 s           │ 2 s              │ 2 s              │
//!    └───────── error ◀─────┴─────────────────┴──────────────────┘◀─────────────────┘
//! ```
//! Sources: Si3210/Si3211 data sheet; register sequence of the start as shipping drivers have it.
//!
//! Left out on purpose: the chip's own tone, DTMF and FSK generators and its DTMF detector (the
//! samples carry all that), pulse metering, ground start. Not known well enough to be done: the
//! manual search of the tip and ring gain mismatch (registers 98 and 99), which revisions before
//! the automatic one need; switching a chain to chain mode; the values a line feed by Si3201
//! wants in the power-alarm registers.

pub mod indirect_table;
pub mod register_table;
mod run;
mod settings;
mod start;

use core::fmt;

use embedded_hal::spi::SpiDevice;
use tipring_clock::{Duration, Instant};
use tipring_line::{Alarm, LineReading, PortCommand, PortEvent};

use crate::events::Events;
use crate::framing::Chip;
use crate::si3050::Counters;
use crate::{ChipError, Framing};
pub use settings::{MessageLamp, SlicImpedance, SlicSettings};

/// The chip's name in messages.
const NAME: &str = "Si3210";

/// How long the battery may take to come up.
const BATTERY_MAX: Duration = Duration::from_millis(500);
/// How long each calibration may take.
const CALIBRATION_MAX: Duration = Duration::from_secs(2);
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(20);
/// From an error to the next attempt.
const RETRY: Duration = Duration::from_secs(5);

/// Where the chip stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Nothing is done before this time.
    Waiting(Instant),
    /// The converter brings the line battery up.
    BatteryRising(Wait),
    /// The line feed calibrates itself.
    Calibrating(Wait),
    /// The converter's current monitor calibrates itself.
    ConverterCalibrating(Wait),
    /// In service.
    Running,
}

/// A wait for the chip.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Wait {
    /// Until when at the latest.
    until: Instant,
    /// When to look next.
    look: Instant,
}

impl Wait {
    fn from(now: Instant, at_most: Duration) -> Self {
        Wait { until: now + at_most, look: now + LOOK }
    }

    fn again(self, now: Instant) -> Self {
        Wait { look: now + LOOK, ..self }
    }
}

/// What was found where an Si3210 should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// The chip's revision.
    pub revision: u8,
    /// Whether it is an Si3215, which is register-compatible but decodes no DTMF.
    pub is_si3215: bool,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.is_si3215 { "Si3215" } else { NAME };
        write!(f, "{name} revision {}", self.revision)
    }
}

/// Looks whether an Si3210 answers, without changing anything.
///
/// # Errors
/// [`ChipError::NoAnswer`], [`ChipError::WrongChip`] or [`ChipError::Bus`].
pub fn probe<S: SpiDevice>(spi: &mut S, framing: Framing) -> Result<Found, ChipError> {
    start::identify(&mut Chip::new(spi, framing))
}

/// An FXS port's chip.
#[derive(Clone, Debug)]
pub struct Slic {
    settings: SlicSettings,
    state: State,
    error: Option<ChipError>,
    alarm: bool,
    feed: run::Feed,
    polls: run::Polls,
    reading: LineReading,
    events: Events,
    counters: Counters,
}

impl Slic {
    /// A chip that has not been touched since its reset; it is started by being polled.
    pub fn new(settings: SlicSettings) -> Self {
        Slic {
            settings,
            state: State::Waiting(Instant::ZERO),
            error: None,
            alarm: false,
            feed: run::Feed::new(settings.lamp),
            polls: run::Polls::default(),
            reading: LineReading::default(),
            events: Events::default(),
            counters: Counters::default(),
        }
    }

    /// Does what is due at `now`.
    pub fn poll<S: SpiDevice>(&mut self, now: Instant, spi: &mut S) {
        let mut chip = Chip::new(spi, self.settings.framing);
        let result = match self.state {
            State::Waiting(until) if now >= until => self.begin(now, &mut chip),
            State::BatteryRising(wait) if now >= wait.look => {
                self.await_battery(now, wait, &mut chip)
            }
            State::Calibrating(wait) if now >= wait.look => {
                self.await_calibration(now, wait, &mut chip)
            }
            State::ConverterCalibrating(wait) if now >= wait.look => {
                self.await_converter(now, wait, &mut chip)
            }
            State::Running => self.run(now, &mut chip),
            _ => Ok(()),
        };
        if let Err(error) = result {
            self.fail(now, error);
        }
    }

    /// When [`poll`](Self::poll) has something to do again.
    pub fn poll_timeout(&self) -> Instant {
        match self.state {
            State::Waiting(at) => at,
            State::BatteryRising(wait)
            | State::Calibrating(wait)
            | State::ConverterCalibrating(wait) => wait.look,
            State::Running => self.polls.next(),
        }
    }

    /// Carries out a command at once.
    pub fn command<S: SpiDevice>(&mut self, now: Instant, command: PortCommand, spi: &mut S) {
        let taken = self.state == State::Running && self.feed.take(now, command);
        if !taken {
            self.counters.commands_refused = self.counters.commands_refused.saturating_add(1);
            return;
        }
        let mut chip = Chip::new(spi, self.settings.framing);
        if let Err(error) = self.apply_feed(&mut chip) {
            self.fail(now, error);
        }
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<PortEvent> {
        self.events.pop()
    }

    /// Voltage and current as last measured; nothing while out of service.
    pub fn reading(&self) -> LineReading {
        self.reading
    }

    /// Whether the port carries calls.
    pub fn is_running(&self) -> bool {
        self.state == State::Running
    }

    /// What is wrong, or was wrong last while the chip starts again.
    pub fn error(&self) -> Option<ChipError> {
        self.error
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        Counters { events_lost: self.events.lost(), ..self.counters }
    }

    fn fail(&mut self, now: Instant, error: ChipError) {
        self.state = State::Waiting(now + RETRY);
        self.error = Some(error);
        self.reading = LineReading::default();
        // Without battery the loop is open, whatever the handset does.
        if self.feed.end() {
            self.events.push(PortEvent::OffHook(false));
        }
        if !self.alarm {
            self.alarm = true;
            self.events.push(PortEvent::Alarm(Some(Alarm::DeviceLost)));
        }
    }
}
