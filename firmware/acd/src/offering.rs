//! Callers and agents find each other.

use core::cmp::Reverse;

use tipring_clock::Duration;
use tipring_events::{AgentId, AgentState, EventKind, OfferOutcome, QueueId};
use tipring_line::{CallId, Cause};
use tipring_switch::Moment;

use crate::acd::{Acd, Timer};
use crate::agent::{Agent, Offer, Task};
use crate::config::Strategy;
use crate::output::AcdOutput;
use crate::queue::{WaitKey, Waiter};
use crate::stage::Stage;
use crate::strategy::{Choice, idle_key};

impl Acd {
    /// Brings an agent's place among the free ones up to date; who has just become free is
    /// offered the next caller at once.
    pub(crate) fn refresh(&mut self, m: Moment, id: AgentId) {
        let Some(agent) = self.agents.get(&id) else { return };
        let phone = agent.extension.and_then(|e| self.extensions.get(&e)).copied();
        let phone_is_free = phone.is_some_and(|phone| phone.reachable && !phone.in_use);
        let rested = agent.rest_until <= m.now;
        let eligible = agent.state == AgentState::Ready && phone_is_free && rested;
        match (agent.idle.is_empty(), eligible) {
            (false, false) => self.unlist(id),
            (true, true) => {
                self.list(id);
                self.serve(m, id);
            }
            _ => {}
        }
    }

