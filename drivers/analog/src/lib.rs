//! FXO and FXS signalling over any analog port.
//!
//! [`Fxo`] makes a channel of an exchange line, [`Fxs`] of a handset's line. Both are sans-IO:
//! they own an [`AnalogPort`](tipring_line::AnalogPort), are driven by
//! [`tick`](tipring_line::FrameChannel::tick) once every 20 ms with the time handed in, and speak
//! the commands and events of every channel. After their making they do not allocate.
//!
//! Sources: ringing and tones by GB/T 3380-1982 (China) and ITU-T E.180; caller id by YDN 069,
//! YD/T 1277.1, Telcordia GR-30, ETSI EN 300 659. Where real lines differ from them, the place
//! that handles it says so.
//!
//! Left out for good: the caller id of Japan, which asks the box to go off-hook for it.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod events;
mod fxo;
mod fxs;
pub mod line_test;
mod plan;
pub mod plans;
mod renewal;

pub use events::Faults;
pub use fxo::{
    CallerSource, Dialling, Fxo, FxoDiagnostics, FxoSettings, LineRenewal, LineRing, LineService,
    PolarityUse, RingReport, SeizeRefusal, ServiceError, ServiceReport,
};
pub use fxs::{
    CallerIdSending, FskSending, Fxs, FxsSettings, FxsTones, HandsetRenewal, HookTiming, HotLine,
    Howler, MessageLamp, RingCadence, WallReference,
};
pub use plan::{Completion, DialPlan, DialRule};
