//! Automatic call distribution: queues, agents, and who gets which caller.
//!
//! Sans-IO. Callers enter and leave, agents log in and become ready, offers are answered or not;
//! out come offers, announcements, events for the log. An agent who becomes free is offered the
//! next caller in the same call of the machine: nothing polls.
//!
//! Left out on purpose: channels and audio (`switch`), what a caller who leaves hears (`ivr`).

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod abandoned;
mod acd;
mod agent;
mod announcing;
mod breaks;
mod callback;
mod config;
mod customer;
mod desk;
mod leaving;
mod live;
mod lock_out;
mod memberships;
mod memory;
mod offer;
mod offering;
mod output;
mod pace;
mod queue;
mod reconfigure;
mod shift;
mod stage;
mod strategy;
mod visit;
mod waiting;

pub use acd::Acd;
pub use config::{
    AcdConfig, AgentConfig, AgentGroup, AnnounceConfig, CallbackConfig, CallbackFirst,
    CalledConfig, Conditions, DeskConfig, Destination, Escalation, GroupMembership, LockOut,
    Membership, NamedOverflow, Overflow, QueueConfig, ReasonConfig, Relax, Secret, Strategy,
    Threshold, VipConfig, WaitKeys,
};
pub use live::Caller;
pub use memberships::Memberships;
pub use memory::{BOX_STOPPED, Memory};
pub use output::{AcdOutput, Entered, Join, Left};
pub use shift::Shift;
