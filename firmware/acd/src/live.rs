//! Queues and agents as they are now, for screens.

use tipring_events::{AgentState, LiveAgent, LiveQueue, LiveWaiting, QueueId};
use tipring_line::{CallId, Number};

use crate::acd::Acd;
use crate::queue::{Queue, WaitKey};

/// How many of those who wait are shown by queue; the figures count them all.
const WAITING_SHOWN_MAX: usize = 200;

impl Acd {
    /// Every queue, in the order of the configuration. `number_of` says who calls.
    pub fn live_queues(&self, number_of: impl Fn(CallId) -> Option<Number>) -> Vec<LiveQueue> {
        let shown = |id: &QueueId| Some((*id, self.queues.get(id)?));
        let queues = self.queue_order.iter().filter_map(shown);
        queues.map(|(id, queue)| self.live_queue(id, queue, &number_of)).collect()
    }

    fn live_queue(
        &self,
        id: QueueId,
        queue: &Queue,
        number_of: &impl Fn(CallId) -> Option<Number>,
    ) -> LiveQueue {
        let agents = self.agents.values().filter(|agent| agent.queues.contains(&id));
        let ready = agents.filter(|agent| agent.state == AgentState::Ready).count();
        let waiting = queue.waiting().take(WAITING_SHOWN_MAX).zip(1..);
        LiveQueue {
            queue: id,
            name: queue.name.as_ref().to_owned(),
            waiting: waiting
                .filter_map(|(key, at)| self.live_waiting(key, at, number_of))
                .collect(),
            agents_logged_in: queue.logged_in,
            agents_ready: u32::try_from(ready).unwrap_or(u32::MAX),
            callbacks: Vec::new(),
            abandoned: Vec::new(),
            waiting_count: u32::try_from(queue.len()).unwrap_or(u32::MAX),
            closed: false,
        }
    }

    fn live_waiting(
        &self,
        key: &WaitKey,
        position: u32,
        number_of: &impl Fn(CallId) -> Option<Number>,
    ) -> Option<LiveWaiting> {
        let visit = self.visits.get(&key.call)?;
        Some(LiveWaiting {
            call: key.call,
            caller: number_of(key.call),
            position,
            since_ms: visit.entered.wall.unix_millis(),
            offered_to: visit.offers.first().copied(),
            caller_name: String::new(),
            priority: key.priority.0,
            joined_ms: visit.entered.wall.unix_millis(),
            estimate_ms: None,
        })
    }

    /// Every agent, in the order of the configuration.
    pub fn live_agents(&self) -> Vec<LiveAgent> {
        let agents = self.agent_order.iter().filter_map(|id| self.agents.get(id));
        agents
            .map(|agent| LiveAgent {
                agent: agent.id,
                work_number: agent.work_number,
                name: agent.name.clone(),
                state: agent.state,
                since_ms: agent.since.wall.unix_millis(),
                extension: agent.extension,
                reason: agent.reason.clone(),
                call: agent.call,
                until_ms: None,
                leave_asked: None,
                answered: 0,
                talk_ms: 0,
                queues: agent.queues.clone(),
            })
            .collect()
    }

    /// How many callers wait, in all queues.
    pub fn waiting(&self) -> usize {
        self.visits.len()
    }
}
