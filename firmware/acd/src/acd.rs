//! The machine: its tables and where each input goes.

use std::collections::VecDeque;
use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rustc_hash::FxHashMap;
use tipring_calendar::Calendar;
use tipring_clock::{Instant, TimerQueue};
use tipring_events::{AgentId, AgentState, EventKind, LiveReason, QueueId};
use tipring_line::{CallId, Number};
use tipring_switch::Moment;

use crate::abandoned::Abandoned;
use crate::agent::{Agent, UNREACHABLE};
use crate::callback::Callbacks;
use crate::config::{AcdConfig, DeskConfig, ReasonConfig};
use crate::customer::{Handled, Priorities};
use crate::lock_out::LockOuts;
use crate::output::AcdOutput;
use crate::queue::{Queue, Waiter};
use crate::visit::Visit;

/// What the timers are for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Timer {
    /// When an agent has been rung long enough.
    Ring(AgentId),
    /// When an agent who did not take an offer may be offered the next.
    Rest(AgentId),
    /// When an agent's wrap-up, or the time of a reason, is over.
    Until(AgentId),
    /// When an agent's desktop has been gone too long.
    Desktop(AgentId),
    /// When one more agent is rung for a caller.
    Progress(CallId),
    /// When a caller has waited long enough.
    MaxWait(CallId),
    /// When a caller is asked whether to wait on.
    Ask(CallId),
    /// When a caller overflows, by the place of the rule in the queue's list.
    Overflow(CallId, u16),
    /// When a caller next hears the place.
    Announce(CallId),
    /// When a callback is tried again.
    Retry(u64),
    /// When a queue opens or closes.
    Hours(QueueId),
    /// When it is looked whether callers may still wait.
    Check(QueueId),
    /// When agents who talk hear that callers wait.
    Beep(QueueId),
}

/// What an extension can do, as the switch tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct ExtensionState {
    pub(crate) reachable: bool,
    pub(crate) in_use: bool,
}

/// The queues and agents. See the crate's introduction.
#[derive(Debug)]
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
    /// Who talks in a call, and with which number.
    pub(crate) talks: FxHashMap<CallId, AgentId>,
    pub(crate) callbacks: Callbacks,
    pub(crate) abandoned: Abandoned,
    pub(crate) handled: Handled,
    pub(crate) priorities: Priorities,
    pub(crate) reasons: Vec<ReasonConfig>,
    pub(crate) desk: DeskConfig,
    pub(crate) calendars: FxHashMap<String, Calendar>,
    pub(crate) lock_outs: LockOuts,
    pub(crate) timers: TimerQueue<Timer>,
    /// When other agents may be offered somebody who waits. Apart from the other timers, because
    /// all that are due in one moment come before any agent is offered anybody in it.
    pub(crate) stages: TimerQueue<Waiter>,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) out: VecDeque<AcdOutput>,
}

impl Acd {
    /// Queues without callers; all agents are logged out. `seed` begins the random choices.
    pub fn new(m: Moment, config: AcdConfig, seed: u64) -> Self {
        let mut acd = Acd {
            queues: FxHashMap::default(),
            queue_order: Vec::new(),
            queue_by_name: FxHashMap::default(),
            agents: FxHashMap::default(),
            agent_order: Vec::new(),
            agent_by_work_number: FxHashMap::default(),
            agent_by_extension: FxHashMap::default(),
            extensions: FxHashMap::default(),
            visits: FxHashMap::default(),
            talks: FxHashMap::default(),
            callbacks: Callbacks::default(),
            abandoned: Abandoned::default(),
            handled: Handled::default(),
            priorities: Priorities::default(),
            reasons: Vec::new(),
            desk: DeskConfig::default(),
            calendars: FxHashMap::default(),
            lock_outs: LockOuts::default(),
            timers: TimerQueue::new(),
            stages: TimerQueue::new(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            out: VecDeque::new(),
        };
        acd.reconfigure(m, config);
        acd
    }

    /// The time of [`poll_timeout`](Acd::poll_timeout) has come.
    pub fn handle_timeout(&mut self, m: Moment) {
        loop {
            self.widen(m);
            let Some(timer) = self.timers.expire(m.now) else { return };
            match timer {
                Timer::Ring(agent) => self.rang_out(m, agent),
                Timer::Rest(agent) => self.refresh(m, agent),
                Timer::Until(agent) => self.time_over(m, agent),
                Timer::Desktop(agent) => self.desktop_lost(m, agent),
                Timer::Progress(call) => self.ring_one_more(m, call),
                Timer::MaxWait(call) => self.waited_too_long(m, call),
                Timer::Ask(call) => self.ask(m, call),
                Timer::Overflow(call, rule) => self.overflows(m, call, rule),
                Timer::Announce(call) => self.announce(m, call),
                Timer::Retry(callback) => self.callback_due(m, callback),
                Timer::Hours(queue) => self.look_at_hours(m, queue),
                Timer::Check(queue) => self.check_again(m, queue),
                Timer::Beep(queue) => self.beep(m, queue),
            }
        }
    }

    /// When the queues next want to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let timeouts = [self.timers.poll_timeout(), self.stages.poll_timeout()];
        timeouts.into_iter().flatten().min()
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
        let unreachable = agent.state == AgentState::NotReady && agent.reason == UNREACHABLE;
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
        let gap_s = self.desk.shift_gap_s;
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let was_at_work = agent.is_at_work();
        let event = agent.change(m, state, reason, gap_s);
        let is_at_work = agent.is_at_work();
        if was_at_work != is_at_work {
            for member in &agent.members {
                if let Some(queue) = self.queues.get_mut(&member.queue) {
                    let more = queue.at_work.saturating_add(1);
                    let fewer = queue.at_work.saturating_sub(1);
                    queue.at_work = if is_at_work { more } else { fewer };
                }
            }
        }
        self.event(event);
        self.begin_reason(m, id);
        if was_at_work && !is_at_work {
            self.fewer_at_work(m, id);
        }
    }

    /// A queue's name.
    pub fn queue_name(&self, queue: QueueId) -> Option<Arc<str>> {
        self.queues.get(&queue).map(|queue| queue.name.clone())
    }

    /// A calendar, by name.
    pub fn calendar(&self, name: &str) -> Option<&Calendar> {
        self.calendars.get(name)
    }

    /// The queue a call waits in.
    pub fn queue_of(&self, call: CallId) -> Option<QueueId> {
        self.visits.get(&call).map(|visit| visit.queue)
    }

    /// The reasons for not being ready, to be chosen from.
    pub fn reasons(&self) -> Vec<LiveReason> {
        let shown = |reason: &ReasonConfig| LiveReason {
            zh: reason.zh.clone(),
            en: reason.en.clone(),
            key: reason.key.clone(),
            limit_ms: u64::from(reason.limit_s) * 1000,
            needs_leave: reason.needs_leave,
        };
        self.reasons.iter().map(shown).collect()
    }
}
