//! One agent, as the queues keep it.

use tipring_clock::Instant;
use tipring_events::{AgentId, AgentState, EventKind, QueueId};
use tipring_line::{CallId, Number};
use tipring_switch::Moment;

use crate::config::Secret;
use crate::queue::IdleKey;

/// Why the box itself made an agent not ready.
pub(crate) const UNREACHABLE: &str = "unreachable";
/// The agent left too many offers unanswered.
pub(crate) const NO_ANSWER: &str = "no answer";

/// A caller offered to an agent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    pub(crate) call: CallId,
    pub(crate) queue: QueueId,
    pub(crate) began: Moment,
}

/// An agent.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) id: AgentId,
    pub(crate) work_number: Number,
    pub(crate) name: String,
    pub(crate) password: Secret,
    pub(crate) queues: Vec<QueueId>,
    pub(crate) state: AgentState,
    pub(crate) since: Moment,
    pub(crate) extension: Option<Number>,
    pub(crate) reason: String,
    /// The call offered, talked in or settled.
    pub(crate) call: Option<CallId>,
    pub(crate) offer: Option<Offer>,
    /// The queue whose call is talked in or settled.
    pub(crate) serves: Option<QueueId>,
    /// Becomes not ready, for this reason, when the call is settled.
    pub(crate) not_ready_after: Option<String>,
    /// Offers left unanswered in a row.
    pub(crate) unanswered: u32,
    /// Is left alone until then.
    pub(crate) rest_until: Instant,
    pub(crate) logged_in: Instant,
    pub(crate) last_call_ended: Option<Instant>,
    /// The key under which the queues hold this agent as free.
    pub(crate) idle: Option<IdleKey>,
}

impl Agent {
    pub(crate) fn is_logged_in(&self) -> bool {
        self.state != AgentState::LoggedOut
    }

    /// Changes the state, and says so for the log.
    pub(crate) fn change(&mut self, m: Moment, state: AgentState, reason: &str) -> EventKind {
        self.state = state;
        self.since = m;
        self.reason.clear();
        self.reason.push_str(reason);
        EventKind::AgentChanged {
            agent: self.id,
            work_number: self.work_number,
            state,
            extension: self.extension,
            reason: self.reason.clone(),
            call: self.call,
        }
    }

    pub(crate) fn idle_key(&self) -> IdleKey {
        IdleKey { last_call_ended: self.last_call_ended, logged_in: self.logged_in, agent: self.id }
    }
}
