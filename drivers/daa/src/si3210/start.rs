//! From power-up to service: identity, indirect registers, line battery, calibration.
//!
//! A hardware reset is expected before the first start. A later one makes do without: the battery
//! is switched off and everything is written anew.

use embedded_hal::spi::SpiDevice;
use tipring_clock::Instant;
use tipring_line::PortEvent;

use super::indirect_table::{FILTERS, FLUSHED, INITIAL, RING_AMPLITUDE, RING_COEFFICIENT};
use super::register_table::{
    AUTOMATIC, BATTERY_FEED, BATTERY_VOLTAGE, CALIBRATION_1, CALIBRATION_2, COMMON_MODE_VOLTAGE,
    CONVERTER_DELAY, CONVERTER_PEAK, CONVERTER_PERIOD, ENHANCEMENT, HIGH_BATTERY, HYBRID,
    IMPEDANCE, INDIRECT_ADDRESS, INDIRECT_HIGH, INDIRECT_LOW, INDIRECT_STATUS, INTERRUPT_ENABLE_1,
    INTERRUPT_ENABLE_2, INTERRUPT_ENABLE_3, INTERRUPT_STATUS_1, INTERRUPT_STATUS_2,
    INTERRUPT_STATUS_3, LINEFEED, LOOP_CURRENT_LIMIT, LOOPBACK, PCM_MODE, PCM_RX_HIGH, PCM_RX_LOW,
    PCM_TX_HIGH, PCM_TX_LOW, POWER_DOWN_1, RING_OSCILLATOR, SPI_MODE,
};
use super::run::{Feed, Linefeed, Polls, decivolts};
use super::{BATTERY_MAX, CALIBRATION_MAX, Found, NAME, Slic, State, Wait};
use crate::ChipError;
use crate::framing::Chip;

/// Register 11 keeps its reset value, since nothing here writes it; it tells the chip from another.
const HYBRID_AFTER_RESET: u8 = 0x33;
/// The oldest revision that works.
const REVISION_MIN: u8 = 2;
/// Register 1, PNI2: an Si3215.
const IS_SI3215: u8 = 1 << 7;
/// Register 1, PCME: the chip takes part in the PCM highway.
const PCM_ENABLE: u8 = 1 << 5;
/// Register 10, TISE: the impedance is imitated.
const IMPEDANCE_ON: u8 = 1 << 3;
/// Register 14, DCOF: the battery converter is off.
const CONVERTER_OFF: u8 = 1 << 4;
/// Register 31, IAS: an indirect access is under way.
const INDIRECT_BUSY: u8 = 1;
/// An indirect access is over after one frame sync, 125 µs; a bus at full speed reads the status
/// this often in twice that time.
const INDIRECT_LOOKS_MAX: u8 = 64;
/// Register 66: the transistor that switches to the low battery stays off.
const LOW_BATTERY_OFF: u8 = 1;
/// Register 67: all automatic but the choice of the battery.
const AUTOMATIC_BUT_BATTERY: u8 = 0x07;
/// Register 73: 6 V, in steps of 1.5 V.
const COMMON_MODE_6_V: u8 = 0x04;
/// Register 74 after a reset: 75 V.
const BATTERY_75_V: u8 = 0x32;
/// The battery is up from here.
const BATTERY_UP_V: u8 = 72;
/// Register 92: a PWM period of 1/64 kHz.
const CONVERTER_64_KHZ: u8 = 0xFF;
/// Register 93, DCTOF: the switching delay for a converter with a bipolar transistor.
const CONVERTER_SWITCHING_DELAY: u8 = 0x19;
/// Register 93, DCCAL: calibrates the converter's current monitor.
const CONVERTER_CALIBRATE: u8 = 1 << 7;
/// Register 107: a result of calibration outside of this is replaced by the middle.
const CONVERTER_PEAK_USUAL: core::ops::RangeInclusive<u8> = 0x02..=0x0D;
const CONVERTER_PEAK_MIDDLE: u8 = 0x08;
/// Register 96: starts every calibration it names.
const CALIBRATE_1: u8 = 0x5F;
/// Register 97: every calibration it names.
const CALIBRATE_2: u8 = 0x1F;
/// Register 108: the enhancements of revision C and later.
const ENHANCEMENTS: u8 = 0xEB;

