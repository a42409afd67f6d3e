//! Signal processing for telephone lines: 8 kHz, 16-bit linear, levels in dBm0.
//!
//! Every detector takes samples with `rx(&mut self, &[i16])` and is polled for what it found;
//! every generator fills samples with `tx(&mut self, &mut [i16]) -> usize`. Both take slices of
//! any length, count samples instead of reading clocks, and after their making neither allocate
//! nor print, so that they can run in the real-time thread. All are `Send`.
//!
//! - [`g711`]: A-law and µ-law (ITU-T G.711).
//! - [`DtmfDetector`], [`DtmfGenerator`]: push-button signalling (ITU-T Q.23, Q.24).
//! - [`MfReceiver`], [`MfGenerator`]: the signals between registers of R2 (ITU-T Q.441, Q.454,
//!   Q.455).
//! - [`ToneGenerator`], [`ProgressDetector`]: call-progress tones by frequency and cadence
//!   (ITU-T E.180; China GB/T 3380-1982).
//! - [`ToneLearner`]: the frequencies and the cadence of a tone no plan knows.
//! - [`caller_id`]: FSK by Bell 202 and V.23, and DTMF, both ways.
//! - [`LevelMeter`], [`Psophometer`], [`ToneMeter`]: levels in dBm0, noise in dBm0p (ITU-T O.41),
//!   and a tone in figures.
//! - [`EchoCanceller`]: takes the line's echo out of what is received (ITU-T G.168).
//! - [`ResidualSuppressor`]: takes what the canceller leaves down, and fills in comfort noise.
//! - [`FaxToneDetector`]: the tones by which fax machines announce themselves (ITU-T T.30).
//! - [`PatternTest`]: a pseudo-random pattern through a timeslot, and its bit errors (ITU-T O.150).
//!
//! The DTMF detector is ours because SpanDSP's, whose blocks of 12.75 ms are too short to tell a
//! frequency by, misses digits at the limits of Q.24 (`./box bench dtmf` compares both). The FSK
//! receiver is ours too, because SpanDSP's hands bits to a callback and places bit edges on whole
//! samples. The generators share one oscillator. SpanDSP serves as the second opinion in the
//! tests. Left out on purpose: fax modems.

#![deny(missing_docs)]

pub mod caller_id;
mod dtmf;
mod echo;
mod fax_tone;
mod fourier;
pub mod g711;
mod learn;
mod level;
mod mf;
mod oscillator;
mod prbs;
mod progress;
mod psophometric;
mod queue;
mod suppressor;
mod tone;
pub mod tones;

pub use dtmf::{DtmfDetector, DtmfEvent, DtmfGenerator, DtmfLevels, DtmfTiming};
pub use echo::{EchoCanceller, EchoTail};
pub use fax_tone::{FaxTone, FaxToneDetector};
pub use learn::{
    Heard, LearnProgress, LearntPart, LearntTone, ToneLearner, ToneMeter, ToneReading,
};
pub use level::{Level, LevelMeter, dbm0_to_peak, dbm0_to_rms, rms_to_dbm0};
pub use mf::{MfDirection, MfEvent, MfGenerator, MfReceiver, MfSignal};
pub use prbs::{BitErrors, PatternTest};
pub use progress::{OTHERS_MAX, ProgressDetector, ProgressPlan, ProgressTone, Sound, TONES_MAX};
pub use psophometric::{Noise, Psophometer};
pub use suppressor::ResidualSuppressor;
pub use tone::{ToneCadence, ToneGenerator, ToneStep};
