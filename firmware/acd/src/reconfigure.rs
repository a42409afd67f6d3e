//! A new configuration, taken while callers wait and agents talk.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use tipring_calendar::Calendar;
use tipring_clock::Instant;
use tipring_events::{AgentId, AgentState, QueueCause, QueueId, QueueOutcome};
use tipring_line::CallId;
use tipring_switch::Moment;

use crate::acd::Acd;
use crate::agent::Agent;
use crate::config::{AcdConfig, AgentConfig, QueueConfig};
use crate::customer::Priorities;
use crate::memberships::Memberships;
use crate::output::Left;
use crate::queue::{Queue, WaitKey, Waiter};
use crate::shift::Shift;

impl Acd {
    /// Takes a new configuration. Queues and agents are known by their ids: whoever waits, waits
    /// on; nobody is logged out but agents who are no longer there.
    pub fn reconfigure(&mut self, m: Moment, mut config: AcdConfig) {
        config.give_ids();
        self.lock_outs.set_rules(config.lock_out.clone());
        self.priorities = Priorities::new(&config);
        let calendars = config.calendars.iter();
        // One that cannot be read is left out, and its queues are always open; the
        // configuration's reader complains before.
        self.calendars =
            calendars.filter_map(|c| Some((c.name.clone(), Calendar::new(c).ok()?))).collect();
        self.reasons = config.reasons;
        self.desk = config.desk;
        self.log_out_removed(m, &config.agents);
        for id in self.agent_order.clone() {
            self.unlist(id);
        }
        let memberships = Memberships::new(&config.queues, &config.groups, &config.agents);
        let (orphans, gone) = self.set_queues(m, config.queues);
        self.set_agents(m, config.agents, memberships);
        let no_agents = QueueCause::NoAgents;
        for call in orphans {
            let why = Left::Cause(no_agents);
            self.hand_back(m, call, QueueOutcome::LeftEmpty, Some(no_agents), why);
        }
        self.drop_callbacks(&gone);
        for queue in self.queue_order.clone() {
            self.look_at_hours(m, queue);
            self.leave_if_empty(m, queue);
            let waiting = self.queues.get(&queue).map(Queue::pooled).unwrap_or_default();
            for waiter in waiting {
                self.regroup(m, waiter);
            }
        }
        for id in self.agent_order.clone() {
            self.refresh(m, id);
        }
    }

    fn log_out_removed(&mut self, m: Moment, agents: &[AgentConfig]) {
        let stay: rustc_hash::FxHashSet<AgentId> = agents.iter().map(|agent| agent.id).collect();
        let gone: Vec<_> =
            self.agent_order.iter().copied().filter(|id| !stay.contains(id)).collect();
        for id in gone {
            // Refused when the agent was not logged in anyway.
            let _ = self.log_out(m, id, "taken out of the configuration");
            self.agents.remove(&id);
        }
    }

    /// Gives the callers who wait in queues that are no more, and those queues.
    fn set_queues(&mut self, m: Moment, queues: Vec<QueueConfig>) -> (Vec<CallId>, Vec<QueueId>) {
        let mut old = core::mem::take(&mut self.queues);
        self.queue_order = queues.iter().map(|queue| queue.id).collect();
        self.queue_by_name.clear();
        for config in queues {
            let id = config.id;
            let mut queue = Queue::new(config);
            if let Some(before) = old.remove(&id) {
                let waiters: Vec<Waiter> = before.waiting().map(|key| key.waiter).collect();
                queue.pace = before.pace;
                queue.last_offered = before.last_offered;
                for waiter in waiters {
                    self.take_over(m, &mut queue, waiter);
                }
            }
            self.queue_by_name.insert(queue.name.clone(), id);
            self.queues.insert(id, queue);
        }
        let calls =
            old.values().flat_map(|queue| queue.waiting()).filter_map(|key| match key.waiter {
                Waiter::Call(call) => Some(call),
                Waiter::Callback(_) => None,
            });
        let mut orphans: Vec<_> = calls.collect();
        orphans.sort_unstable();
        let mut gone: Vec<_> = old.into_keys().collect();
        gone.sort_unstable();
        (orphans, gone)
    }

    /// Somebody who waits goes on waiting under the queue's new rules.
    fn take_over(&mut self, m: Moment, queue: &mut Queue, waiter: Waiter) {
        match waiter {
            Waiter::Call(call) => {
                let Some(visit) = self.visits.get_mut(&call) else { return };
                let joined = visit.key.joined;
                visit.key = WaitKey::new(&queue.config, visit.priority, joined, waiter);
                queue.join(m.now, visit.key);
                if visit.offers.is_empty() {
                    queue.pool(visit.key, &visit.pool);
                } else if queue.rings_several() {
                    queue.ringing.insert(visit.key);
                }
            }
            Waiter::Callback(id) => {
                let Some(callback) = self.callbacks.get_mut(id) else { return };
                let joined = callback.key.joined;
                callback.key = WaitKey::new(&queue.config, callback.priority, joined, waiter);
                queue.join(m.now, callback.key);
                if callback.waits() {
                    queue.pool(callback.key, &callback.pool);
                }
            }
        }
    }

    fn set_agents(&mut self, m: Moment, agents: Vec<AgentConfig>, mut memberships: Memberships) {
        self.agent_order = agents.iter().map(|agent| agent.id).collect();
        self.agent_by_work_number.clear();
        for config in agents {
            let members = memberships.take(config.id, &self.queue_by_name);
            self.agent_by_work_number.insert(config.work_number, config.id);
            let agent =
                self.agents.entry(config.id).or_insert_with(|| new_agent(m, config.id, &config));
            agent.work_number = config.work_number;
            agent.name = config.name;
            agent.password = config.password;
            agent.skills = config.skills.iter().map(|(k, v)| (Arc::from(k.as_str()), *v)).collect();
            agent.members = members;
            for member in &mut agent.members {
                let Some(queue) = self.queues.get_mut(&member.queue) else { continue };
                member.order = u32::try_from(queue.order.len()).unwrap_or(u32::MAX);
                queue.order.push(config.id);
                if agent.state != AgentState::LoggedOut {
                    *queue.tiers.entry(member.tier).or_default() += 1;
                    queue.at_work += u32::from(agent.state != AgentState::NotReady);
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
        members: Vec::new(),
        skills: FxHashMap::default(),
        state: AgentState::LoggedOut,
        since: m,
        extension: None,
        reason: String::new(),
        call: None,
        task: None,
        serves: None,
        not_ready_after: None,
        leave_asked: None,
        unanswered: 0,
        rest_until: Instant::ZERO,
        until: None,
        logged_in_us: 0,
        shift: Shift::default(),
        idle: Vec::new(),
    }
}