/// Reads what tells the chip from another and from none.
pub(super) fn identify<S: SpiDevice>(chip: &mut Chip<'_, S>) -> Result<Found, ChipError> {
    let mode = chip.read(SPI_MODE)?;
    let hybrid = chip.read(HYBRID)?;
    if mode == hybrid && matches!(mode, 0x00 | 0xFF) {
        return Err(ChipError::NoAnswer { chip: NAME, register: SPI_MODE, read: mode });
    }
    let revision = mode & 0x0F;
    if hybrid != HYBRID_AFTER_RESET {
        return Err(ChipError::WrongChip { chip: NAME, register: HYBRID, read: hybrid });
    }
    if !(REVISION_MIN..0x0F).contains(&revision) {
        return Err(ChipError::WrongChip { chip: NAME, register: SPI_MODE, read: mode });
    }
    Ok(Found { revision, is_si3215: chip.read(PCM_MODE)? & IS_SI3215 != 0 })
}

/// Waits for the indirect access before to end.
fn await_indirect<S: SpiDevice>(chip: &mut Chip<'_, S>) -> Result<(), ChipError> {
    let mut read = 0;
    for _ in 0..INDIRECT_LOOKS_MAX {
        read = chip.read(INDIRECT_STATUS)?;
        if read & INDIRECT_BUSY == 0 {
            return Ok(());
        }
    }
    // The access is done by the frame sync: without it none ends.
    Err(ChipError::NoAnswer { chip: NAME, register: INDIRECT_STATUS, read })
}

fn write_indirect<S: SpiDevice>(
    chip: &mut Chip<'_, S>,
    address: u8,
    value: u16,
) -> Result<(), ChipError> {
    await_indirect(chip)?;
    let [low, high] = value.to_le_bytes();
    chip.write(INDIRECT_LOW, low)?;
    chip.write(INDIRECT_HIGH, high)?;
    chip.write(INDIRECT_ADDRESS, address)
}

fn read_indirect<S: SpiDevice>(chip: &mut Chip<'_, S>, address: u8) -> Result<u16, ChipError> {
    await_indirect(chip)?;
    chip.write(INDIRECT_ADDRESS, address)?;
    await_indirect(chip)?;
    Ok(u16::from_le_bytes([chip.read(INDIRECT_LOW)?, chip.read(INDIRECT_HIGH)?]))
}

impl Slic {
    pub(super) fn begin<S: SpiDevice>(
        &mut self,
        now: Instant,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        self.counters.starts = self.counters.starts.saturating_add(1);
        identify(chip)?;
        chip.write(POWER_DOWN_1, CONVERTER_OFF)?;
        chip.write(LINEFEED, Linefeed::Open as u8)?;
        for indirect in INITIAL {
            write_indirect(chip, indirect.address, indirect.value)?;
        }
        for (register, value) in [
            (LOOPBACK, 0x00),
            (ENHANCEMENT, ENHANCEMENTS),
            (AUTOMATIC, AUTOMATIC_BUT_BATTERY),
            (BATTERY_FEED, LOW_BATTERY_OFF),
        ] {
            chip.write(register, value)?;
        }
        for filter in FILTERS {
            write_indirect(chip, filter, FLUSHED)?;
        }
        chip.write(HIGH_BATTERY, BATTERY_75_V)?;
        chip.write(CONVERTER_PERIOD, CONVERTER_64_KHZ)?;
        chip.write(POWER_DOWN_1, 0x00)?;
        self.state = State::BatteryRising(Wait::from(now, BATTERY_MAX));
        Ok(())
    }

