//! The simulated exchange and handset, behind the same hardware trait as real ports.
//!
//! Everything is at sample level and driven by the port's `exchange`, one frame of 20 ms a call:
//! no threads, no clocks, and one seed gives one course of events. [`exchange_line`] makes the
//! box's FXO port and, for whoever plays the street, its control; [`handset`] makes the box's FXS
//! port and the control of the telephone on it. The port halves go into the real-time thread and
//! neither allocate nor lock; the controls are used from any other thread, and the two are joined
//! by bounded rings. [`daa`] has the chips of SPI cards, one level deeper: as registers.
//!
//! ```text
//!            SimFxoPort                                       ExchangeControl
//! box ──▶ hybrid ⇄ two wires ⇄ hybrid ──▶ caller      ◀── place_call, called party, faults
//!      ◀── echo, loss, noise ──────────── tones, speech ──▶ events, what was heard
//! ```
//!
//! A line's faults are data of its [`LineModel`] and orders of its [`ExchangeControl`]; picking
//! them by seed is the business of tests. The handset is a [`Telephone`]: by tones or by a dial,
//! with contacts that bounce, with a display that reads who calls and who waits. [`span`] is an E1
//! with two ends. Left out on purpose: an exchange that tells who waits (type II), the caller id of
//! Japan, which asks the box to go off-hook.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod daa;
mod echo;
mod exchange;
mod handset;
mod keys;
mod link;
mod model;
mod span;
mod talker;
mod two_wire;
mod wav;

pub use echo::EchoPath;
pub use exchange::{
    CallPlan, CalledOutcome, CalledPlan, EndReason, ExchangeControl, ExchangeEvent, SimFxoPort,
    exchange_line,
};
pub use handset::{
    Dialling, Display, Disturbances, EndsOn, HandsetControl, HandsetEvent, HandsetPlan, SimFxsPort,
    Telephone, handset, telephone,
};
pub use keys::{KeyPlan, KeyPlanError, KeyPress};
pub use link::ControlError;
pub use model::{
    BitErrors, CallerIdDelivery, DtmfDelivery, ExchangeTones, Feeding, FskAlert, FskDelivery, Gap,
    Hum, LineModel, ReleaseSign, Ringing,
};
pub use span::{
    EndSettings, HDLC_BYTES_MAX, SimSpan, SimTimeslot, SpanControl, SpanEnd, SpanFault, SpanFaults,
    TIMESLOTS, span, span_between,
};
pub use talker::{Script, Speech, Talker};
pub use wav::{WavError, read_wav, write_wav};
