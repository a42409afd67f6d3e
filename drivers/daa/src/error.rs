//! What can be wrong with a chip, in one line that says what to do.

use embedded_hal::spi::ErrorKind;
use thiserror::Error;

use crate::Register;

/// Why a chip does not work. Of fixed size, so that it can stand in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChipError {
    /// The bus itself failed.
    #[error("SPI transfer for {register} failed ({kind}): is the SPI device still there?")]
    Bus {
        /// The register it was for.
        register: Register,
        /// What the bus says.
        kind: ErrorKind,
    },
    /// Nothing drives the data line.
    #[error(
        "no {chip} answers, {register} reads 0x{read:02X}: check its chip select and reset line, \
         and that PCLK and FSYNC run"
    )]
    NoAnswer {
        /// The chip that should be there.
        chip: &'static str,
        /// The register read.
        register: Register,
        /// What it read.
        read: u8,
    },
    /// Something else answers.
    #[error(
        "{register} reads 0x{read:02X}, which is no {chip}: does the board's description name the \
         chip, its chip select and its place in the chain rightly?"
    )]
    WrongChip {
        /// The chip that should be there.
        chip: &'static str,
        /// The register read.
        register: Register,
        /// What it read.
        read: u8,
    },
    /// The Si3050 does not reach its line side over the isolation capacitors.
    #[error(
        "{register} reads 0x{read:02X}: the line side has not come up within 2 s; check the \
         isolation capacitors and the line-side chip"
    )]
    LineSideDown {
        /// The register read.
        register: Register,
        /// What it read.
        read: u8,
    },
    /// The isolation link lost its frame lock.
    #[error(
        "{register} reads 0x{read:02X}: the isolation link to the line side is lost; it is power-cycled"
    )]
    LineSideLost {
        /// The register read.
        register: Register,
        /// What it read.
        read: u8,
    },
    /// A register does not keep what is written to it.
    #[error(
        "{register} reads 0x{read:02X} although 0x{written:02X} was written: the chip has lost its settings and is started again"
    )]
    NotKept {
        /// The register.
        register: Register,
        /// What was written.
        written: u8,
        /// What it reads.
        read: u8,
    },
    /// The battery converter of a SLIC does not reach its voltage.
    #[error(
        "{register} reads 0x{read:02X}: the line battery stays below {wanted_v} V; check the converter's supply and for a short circuit"
    )]
    BatteryLow {
        /// The register read.
        register: Register,
        /// What it read.
        read: u8,
        /// The voltage waited for.
        wanted_v: u8,
    },
    /// A SLIC's calibration does not end.
    #[error(
        "{register} reads 0x{read:02X}: calibration has not ended in time; is a telephone off-hook or the line loaded?"
    )]
    Calibration {
        /// The register read.
        register: Register,
        /// What it read.
        read: u8,
    },
    /// A SLIC has switched its line off to protect itself.
    #[error(
        "{register} reads 0x{read:02X}: the line was switched off by the power alarm again and again; check the pair for a short circuit or foreign voltage"
    )]
    PowerAlarm {
        /// The register read.
        register: Register,
        /// What it read.
        read: u8,
    },
    /// The reset line cannot be driven.
    #[error("the reset line cannot be driven: check the board's GPIO")]
    ResetLine,
}

impl ChipError {
    /// The register the error is about, for errors that have one.
    pub fn register(&self) -> Option<Register> {
        match self {
            ChipError::Bus { register, .. }
            | ChipError::NoAnswer { register, .. }
            | ChipError::WrongChip { register, .. }
            | ChipError::LineSideDown { register, .. }
            | ChipError::LineSideLost { register, .. }
            | ChipError::NotKept { register, .. }
            | ChipError::BatteryLow { register, .. }
            | ChipError::Calibration { register, .. }
            | ChipError::PowerAlarm { register, .. } => Some(*register),
            ChipError::ResetLine => None,
        }
    }
}
