//! The words events are made of: ids and outcomes.

use serde::{Deserialize, Serialize};

/// An agent, by the id that never changes (the work number may).
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct AgentId(pub u32);

/// A queue, by the id that never changes (the name may).
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct QueueId(pub u32);

/// A segment of a call, counted from 1 within the call.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct SegmentId(pub u16);

/// What handles a call during a segment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SegmentKind {
    /// A flow guides the caller.
    Ivr,
    /// The caller waits in a queue.
    Queue,
    /// A phone is rung for the caller.
    Ring,
    /// Two parties talk.
    Talk,
    /// One party has put the other on hold.
    Hold,
    /// One party has put the other on hold and talks to a third.
    Consult,
    /// Three or more talk.
    Conference,
    /// The caller waits at a parking place.
    Park,
    /// The agent settles the call after the customer's leg has ended.
    WrapUp,
}

/// Who ended something.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// The one who called.
    Caller,
    /// The agent or extension who was called.
    Callee,
    /// The box: flow, time-out, supervisor's or API command, failure.
    Box,
}

/// The one outcome of a queue visit; exclusive and exhaustive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum QueueOutcome {
    /// An agent answered.
    Answered,
    /// The caller hung up.
    Abandoned,
    /// The caller hung up within the queue's short-abandon limit.
    ShortAbandoned,
    /// The longest wait was over.
    TimedOut,
    /// The caller left by a key.
    LeftByKey,
    /// The caller asked to be called back.
    CallbackRequested,
    /// Moved to another queue or number because of length or wait.
    Overflowed,
    /// Nobody was logged in any more.
    LeftEmpty,
    /// Not let in: closed, full, or no agents.
    Refused,
    /// A person moved the caller elsewhere.
    TransferredAway,
    /// The box stopped in the middle of it.
    Interrupted,
}

/// How an offer to an agent ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OfferOutcome {
    /// The agent answered.
    Answered,
    /// It rang for the queue's `ring_s` without an answer.
    NoAnswer,
    /// The agent refused.
    Rejected,
    /// The phone was busy.
    Busy,
    /// The phone could not be reached.
    Unreachable,
    /// The caller left, or another agent answered.
    Cancelled,
}

/// Why the file of a recording was removed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Removal {
    /// It was kept as long as it is to be kept.
    Age,
    /// All recordings together took more than they may.
    TotalSize,
    /// The disk was full.
    DiskFull,
    /// It was too short to be kept.
    TooShort,
}

/// An agent's state as shown and logged.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AgentState {
    /// Not at work.
    #[default]
    LoggedOut,
    /// Waits for a call.
    Ready,
    /// A call rings at the agent's phone.
    Offered,
    /// Talks.
    Talking,
    /// Settles the last call.
    WrapUp,
    /// Away, for a reason.
    NotReady,
}
