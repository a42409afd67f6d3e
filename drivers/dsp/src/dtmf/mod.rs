//! Push-button signalling: ITU-T Q.23 (what is sent) and Q.24 (what is understood).

mod bands;
mod complex;
mod detector;
mod generator;
mod history;
mod judge;
mod keypad;
mod sine;
mod span;

pub use detector::{DtmfDetector, DtmfEvent};
pub use generator::{DtmfGenerator, DtmfLevels, DtmfTiming};
