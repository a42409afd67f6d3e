//! Analog chips at register level, behind the SPI trait that the real driver uses.
//!
//! [`spi_chain`] makes an SPI device with a chain of Si3050 or one Si3210 on it, and the
//! [`ChainControl`] of whoever plays the line and the telephone. The chips keep their own time,
//! which the control moves: a soft reset takes as long as the real one and swallows what comes
//! meanwhile, the isolation link comes up late, ringing current alternates at 25 Hz in the bits
//! that show it.
//!
//! What the models know comes from the chips' data sheets. They are strict: an access that a real
//! chip would not take is counted, so that a test can insist that there was none. Left out on
//! purpose: audio (the PCM highway has a seam of its own), gains, and every register that only
//! keeps what is written.

mod chain;
mod si3050;
mod si3210;

pub use chain::{ChainControl, SimSpi, spi_chain};
pub use si3050::Si3050Model;
pub use si3210::Si3210Model;

/// A chip of either kind.
#[derive(Clone, Debug)]
pub enum ChipModel {
    /// An exchange line.
    Daa(Si3050Model),
    /// A handset's line.
    Slic(Box<Si3210Model>),
}
