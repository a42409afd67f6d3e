//! What the queues put out.

use std::sync::Arc;

use tipring_events::{AgentId, EventKind};
use tipring_line::{CallId, Cause, Number};
use tipring_tts::Utterance;

/// Why a caller who waited is handed back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Left {
    /// The longest wait is over.
    TimedOut,
    /// No agent of the queue is logged in any more, or the queue is no more.
    Empty,
}

/// Whether a caller may wait.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Entered {
    /// The caller waits, and may already be offered to an agent.
    Waiting,
    /// Too many wait already.
    Full,
    /// No agent of the queue is logged in.
    NoAgents,
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
    /// The caller waits no more and goes on elsewhere.
    Left {
        /// The caller's call.
        call: CallId,
        /// Why.
        why: Left,
    },
    /// Write into the log.
    Event(EventKind),
}
