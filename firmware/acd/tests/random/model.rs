//! What the log must say, kept by the simplest means.

use std::collections::BTreeMap;

use tipring_acd::{AcdConfig, Memory, QueueConfig};
use tipring_clock::Instant;
use tipring_events::{AgentId, AgentState, EventKind, OfferOutcome, QueueId, QueueOutcome};
use tipring_line::{CallId, Number};
use tipring_switch::Moment;

/// One who waits.
#[derive(Clone, Debug)]
pub(crate) struct Wait {
    pub(crate) queue: QueueId,
    pub(crate) entered: Instant,
    /// When the box's service was joined, in microseconds; negative for before the start.
    pub(crate) joined_us: i64,
    pub(crate) priority: i64,
    pub(crate) need: u8,
    pub(crate) rung: Vec<AgentId>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Seat {
    pub(crate) state: AgentState,
    pub(crate) offer: Option<CallId>,
    pub(crate) talks: Option<CallId>,
    pub(crate) rests_until: Instant,
    pub(crate) extension: Option<Number>,
}

pub(crate) struct Model {
    pub(crate) config: AcdConfig,
    pub(crate) waits: BTreeMap<CallId, Wait>,
    pub(crate) seats: BTreeMap<AgentId, Seat>,
    pub(crate) needs: BTreeMap<CallId, u8>,
    pub(crate) memory: Memory,
    pub(crate) callbacks: BTreeMap<(Number, QueueId), u32>,
    pub(crate) visits_ended: u64,
    pub(crate) offers_ended: u64,
    pub(crate) callbacks_ended: u64,
    outcomes: BTreeMap<String, u64>,
    visits_began: u64,
    offers_began: u64,
}

impl Model {
    pub(crate) fn new(config: AcdConfig) -> Self {
        let memory = Memory::new(&config.desk);
        Model {
            config,
            waits: BTreeMap::new(),
            seats: BTreeMap::new(),
            needs: BTreeMap::new(),
            memory,
            callbacks: BTreeMap::new(),
            visits_ended: 0,
            offers_ended: 0,
            callbacks_ended: 0,
            outcomes: BTreeMap::new(),
            visits_began: 0,
            offers_began: 0,
        }
    }

    pub(crate) fn queue(&self, id: QueueId) -> &QueueConfig {
        self.config.queues.iter().find(|queue| queue.id == id).expect("a queue of the site")
    }

    pub(crate) fn write(&mut self, m: Moment, event: &EventKind) {
        self.memory.write(m.wall, event);
        match event {
            EventKind::QueueEntered { call, queue, priority, waited_before_ms, .. } => {
                let waited_us = *waited_before_ms as i64 * 1000;
                let wait = Wait {
                    queue: *queue,
                    entered: m.now,
                    joined_us: m.now.as_micros() as i64 - waited_us,
                    priority: (*priority).into(),
                    need: self.needs.get(call).copied().unwrap_or(0),
                    rung: Vec::new(),
                };
                assert!(self.waits.insert(*call, wait).is_none(), "{call} waits twice");
                self.visits_began += 1;
            }
            EventKind::QueueLeft { call, outcome, agent, .. } => {
                assert!(self.waits.remove(call).is_some(), "{call} left and did not wait");
                assert_eq!(*outcome == QueueOutcome::Answered, agent.is_some());
                *self.outcomes.entry(format!("{outcome:?}")).or_default() += 1;
                self.visits_ended += 1;
            }
            EventKind::PriorityChanged { call, priority, .. } => {
                self.waits.get_mut(call).expect("it waits").priority = (*priority).into();
            }
            EventKind::OfferBegan { call, agent, .. } => self.offered(m, *call, *agent),
            EventKind::OfferEnded { call, agent, outcome, queue, .. } => {
                let seat = self.seats.entry(*agent).or_default();
                assert_eq!(seat.offer.take(), Some(*call), "another offer ended");
                let config = self.config.queues.iter().find(|q| q.id == *queue).expect("a queue");
                let rest_s = match outcome {
                    OfferOutcome::Answered | OfferOutcome::Cancelled => 0,
                    OfferOutcome::NoAnswer => config.retry_s,
                    OfferOutcome::Rejected => config.reject_retry_s,
                    OfferOutcome::Busy | OfferOutcome::Unreachable => config.busy_retry_s,
                };
                let until = m.now + std::time::Duration::from_secs(rest_s.into());
                seat.rests_until = seat.rests_until.max(until);
                if let Some(wait) = self.waits.get_mut(call) {
                    wait.rung.retain(|other| other != agent);
                }
                self.offers_ended += 1;
            }
            EventKind::AgentChanged { agent, state, extension, .. } => {
                let seat = self.seats.entry(*agent).or_default();
                seat.state = *state;
                seat.extension = *extension;
            }
            EventKind::CallbackAsked { queue, number, .. } => {
                assert!(self.callbacks.insert((*number, *queue), 0).is_none(), "asked twice");
            }
            EventKind::CallbackTried { queue, number, attempt, .. } => {
                let tries = self.callbacks.get_mut(&(*number, *queue)).expect("it was asked for");
                *tries += 1;
                assert_eq!(*tries, *attempt);
                assert!(*tries <= 2, "tried too often");
            }
            EventKind::CallbackEnded { queue, number, .. } => {
                assert!(
                    self.callbacks.remove(&(*number, *queue)).is_some(),
                    "it was not asked for"
                );
                self.callbacks_ended += 1;
            }
            _ => {}
        }
    }

