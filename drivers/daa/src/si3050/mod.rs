//! The Si3050 voice DAA with an Si3018 or Si3019 line side: an exchange line (FXO).
//!
//! A sans-IO machine: [`Daa::poll`] is handed the time and the bus, does the register accesses
//! that are due, and [`Daa::poll_timeout`] says when it wants to be called again.
//!
//! ```text
//!            reset        100 ms            isolation link up
//! Waiting ─────────▶ Resetting ─────▶ LinkPending ─────────────▶ Running
//!    ▲  after 5 s                          │ 2 s                    │ link lost
//!    └───────────── error ◀────────────────┘     PowerCycling ◀─────┘
//! ```
//! Sources: Si3050 + Si3018/19 data sheet; debounce figures as shipping drivers have them.
//!
//! Left out on purpose: ground start, interrupts (registers are polled), billing-tone detection,
//! the GCI bus. The Si3018 does not measure the line's voltage: on it no battery or polarity is
//! told.

mod fields;
mod line;
pub mod register_table;
mod ring;
mod run;
mod settings;
mod start;

use core::fmt;

use embedded_hal::spi::SpiDevice;
use tipring_clock::{Duration, Instant};
use tipring_line::{Alarm, LineReading, PortCommand, PortEvent};

use crate::events::Events;
use crate::framing::Chip;
use crate::{ChipError, Framing};
use line::LineWatch;
use ring::RingDetector;
pub use settings::{BALANCES, DaaSettings, OffHookCounter, RingDetection};

/// The chip's name in messages.
const NAME: &str = "Si3050";

/// From the soft reset to the first access.
const RESET: Duration = Duration::from_millis(100);
/// How long the isolation link may take to come up.
const LINK_UP_MAX: Duration = Duration::from_secs(2);
/// How often its coming up is looked for.
const LINK_LOOK: Duration = Duration::from_millis(20);
/// How long the line side stays without power after its link was lost.
const POWER_CYCLE: Duration = Duration::from_millis(50);
/// From an error to the next attempt.
const RETRY: Duration = Duration::from_secs(5);

/// Where the chip stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Nothing is done before this time.
    Waiting(Instant),
    /// The soft reset lasts until this time.
    Resetting(Instant),
    /// The isolation link comes up, until this time at the latest.
    LinkPending { until: Instant, look: Instant },
    /// The line side is without power until this time.
    PowerCycling(Instant),
    /// In service.
    Running,
}

/// The chip on the line's side of the isolation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineSide {
    /// Si3018: no voltage measurement.
    Si3018,
    /// Si3019.
    Si3019,
}

impl LineSide {
    /// From register 11: `None` if the link is down.
    fn of(revision_a: u8) -> Result<Option<Self>, ChipError> {
        match revision_a >> 4 {
            0 => Ok(None),
            1 => Ok(Some(LineSide::Si3018)),
            3 => Ok(Some(LineSide::Si3019)),
            _ => Err(ChipError::WrongChip {
                chip: "Si3018 or Si3019",
                register: register_table::REVISION_A,
                read: revision_a,
            }),
        }
    }

    fn measures_voltage(self) -> bool {
        self == LineSide::Si3019
    }
}

/// What was found where an Si3050 should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// The revision of the system side.
    pub revision: u8,
    /// The line side, if its link is up. It is not before the port has been started.
    pub line_side: Option<LineSide>,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{NAME} revision {}", self.revision)?;
        match self.line_side {
            Some(line_side) => write!(f, " with {line_side:?}"),
            None => write!(f, ", line side not powered"),
        }
    }
}

/// Looks whether an Si3050 answers, without changing anything.
///
/// # Errors
/// [`ChipError::NoAnswer`], [`ChipError::WrongChip`] or [`ChipError::Bus`].
pub fn probe<S: SpiDevice>(spi: &mut S, framing: Framing) -> Result<Found, ChipError> {
    start::identify(&mut Chip::new(spi, framing))
}

/// What happened on a port since its making.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Starts of the chip, the first included.
    pub starts: u32,
    /// Times the isolation link was lost (FXO) or the power alarm opened the line (FXS).
    pub line_losses: u32,
    /// Times the hook register did not read back as written and was written anew.
    pub rewrites: u32,
    /// Commands that came while the chip was out of service, or that it cannot do.
    pub commands_refused: u32,
    /// Events dropped because nobody fetched them.
    pub events_lost: u32,
}

/// An FXO port's chip.
#[derive(Clone, Debug)]
pub struct Daa {
    settings: DaaSettings,
    state: State,
    error: Option<ChipError>,
    alarm: bool,
    line_side: LineSide,
    /// Which hybrid balance; kept over a restart of the chip.
    balance: u8,
    hook: run::Hook,
    polls: run::Polls,
    ring: RingDetector,
    line: LineWatch,
    reading: LineReading,
    events: Events,
    counters: Counters,
}

impl Daa {
    /// A chip that has not been touched yet; it is started by being polled.
    pub fn new(settings: DaaSettings) -> Self {
        Daa {
            settings,
            state: State::Waiting(Instant::ZERO),
            error: None,
            alarm: false,
            line_side: LineSide::Si3019,
            balance: 0,
            hook: run::Hook::default(),
            polls: run::Polls::default(),
            ring: RingDetector::default(),
            line: LineWatch::new(),
            reading: LineReading::default(),
            events: Events::default(),
            counters: Counters::default(),
        }
    }

    /// Does what is due at `now`.
    pub fn poll<S: SpiDevice>(&mut self, now: Instant, spi: &mut S) {
        let mut chip = Chip::new(spi, self.settings.framing);
        let result = match self.state {
            State::Waiting(until) | State::PowerCycling(until) if now >= until => {
                self.begin(now, &mut chip)
            }
            State::Resetting(until) if now >= until => self.configure(now, &mut chip),
            State::LinkPending { until, look } if now >= look => {
                self.await_link(now, until, &mut chip)
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
            State::Waiting(at) | State::Resetting(at) | State::PowerCycling(at) => at,
            State::LinkPending { look, .. } => look,
            State::Running => self.running_timeout(),
        }
    }

    /// Carries out a command at once.
    pub fn command<S: SpiDevice>(&mut self, now: Instant, command: PortCommand, spi: &mut S) {
        if let PortCommand::Balance(n) = command {
            self.balance = n;
            let result = match self.state {
                State::Running => self.set_balance(&mut Chip::new(spi, self.settings.framing)),
                // It is set with the rest when the chip starts.
                _ => Ok(()),
            };
            return result.unwrap_or_else(|error| self.fail(now, error));
        }
        let taken = self.state == State::Running && self.hook.take(now, command);
        if !taken {
            self.counters.commands_refused = self.counters.commands_refused.saturating_add(1);
            return;
        }
        let mut chip = Chip::new(spi, self.settings.framing);
        if let Err(error) = self.apply_hook(now, &mut chip) {
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

    /// The line side, once its link was up.
    pub fn line_side(&self) -> LineSide {
        self.line_side
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        Counters { events_lost: self.events.lost(), ..self.counters }
    }

    fn fail(&mut self, now: Instant, error: ChipError) {
        self.state = State::Waiting(now + RETRY);
        self.out_of_service(error);
    }

    /// The port carries no calls until it is started again; told once.
    fn out_of_service(&mut self, error: ChipError) {
        self.error = Some(error);
        self.reading = LineReading::default();
        if self.ring.stop() {
            self.events.push(PortEvent::Ringing(false));
        }
        if !self.alarm {
            self.alarm = true;
            self.events.push(PortEvent::Alarm(Some(Alarm::DeviceLost)));
        }
    }
}
