//! In service: hook and flash, ringing, battery and polarity, the isolation link.

use embedded_hal::spi::SpiDevice;
use tipring_clock::{Duration, Instant};
use tipring_line::{LineReading, PortCommand, PortEvent};

use super::fields::{self, DaaControl1};
use super::line::is_battery;
use super::register_table::{
    DAA_CONTROL_1, DAA_CONTROL_2, LINE_STATUS, LINE_VOLTAGE, LOOP_CURRENT,
};
use super::{Daa, POWER_CYCLE, RingDetection, State};
use crate::ChipError;
use crate::framing::Chip;

/// How often the hook and ring register is read: every 8 ms on average, often enough for the
/// half-waves of 60 Hz. The two intervals take turns, for at even ones ringing of 62.5 Hz would long
/// be met at its zeros alone; so every other poll meets it a quarter of a wave from them.
const POLLS: [Duration; 2] = [Duration::from_millis(4), Duration::from_millis(12)];
/// The line voltage is read at every second poll.
const VOLTAGE_POLLS: u32 = 2;
/// The link and the loop current are read at every sixteenth.
const LINK_POLLS: u32 = 16;
/// The hook register may read wrongly this often in a row before the chip is started again.
const MISREADS_MAX: u8 = 8;

/// The shortest and longest flash, in milliseconds.
const FLASH_MS: core::ops::RangeInclusive<u16> = 50..=1500;

/// The hook as it shall be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Hook {
    off_hook: bool,
    /// The loop is open for a flash until this time.
    flash_until: Option<Instant>,
}

impl Hook {
    /// Takes a command; `false` if it is none for an FXO port or does not fit.
    pub(super) fn take(&mut self, now: Instant, command: PortCommand) -> bool {
        match command {
            PortCommand::OffHook(off_hook) => {
                *self = Hook { off_hook, flash_until: None };
                true
            }
            PortCommand::Flash { ms } if self.off_hook && FLASH_MS.contains(&ms) => {
                self.flash_until = Some(now + Duration::from_millis(u64::from(ms)));
                true
            }
            _ => false,
        }
    }

    /// Ends a flash that is over; gives whether it did.
    fn flash_is_over(&mut self, now: Instant) -> bool {
        self.flash_until.take_if(|until| now >= *until).is_some()
    }

    fn is_closed(&self) -> bool {
        self.off_hook && self.flash_until.is_none()
    }

    pub(super) fn register(&self) -> DaaControl1 {
        DaaControl1::hook(self.is_closed())
    }
}

/// When to look next, and at what.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Polls {
    next: Instant,
    count: u32,
    misreads: u8,
}

impl Polls {
    pub(super) fn from(now: Instant) -> Self {
        let mut polls = Polls::default();
        polls.set_next(now);
        polls
    }

    fn set_next(&mut self, now: Instant) {
        self.next = now + POLLS[(self.count % 2) as usize];
    }
}

impl Daa {
    pub(super) fn running_timeout(&self) -> Instant {
        self.hook.flash_until.map_or(self.polls.next, |flash| flash.min(self.polls.next))
    }

    pub(super) fn run<S: SpiDevice>(
        &mut self,
        now: Instant,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        if self.hook.flash_is_over(now) {
            self.apply_hook(now, chip)?;
        }
        if now < self.polls.next {
            return Ok(());
        }
        self.polls.count = self.polls.count.wrapping_add(1);
        self.polls.set_next(now);
        if self.look_at_hook(now, chip)? && self.polls.count.is_multiple_of(VOLTAGE_POLLS) {
            self.measure(now, chip)?;
        }
        let is_running = self.state == State::Running;
        if is_running && self.polls.count.is_multiple_of(LINK_POLLS) {
            self.look_at_link(now, chip)?;
        }
        Ok(())
    }

    /// Writes the hook register as the hook shall be.
    pub(super) fn apply_hook<S: SpiDevice>(
        &mut self,
        now: Instant,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        chip.write(DAA_CONTROL_1, self.hook.register().0)?;
        if self.hook.is_closed() {
            self.line.on_off_hook(now);
        }
        if self.hook.off_hook && self.ring.stop() {
            self.events.push(PortEvent::Ringing(false));
        }
        Ok(())
    }

    /// Reads hook and ringing back; gives whether the register can be trusted.
    fn look_at_hook<S: SpiDevice>(
        &mut self,
        now: Instant,
        chip: &mut Chip<'_, S>,
    ) -> Result<bool, ChipError> {
        let read = DaaControl1(chip.read(DAA_CONTROL_1)?);
        let written = self.hook.register();
        if read.written() != written || read.0 == u8::MAX {
            self.polls.misreads += 1;
            if self.polls.misreads >= MISREADS_MAX {
                let (written, read) = (written.0, read.0);
                return Err(ChipError::NotKept { register: DAA_CONTROL_1, written, read });
            }
            self.counters.rewrites = self.counters.rewrites.saturating_add(1);
            chip.write(DAA_CONTROL_1, written.0)?;
            return Ok(false);
        }
        self.polls.misreads = 0;
        if !self.hook.off_hook {
            let (positive, negative) = match self.settings.ring_detection {
                RingDetection::HalfWaves => (read.ring_positive(), read.ring_negative()),
                // The chip has validated: what it accepts counts as both half-waves.
                RingDetection::Validated => (read.ring_valid(), read.ring_valid()),
            };
            if let Some(ringing) = self.ring.look(now, positive, negative) {
                self.events.push(PortEvent::Ringing(ringing));
            }
        }
        Ok(true)
    }

    fn measure<S: SpiDevice>(
        &mut self,
        now: Instant,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        if !self.line_side.measures_voltage() {
            return Ok(());
        }
        let voltage_v = i16::from(chip.read(LINE_VOLTAGE)?.cast_signed());
        if !is_battery(voltage_v) {
            // Without its link the line side measures nothing: that is no cut line.
            self.look_at_link(now, chip)?;
            if self.state != State::Running {
                return Ok(());
            }
        }
        self.reading.voltage_v = Some(voltage_v);
        if self.ring.is_disturbed() {
            self.line.on_ringing();
        } else if let Some(event) = self.line.look(now, voltage_v) {
            self.events.push(event);
        }
        Ok(())
    }

    fn look_at_link<S: SpiDevice>(
        &mut self,
        now: Instant,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        let read = chip.read(LINE_STATUS)?;
        if !fields::frame_locked(read) {
            self.counters.line_losses = self.counters.line_losses.saturating_add(1);
            chip.write(DAA_CONTROL_2, fields::LINE_SIDE_DOWN)?;
            self.state = State::PowerCycling(now + POWER_CYCLE);
            self.out_of_service(ChipError::LineSideLost { register: LINE_STATUS, read });
            return Ok(());
        }
        let current_ma = if self.hook.is_closed() {
            fields::loop_current_ma(chip.read(LOOP_CURRENT)?)
        } else {
            0
        };
        self.reading = LineReading { current_ma: Some(current_ma), ..self.reading };
        Ok(())
    }
}
