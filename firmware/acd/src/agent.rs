//! One agent, as the queues keep it.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use tipring_clock::Instant;
use tipring_events::{AgentId, AgentState, EventKind, QueueId};
use tipring_line::{CallId, Number};
use tipring_switch::Moment;

use crate::config::Secret;
use crate::queue::IdleKey;
use crate::shift::Shift;
use crate::stage::Need;

/// Why the box itself made an agent not ready.
pub(crate) const UNREACHABLE: &str = "unreachable";
/// The agent left too many offers unanswered.
pub(crate) const NO_ANSWER: &str = "no answer";
/// The agent's desktop has gone.
pub(crate) const DESKTOP_LOST: &str = "desktop lost";

/// A caller offered to an agent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    pub(crate) call: CallId,
    pub(crate) queue: QueueId,
    pub(crate) began: Moment,
}

/// An agent's place in one queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Member {
    pub(crate) queue: QueueId,
    pub(crate) tier: u8,
    pub(crate) level: u8,
    /// Place in the queue's fixed order, from 0.
    pub(crate) order: u32,
}

/// What an agent does for a queue, beside the state that is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    /// A caller is offered.
    Offer(Offer),
    /// A callback is tried: the agent is rung, or waits for the customer's answer.
    Callback(u64),
}

/// An agent.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) id: AgentId,
    pub(crate) work_number: Number,
    pub(crate) name: String,
    pub(crate) password: Secret,
    pub(crate) members: Vec<Member>,
    pub(crate) skills: FxHashMap<Arc<str>, u8>,
    pub(crate) state: AgentState,
    pub(crate) since: Moment,
    pub(crate) extension: Option<Number>,
    pub(crate) reason: String,
    /// The call offered, talked in or settled.
    pub(crate) call: Option<CallId>,
    pub(crate) task: Option<Task>,
    /// The queue whose call is talked in or settled.
    pub(crate) serves: Option<QueueId>,
    /// Becomes not ready, for this reason, when the call is settled.
    pub(crate) not_ready_after: Option<String>,
    /// The break whose leave was asked for.
    pub(crate) leave_asked: Option<String>,
    /// Offers left unanswered in a row.
    pub(crate) unanswered: u32,
    /// Is left alone until then.
    pub(crate) rest_until: Instant,
    /// When wrap-up or the reason's time is over.
    pub(crate) until: Option<Instant>,
    pub(crate) logged_in_us: i64,
    pub(crate) shift: Shift,
    /// The keys under which the queues hold this agent as free.
    pub(crate) idle: Vec<(QueueId, IdleKey)>,
}

impl Agent {
    pub(crate) fn is_logged_in(&self) -> bool {
        self.state != AgentState::LoggedOut
    }

    /// Logged in and not absent for a reason.
    pub(crate) fn is_at_work(&self) -> bool {
        !matches!(self.state, AgentState::LoggedOut | AgentState::NotReady)
    }

    pub(crate) fn offer(&self) -> Option<Offer> {
        match self.task {
            Some(Task::Offer(offer)) => Some(offer),
            _ => None,
        }
    }

    pub(crate) fn member(&self, queue: QueueId) -> Option<&Member> {
        self.members.iter().find(|member| member.queue == queue)
    }

    pub(crate) fn is_idle_in(&self, queue: QueueId) -> bool {
        self.idle.iter().any(|(id, _)| *id == queue)
    }

    /// The sum of the levels of the skills asked for; `None` where one falls short.
    pub(crate) fn skill(&self, need: &Need) -> Option<u32> {
        need.iter().try_fold(0, |sum, (skill, least)| {
            let level = self.skills.get(skill).copied().unwrap_or(0);
            (level >= *least).then(|| sum + u32::from(level))
        })
    }

    /// Changes the state, and says so for the log.
    pub(crate) fn change(
        &mut self,
        m: Moment,
        state: AgentState,
        reason: &str,
        shift_gap_s: u32,
    ) -> EventKind {
        self.shift.change(m.wall, self.state, state, shift_gap_s);
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
}
