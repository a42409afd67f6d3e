//! The indirect registers of the Si3210 that are set, and what to.
//!
//! Source: Si3210/Si3211 data sheet, chapter "Indirect Registers", initialisation values, as
//! shipping drivers have them. Gains are 0 dB (0x4000). The power-alarm thresholds and the poles
//! of the transistors' thermal model are those of a line feed of discrete transistors; one with
//! the Si3201 wants others.

/// An indirect register: address, name, value.
pub struct Indirect {
    /// The address.
    pub address: u8,
    /// The data sheet's name.
    pub name: &'static str,
    /// What it is set to.
    pub value: u16,
}

const fn set(address: u8, name: &'static str, value: u16) -> Indirect {
    Indirect { address, name, value }
}

/// The ringing oscillator's coefficient.
pub const RING_COEFFICIENT: u8 = 20;
/// The ringing oscillator's amplitude.
pub const RING_AMPLITUDE: u8 = 21;

/// The digital filters, which are flushed while the battery comes up.
pub const FILTERS: core::ops::RangeInclusive<u8> = 35..=39;
/// The value that flushes a filter.
pub const FLUSHED: u16 = 0x8000;

/// The registers in the order in which they are written. Those of ringing are written later, from
/// the settings.
pub const INITIAL: &[Indirect] = &[
    set(19, "Ringing Oscillator DC Offset", 0x0000),
    set(22, "Ringing Oscillator Initial Phase", 0x0000),
    set(26, "Receive Path Digital Gain", 0x4000),
    set(27, "Transmit Path Digital Gain", 0x4000),
    set(28, "Loop Closure Threshold", 0x1000),
    set(29, "Ring Trip Threshold", 0x3600),
    set(30, "Common Mode Minimum Threshold", 0x1000),
    set(31, "Common Mode Maximum Threshold", 0x0200),
    set(32, "Power Alarm Threshold Q1/Q2", 0x07C0),
    set(33, "Power Alarm Threshold Q3/Q4", 0x2600),
    set(34, "Power Alarm Threshold Q5/Q6", 0x1B80),
    set(35, "Loop Closure Filter", 0x8000),
    set(36, "Ring Trip Filter", 0x0320),
    set(37, "Thermal Low-Pass Pole Q1/Q2", 0x008C),
    set(38, "Thermal Low-Pass Pole Q3/Q4", 0x0100),
    set(39, "Thermal Low-Pass Pole Q5/Q6", 0x0010),
    set(40, "Common Mode Bias, Ringing", 0x0C00),
    set(41, "DC-DC Converter Minimum Voltage", 0x0C00),
    set(42, "DC-DC Converter Extra", 0x1000),
    set(43, "Loop Closure Threshold, Lower", 0x1000),
];
