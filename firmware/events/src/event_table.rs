//! The table of events: every kind the log knows, each once, with its fields.
//!
//! Rows are kept for years: a field that is added has a default, and nothing is renamed.

use serde::{Deserialize, Serialize};
use tipring_line::{AnswerCertainty, CallId, Cause, Disposition, Notice, Number, RedirectReason};

use crate::{
    AgentId, AgentState, CallbackOutcome, ForwardWhen, MonitorMode, OfferOutcome, Party,
    QueueCause, QueueId, QueueOutcome, Removal, SegmentId, SegmentKind,
};

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
    /// A call moved on: whoever transferred it has left, and talk time counts for the next from
    /// here on.
    CallTransferred {
        /// The call that goes on.
        call: CallId,
        /// The extension that transferred it.
        by: Number,
        /// The agent there.
        agent: Option<AgentId>,
        /// Where to.
        to: Option<Number>,
        /// The consultation call that became part of this one, if it was attended; it ends in the
        /// same moment.
        consulted: Option<CallId>,
    },
    /// The target of a transfer did not take the call: it goes back to whoever transferred it.
    TransferFailed {
        /// The call.
        call: CallId,
        /// The extension it goes back to.
        by: Number,
        /// Why.
        cause: Cause,
    },
    /// A call waits at a parking place.
    CallParked {
        /// The call.
        call: CallId,
        /// The place.
        place: Number,
        /// Who parked it.
        by: Number,
    },
    /// A call left its parking place.
    CallUnparked {
        /// The call.
        call: CallId,
        /// The place.
        place: Number,
        /// Who took it; `null` when its time was over and it goes back to whoever parked it, or
        /// when the caller hung up.
        by: Option<Number>,
    },
    /// A call that rang at one extension was taken at another.
    CallPickedUp {
        /// The call.
        call: CallId,
        /// Where it rang.
        from: Number,
        /// Who took it.
        by: Number,
    },
    /// A call to an extension goes elsewhere.
    CallForwarded {
        /// The call.
        call: CallId,
        /// The extension called.
        from: Number,
        /// Where the call goes.
        to: Number,
        /// Which of its forwardings.
        when: ForwardWhen,
    },
    /// A party joined a conference.
    ConferenceJoined {
        /// The call.
        call: CallId,
        /// The party: an extension or an outside number.
        party: String,
        /// The agent there.
        agent: Option<AgentId>,
    },
    /// A party left a conference.
    ConferenceLeft {
        /// The call.
        call: CallId,
        /// The party: an extension or an outside number.
        party: String,
        /// The agent there.
        agent: Option<AgentId>,
    },
    /// A party is no longer heard by the others (`true`), or heard again.
    PartyMuted {
        /// The call.
        call: CallId,
        /// Whose phone.
        extension: Number,
        /// Whether muted.
        muted: bool,
    },
    /// A supervisor began to hear an agent's call.
    MonitorBegan {
        /// The call.
        call: CallId,
        /// The supervisor's phone.
        extension: Number,
        /// How.
        mode: MonitorMode,
        /// Who: the user, or the extension.
        by: String,
        /// The agent whose call it is.
        agent: Option<AgentId>,
    },
    /// A supervisor takes part in another way.
    MonitorChanged {
        /// The call.
        call: CallId,
        /// The supervisor's phone.
        extension: Number,
        /// How from now on.
        mode: MonitorMode,
        /// Who: the user, or the extension.
        by: String,
    },
    /// A supervisor hears the call no more.
    MonitorEnded {
        /// The call.
        call: CallId,
        /// The supervisor's phone.
        extension: Number,
    },
    /// A supervisor took a call; the agent's leg ended.
    TakenOver {
        /// The call.
        call: CallId,
        /// The supervisor's phone.
        extension: Number,
        /// Who: the user, or the extension.
        by: String,
        /// The agent it was taken from.
        agent: Option<AgentId>,
    },
    /// A person ended somebody else's call. `CallEnded` follows at once.
    ForceReleased {
        /// The call.
        call: CallId,
        /// Who.
        by: String,
    },
    /// A recording holds silence from here on.
    RecordingPaused {
        /// The call.
        call: CallId,
        /// Where in the recording.
        offset_ms: u64,
        /// Who ordered it.
        by: String,
    },
    /// A recording holds the parties again.
    RecordingResumed {
        /// The call.
        call: CallId,
        /// Where in the recording.
        offset_ms: u64,
        /// Who ordered it.
        by: String,
    },
    /// A recording was too short to be kept. Follows its `RecordingEnded`.
    RecordingDiscarded {
        /// The call.
        call: CallId,
        /// The file that was removed, relative to the recordings folder.
        path: String,
    },
    /// The file of a recording was removed because its time was over, or to make room.
    RecordingRemoved {
        /// The call.
        call: CallId,
        /// The file that was removed, relative to the recordings folder.
        path: String,
        /// Why.
        because: Removal,
    },
    /// The account a call is booked to.
    AccountGiven {
        /// The call.
        call: CallId,
        /// The account.
        account: Number,
    },
    /// A number was not called because it is on the do-not-call list.
    DoNotCallHit {
        /// The call.
        call: CallId,
        /// The number.
        number: Number,
    },
    /// Calls to an extension go elsewhere from now on, or no longer.
    ForwardChanged {
        /// The extension.
        extension: Number,
        /// When.
        when: ForwardWhen,
        /// Where to; `null` when no longer.
        to: Option<Number>,
    },
    /// An extension is not rung from now on (`true`), or is again.
    DoNotDisturbChanged {
        /// The extension.
        extension: Number,
        /// Whether it is left alone.
        on: bool,
    },
    /// Another phone took over a phone's part in a call that talks.
    LegReplaced {
        /// The call.
        call: CallId,
        /// Whose part it was.
        from: Number,
        /// Whose it is now.
        by: Number,
    },
    /// The parties heard that the call is recorded. Its `RecordingBegan` follows.
    RecordingAnnounced {
        /// The call.
        call: CallId,
    },
    /// Messages wait for an extension (`true`), or no more.
    MessageWaitingChanged {
        /// The extension.
        extension: Number,
        /// Whether messages wait.
        waiting: bool,
        /// The line whose exchange said so; empty where a person or other software did.
        line: String,
    },
    /// A call was led to the box from another number. Follows its `CallBegan`.
    CallRedirected {
        /// The call.
        call: CallId,
        /// The number that led it on last, where told and not hidden.
        by: Option<Number>,
        /// Why.
        reason: RedirectReason,
        /// The number that was called first, where told.
        original: Option<Number>,
    },
    /// Who answered a call to the outside, as its network tells (COLP).
    PartyConnected {
        /// The call.
        call: CallId,
        /// The number, where it may be shown.
        number: Option<Number>,
        /// The name, empty if none was told.
        name: String,
        /// Whether the party hides its number.
        hidden: bool,
    },
    /// The network said what the outside party does.
    PartyNotified {
        /// The call.
        call: CallId,
        /// The span, line or trunk of that party.
        line: String,
        /// What.
        notice: Notice,
        /// Whether the other party's network was told.
        passed: bool,
    },
    /// A supplementary service's components came from a network.
    ComponentsReceived {
        /// The call.
        call: CallId,
        /// The span they came by.
        line: String,
        /// The components, two hexadecimal digits an octet.
        components: String,
        /// Whether they were passed on to the other party's network.
        passed: bool,
    },
    /// Somebody took channels of a span out of service, or back into it.
    SpanServiceChanged {
        /// The span.
        span: String,
        /// The timeslots that are out of service now.
        out_of_service: Vec<u8>,
        /// Those of them that the configuration had out of service at that time.
        configured: Vec<u8>,
    },
}
