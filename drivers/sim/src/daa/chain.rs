//! The SPI bus of the simulated chips: chip select, control bytes, and who is meant.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embedded_hal::spi::{ErrorKind, ErrorType, Operation, SpiDevice};
use tipring_clock::Instant;

use super::{ChipModel, Si3050Model, Si3210Model};

/// What the data line reads when no chip drives it.
const IDLE: u8 = 0xFF;

#[derive(Debug)]
struct Chain {
    chips: Vec<ChipModel>,
    /// The bytes since the access began; the chip select may rise between them.
    bytes: Vec<u8>,
    broken: bool,
    accesses: u64,
}

/// The SPI device that the driver holds.
#[derive(Debug)]
pub struct SimSpi {
    chain: Arc<Mutex<Chain>>,
}

/// Who plays the lines behind the chips.
#[derive(Clone, Debug)]
pub struct ChainControl {
    chain: Arc<Mutex<Chain>>,
}

/// An SPI device with these chips on it: any number of Si3050, or one Si3210.
pub fn spi_chain(chips: Vec<ChipModel>) -> (SimSpi, ChainControl) {
    let chain = Chain { chips, bytes: Vec::new(), broken: false, accesses: 0 };
    let chain = Arc::new(Mutex::new(chain));
    (SimSpi { chain: chain.clone() }, ChainControl { chain })
}

/// The models have no state that a panic elsewhere could leave half changed.
fn lock(chain: &Mutex<Chain>) -> MutexGuard<'_, Chain> {
    chain.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ChainControl {
    /// Moves the time of every chip.
    pub fn advance(&self, now: Instant) {
        for chip in &mut lock(&self.chain).chips {
            match chip {
                ChipModel::Daa(daa) => daa.advance(now),
                ChipModel::Slic(slic) => slic.advance(now),
            }
        }
    }

    /// Looks at or changes the Si3050 in this place; `None` if there is none.
    pub fn daa<T>(&self, place: usize, look: impl FnOnce(&mut Si3050Model) -> T) -> Option<T> {
        match lock(&self.chain).chips.get_mut(place) {
            Some(ChipModel::Daa(daa)) => Some(look(daa)),
            _ => None,
        }
    }

    /// Looks at or changes the Si3210; `None` if there is none.
    pub fn slic<T>(&self, look: impl FnOnce(&mut Si3210Model) -> T) -> Option<T> {
        match lock(&self.chain).chips.first_mut() {
            Some(ChipModel::Slic(slic)) => Some(look(slic)),
            _ => None,
        }
    }

    /// Makes every transfer fail, or work again.
    pub fn set_broken(&self, broken: bool) {
        lock(&self.chain).broken = broken;
    }

    /// Whole register accesses so far.
    pub fn accesses(&self) -> u64 {
        lock(&self.chain).accesses
    }
}

impl Chain {
    /// Shifts one byte in and one out. An access ends after its last byte, wherever the chip
    /// select rises.
    fn shift(&mut self, byte: u8) -> u8 {
        self.bytes.push(byte);
        let is_slic = matches!(self.chips.first(), Some(ChipModel::Slic(_)));
        let length = if is_slic { 2 } else { 3 };
        if self.bytes.len() < length {
            return IDLE;
        }
        self.accesses += 1;
        let out = if is_slic { self.slic_access() } else { self.daa_access() };
        self.bytes.clear();
        out
    }

    fn slic_access(&mut self) -> u8 {
        let (address, data) = (self.bytes[0], self.bytes[1]);
        let Some(ChipModel::Slic(slic)) = self.chips.first_mut() else { return IDLE };
        if address & 0x80 != 0 {
            return slic.read(address & 0x7F);
        }
        slic.write(address, data);
        IDLE
    }

    /// Control byte: bit 5 set, bit 6 set for a read, and the chip's place in the four low bits,
    /// lowest bit first.
    fn daa_access(&mut self) -> u8 {
        let (control, address, data) = (self.bytes[0], self.bytes[1], self.bytes[2]);
        let place = usize::from((control & 0x0F).reverse_bits() >> 4);
        let Some(ChipModel::Daa(daa)) = self.chips.get_mut(place) else { return IDLE };
        match control & 0xF0 {
            0x60 => daa.read(address),
            0x20 => {
                daa.write(address, data);
                IDLE
            }
            _ => IDLE,
        }
    }
}

impl ErrorType for SimSpi {
    type Error = ErrorKind;
}

impl SpiDevice for SimSpi {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), ErrorKind> {
        let mut chain = lock(&self.chain);
        if chain.broken {
            return Err(ErrorKind::Other);
        }
        for operation in operations {
            match operation {
                Operation::Read(into) => into.iter_mut().for_each(|b| *b = chain.shift(IDLE)),
                Operation::Write(from) => from.iter().for_each(|b| {
                    chain.shift(*b);
                }),
                Operation::TransferInPlace(both) => {
                    both.iter_mut().for_each(|b| *b = chain.shift(*b));
                }
                Operation::Transfer(into, from) => {
                    for i in 0..into.len().max(from.len()) {
                        let out = chain.shift(from.get(i).copied().unwrap_or(IDLE));
                        if let Some(place) = into.get_mut(i) {
                            *place = out;
                        }
                    }
                }
                Operation::DelayNs(_) => {}
            }
        }
        Ok(())
    }
}
