//! Time as the rest of Tipring sees it.
//!
//! Machines are sans-IO: they are handed an [`Instant`] with every input and say, through their
//! `poll_timeout`, when they next want to be called. This crate gives them the [`Instant`], the
//! calendar's [`WallTime`], and the two tables that hold timers: [`Timers`] for one machine with
//! a few named timers and [`TimerQueue`] for a machine with thousands of keyed ones.
//!
//! Only [`RealClock`] reads the system's clocks. Tests and the simulator use [`VirtualClock`].

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod instant;
mod queue;
mod source;
mod timers;
mod wall;

pub use core::time::Duration;
pub use instant::Instant;
pub use queue::TimerQueue;
pub use source::{Clock, RealClock, VirtualClock};
pub use timers::{TimerName, Timers};
pub use wall::{CivilTime, WallTime};
