//! The box's configuration as one document: read from and written as TOML, checked as a whole,
//! and resolved into what the machines are told.
//!
//! Unknown keys are refused with the line and the nearest known name; names that lead nowhere
//! (a flow's queue, an agent's queue, a line's port) are refused with where they stand. Nothing
//! is taken over unless everything is right.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod changes;
mod check;
mod document;
mod error;
mod features;
mod first;
mod handset;
mod numbering;
mod prompt;
mod queues;
mod resolve;
mod retention;
mod span;

pub use changes::{changes, mask};
pub use document::{
    Dialling, Digest, Document, ExtensionEntry, LearntTone, LineEntry, LineRingEntry, Registration,
    ScreenPop, SipEntry, TrunkDtmf, TrunkEntry, TrunkTransport,
};
pub use error::ConfigError;
pub use first::{FirstStart, first_document};
pub use handset::{HandsetCallerId, HandsetEntry, HandsetLamp, HotLineEntry, RingingEntry};
pub use numbering::NumberingEntry;
pub use prompt::PromptEntry;
pub use resolve::{BoardPort, Resolved, SipAccount, Site};
pub use retention::{CallsOf, RetentionConfig, RetentionRule, WhenFull};
pub use span::{SpanClock, SpanEntry};
