//! The box's memory: one SQLite database, `tipring.db`, in the state folder.
//!
//! Everything that happens to a call, a queue visit or an agent is one row of the append-only
//! event log (seam 5), written by one thread in the same transaction as the rows derived from it:
//! calls, segments, queue visits, offers, agent states, recordings. The derivation is one pure
//! function of an event, so the tables can be made again from the log and come out the same
//! ([`Store::rebuild`]).
//!
//! Writing is batched for flash that wears: what comes within 20 ms shares a transaction, the log
//! is forced to the disk about once a second while there is something new, and an idle box writes
//! nothing. [`Store::log`] never waits for the disk; its queue is bounded and says when it is full.
//! A power cut costs at most about the last second; calls it cut off are closed as interrupted when
//! the store is next opened.
//!
//! Beside the log stands what people decided (configuration, users, tokens, webhooks), each change
//! in one transaction with the row of the audit log that tells of it.
//!
//! Left out on purpose: what the words mean (that is the switch's), reports (they are derived
//! later from the same log), and login sessions (they live in memory with the web).

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod apply;
mod audit;
mod calls;
mod counts;
mod derive;
mod error;
mod figures;
mod holds;
mod inbox;
mod interrupted;
mod jobs;
mod listening;
mod places;
mod reader;
mod replay;
mod retention;
mod rows;
mod schema;
mod store;
mod tokens;
mod users;
mod value;
mod webhooks;
mod word;
mod writer;

pub use audit::{AUDIT_PER_PAGE_MAX, AuditEntry, AuditFilter, AuditRow};
pub use calls::{CALL_EVENTS_MAX, CALLS_PER_PAGE_MAX, CallFilter, CallPage, Cursor};
pub use counts::Counts;
pub use error::StoreError;
pub use figures::{
    By, CallFigures, FIGURE_ROWS_MAX, FigureQuery, FigureRow, FigureSubject, HandlingFigures,
    Limits, OfferFigures, ServiceLevel, Step, StepStart, TimeFigures, VisitFigures, WaitBucket,
};
pub use holds::LegalHold;
pub use inbox::{Full, QUEUE_EVENTS_MAX};
pub use interrupted::{InterruptedAgent, RecordingLength};
pub use jobs::Configuration;
pub use listening::{LISTENINGS_PER_PAGE_MAX, Listening, ListeningFilter};
pub use reader::Reader;
pub use replay::REPLAY_EVENTS_MAX;
pub use retention::{KEPT_RECORDINGS_PER_PAGE_MAX, KeptRecording, RemovedRecords};
pub use rows::{
    AgentStateRow, CallDetail, CallSummary, LoggedEvent, OfferRow, QueueVisitRow, RecordingRow,
    SegmentRow,
};
pub use store::{Opened, Stats, Store};
pub use tokens::{Token, TokenId};
pub use users::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PasswordError, Role, User};
pub use webhooks::{DEAD_MAX, DeadLetter, RawEvent, Webhook, WebhookChange, WebhookId};
