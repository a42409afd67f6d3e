//! The machine: its tables and where each input goes.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use tipring_clock::{Instant, TimerQueue};
use tipring_events::{AgentId, AgentState, EventKind, QueueId};
use tipring_line::{CallId, Number};
use tipring_switch::Moment;

use crate::agent::Agent;
use crate::config::AcdConfig;
use crate::lock_out::LockOuts;
use crate::output::AcdOutput;
use crate::queue::{Queue, Visit};

/// What the timers are for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Timer {
    /// When an agent has been rung long enough.
    Ring(AgentId),
    /// When an agent who did not take an offer may be offered the next.
    Rest(AgentId),
    /// When an agent's wrap-up is over.
    WrapUp(AgentId),
    /// When a caller has waited long enough.
    MaxWait(CallId),
    /// When a caller next hears the place.
    Announce(CallId),
}

/// What an extension can do, as the switch tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct ExtensionState {
    pub(crate) reachable: bool,
    pub(crate) in_use: bool,
}

/// The queues and agents. See the crate's introduction.
#[derive(Debug, Default)]
pub struct Acd {
    pub(crate) queues: FxHashMap<QueueId, Queue>,
    pub(crate) queue_order: Vec<QueueId>,
    pub(crate) queue_by_name: FxHashMap<Arc<str>, QueueId>,
    pub(crate) agents: FxHashMap<AgentId, Agent>,
    pub(crate) agent_order: Vec<AgentId>,
    pub(crate) agent_by_work_number: FxHashMap<Number, AgentId>,
    pub(crate) agent_by_extension: FxHashMap<Number, AgentId>,
    pub(crate) extensions: FxHashMap<Number, ExtensionState>,
    pub(crate) visits: FxHashMap<CallId, Visit>,
    pub(crate) talks: FxHashMap<CallId, AgentId>,
    pub(crate) lock_outs: LockOuts,
    pub(crate) timers: TimerQueue<Timer>,
    pub(crate) out: VecDeque<AcdOutput>,
}

impl Acd {
    /// Queues without callers; all agents are logged out.
    pub fn new(m: Moment, config: AcdConfig) -> Self {
        let mut acd = Acd::default();
        acd.reconfigure(m, config);
        acd
    }

    /// The time of [`poll_timeout`](Acd::poll_timeout) has come.
    pub fn handle_timeout(&mut self, m: Moment) {
        while let Some(timer) = self.timers.expire(m.now) {
            match timer {
                Timer::Ring(agent) => self.rang_out(m, agent),
                Timer::Rest(agent) => self.refresh(m, agent),
                Timer::WrapUp(agent) => self.wrap_up_over(m, agent),
                Timer::MaxWait(call) => self.waited_too_long(m, call),
                Timer::Announce(call) => self.announce(m, call),
            }
        }
    }

    /// When the queues next want to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.poll_timeout()
    }

    /// The next output, oldest first.
    pub fn poll_output(&mut self) -> Option<AcdOutput> {
        self.out.pop_front()
    }

    /// An extension can be rung (`true`), or no longer.
    pub fn extension_reachable(&mut self, m: Moment, extension: Number, reachable: bool) {
        self.set_extension(extension, |state| state.reachable = reachable);
        let Some(id) = self.agent_by_extension.get(&extension).copied() else { return };
        let Some(agent) = self.agents.get(&id) else { return };
        let unreachable =
            agent.state == AgentState::NotReady && agent.reason == crate::agent::UNREACHABLE;
        match agent.state {
            AgentState::Ready if !reachable => self.settle(m, id),
            // Who was taken out for that alone comes back by it.
            AgentState::NotReady if reachable && unreachable => self.settle(m, id),
            _ => {}
        }
    }

    /// An extension carries a leg (`true`), or none any more.
    pub fn extension_in_use(&mut self, m: Moment, extension: Number, in_use: bool) {
        self.set_extension(extension, |state| state.in_use = in_use);
        if let Some(id) = self.agent_by_extension.get(&extension).copied() {
            self.refresh(m, id);
        }
    }

    fn set_extension(&mut self, extension: Number, change: impl FnOnce(&mut ExtensionState)) {
        let state = self.extensions.entry(extension).or_default();
        change(state);
        if *state == ExtensionState::default() {
            self.extensions.remove(&extension);
        }
    }

    pub(crate) fn is_reachable(&self, extension: Number) -> bool {
        self.extensions.get(&extension).is_some_and(|state| state.reachable)
    }

    pub(crate) fn event(&mut self, event: EventKind) {
        self.out.push_back(AcdOutput::Event(event));
    }

    /// Changes an agent's state and logs it.
    pub(crate) fn change(&mut self, m: Moment, id: AgentId, state: AgentState, reason: &str) {
        if let Some(agent) = self.agents.get_mut(&id) {
            let event = agent.change(m, state, reason);
            self.event(event);
        }
    }
}
