//! Push-button signalling: ITU-T Q.23 (what is sent) and Q.24 (what is understood).

mod detector;
mod generator;

pub use detector::{DtmfDetector, DtmfEvent};
pub use generator::{DtmfGenerator, DtmfLevels, DtmfTiming};
