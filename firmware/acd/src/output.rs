//! What goes into the queues with a caller, and what they put out.

use std::sync::Arc;

use tipring_clock::Instant;
use tipring_events::{AgentId, EventKind, QueueCause, QueueId};
use tipring_line::{CallId, Cause, Number};
use tipring_tts::Utterance;

/// Who wants to wait, and for what.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Join {
    /// When the call first joined any queue, so that who is moved keeps the place; now if `None`.
    pub joined: Option<Instant>,
    /// What the flow adds to the priority.
    pub priority: u32,
    /// The number that calls, if known.
    pub caller: Option<Number>,
    /// The number called.
    pub called: Option<Number>,
    /// The agent asked for, by work number.
    pub agent: Option<Number>,
    /// The skills asked for, with the lowest levels that will do.
    pub skills: Vec<(Arc<str>, u8)>,
}

/// Why a caller is handed back.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Left {
    /// The longest wait is over.
    TimedOut,
    /// This holds.
    Cause(QueueCause),
    /// The caller will be called back.
    CallbackTaken,
    /// The caller goes to this number.
    Number(Number),
}

/// Whether a caller may wait.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Entered {
    /// The caller waits, perhaps in the queue that this one overflows to, and may already be
    /// offered to an agent.
    Waiting,
    /// The caller may not, or goes elsewhere.
    Left(Left),
    /// There is no such queue.
    NoSuchQueue,
}

/// What the queues put out.
#[derive(Clone, PartialEq, Debug)]
pub enum AcdOutput {
    /// Ring this agent for this caller.
    Offer {
        /// The caller's call.
        call: CallId,
        /// The agent.
        agent: AgentId,
        /// The agent's work number.
        work_number: Number,
        /// Where the agent is.
        extension: Number,
    },
    /// Stop ringing this agent.
    CancelOffer {
        /// The caller's call.
        call: CallId,
        /// The agent.
        agent: AgentId,
        /// Why.
        cause: Cause,
    },
    /// Connect the caller with the agent who has answered.
    Connect {
        /// The caller's call.
        call: CallId,
        /// The agent.
        agent: AgentId,
        /// Whether to record from now on.
        record: bool,
    },
    /// Play this to the caller.
    Announce {
        /// The caller's call.
        call: CallId,
        /// What.
        say: Arc<[Utterance]>,
    },
    /// Play music to the caller.
    Music {
        /// The caller's call.
        call: CallId,
    },
    /// The caller waits on in another queue.
    Moved {
        /// The caller's call.
        call: CallId,
        /// That queue's name.
        queue: Arc<str>,
    },
    /// The caller waits no more and goes on elsewhere.
    Left {
        /// The caller's call.
        call: CallId,
        /// Why.
        why: Left,
    },
    /// Make a call for a callback. Answered by [`Acd::callback_began`](crate::Acd::callback_began).
    CallBack {
        /// The callback.
        callback: u64,
        /// The queue.
        queue: QueueId,
        /// The agent's extension, rung before the number is called; `None` to call the number
        /// and let it wait in the queue once it answers.
        extension: Option<Number>,
        /// The number, as it is dialled.
        number: Number,
    },
    /// End this call: it was made for a callback that has come to nothing.
    HangUp {
        /// The call.
        call: CallId,
    },
    /// This agent, with this work number, sits at an extension from now on; nobody, if `None`.
    Seated {
        /// The extension.
        extension: Number,
        /// Who.
        agent: Option<(AgentId, Number)>,
    },
    /// Let this agent hear a soft beep: callers wait.
    WaitingBeep {
        /// The agent's call.
        call: CallId,
        /// The agent.
        agent: AgentId,
    },
    /// Write into the log.
    Event(EventKind),
}