    fn offered(&mut self, m: Moment, call: CallId, agent: AgentId) {
        let seat = self.seats.entry(agent).or_default();
        assert_eq!(seat.offer.replace(call), None, "{agent:?} is offered two calls");
        assert_eq!(seat.talks, None, "{agent:?} talks and is offered a call");
        let wait = self.waits.get(&call).expect("it waits").clone();
        for (other, rival) in &self.waits {
            let unserved = *other != call && rival.queue == wait.queue && rival.rung.is_empty();
            if unserved && self.may_serve(m.now, agent, rival) {
                assert!(
                    self.rank(m.now, &wait) >= self.rank(m.now, rival),
                    "{other} ({rival:?}) comes before {call} ({wait:?}) for {agent:?}"
                );
            }
        }
        self.waits.get_mut(&call).expect("it waits").rung.push(agent);
        self.offers_began += 1;
    }

    /// By priority, with what waiting adds, and then by time: the greater the sooner.
    fn rank(&self, now: Instant, wait: &Wait) -> (i64, i64) {
        let gain = i64::from(self.queue(wait.queue).priority_gain_per_minute);
        let waited = now.as_micros() as i64 - wait.joined_us;
        // The log has the wait in milliseconds only.
        ((wait.priority * 60_000_000 + gain * waited) / 10_000, waited / 10_000)
    }

    /// Whether the tiers and skills let an agent serve one who waits.
    pub(crate) fn may_serve(&self, now: Instant, agent: AgentId, wait: &Wait) -> bool {
        let queue = self.queue(wait.queue);
        let config = |id: AgentId| self.config.agents.iter().find(|a| a.id == id).expect("agent");
        let tier_of =
            |id: AgentId| config(id).queues.iter().find(|m| m.queue == queue.name).map(|m| m.tier);
        let Some(tier) = tier_of(agent) else { return false };
        let waited_s = now.saturating_since(wait.entered).as_secs();
        if queue.tier_wait_s > 0 {
            let mut there: Vec<u8> = self
                .seats
                .iter()
                .filter(|(_, seat)| seat.state != AgentState::LoggedOut)
                .filter_map(|(id, _)| tier_of(*id))
                .collect();
            there.sort_unstable();
            there.dedup();
            let open = waited_s / u64::from(queue.tier_wait_s) + 1;
            if there.iter().position(|t| *t == tier).is_none_or(|at| at as u64 >= open) {
                return false;
            }
        }
        let lower = queue.relax.iter().filter(|r| waited_s >= r.after_s.into()).map(|r| r.by).max();
        let need = wait.need.saturating_sub(lower.unwrap_or(0));
        config(agent).skills["english"] >= need
    }

    /// Everything has ended.
    pub(crate) fn close(&self) {
        assert_eq!((self.visits_began, self.waits.len()), (self.visits_ended, 0));
        assert_eq!(self.outcomes.values().sum::<u64>(), self.visits_ended);
        assert_eq!(self.offers_began, self.offers_ended);
        for (id, seat) in &self.seats {
            assert!(seat.offer.is_none(), "{id:?} is still offered a call");
        }
    }
}
