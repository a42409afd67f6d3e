//! Automatic call distribution: queues, agents, and who gets which caller.
//!
//! Sans-IO. Callers enter and leave, agents log in and become ready, offers are answered or not;
//! out come offers, announcements, events for the log. An agent who becomes free is offered the
//! next caller in the same call of the machine: nothing polls.
//!
//! Left out on purpose: channels and audio (`switch`), what a caller who leaves hears (`ivr`).

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod acd;
mod agent;
mod config;
mod desk;
mod live;
mod lock_out;
mod offering;
mod output;
mod queue;
mod reconfigure;
mod waiting;

pub use acd::Acd;
pub use config::{AcdConfig, AgentConfig, LockOut, QueueConfig, Secret, Strategy};
pub use output::{AcdOutput, Entered, Left};
