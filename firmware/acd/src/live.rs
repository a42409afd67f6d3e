//! Queues and agents as they are now, for screens.

use tipring_clock::{Instant, WallTime};
use tipring_events::{
    AgentId, AgentState, LiveAgent, LiveCallback, LiveQueue, LiveWaiting, QueueId,
};
use tipring_line::{CallId, Number};
use tipring_switch::Moment;

use crate::acd::Acd;
use crate::agent::Agent;
use crate::callback::Stand;
use crate::queue::{Queue, WaitKey, Waiter, micros};
use crate::shift::Shift;

/// How many of those who wait are shown by queue; the figures count them all.
const WAITING_SHOWN_MAX: usize = 200;

/// Who calls: number and name.
pub type Caller = (Option<Number>, String);

impl Acd {
    /// Every queue, in the order of the configuration. `caller_of` says who calls.
    pub fn live_queues(&self, m: Moment, caller_of: impl Fn(CallId) -> Caller) -> Vec<LiveQueue> {
        let shown = |id: &QueueId| self.queues.get(id);
        let queues = self.queue_order.iter().filter_map(shown);
        queues.map(|queue| self.live_queue(m, queue, &caller_of)).collect()
    }

    fn live_queue(
        &self,
        m: Moment,
        queue: &Queue,
        caller_of: &impl Fn(CallId) -> Caller,
    ) -> LiveQueue {
        let agents = queue.order.iter().filter_map(|id| self.agents.get(id));
        let ready = agents.filter(|agent| agent.state == AgentState::Ready).count();
        let waiting = queue.waiting().zip(1..);
        LiveQueue {
            queue: queue.id,
            name: queue.name.as_ref().to_owned(),
            waiting: waiting
                .filter_map(|(key, at)| self.live_waiting(m, queue, key, at, caller_of))
                .take(WAITING_SHOWN_MAX)
                .collect(),
            agents_logged_in: queue.logged_in(),
            agents_ready: count(ready),
            callbacks: self.live_callbacks(m, queue),
            abandoned: self.abandoned.live(queue.id),
            waiting_count: count(queue.callers()),
            closed: queue.closed,
        }
    }

    fn live_waiting(
        &self,
        m: Moment,
        queue: &Queue,
        key: &WaitKey,
        position: u32,
        caller_of: &impl Fn(CallId) -> Caller,
    ) -> Option<LiveWaiting> {
        let Waiter::Call(call) = key.waiter else { return None };
        let visit = self.visits.get(&call)?;
        let (caller, name) = caller_of(call);
        let known = self.priorities.name(visit.caller);
        Some(LiveWaiting {
            call,
            caller,
            position,
            since_ms: visit.entered.wall.unix_millis(),
            offered_to: visit.offers.first().copied(),
            caller_name: known.map_or(name, str::to_owned),
            priority: visit.priority,
            joined_ms: wall_ms(m, key.joined),
            estimate_ms: queue.estimate_ms(m.now, position),
        })
    }

    fn live_callbacks(&self, m: Moment, queue: &Queue) -> Vec<LiveCallback> {
        let mut shown: Vec<_> = self
            .callbacks
            .of_queue(queue.id)
            .map(|(_, callback)| {
                let agent = match callback.stand {
                    Stand::RingsAgent(agent, _) | Stand::RingsCustomer(Some(agent), _) => {
                        Some(agent)
                    }
                    _ => None,
                };
                let rests = callback.stand == Stand::Rests;
                LiveCallback {
                    number: callback.number,
                    position: (!rests).then(|| queue.position(&callback.key)),
                    joined_ms: wall_ms(m, callback.key.joined),
                    attempts: callback.attempts,
                    agent,
                }
            })
            .collect();
        shown.sort_by_key(|callback| (callback.position.is_none(), callback.position));
        shown
    }

    /// Every agent, in the order of the configuration.
    pub fn live_agents(&self, m: Moment) -> Vec<LiveAgent> {
        let agents = self.agent_order.iter().filter_map(|id| self.agents.get(id));
        agents.map(|agent| live_agent(m, agent)).collect()
    }

    /// How many callers wait, in all queues.
    pub fn waiting(&self) -> usize {
        self.visits.len()
    }

    /// What an agent has done since the shift began.
    pub fn shift(&self, agent: AgentId) -> Option<Shift> {
        self.agents.get(&agent).map(|agent| agent.shift)
    }
}

fn live_agent(m: Moment, agent: &Agent) -> LiveAgent {
    LiveAgent {
        agent: agent.id,
        work_number: agent.work_number,
        name: agent.name.clone(),
        state: agent.state,
        since_ms: agent.since.wall.unix_millis(),
        extension: agent.extension,
        reason: agent.reason.clone(),
        call: agent.call,
        until_ms: agent.until.map(|at| wall_at(m, at).unix_millis()),
        leave_asked: agent.leave_asked.clone(),
        answered: agent.shift.answered,
        talk_ms: agent.shift.talk_ms,
        queues: agent.members.iter().map(|member| member.queue).collect(),
    }
}

fn wall_at(m: Moment, at: Instant) -> WallTime {
    let ahead = micros(at).saturating_sub(micros(m.now));
    WallTime::from_unix_micros(m.wall.unix_micros().saturating_add(ahead))
}

fn wall_ms(m: Moment, joined: i64) -> i64 {
    m.wall.unix_micros().saturating_add(joined.saturating_sub(micros(m.now))).div_euclid(1000)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
