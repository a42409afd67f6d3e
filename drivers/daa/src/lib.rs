//! Analog cards of SPI chips: exchange lines over the Si3050 DAA, handsets over the Si3210 SLIC.
//!
//! ```text
//!  media thread              rings                     driver threads
//! DaaPort ──commands──────────────▶ Card ── SPI ──▶ Si3050, Si3210
//!         ◀─events, readings───────
//!         ──samples───────────────▶ PcmHighway ── ALSA ──▶ PCM highway
//!         ◀─samples────────────────
//! ```
//! [`DaaPort`] is the analog port of seam 1, for either kind of chip. It touches neither bus: what
//! it says and hears passes through bounded rings, so it neither blocks nor locks nor allocates.
//! [`Card`] owns the SPI buses and the chips' machines ([`si3050::Daa`], [`si3210::Slic`]); they
//! are sans-IO, generic over `embedded-hal`, and driven by polls with the time handed in.
//! [`PcmHighway`] owns the PCM and exchanges one frame for all slots at once. [`Driver`] runs
//! both, each on a thread of its own; tests run them under virtual time.
//!
//! Sources: the data sheets of the chips, named by chapter in the register tables
//! ([`si3050::register_table`], [`si3210::register_table`]); telephone-line figures where they
//! stand.
//!
//! Left out on purpose: the Si3217x, whose program memory must be loaded with a file under its
//! maker's licence; interrupts, since the chips are polled every 8 ms; ground start.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod card;
mod country;
mod country_table;
mod driver;
mod error;
mod events;
mod framing;
mod linux;
pub mod pcm;
mod port;
mod register;
pub mod si3050;
pub mod si3210;
mod slot;

pub use card::{Card, NoResetLine, Report, SpiNumber};
pub use country::{
    AcTermination, COUNTRIES, Country, MinimumCurrent, RingThreshold, TipRingVoltage,
    UnknownCountry,
};
pub use driver::Driver;
pub use error::ChipError;
pub use framing::{ChipSelect, DAA_CHAIN_MAX, Framing, SLIC_CHAIN_MAX};
pub use linux::{OpenError, open_reset_line, open_spi};
pub use pcm::{PcmHighway, PcmSettings};
pub use port::DaaPort;
pub use register::Register;
pub use slot::{PcmFormat, Slot};
