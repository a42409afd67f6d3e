//! The flow interpreter: what a caller hears, and where the keys lead.
//!
//! A [`Flow`] is data. One interpreter runs for each call, sans-IO: keys, ends of prompts and ends
//! of waits go in with the time; what to play, where to wait and when to hang up come out.
//!
//! Left out on purpose: audio, channels (`switch`) and queues (`acd`).

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod check;
mod flow;
mod interpreter;
mod program;

pub use check::{FlowFault, Names, check};
pub use flow::{Flow, Key, Node, QueueNode, Tries};
pub use interpreter::{Hours, Interpreter, IvrInput, IvrOutput, QueueEdge, QueueWait};
pub use program::Program;
