//! Analog channels of DAHDI, the Linux kernel's telephony drivers, as ports of the box.
//!
//! [`open`] gives a [`DahdiPort`], which the real-time thread ticks like any other port, and its
//! [`DahdiKeeper`], which another thread calls about once a second: it opens a channel again that
//! had gone, and measures the line. [`FrameClock`] gives the channels' own pace; a port that is
//! exchanged by another clock keeps its delay and counts its slips ([`PortStats`]). [`Control`]
//! lists what is there.
//!
//! Signalling is named after the far device in DAHDI: an FXO port has FXS signalling (`fxsks`) and
//! the other way round. Here a port is what it is.
//!
//! Audio crosses companded, as the chips of the cards have it, and is made linear here.
//!
//! Spans of E1 come in two parts: each timeslot is a [`DahdiTimeslot`], for the real-time thread;
//! their state, tests and D-channel are a [`DahdiSpan`], which has a [`SpanKeeper`] as a port has.
//! [`Control`] lists them and sets them up by a [`SpanPlan`], so that they need no `dahdi_cfg`. A
//! [`DahdiLoop`] sends back what a timeslot receives, and [`test_timeslot`] counts the bits that come
//! back wrong.
//!
//! Left out on purpose: the kernel's own tones, dialling and echo cancellers, which the crates
//! above bring along; gains of the cards; spans of T1, BRI and signalling system No. 7.
//!
//! Source: the interface of DAHDI 2.11 to 3.4 (`dahdi/user.h`), and its behaviour as observed.

#![deny(missing_docs)]

mod abi;
mod blocks;
mod device;
mod fxs_loop;
mod keeper;
mod layout;
mod open;
mod pace;
mod pattern;
mod port;
mod set_up;
mod span;
mod span_keeper;
mod spans;
mod timer;
mod timeslot;

pub use device::{Channel, Device, Hook};
pub use keeper::{DahdiKeeper, Opened, Opener, Tended, open_with, timeslot_with};
pub use layout::{LineStats, Params};
pub use open::{ChannelSettings, OpenError, open};
pub use pace::Slips;
pub use pattern::{PatternError, test_timeslot};
pub use port::{DahdiPort, PortStats};
pub use set_up::{SetUp, SpanPlan};
pub use span::{DahdiSpan, SpanSettings};
pub use span_keeper::{SpanKeeper, open_span};
pub use spans::{
    ChannelStatus, ChannelUse, Control, LineCoding, SpanLine, SpanStatus, TimingSource,
};
pub use timer::FrameClock;
pub use timeslot::{DahdiLoop, DahdiTimeslot, TimeslotSettings, open_loop, open_timeslot};