    fn list(&mut self, id: AgentId) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let mut idle = core::mem::take(&mut agent.idle);
        for member in &agent.members {
            if let Some(queue) = self.queues.get_mut(&member.queue) {
                let key = idle_key(queue.config.strategy, agent, member);
                queue.idle.insert(key);
                idle.push((member.queue, key));
            }
        }
        agent.idle = idle;
    }

    /// Takes an agent out of the free ones.
    pub(crate) fn unlist(&mut self, id: AgentId) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        for (queue, key) in agent.idle.drain(..) {
            if let Some(queue) = self.queues.get_mut(&queue) {
                queue.idle.remove(&key);
            }
        }
    }

    /// Offers a free agent whoever comes first: of the queue with the greater weight, and at equal
    /// weights by priority and time. Where nobody waits unoffered, the agent is rung along for a
    /// caller for whom several are.
    fn serve(&mut self, m: Moment, id: AgentId) {
        while let Some(key) = self.next_for(m, id) {
            match key.waiter {
                Waiter::Call(call) => return self.offer(m, call, id),
                Waiter::Callback(callback) => {
                    if self.try_callback(m, callback, id) {
                        return;
                    }
                }
            }
        }
        self.ring_along(m, id);
    }

    fn next_for(&self, m: Moment, id: AgentId) -> Option<WaitKey> {
        let agent = self.agents.get(&id)?;
        let firsts = agent.members.iter().filter_map(|member| {
            let queue = self.queues.get(&member.queue)?;
            let key = queue.next_for(id, member, |stage| can(agent, stage))?;
            let priority = Reverse(key.priority_at(&queue.config, m.now));
            Some((Reverse(queue.config.weight), priority, key.joined, key))
        });
        firsts.min().map(|(.., key)| key)
    }

    /// Offers somebody for whom nobody is being rung to the agent whom the strategy chooses.
    pub(crate) fn find_agent(&mut self, m: Moment, waiter: Waiter) {
        match waiter {
            Waiter::Call(call) => self.find_agent_for_call(m, call),
            Waiter::Callback(callback) => {
                if let Some(agent) = self.agent_for_callback(callback) {
                    self.try_callback(m, callback, agent);
                }
            }
        }
    }

    fn find_agent_for_call(&mut self, m: Moment, call: CallId) {
        while self.visits.get(&call).is_some_and(|visit| visit.offers.is_empty()) {
            if let Some(agent) = self.choose(call) {
                return self.offer(m, call, agent);
            }
            let Some(agent) = self.ring_to_share(call) else { return };
            self.withdraw(m, agent, OfferOutcome::Cancelled, Cause::AnsweredElsewhere);
            // The agent goes to whoever comes first of all, as soon as the phone is free again.
            self.settle(m, agent);
            if self.agents.get(&agent).is_none_or(|agent| agent.offer().is_none()) {
                return;
            }
        }
    }

    fn choose(&mut self, call: CallId) -> Option<AgentId> {
        let visit = self.visits.get(&call)?;
        let queue = self.queues.get(&visit.queue)?;
        if queue.idle.is_empty() {
            return None;
        }
        let choice = Choice { pool: &visit.pool, last: visit.last, agents: &self.agents };
        choice.choose(queue, &mut self.rng)
    }

    /// Where several agents ring for one caller, one of them goes to the next, so that a slow
    /// ring holds nobody up: which one may serve this caller.
    fn ring_to_share(&self, call: CallId) -> Option<AgentId> {
        let visit = self.visits.get(&call)?;
        let queue = self.queues.get(&visit.queue)?;
        let rung = queue.ringing.iter().filter_map(|key| match key.waiter {
            Waiter::Call(call) => self.visits.get(&call),
            Waiter::Callback(_) => None,
        });
        let most = rung.max_by_key(|visit| visit.offers.len()).filter(|v| v.offers.len() > 1)?;
        let fits = |id: &&AgentId| {
            let agent = self.agents.get(*id);
            agent.is_some_and(|agent| match &visit.pool {
                crate::stage::Pool::Only(only) => agent.id == *only,
                crate::stage::Pool::Open(stage) => {
                    let tier = agent.member(queue.id).map(|member| member.tier);
                    tier.is_some_and(|tier| queue.tier_is_open(tier, stage)) && can(agent, stage)
                }
            })
        };
        most.offers.iter().rev().find(fits).copied()
    }

    /// Another agent rings for a caller for whom one did already: perhaps one of them can serve
    /// somebody for whom nobody is rung.
    fn share_rings(&mut self, m: Moment, id: QueueId) {
        let waiters = self.queues.get(&id).map(|queue| queue.pooled()).unwrap_or_default();
        for waiter in waiters {
            self.find_agent(m, waiter);
        }
    }

    /// Rings a free agent for the first caller for whom others are being rung too.
    fn ring_along(&mut self, m: Moment, id: AgentId) {
        let Some(agent) = self.agents.get(&id) else { return };
        let rung = |queue: &QueueId| {
            let queue = self.queues.get(queue)?;
            if queue.config.strategy != Strategy::RingAll {
                return None;
            }
            let tier = agent.member(queue.id)?.tier;
            let mut rung = queue.ringing.iter().filter_map(|key| match key.waiter {
                Waiter::Call(call) => Some((call, self.visits.get(&call)?)),
                Waiter::Callback(_) => None,
            });
            rung.find(|(_, visit)| match &visit.pool {
                crate::stage::Pool::Only(only) => *only == id,
                crate::stage::Pool::Open(stage) => {
                    queue.tier_is_open(tier, stage) && can(agent, stage)
                }
            })
        };
        let first = agent.members.iter().find_map(|member| rung(&member.queue));
        if let Some((call, queue)) = first.map(|(call, visit)| (call, visit.queue)) {
            self.offer(m, call, id);
            self.share_rings(m, queue);
        }
    }

    /// One more agent is rung for a caller, after `progressive_s`.
    pub(crate) fn ring_one_more(&mut self, m: Moment, call: CallId) {
        let Some(visit) = self.visits.get(&call) else { return };
        let Some(queue) = self.queues.get(&visit.queue) else { return };
        if queue.config.strategy != Strategy::Progressive {
            return;
        }
        let step = Duration::from_secs(queue.config.progressive_s.max(1).into());
        self.timers.set(Timer::Progress(call), m.now + step);
        let queue = queue.id;
        if let Some(agent) = self.choose(call) {
            self.ring(m, call, agent);
            self.share_rings(m, queue);
        }
    }

    /// Rings an agent, or all of them, for a caller.
    fn offer(&mut self, m: Moment, call: CallId, id: AgentId) {
        self.ring(m, call, id);
        let Some(visit) = self.visits.get(&call) else { return };
        let Some(queue) = self.queues.get(&visit.queue) else { return };
        match queue.config.strategy {
            Strategy::RingAll => {
                while let Some(next) = self.choose(call) {
                    self.ring(m, call, next);
                }
            }
            Strategy::Progressive if self.timers.due(&Timer::Progress(call)).is_none() => {
                let step = Duration::from_secs(queue.config.progressive_s.max(1).into());
                self.timers.set(Timer::Progress(call), m.now + step);
            }
            _ => {}
        }
    }

    fn ring(&mut self, m: Moment, call: CallId, id: AgentId) {
        self.unlist(id);
        let Some(visit) = self.visits.get_mut(&call) else { return };
        let Some(queue) = self.queues.get_mut(&visit.queue) else { return };
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let Some(extension) = agent.extension else { return };
        visit.offers.push(id);
        visit.last = Some(id);
        queue.unpool(&visit.key, &visit.pool);
        queue.last_offered = Some(id);
        if queue.rings_several() {
            queue.ringing.insert(visit.key);
        }
        let ring = Duration::from_secs(queue.config.ring_s.into());
        self.timers.set(Timer::Ring(id), m.now + ring);
        agent.task = Some(Task::Offer(Offer { call, queue: visit.queue, began: m }));
        agent.call = Some(call);
        let work_number = agent.work_number;
        let queue = visit.queue;
        self.event(EventKind::OfferBegan { call, queue, agent: id, extension });
        self.change(m, id, AgentState::Offered, "");
        self.out.push_back(AcdOutput::Offer { call, agent: id, work_number, extension });
    }

    /// Finds agents for those who wait unoffered in a queue, as far as there are free ones: after
    /// a change of who may serve whom.
    pub(crate) fn rematch(&mut self, m: Moment, id: QueueId) {
        let Some(queue) = self.queues.get(&id).filter(|queue| !queue.idle.is_empty()) else {
            return;
        };
        for waiter in queue.pooled() {
            if self.queues.get(&id).is_none_or(|queue| queue.idle.is_empty()) {
                return;
            }
            self.find_agent(m, waiter);
        }
    }

    /// Other agents may serve those whose time has come. They are offered in their order.
    pub(crate) fn widen(&mut self, m: Moment) {
        let mut waiters = Vec::new();
        while let Some(waiter) = self.stages.expire(m.now) {
            self.regroup(m, waiter);
            waiters.push(waiter);
        }
        waiters.sort_by_cached_key(|waiter| self.turn(m, *waiter));
        for waiter in waiters {
            self.find_agent(m, waiter);
        }
    }

    /// When it is somebody's turn among those of all queues: the least first.
    fn turn(&self, m: Moment, waiter: Waiter) -> Option<(Reverse<u32>, Reverse<i64>, WaitKey)> {
        let (queue, key) = match waiter {
            Waiter::Call(call) => self.visits.get(&call).map(|visit| (visit.queue, visit.key)),
            Waiter::Callback(id) => self.callbacks.get(id).map(|c| (c.queue, c.key)),
        }?;
        let config = &self.queues.get(&queue)?.config;
        Some((Reverse(config.weight), Reverse(key.priority_at(config, m.now)), key))
    }

    /// Other agents may serve somebody who waits from now on; one is offered, if free.
    pub(crate) fn restage(&mut self, m: Moment, waiter: Waiter) {
        self.regroup(m, waiter);
        self.find_agent(m, waiter);
    }

    /// Puts somebody who waits among those whom the same agents may serve.
    pub(crate) fn regroup(&mut self, m: Moment, waiter: Waiter) {
        let Some((id, wants, entered)) = self.wait_of(waiter) else { return };
        let Some(queue) = self.queues.get(&id) else { return };
        let agents = &self.agents;
        let standing = wants.standing(&queue.config, entered, m.now, |agent| {
            agents.get(&agent).is_some_and(|a| a.is_logged_in() && a.member(id).is_some())
        });
        if standing.gives_up {
            if let Waiter::Call(call) = waiter {
                self.agent_away(m, call);
            }
            return;
        }
        match standing.until {
            Some(at) => self.stages.set(waiter, at),
            None => {
                self.stages.stop(&waiter);
            }
        }
        self.set_pool(waiter, standing.pool);
    }

    fn set_pool(&mut self, waiter: Waiter, pool: crate::stage::Pool) {
        let (queue, key, old, unoffered) = match waiter {
            Waiter::Call(call) => {
                let Some(visit) = self.visits.get_mut(&call) else { return };
                let old = core::mem::replace(&mut visit.pool, pool.clone());
                (visit.queue, visit.key, old, visit.offers.is_empty())
            }
            Waiter::Callback(id) => {
                let Some(callback) = self.callbacks.get_mut(id) else { return };
                let old = core::mem::replace(&mut callback.pool, pool.clone());
                (callback.queue, callback.key, old, callback.waits())
            }
        };
        if unoffered && let Some(queue) = self.queues.get_mut(&queue) {
            queue.unpool(&key, &old);
            queue.pool(key, &pool);
        }
    }
}

/// Whether an agent has what a stage asks for.
fn can(agent: &Agent, stage: &Stage) -> bool {
    stage.need.as_ref().is_none_or(|need| agent.skill(need).is_some())
}

pub(crate) fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}