    pub(super) fn await_battery<S: SpiDevice>(
        &mut self,
        now: Instant,
        wait: Wait,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        let read = chip.read(BATTERY_VOLTAGE)?;
        if decivolts(read) < i32::from(BATTERY_UP_V) * 10 {
            if now >= wait.until {
                chip.write(POWER_DOWN_1, CONVERTER_OFF)?;
                let (register, wanted_v) = (BATTERY_VOLTAGE, BATTERY_UP_V);
                return Err(ChipError::BatteryLow { register, read, wanted_v });
            }
            self.state = State::BatteryRising(wait.again(now));
            return Ok(());
        }
        for (register, value) in [
            (LOOP_CURRENT_LIMIT, self.settings.current_limit()),
            (CONVERTER_DELAY, CONVERTER_SWITCHING_DELAY),
            (INTERRUPT_ENABLE_1, 0x00),
            (INTERRUPT_ENABLE_2, 0x00),
            (INTERRUPT_ENABLE_3, 0x00),
            (CALIBRATION_2, CALIBRATE_2),
            (CALIBRATION_1, CALIBRATE_1),
        ] {
            chip.write(register, value)?;
        }
        self.state = State::Calibrating(Wait::from(now, CALIBRATION_MAX));
        Ok(())
    }

    pub(super) fn await_calibration<S: SpiDevice>(
        &mut self,
        now: Instant,
        wait: Wait,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        let read = chip.read(CALIBRATION_1)?;
        if read == 0 {
            chip.write(CONVERTER_DELAY, CONVERTER_CALIBRATE | CONVERTER_SWITCHING_DELAY)?;
            self.state = State::ConverterCalibrating(Wait::from(now, CALIBRATION_MAX));
            return Ok(());
        }
        if now >= wait.until {
            return Err(ChipError::Calibration { register: CALIBRATION_1, read });
        }
        self.state = State::Calibrating(wait.again(now));
        Ok(())
    }

    pub(super) fn await_converter<S: SpiDevice>(
        &mut self,
        now: Instant,
        wait: Wait,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        let read = chip.read(CONVERTER_DELAY)?;
        if read & CONVERTER_CALIBRATE == 0 {
            if !CONVERTER_PEAK_USUAL.contains(&chip.read(CONVERTER_PEAK)?) {
                chip.write(CONVERTER_PEAK, CONVERTER_PEAK_MIDDLE)?;
            }
            return self.enter_service(now, chip);
        }
        if now >= wait.until {
            return Err(ChipError::Calibration { register: CONVERTER_DELAY, read });
        }
        self.state = State::ConverterCalibrating(wait.again(now));
        Ok(())
    }

    fn enter_service<S: SpiDevice>(
        &mut self,
        now: Instant,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        let settings = self.settings;
        for filter in INITIAL.iter().filter(|i| FILTERS.contains(&i.address)) {
            write_indirect(chip, filter.address, filter.value)?;
        }
        let coefficient = settings.ring_coefficient();
        write_indirect(chip, RING_COEFFICIENT, coefficient)?;
        write_indirect(chip, RING_AMPLITUDE, settings.ring_amplitude())?;
        // One indirect register that must read back shows that they are written at all.
        let kept = read_indirect(chip, RING_COEFFICIENT)?;
        if kept != coefficient {
            let ([written, _], [read, _]) = (coefficient.to_le_bytes(), kept.to_le_bytes());
            return Err(ChipError::NotKept { register: INDIRECT_LOW, written, read });
        }
        let [low, high] = settings.slot.start_count();
        for (register, value) in [
            (PCM_MODE, PCM_ENABLE | settings.slot.format.code() << 3),
            (PCM_TX_LOW, low),
            (PCM_TX_HIGH, high),
            (PCM_RX_LOW, low),
            (PCM_RX_HIGH, high),
            (INTERRUPT_STATUS_1, 0xFF),
            (INTERRUPT_STATUS_2, 0xFF),
            (INTERRUPT_STATUS_3, 0xFF),
            (COMMON_MODE_VOLTAGE, COMMON_MODE_6_V),
            (IMPEDANCE, IMPEDANCE_ON | settings.impedance as u8),
            (HIGH_BATTERY, settings.ringing_battery()),
            (RING_OSCILLATOR, 0x00),
        ] {
            chip.write(register, value)?;
        }
        self.feed = Feed::new(settings.lamp);
        self.apply_feed(chip)?;
        self.polls = Polls::from(now);
        self.state = State::Running;
        self.error = None;
        if core::mem::take(&mut self.alarm) {
            self.events.push(PortEvent::Alarm(None));
        }
        Ok(())
    }
}
