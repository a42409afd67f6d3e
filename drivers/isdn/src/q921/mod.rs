//! The data link layer of the D-channel: LAPD (ITU-T Q.921, 09/97), point to point.

mod counters;
mod frame;
mod link;
mod peer;
mod receive;
mod settings;

pub use counters::Counters;
pub use frame::{Control, FrameError, Octets, Repr, SAPI_CALL_CONTROL, SAPI_MANAGEMENT};
pub use link::{Link, LinkEvent, QueueFull, State};
pub use settings::{Settings, Side};

/// Octets in the longest information field (N201, clause 5.9.3).
pub const INFO_MAX: usize = 260;
/// Octets in the longest frame: address, control and information, no FCS.
pub const FRAME_MAX: usize = INFO_MAX + 4;
