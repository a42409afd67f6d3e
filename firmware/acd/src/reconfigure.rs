//! A new configuration, taken while callers wait and agents talk.

use tipring_clock::Instant;
use tipring_events::{AgentId, AgentState, QueueId};
use tipring_switch::Moment;

use crate::acd::Acd;
use crate::agent::Agent;
use crate::config::{AcdConfig, AgentConfig, QueueConfig};
use crate::queue::Queue;

impl Acd {
    /// Takes a new configuration. Queues and agents are known by their ids: whoever waits, waits
    /// on; nobody is logged out but agents who are no longer there.
    pub fn reconfigure(&mut self, m: Moment, mut config: AcdConfig) {
        config.give_ids();
        self.lock_outs.set_rules(config.lock_out.clone());
        let gone: Vec<_> = self
            .agent_order
            .iter()
            .copied()
            .filter(|id| !config.agents.iter().any(|agent| agent.id == *id))
            .collect();
        for id in gone {
            // Refused when the agent was not logged in anyway.
            let _ = self.log_out(m, id, "taken out of the configuration");
            self.agents.remove(&id);
        }
        for id in self.agent_order.clone() {
            self.unlist(id);
        }
        let orphans = self.set_queues(config.queues);
        self.set_agents(m, config.agents);
        self.leave_empty(m, orphans);
        for queue in self.queue_order.clone() {
            self.leave_if_empty(m, queue);
        }
        for id in self.agent_order.clone() {
            self.refresh(m, id);
        }
    }

    /// Gives the callers who wait in queues that are no more.
    fn set_queues(&mut self, queues: Vec<QueueConfig>) -> Vec<tipring_line::CallId> {
        let mut old = core::mem::take(&mut self.queues);
        self.queue_order = queues.iter().map(|queue| queue.id).collect();
        self.queue_by_name.clear();
        for config in queues {
            let id = config.id;
            let queue = match old.remove(&id) {
                Some(mut queue) => {
                    queue.name = config.name.as_str().into();
                    queue.config = config;
                    queue.logged_in = 0;
                    queue
                }
                None => Queue::new(config),
            };
            self.queue_by_name.insert(queue.name.clone(), id);
            self.queues.insert(id, queue);
        }
        let mut orphans: Vec<_> =
            old.values().flat_map(|queue| queue.waiting().map(|key| key.call)).collect();
        orphans.sort_unstable();
        orphans
    }

    fn set_agents(&mut self, m: Moment, agents: Vec<AgentConfig>) {
        self.agent_order = agents.iter().map(|agent| agent.id).collect();
        self.agent_by_work_number.clear();
        for config in agents {
            let queues: Vec<QueueId> = config
                .queues
                .iter()
                .filter_map(|name| self.queue_by_name.get(name.as_str()).copied())
                .collect();
            self.agent_by_work_number.insert(config.work_number, config.id);
            let agent =
                self.agents.entry(config.id).or_insert_with(|| new_agent(m, config.id, &config));
            agent.work_number = config.work_number;
            agent.name = config.name;
            agent.password = config.password;
            agent.queues = queues;
            if agent.is_logged_in() {
                for queue in &agent.queues {
                    if let Some(queue) = self.queues.get_mut(queue) {
                        queue.logged_in += 1;
                    }
                }
            }
        }
    }
}

fn new_agent(m: Moment, id: AgentId, config: &AgentConfig) -> Agent {
    Agent {
        id,
        work_number: config.work_number,
        name: String::new(),
        password: config.password.clone(),
        queues: Vec::new(),
        state: AgentState::LoggedOut,
        since: m,
        extension: None,
        reason: String::new(),
        call: None,
        offer: None,
        serves: None,
        not_ready_after: None,
        unanswered: 0,
        rest_until: Instant::ZERO,
        logged_in: Instant::ZERO,
        last_call_ended: None,
        idle: None,
    }
}
