//! How callbacks end, and why callers do not wait.

use serde::{Deserialize, Serialize};

/// How a callback ended; exclusive and exhaustive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CallbackOutcome {
    /// The customer talked with an agent.
    Reached,
    /// The last attempt has failed.
    NotReached,
    /// A person took it off the list, or its queue is no more.
    Cancelled,
    /// The same number called again, and has the kept place.
    CalledAgain,
}

/// Why a caller was refused by a queue, or left it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum QueueCause {
    /// No agent is logged in.
    NoAgents,
    /// Every agent who is logged in is not ready.
    NoneReady,
    /// Too many wait already.
    Full,
    /// Too many wait for each agent.
    Ratio,
    /// The expected wait is too long.
    ExpectedWait,
    /// Outside the opening hours.
    Closed,
    /// The caller wants to leave a message.
    Message,
    /// The caller wants to go on in the flow.
    Key,
    /// The agent asked for does not come.
    AgentAway,
    /// Waited too long: the queue's overflow.
    OverflowWait,
    /// Too many wait: the queue's overflow.
    OverflowLength,
    /// The caller asked for, or the queue has, an escalation.
    Escalated,
}
