//! The vocabulary of the call-event log (seam 5): everything that can happen to a call, a queue
//! visit and an agent, as one serialisable enum.
//!
//! The machines (`switch`, `ivr`, `acd`) say these words, `store` writes each as one row in the
//! append-only log together with the state it changes, and the web shows them live. Compare
//! Asterisk's `queue_log` and CEL, FreeSWITCH's `CC-Action`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod callback;
mod command;
mod live;

pub use callback::{CallbackOutcome, QueueCause};
pub use command::{Command, ForwardWhen, MonitorMode, RecordingOrder, Refusal, Reply};
pub use live::{
    LineKind, LineState, LiveAbandoned, LiveAgent, LiveCall, LiveCallback, LiveEvent, LiveLine,
    LiveQueue, LiveReason, LiveSegment, LiveState, LiveWaiting,
};
use serde::{Deserialize, Serialize};
use tipring_clock::WallTime;
use tipring_line::{AnswerCertainty, CallId, Cause, Disposition, Number};

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

/// One event, as it is logged.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// When it happened.
    pub at: WallTime,
    /// What happened.
    pub kind: EventKind,
}

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

/// What happened. Every duration is in milliseconds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum EventKind {
    /// A call began.
    CallBegan {
        /// The call.
        call: CallId,
        /// Where it came in: `fxo-1`, `sip:trunk-name`, `sip:8001`.
        source: String,
        /// The number called.
        called: Option<Number>,
        /// The number that calls, if known.
        caller: Option<Number>,
        /// The name that calls, empty if unknown.
        caller_name: String,
        /// Whether it came from outside.
        inbound: bool,
    },
    /// Caller id came after the call had begun.
    CallerKnown {
        /// The call.
        call: CallId,
        /// The number, if known.
        caller: Option<Number>,
        /// The name, empty if unknown.
        caller_name: String,
    },
    /// The box, or the called party, answered the caller.
    CallAnswered {
        /// The call.
        call: CallId,
        /// How surely the called party has; the box itself answers for certain.
        #[serde(default)]
        certainty: AnswerCertainty,
    },
    /// A segment began; the one before it has ended in the same moment.
    SegmentBegan {
        /// The call.
        call: CallId,
        /// The segment.
        segment: SegmentId,
        /// What handles the call now.
        kind: SegmentKind,
        /// Who: flow name, queue name, agent's work number or extension.
        handler: String,
        /// The agent, where one is in it.
        agent: Option<AgentId>,
    },
    /// A segment ended.
    SegmentEnded {
        /// The call.
        call: CallId,
        /// The segment.
        segment: SegmentId,
    },
    /// The flow came to a node.
    FlowNode {
        /// The call.
        call: CallId,
        /// The flow's name.
        flow: String,
        /// The node's name.
        node: String,
    },
    /// The caller pressed a key in a flow or a queue.
    KeyPressed {
        /// The call.
        call: CallId,
        /// The key.
        digit: char,
    },
    /// The caller began to wait.
    QueueEntered {
        /// The call.
        call: CallId,
        /// The queue.
        queue: QueueId,
        /// The queue's name at that time.
        queue_name: String,
        /// Place in the queue, 1 for the next to be served.
        position: u32,
        /// The priority the caller came with, 0 the lowest.
        #[serde(default)]
        priority: u32,
        /// How long the caller has been in the box's queues before this one.
        #[serde(default)]
        waited_before_ms: u64,
    },
    /// The caller's place changed.
    PositionChanged {
        /// The call.
        call: CallId,
        /// The queue.
        queue: QueueId,
        /// The new place.
        position: u32,
    },
    /// The caller's wait ended. Exactly one for each `QueueEntered`.
    QueueLeft {
        /// The call.
        call: CallId,
        /// The queue.
        queue: QueueId,
        /// How it ended.
        outcome: QueueOutcome,
        /// How long the caller waited.
        wait_ms: u64,
        /// Place when the wait ended.
        position: u32,
        /// The agent who answered.
        agent: Option<AgentId>,
        /// Place when the wait began; 0 in rows written before it was known.
        #[serde(default)]
        first_position: u32,
        /// Why the caller was refused or left, where the outcome does not say it all.
        #[serde(default)]
        because: Option<QueueCause>,
    },
    /// A call was offered to an agent.
    OfferBegan {
        /// The call.
        call: CallId,
        /// The queue.
        queue: QueueId,
        /// The agent.
        agent: AgentId,
        /// Where the agent is rung.
        extension: Number,
    },
    /// An offer ended. Exactly one for each `OfferBegan`.
    OfferEnded {
        /// The call.
        call: CallId,
        /// The queue.
        queue: QueueId,
        /// The agent.
        agent: AgentId,
        /// How it ended.
        outcome: OfferOutcome,
        /// How long it rang.
        rang_ms: u64,
    },
    /// A recording began.
    RecordingBegan {
        /// The call.
        call: CallId,
        /// The file, relative to the recordings folder.
        path: String,
    },
    /// A recording ended.
    RecordingEnded {
        /// The call.
        call: CallId,
        /// The file, relative to the recordings folder.
        path: String,
        /// How long it is.
        duration_ms: u64,
        /// How large it is.
        bytes: u64,
    },
    /// A call is over. Exactly one for each `CallBegan`.
    CallEnded {
        /// The call.
        call: CallId,
        /// Why.
        cause: Cause,
        /// Who ended it.
        by: Party,
        /// How it turned out.
        disposition: Disposition,
    },
    /// An agent's state changed.
    AgentChanged {
        /// The agent.
        agent: AgentId,
        /// The agent's work number.
        work_number: Number,
        /// The state now.
        state: AgentState,
        /// Where the agent is logged in.
        extension: Option<Number>,
        /// Why not ready, or why logged out by the box; empty otherwise.
        reason: String,
        /// The call the agent is offered, talks in or settles.
        call: Option<CallId>,
    },
    /// An agent's wrap-up was made longer.
    WrapUpExtended {
        /// The agent.
        agent: AgentId,
        /// By how much.
        by_ms: u64,
    },
    /// An agent asked for a supervisor's leave for a break.
    LeaveAsked {
        /// The agent.
        agent: AgentId,
        /// The break's reason.
        reason: String,
    },
    /// A supervisor decided about an agent's leave; where it was granted, the agent's state
    /// changes in the same moment.
    LeaveDecided {
        /// The agent.
        agent: AgentId,
        /// The break's reason.
        reason: String,
        /// Whether it was granted.
        granted: bool,
        /// Who decided.
        by: String,
    },
    /// An agent has been not ready for longer than the reason allows. Once a break.
    AgentOverdue {
        /// The agent.
        agent: AgentId,
        /// The reason.
        reason: String,
        /// How long it allows.
        limit_ms: u64,
    },
    /// Somebody ordered an agent's state. `AgentChanged` follows at once, or after the call.
    AgentForced {
        /// The agent.
        agent: AgentId,
        /// The state ordered.
        state: AgentState,
        /// Why.
        reason: String,
        /// Who ordered it.
        by: String,
    },
    /// A person changed a waiting caller's priority.
    PriorityChanged {
        /// The call.
        call: CallId,
        /// The queue.
        queue: QueueId,
        /// The new priority.
        priority: u32,
        /// Who ordered it.
        by: String,
    },
    /// A caller goes on to another queue: the visit there follows, with its place kept.
    QueueMoved {
        /// The call.
        call: CallId,
        /// From where.
        from: QueueId,
        /// Where to.
        to: QueueId,
        /// Who ordered it; empty where the box did.
        by: String,
    },
    /// A number is to be called back.
    CallbackAsked {
        /// The call in which it was asked for.
        call: Option<CallId>,
        /// The queue.
        queue: QueueId,
        /// The number.
        number: Number,
        /// How long the caller had waited in the box's queues: the place that is kept.
        waited_ms: u64,
        /// Its priority.
        priority: u32,
        /// Who asked; empty for the caller.
        by: String,
    },
    /// A callback's turn has come: its agent, or its customer, is being rung.
    CallbackTried {
        /// The queue.
        queue: QueueId,
        /// The number.
        number: Number,
        /// The call that is made for it.
        call: CallId,
        /// The agent who is rung first; `null` where the customer is.
        agent: Option<AgentId>,
        /// The how-maniest attempt, from 1.
        attempt: u32,
    },
    /// A callback is over. Exactly one for each `CallbackAsked`.
    CallbackEnded {
        /// The queue.
        queue: QueueId,
        /// The number.
        number: Number,
        /// How it ended.
        outcome: CallbackOutcome,
        /// How many attempts there were.
        attempts: u32,
        /// The call in which the customer was reached, or called again.
        call: Option<CallId>,
        /// The agent who reached the customer.
        agent: Option<AgentId>,
    },
    /// A caller who gave up waiting stands in the list of those still to be called back.
    AbandonedListed {
        /// The call.
        call: CallId,
        /// The queue.
        queue: QueueId,
        /// The number.
        number: Number,
    },
    /// Somebody reached a number of the list of abandoned callers, which it leaves.
    AbandonedReached {
        /// The number.
        number: Number,
        /// The call in which it was reached.
        call: Option<CallId>,
    },
    /// A log-in that failed.
    AgentRefused {
        /// The work number as keyed.
        work_number: String,
        /// Where from.
        extension: Option<Number>,
        /// Why, in words.
        reason: String,
    },
}

