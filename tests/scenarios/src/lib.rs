//! Whole call flows under virtual time: the core, and around it a simulated world.
//!
//! [`World`] drives the [`Core`](tipring_tipringd::core::Core) and keeps the log; whatever plays
//! the channels and the media implements [`Surroundings`]. [`Scripted`] plays them without any
//! audio: phones ring and answer after set times, prompts last as long as they have words.
//! [`Ledger`] checks, event by event, what must hold for every call. [`branch_day`] runs a whole
//! day of a branch. [`SpanStreet`] adds E1 spans: the box's own signalling on a simulated span, with a
//! simulated exchange at its far end.

#![forbid(unsafe_code)]

mod day;
mod erlang;
mod ledger;
mod scripted;
mod site;
mod span_street;
mod world;

pub use day::{DAY_CALLS, Day, QueueDay, branch_day};
pub use erlang::ErlangC;
pub use ledger::Ledger;
pub use scripted::{Hears, Phone, Scripted};
pub use site::site;
pub use span_street::{SpanStreet, span_entry};
pub use world::{Stimulus, Surroundings, World, number};
