//! What of the box a role sees and may command: a supervisor the own queues, their agents and their
//! calls; an agent the own state, the own call and who waits in the own queues.

use std::collections::HashSet;

use serde_json::Value;
use tipring_events::{
    AgentId, LineKind, LiveAgent, LiveCall, LiveEvent, LiveQueue, LiveState, QueueId, SegmentKind,
};
use tipring_line::{CallId, Number};
use tipring_store::Role;

use crate::session::Session;
use crate::state::Directory;

/// A part of the box.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    /// Everything.
    All,
    /// Some queues, and the agents who serve them.
    Queues { queues: Vec<QueueId>, agents: Vec<AgentId>, extension: Option<Number> },
    /// One agent's desktop.
    Agent { agent: AgentId, queues: Vec<QueueId> },
    /// Nothing that goes on.
    Nothing,
}

impl Scope {
    /// What this session is about. It is made anew whenever it is asked for, so that a change of
    /// the configuration counts at once.
    pub(crate) fn of(session: &Session, directory: &Directory) -> Self {
        match session.role {
            Role::Administrator | Role::Technician | Role::Auditor => Scope::All,
            Role::Supervisor => {
                let serves = |queue| session.queues.contains(queue);
                let of_queue = directory.agents.iter().filter(|a| a.queues.iter().any(serves));
                Scope::Queues {
                    queues: session.queues.clone(),
                    agents: of_queue.map(|a| a.agent).collect(),
                    extension: session.extension,
                }
            }
            Role::Agent => session.agent.map_or(Scope::Nothing, |agent| {
                let own = directory.agents.iter().find(|a| a.agent == agent);
                Scope::Agent { agent, queues: own.map(|a| a.queues.clone()).unwrap_or_default() }
            }),
            Role::Department => Scope::Nothing,
        }
    }

    /// Whether this queue is in it.
    pub(crate) fn queue(&self, queue: QueueId) -> bool {
        match self {
            Scope::All => true,
            Scope::Queues { queues, .. } | Scope::Agent { queues, .. } => queues.contains(&queue),
            Scope::Nothing => false,
        }
    }

    /// Whether this agent is in it.
    pub(crate) fn agent(&self, agent: AgentId) -> bool {
        match self {
            Scope::All => true,
            Scope::Queues { agents, .. } => agents.contains(&agent),
            Scope::Agent { agent: own, .. } => *own == agent,
            Scope::Nothing => false,
        }
    }

    /// Whether the phone at this extension is in it: an agent's is where the agent is logged in.
    pub(crate) fn extension(&self, extension: &Number, live: &LiveState) -> bool {
        match self {
            Scope::All => true,
            Scope::Queues { extension: own, .. } => own.as_ref() == Some(extension),
            Scope::Agent { agent, .. } => {
                let own = live.agents.iter().find(|a| a.agent == *agent);
                own.is_some_and(|a| a.extension.as_ref() == Some(extension))
            }
            Scope::Nothing => false,
        }
    }

    /// Whether this call, as it goes on now, is in it.
    pub(crate) fn call(&self, call: CallId, live: &LiveState) -> bool {
        *self == Scope::All || self.calls(live).contains(&call)
    }

    /// Every call of the state that is in it: those that wait, or waited, in one of the queues, and
    /// those that an agent has. Of an agent's own queues only the own call counts.
    pub(crate) fn calls(&self, live: &LiveState) -> HashSet<CallId> {
        let agents = live.agents.iter().filter(|a| self.agent(a.agent));
        let mut calls: HashSet<CallId> = agents.clone().filter_map(|a| a.call).collect();
        if let Scope::Queues { .. } = self {
            let queues: Vec<&LiveQueue> =
                live.queues.iter().filter(|q| self.queue(q.queue)).collect();
            calls.extend(queues.iter().flat_map(|q| q.waiting.iter().map(|w| w.call)));
            let numbers: Vec<&str> = agents.map(|a| a.work_number.as_str()).collect();
            let ours = |call: &&LiveCall| {
                call.parties.iter().any(|p| p.agent.is_some_and(|agent| self.agent(agent)))
                    || call.segments.iter().any(|s| match s.kind {
                        SegmentKind::Queue => queues.iter().any(|q| q.name == s.handler),
                        _ => numbers.contains(&s.handler.as_str()),
                    })
            };
            calls.extend(live.calls.iter().filter(ours).map(|call| call.call));
        }
        calls
    }

    /// The state, less what is not in it.
    pub(crate) fn state(&self, live: &LiveState) -> LiveState {
        if *self == Scope::All {
            return live.clone();
        }
        let calls = self.calls(live);
        let agents: Vec<LiveAgent> =
            live.agents.iter().filter(|a| self.agent(a.agent)).cloned().collect();
        let own =
            |name: &str| agents.iter().any(|a| a.extension.is_some_and(|e| e.as_str() == name));
        let lines = live.lines.iter().filter(|line| match self {
            Scope::Queues { .. } => matches!(line.kind, LineKind::SipPhone | LineKind::Fxs),
            _ => own(&line.name),
        });
        LiveState {
            lines: lines.cloned().collect(),
            calls: live.calls.iter().filter(|c| calls.contains(&c.call)).cloned().collect(),
            queues: live.queues.iter().filter(|q| self.queue(q.queue)).cloned().collect(),
            agents,
            reasons: live.reasons.clone(),
            spans: Vec::new(),
        }
    }
}

/// Tells which events of the stream are in a scope: it remembers which calls are.
pub(crate) struct Seen {
    scope: Scope,
    calls: HashSet<CallId>,
}

impl Seen {
    /// A listener who begins with this state.
    pub(crate) fn new(scope: Scope, live: &LiveState) -> Self {
        let calls = scope.calls(live);
        Seen { scope, calls }
    }

    /// The scope.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Goes on with this scope and this state.
    pub(crate) fn renew(&mut self, scope: Scope, live: &LiveState) {
        self.calls = scope.calls(live);
        self.scope = scope;
    }

    /// The event as it is sent, if it is in the scope. What an event is about stands in its fields
    /// of the same names, whichever kind it is, so that an unknown kind is never shown by mistake.
    pub(crate) fn event(&mut self, event: &LiveEvent) -> Option<Value> {
        let value = serde_json::to_value(event).ok()?;
        if self.scope == Scope::All {
            return Some(value);
        }
        let id = |name: &str| value.get(name).and_then(Value::as_u64);
        let small = |name: &str| id(name).and_then(|id| u32::try_from(id).ok());
        let agent = small("agent").is_some_and(|id| self.scope.agent(AgentId(id)));
        let queue = small("queue").is_some_and(|id| self.scope.queue(QueueId(id)));
        let call = id("call").map(CallId);
        let supervises = matches!(self.scope, Scope::Queues { .. });
        if agent || (queue && supervises) {
            self.calls.extend(call);
        }
        let known = call.is_some_and(|call| self.calls.contains(&call));
        // An agent's state is told by its own event; another agent's never is.
        let foreign = small("agent").is_some() && !agent && value["event"] == "agent-changed";
        (!foreign && (agent || queue || known)).then_some(value)
    }
}
