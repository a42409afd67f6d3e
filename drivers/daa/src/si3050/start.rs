//! From power-up to service: identity, reset, settings, isolation link.

use embedded_hal::spi::SpiDevice;
use tipring_clock::Instant;
use tipring_line::PortEvent;

use super::fields;
use super::register_table::{
    AC_TERMINATION, CONTROL_1, CONTROL_2, DAA_CONTROL_2, DAA_CONTROL_4, DC_TERMINATION, HYBRID,
    INTERNATIONAL_1, INTERNATIONAL_2, INTERNATIONAL_3, PCM_MODE, PCM_RX_HIGH, PCM_RX_LOW,
    PCM_TX_HIGH, PCM_TX_LOW, REVISION_A, RING_VALIDATION_1, RING_VALIDATION_2, RING_VALIDATION_3,
    RX_GAIN_2, RX_GAIN_3, TX_GAIN_2, TX_GAIN_3,
};
use super::run::{Hook, Polls};
use super::settings::{RingDetection, gain};
use super::{Daa, Found, LINK_LOOK, LINK_UP_MAX, LineSide, NAME, RESET, State};
use crate::ChipError;
use crate::framing::Chip;

/// The ringing frequencies the chip validates.
const RING_HZ: [u32; 2] = [15, 68];

/// Reads what tells the chip from another and from none.
pub(super) fn identify<S: SpiDevice>(chip: &mut Chip<'_, S>) -> Result<Found, ChipError> {
    let control_2 = chip.read(CONTROL_2)?;
    let revision_a = chip.read(REVISION_A)?;
    if control_2 == revision_a && matches!(control_2, 0x00 | 0xFF) {
        return Err(ChipError::NoAnswer { chip: NAME, register: CONTROL_2, read: control_2 });
    }
    if control_2 != fields::CONTROL_2_AFTER_RESET {
        return Err(ChipError::WrongChip { chip: NAME, register: CONTROL_2, read: control_2 });
    }
    Ok(Found { revision: revision_a & 0x0F, line_side: LineSide::of(revision_a)? })
}

impl Daa {
    pub(super) fn begin<S: SpiDevice>(
        &mut self,
        now: Instant,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        self.counters.starts = self.counters.starts.saturating_add(1);
        identify(chip)?;
        chip.write(CONTROL_1, fields::SOFT_RESET)?;
        self.state = State::Resetting(now + RESET);
        Ok(())
    }

    /// Loads all settings and powers the line side.
    pub(super) fn configure<S: SpiDevice>(
        &mut self,
        now: Instant,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        let settings = &self.settings;
        let country = settings.country;
        let pcm_mode = fields::PCM_ENABLE | settings.slot.format.code() << 3;
        chip.write(PCM_MODE, pcm_mode)?;
        chip.write(INTERNATIONAL_1, country.international_1())?;
        chip.write(DC_TERMINATION, country.dc_termination())?;
        let (termination, hybrid) = settings.balance(self.balance);
        chip.write(AC_TERMINATION, termination)?;
        chip.write(INTERNATIONAL_2, settings.international_2())?;
        match settings.ring_detection {
            RingDetection::HalfWaves => {
                chip.write(INTERNATIONAL_3, fields::FULL_WAVE_RING)?;
                chip.write(RING_VALIDATION_3, 0x00)?;
            }
            RingDetection::Validated => {
                let [validation_1, validation_3] = fields::ring_window(RING_HZ[0], RING_HZ[1]);
                chip.write(INTERNATIONAL_3, 0x00)?;
                chip.write(RING_VALIDATION_1, validation_1)?;
                chip.write(RING_VALIDATION_2, fields::RING_CONFIRM_150_END_128_MS)?;
                chip.write(RING_VALIDATION_3, validation_3)?;
            }
        }
        chip.write(DAA_CONTROL_4, settings.daa_control_4())?;
        let [low, high] = settings.slot.start_count();
        for (register, value) in
            [(PCM_TX_LOW, low), (PCM_TX_HIGH, high), (PCM_RX_LOW, low), (PCM_RX_HIGH, high)]
        {
            chip.write(register, value)?;
        }
        for (register, coefficient) in HYBRID.into_iter().zip(hybrid) {
            chip.write(register, coefficient)?;
        }
        // One register that must read back shows that writes arrive at all.
        let read = chip.read(PCM_MODE)?;
        if read != pcm_mode {
            return Err(ChipError::NotKept { register: PCM_MODE, written: pcm_mode, read });
        }
        chip.write(DAA_CONTROL_2, fields::POWERED)?;
        self.state = State::LinkPending { until: now + LINK_UP_MAX, look: now + LINK_LOOK };
        Ok(())
    }

    /// Writes the hybrid balance that was ordered last.
    pub(super) fn set_balance<S: SpiDevice>(
        &self,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        let (termination, hybrid) = self.settings.balance(self.balance);
        chip.write(AC_TERMINATION, termination)?;
        for (register, coefficient) in HYBRID.into_iter().zip(hybrid) {
            chip.write(register, coefficient)?;
        }
        Ok(())
    }

    pub(super) fn await_link<S: SpiDevice>(
        &mut self,
        now: Instant,
        until: Instant,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        let read = chip.read(REVISION_A)?;
        match LineSide::of(read)? {
            Some(line_side) => {
                self.line_side = line_side;
                self.enter_service(now, chip)
            }
            None if now >= until => Err(ChipError::LineSideDown { register: REVISION_A, read }),
            None => {
                self.state = State::LinkPending { until, look: now + LINK_LOOK };
                Ok(())
            }
        }
    }

    fn enter_service<S: SpiDevice>(
        &mut self,
        now: Instant,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        self.hook = Hook::default();
        chip.write(super::register_table::DAA_CONTROL_1, self.hook.register().0)?;
        let tx_gain_db = self.settings.tx_gain_db.saturating_add(self.settings.country.tx_gain_db);
        chip.write(TX_GAIN_2, gain(tx_gain_db))?;
        chip.write(RX_GAIN_2, gain(self.settings.rx_gain_db))?;
        chip.write(TX_GAIN_3, 0)?;
        chip.write(RX_GAIN_3, 0)?;
        self.line.on_restart();
        self.polls = Polls::from(now);
        self.state = State::Running;
        self.error = None;
        if core::mem::take(&mut self.alarm) {
            self.events.push(PortEvent::Alarm(None));
        }
        Ok(())
    }
}