impl EventKind {
    /// The call it is about, if it is about one.
    pub fn call(&self) -> Option<CallId> {
        match self {
            EventKind::CallBegan { call, .. }
            | EventKind::CallerKnown { call, .. }
            | EventKind::CallAnswered { call, .. }
            | EventKind::SegmentBegan { call, .. }
            | EventKind::SegmentEnded { call, .. }
            | EventKind::FlowNode { call, .. }
            | EventKind::KeyPressed { call, .. }
            | EventKind::QueueEntered { call, .. }
            | EventKind::PositionChanged { call, .. }
            | EventKind::QueueLeft { call, .. }
            | EventKind::OfferBegan { call, .. }
            | EventKind::OfferEnded { call, .. }
            | EventKind::RecordingBegan { call, .. }
            | EventKind::RecordingEnded { call, .. }
            | EventKind::CallEnded { call, .. } => Some(*call),
            EventKind::PriorityChanged { call, .. }
            | EventKind::QueueMoved { call, .. }
            | EventKind::CallbackTried { call, .. }
            | EventKind::AbandonedListed { call, .. } => Some(*call),
            EventKind::CallbackAsked { call, .. }
            | EventKind::CallbackEnded { call, .. }
            | EventKind::AbandonedReached { call, .. } => *call,
            EventKind::WrapUpExtended { .. }
            | EventKind::LeaveAsked { .. }
            | EventKind::LeaveDecided { .. }
            | EventKind::AgentOverdue { .. }
            | EventKind::AgentForced { .. } => None,
            EventKind::AgentChanged { call, .. } => *call,
            EventKind::AgentRefused { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_reads_back_from_its_json() {
        let kind = EventKind::QueueLeft {
            call: CallId(7),
            queue: QueueId(1),
            outcome: QueueOutcome::ShortAbandoned,
            wait_ms: 1200,
            position: 2,
            agent: None,
            first_position: 4,
            because: None,
        };
        let json = serde_json::to_string(&kind).unwrap();
        assert!(json.starts_with(r#"{"event":"queue-left","call":7,"#), "{json}");
        assert_eq!(serde_json::from_str::<EventKind>(&json).unwrap(), kind);
        assert_eq!(kind.call(), Some(CallId(7)));
        // A row written before the last two fields were known.
        let old = r#"{"event":"queue-left","call":7,"queue":1,"outcome":"answered","wait_ms":1,
            "position":1,"agent":3}"#;
        let read = serde_json::from_str::<EventKind>(old).unwrap();
        assert!(matches!(read, EventKind::QueueLeft { first_position: 0, because: None, .. }));
    }
}
