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
//! Left out on purpose: E1 spans and their D-channels; the kernel's own tones, dialling and echo
//! cancellers, which the crates above bring along; gains of the cards.
//!
//! Source: the interface of DAHDI 2.11 to 3.4 (`dahdi/user.h`), and its behaviour as observed.

#![deny(missing_docs)]

mod abi;
mod device;
mod fxs_loop;
mod keeper;
mod layout;
mod open;
mod pace;
mod port;
mod spans;
mod timer;

pub use device::{Channel, Device, Hook};
pub use keeper::{DahdiKeeper, Opened, Opener, Tended, open_with};
pub use layout::{LineStats, Params};
pub use open::{ChannelSettings, OpenError, open};
pub use pace::Slips;
pub use port::{DahdiPort, PortStats};
pub use spans::{ChannelStatus, Control, SpanStatus};
pub use timer::FrameClock;
