//! What a restart must not forget, read from the log: who sat where, what the shift has brought,
//! whose turn it is, who is to be called back, who gave up.
//!
//! Agents who were logged in when the box stopped are logged in again at the same extensions: a
//! power cut is not their doing. Who was absent for a reason still is; everybody else is ready as
//! soon as the phone can be rung.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use tipring_clock::WallTime;
use tipring_events::{AgentId, AgentState, EventKind, QueueId, QueueOutcome};
use tipring_line::{CallId, Number};
use tipring_switch::Moment;

use crate::abandoned::Abandoned;
use crate::acd::Acd;
use crate::agent::UNREACHABLE;
use crate::callback::Wanted;
use crate::config::DeskConfig;
use crate::customer::{Handled, same_number};
use crate::queue::micros;
use crate::shift::Shift;
use crate::stage::Wants;

/// The reason with which the log closes the shifts of agents whom a stop of the box cut off.
pub const BOX_STOPPED: &str = "the box stopped";

#[derive(Debug, Default)]
struct Remembered {
    state: AgentState,
    reason: String,
    extension: Option<Number>,
    shift: Shift,
}

#[derive(Debug)]
struct Owed {
    number: Number,
    joined_us: i64,
    priority: u32,
    attempts: u32,
}

/// What the log tells of queues and agents.
#[derive(Debug, Default)]
pub struct Memory {
    shift_gap_s: u32,
    agents: BTreeMap<AgentId, Remembered>,
    last_offered: BTreeMap<QueueId, AgentId>,
    callers: FxHashMap<CallId, Number>,
    handled: Handled,
    callbacks: BTreeMap<(Number, QueueId), Owed>,
    abandoned: Abandoned,
}

impl Memory {
    /// Nothing is known yet.
    pub fn new(desk: &DeskConfig) -> Self {
        Memory { shift_gap_s: desk.shift_gap_s, ..Memory::default() }
    }

    /// Takes the next row of the log.
    pub fn write(&mut self, at: WallTime, event: &EventKind) {
        match event {
            EventKind::AgentChanged { agent, state, extension, reason, .. } => {
                self.agent_changed(at, *agent, *state, *extension, reason);
            }
            EventKind::CallBegan { call, caller: Some(number), .. }
            | EventKind::CallerKnown { call, caller: Some(number), .. } => {
                self.callers.insert(*call, *number);
            }
            EventKind::CallEnded { call, .. } => {
                self.callers.remove(call);
            }
            EventKind::OfferBegan { queue, agent, .. } => {
                self.last_offered.insert(*queue, *agent);
            }
            EventKind::QueueLeft {
                call,
                outcome: QueueOutcome::Answered,
                agent: Some(agent),
                ..
            } => {
                if let Some(number) = self.callers.get(call) {
                    self.handled.put(*number, *agent);
                }
            }
            EventKind::AbandonedListed { call, queue, number } => {
                self.abandoned.list(*queue, *number, *call, at);
            }
            EventKind::AbandonedReached { number, .. } => {
                self.abandoned.reached(*number);
            }
            _ => self.callback(at, event),
        }
    }

    fn callback(&mut self, at: WallTime, event: &EventKind) {
        match event {
            EventKind::CallbackAsked { queue, number, waited_ms, priority, .. } => {
                let waited_us = i64::try_from(*waited_ms).unwrap_or(0).saturating_mul(1000);
                let joined_us = at.unix_micros().saturating_sub(waited_us);
                let owed = Owed { number: *number, joined_us, priority: *priority, attempts: 0 };
                self.callbacks.insert((same_number(*number), *queue), owed);
            }
            EventKind::CallbackTried { queue, number, attempt, .. } => {
                if let Some(owed) = self.callbacks.get_mut(&(same_number(*number), *queue)) {
                    owed.attempts = *attempt;
                }
            }
            EventKind::CallbackEnded { queue, number, .. } => {
                self.callbacks.remove(&(same_number(*number), *queue));
            }
            _ => {}
        }
    }

    fn agent_changed(
        &mut self,
        at: WallTime,
        agent: AgentId,
        state: AgentState,
        extension: Option<Number>,
        reason: &str,
    ) {
        let gap_s = self.shift_gap_s;
        let agent = self.agents.entry(agent).or_default();
        let stopped = state == AgentState::LoggedOut && reason == BOX_STOPPED;
        let new = match stopped && agent.state != AgentState::LoggedOut {
            // Whatever went on is over, but the agent has not left.
            true if agent.state == AgentState::NotReady => AgentState::NotReady,
            true => AgentState::Ready,
            false => state,
        };
        agent.shift.change(at, agent.state, new, gap_s);
        agent.state = new;
        if !stopped {
            agent.reason = reason.to_owned();
            agent.extension = extension;
        }
    }

    /// What the log tells of an agent's shift.
    pub fn shift(&self, agent: AgentId) -> Option<Shift> {
        self.agents.get(&agent).map(|agent| agent.shift)
    }
}

impl Acd {
    /// Takes up where the log left off. Comes before anybody calls or logs in.
    pub fn recall(&mut self, m: Moment, memory: Memory) {
        self.handled = memory.handled;
        self.abandoned = memory.abandoned;
        for (id, agent) in memory.last_offered {
            if let Some(queue) = self.queues.get_mut(&id) {
                queue.last_offered = Some(agent);
            }
        }
        for (id, remembered) in memory.agents {
            self.recall_agent(m, id, remembered);
        }
        for ((_, queue), owed) in memory.callbacks {
            let ago = m.wall.unix_micros().saturating_sub(owed.joined_us).max(0);
            let wanted = Wanted {
                queue,
                number: owed.number,
                priority: owed.priority,
                joined: micros(m.now).saturating_sub(ago),
                wants: Wants::default(),
                attempts: owed.attempts,
            };
            self.restore_callback(m, wanted);
        }
    }

    fn recall_agent(&mut self, m: Moment, id: AgentId, remembered: Remembered) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        agent.shift = remembered.shift;
        let logged_in = remembered.state != AgentState::LoggedOut;
        let Some(extension) = remembered.extension.filter(|_| logged_in) else { return };
        if self.agent_by_extension.contains_key(&extension) {
            return;
        }
        agent.logged_in_us = m.wall.unix_micros();
        self.take_seat(id, extension);
        self.count_in(id);
        let absent = remembered.state == AgentState::NotReady && remembered.reason != UNREACHABLE;
        if absent {
            self.change(m, id, AgentState::NotReady, &remembered.reason);
        } else {
            self.settle(m, id);
        }
    }
}
