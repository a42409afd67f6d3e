//! How a register access looks on the SPI bus.
//!
//! The Si3050 takes three bytes: control, address, data. The control byte says read or write and
//! which chip of the chain is meant, its number in reversed bit order (Si3050 data sheet, "SPI
//! Control Interface"). The Si3210 takes two, address with a read bit and data, and in a chain
//! three, the first with one bit for the chip's place.

use embedded_hal::spi::{Error as _, SpiDevice};

use crate::{ChipError, Register};

/// Chips in a chain of Si3050.
pub const DAA_CHAIN_MAX: u8 = 16;
/// Chips in a chain of Si3210: one bit each in the control byte.
pub const SLIC_CHAIN_MAX: u8 = 8;

/// The control byte of a write to an Si3050, without the chip's number.
const DAA_WRITE: u8 = 0x20;
/// The control byte of a read from an Si3050, without the chip's number.
const DAA_READ: u8 = 0x60;
/// The read bit in the address byte of an Si3210.
const SLIC_READ: u8 = 0x80;

/// How long the chip select stays asserted. Both chips take both; which one works is the SPI
/// controller's matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ChipSelect {
    /// For a whole access.
    #[default]
    PerAccess,
    /// For each byte anew.
    PerByte,
}

/// Which chip is meant, and how it is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// An Si3050.
    Daa {
        /// Its place in the chain, 0–15; 0 for a chip alone.
        place: u8,
        /// The chip select.
        select: ChipSelect,
    },
    /// An Si3210 alone on its chip select.
    Slic {
        /// The chip select.
        select: ChipSelect,
    },
    /// An Si3210 in a chain whose chain mode is already on.
    SlicChain {
        /// Its place in the chain, 0–7.
        place: u8,
        /// The chip select.
        select: ChipSelect,
    },
}

impl Framing {
    /// An Si3050 alone on its chip select.
    pub const DAA: Framing = Framing::Daa { place: 0, select: ChipSelect::PerAccess };
    /// An Si3210 alone on its chip select.
    pub const SLIC: Framing = Framing::Slic { select: ChipSelect::PerByte };

    fn select(self) -> ChipSelect {
        match self {
            Framing::Daa { select, .. }
            | Framing::Slic { select }
            | Framing::SlicChain { select, .. } => select,
        }
    }

    /// The bytes of an access: where they begin in the array, and they. The last is the data.
    fn bytes(self, address: u8, read: bool, data: u8) -> (usize, [u8; 3]) {
        let slic_address = if read { address | SLIC_READ } else { address };
        match self {
            Framing::Daa { place, .. } => {
                let chip = (place % DAA_CHAIN_MAX).reverse_bits() >> 4;
                let control = if read { DAA_READ } else { DAA_WRITE } | chip;
                (0, [control, address, data])
            }
            Framing::Slic { .. } => (1, [0, slic_address, data]),
            Framing::SlicChain { place, .. } => {
                (0, [1 << (place % SLIC_CHAIN_MAX), slic_address, data])
            }
        }
    }
}

/// A chip on its bus, for as long as the bus is at hand.
#[derive(Debug)]
pub(crate) struct Chip<'a, S> {
    spi: &'a mut S,
    framing: Framing,
}

/// The data line rests high; what is shifted out during a read does not matter.
const FILL: u8 = 0xFF;

impl<'a, S: SpiDevice> Chip<'a, S> {
    pub(crate) fn new(spi: &'a mut S, framing: Framing) -> Self {
        Chip { spi, framing }
    }

    pub(crate) fn read(&mut self, register: Register) -> Result<u8, ChipError> {
        let (from, mut bytes) = self.framing.bytes(register.address, true, FILL);
        let result = match self.framing.select() {
            ChipSelect::PerAccess => self.spi.transfer_in_place(&mut bytes[from..]),
            ChipSelect::PerByte => {
                let (head, data) = bytes.split_at_mut(2);
                head[from..]
                    .iter()
                    .try_for_each(|byte| self.spi.write(&[*byte]))
                    .and_then(|()| self.spi.read(data))
            }
        };
        result.map_err(|e| ChipError::Bus { register, kind: e.kind() })?;
        Ok(bytes[2])
    }

    pub(crate) fn write(&mut self, register: Register, data: u8) -> Result<(), ChipError> {
        let (from, bytes) = self.framing.bytes(register.address, false, data);
        let result = match self.framing.select() {
            ChipSelect::PerAccess => self.spi.write(&bytes[from..]),
            ChipSelect::PerByte => {
                bytes[from..].iter().try_for_each(|byte| self.spi.write(&[*byte]))
            }
        };
        result.map_err(|e| ChipError::Bus { register, kind: e.kind() })
    }
}
