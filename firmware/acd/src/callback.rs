//! Callers who are called back, at the place they kept.
//!
//! A callback stands in its queue like a caller. At its turn the agent is rung first and then the
//! customer, or the customer is and then waits at the kept place. It is tried a number of times
//! and ends in exactly one way. An agent who does not take it costs no attempt.

use std::collections::BTreeMap;

use tipring_clock::Duration;
use tipring_events::{
    AgentId, AgentState, CallbackOutcome, EventKind, OfferOutcome, QueueId, QueueOutcome, Refusal,
    Reply,
};
use tipring_line::{CallId, Number};
use tipring_switch::Moment;

use crate::acd::{Acd, Timer};
use crate::agent::Task;
use crate::config::CallbackFirst;
use crate::customer::same_number;
use crate::offering::millis;
use crate::output::{AcdOutput, Entered, Left};
use crate::queue::{Micros, WaitKey, Waiter, micros};
use crate::stage::{Pool, Wants};
use crate::strategy::Choice;
use crate::waiting::Entrant;

/// How long a callback rests whose call could not even be made.
const NO_CALL_REST: Duration = Duration::from_secs(60);

/// What a callback does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stand {
    /// It waits for its turn.
    Waits,
    /// It rests between two attempts.
    Rests,
    /// Its agent is rung.
    RingsAgent(AgentId, Option<CallId>),
    /// Its customer is rung; the agent, if one was rung first, waits for the answer.
    RingsCustomer(Option<AgentId>, Option<CallId>),
    /// Its customer, rung first, waits in the queue in this call.
    CustomerWaits(CallId),
}

#[derive(Debug)]
pub(crate) struct Callback {
    pub(crate) queue: QueueId,
    pub(crate) number: Number,
    pub(crate) priority: u32,
    pub(crate) key: WaitKey,
    pub(crate) pool: Pool,
    pub(crate) wants: Wants,
    pub(crate) asked: Moment,
    pub(crate) attempts: u32,
    pub(crate) stand: Stand,
}

impl Callback {
    /// Whether it waits for its turn.
    pub(crate) fn waits(&self) -> bool {
        self.stand == Stand::Waits
    }
}

/// Who is to be called back.
#[derive(Debug, Default)]
pub(crate) struct Callbacks {
    by_id: BTreeMap<u64, Callback>,
    by_number: BTreeMap<(Number, QueueId), u64>,
    by_call: BTreeMap<CallId, u64>,
    next: u64,
}

impl Callbacks {
    pub(crate) fn get(&self, id: u64) -> Option<&Callback> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Callback> {
        self.by_id.get_mut(&id)
    }

    pub(crate) fn of_queue(&self, queue: QueueId) -> impl Iterator<Item = (u64, &Callback)> {
        self.by_id.iter().map(|(id, c)| (*id, c)).filter(move |(_, c)| c.queue == queue)
    }
}

/// Somebody to be called back.
pub(crate) struct Wanted {
    pub(crate) queue: QueueId,
    pub(crate) number: Number,
    pub(crate) priority: u32,
    pub(crate) joined: Micros,
    pub(crate) wants: Wants,
    pub(crate) attempts: u32,
}

impl Acd {
    /// A caller who waits wants to be called back. Without a number, or where the list is full,
    /// the wait goes on.
    pub(crate) fn ask_callback(&mut self, m: Moment, call: CallId) {
        let Some(visit) = self.visits.get(&call) else { return };
        let Some(number) = visit.caller else { return };
        let wanted = Wanted {
            queue: visit.queue,
            number,
            priority: visit.priority,
            joined: visit.key.joined,
            wants: visit.wants.clone(),
            attempts: 0,
        };
        if !self.has_room(wanted.queue, number) {
            return;
        }
        self.leave(m, call, QueueOutcome::CallbackRequested, None, None);
        self.add_callback(m, wanted, Some(call), "");
        self.out.push_back(AcdOutput::Left { call, why: Left::CallbackTaken });
    }

    /// Has a number called back, as a person orders.
    ///
    /// # Errors
    /// No such queue; or the number stands in its list already, or the list is full.
    pub fn callback_add(&mut self, m: Moment, queue: QueueId, number: Number, by: &str) -> Reply {
        if !self.queues.contains_key(&queue) {
            return Err(Refusal::NoSuchQueue);
        }
        if !self.has_room(queue, number) {
            return Err(Refusal::NotPossible);
        }
        let priority = self.priorities.of(Some(number), None);
        let wants = Wants { sticky: self.handled.by(number), ..Wants::default() };
        let joined = micros(m.now);
        let wanted = Wanted { queue, number, priority, joined, wants, attempts: 0 };
        self.add_callback(m, wanted, None, by);
        Ok(())
    }

    /// Takes a number off a queue's list.
    ///
    /// # Errors
    /// No such queue, or the number is not to be called back, or is just being.
    pub fn callback_cancel(&mut self, _: Moment, queue: QueueId, number: Number) -> Reply {
        if !self.queues.contains_key(&queue) {
            return Err(Refusal::NoSuchQueue);
        }
        let id = self.callbacks.by_number.get(&(same_number(number), queue)).copied();
        let callback = id.and_then(|id| Some((id, self.callbacks.get(id)?)));
        match callback {
            Some((id, callback)) if matches!(callback.stand, Stand::Waits | Stand::Rests) => {
                self.end_callback(id, CallbackOutcome::Cancelled, None, None);
                Ok(())
            }
            _ => Err(Refusal::NotPossible),
        }
    }

    fn has_room(&self, queue: QueueId, number: Number) -> bool {
        let Some(max) = self.queues.get(&queue).map(|queue| queue.config.callback.max) else {
            return false;
        };
        let listed = self.callbacks.by_number.contains_key(&(same_number(number), queue));
        !listed && self.callbacks.of_queue(queue).count() < max as usize
    }

    fn add_callback(&mut self, m: Moment, wanted: Wanted, call: Option<CallId>, by: &str) {
        let waited = u64::try_from(micros(m.now).saturating_sub(wanted.joined)).unwrap_or(0);
        self.event(EventKind::CallbackAsked {
            call,
            queue: wanted.queue,
            number: wanted.number,
            waited_ms: millis(Duration::from_micros(waited)),
            priority: wanted.priority,
            by: by.to_owned(),
        });
        self.restore_callback(m, wanted);
    }

    /// Lets a callback, new or of before a restart, wait for its turn.
    pub(crate) fn restore_callback(&mut self, m: Moment, wanted: Wanted) {
        let Wanted { queue: id, number, priority, joined, wants, attempts } = wanted;
        let Some(queue) = self.queues.get_mut(&id) else { return };
        self.callbacks.next += 1;
        let callback = self.callbacks.next;
        let waiter = Waiter::Callback(callback);
        let key = WaitKey::new(&queue.config, priority, joined, waiter);
        let pool = Pool::default();
        queue.join(m.now, key);
        queue.pool(key, &pool);
        let stand = Stand::Waits;
        let entry =
            Callback { queue: id, number, priority, key, pool, wants, asked: m, attempts, stand };
        self.callbacks.by_id.insert(callback, entry);
        self.callbacks.by_number.insert((same_number(number), id), callback);
        self.restage(m, waiter);
    }

    /// The agent to whom a callback goes, if one is free.
    pub(crate) fn agent_for_callback(&mut self, id: u64) -> Option<AgentId> {
        let callback = self.callbacks.get(id).filter(|callback| callback.waits())?;
        let queue = self.queues.get(&callback.queue)?;
        let choice = Choice { pool: &callback.pool, last: None, agents: &self.agents };
        choice.choose(queue, &mut self.rng)
    }

    /// A callback's turn has come, with this agent free. Says whether the agent is taken.
    pub(crate) fn try_callback(&mut self, m: Moment, id: u64, agent: AgentId) -> bool {
        let Some(callback) = self.callbacks.by_id.get_mut(&id) else { return false };
        let Some(queue) = self.queues.get_mut(&callback.queue) else { return false };
        queue.unpool(&callback.key, &callback.pool);
        let config = &queue.config.callback;
        let dialled = format!("{}{}", config.prefix, callback.number);
        let number = dialled.parse().unwrap_or(callback.number);
        let queue_id = queue.id;
        let extension = match config.first {
            CallbackFirst::Customer => {
                callback.stand = Stand::RingsCustomer(None, None);
                None
            }
            CallbackFirst::Agent => {
                callback.stand = Stand::RingsAgent(agent, None);
                queue.last_offered = Some(agent);
                let ring = Duration::from_secs(queue.config.ring_s.into());
                self.timers.set(Timer::Ring(agent), m.now + ring);
                self.unlist(agent);
                self.agents.get(&agent).and_then(|agent| agent.extension)
            }
        };
        if let Some(agent) = extension.and_then(|_| self.agents.get_mut(&agent)) {
            agent.task = Some(Task::Callback(id));
        }
        self.out.push_back(AcdOutput::CallBack {
            callback: id,
            queue: queue_id,
            extension,
            number,
        });
        if extension.is_some() {
            self.change(m, agent, AgentState::Offered, "");
        }
        extension.is_some()
    }

    /// The call of [`AcdOutput::CallBack`] has been begun, or could not be.
    pub fn callback_began(&mut self, m: Moment, id: u64, call: Option<CallId>) {
        let Some(callback) = self.callbacks.by_id.get_mut(&id) else { return };
        let Some(call) = call else {
            // The callback rests, and not the agent, who is free for others.
            let agent = match callback.stand {
                Stand::RingsAgent(agent, None) => Some(agent),
                Stand::RingsCustomer(None, None) => None,
                _ => return,
            };
            self.rest_callback(m, id, NO_CALL_REST);
            if let Some(agent) = agent {
                self.timers.stop(&Timer::Ring(agent));
                if let Some(agent) = self.agents.get_mut(&agent) {
                    agent.task = None;
                }
                self.settle(m, agent);
            }
            return;
        };
        match callback.stand {
            Stand::RingsAgent(agent, None) => {
                callback.stand = Stand::RingsAgent(agent, Some(call));
                if let Some(agent) = self.agents.get_mut(&agent) {
                    agent.call = Some(call);
                }
            }
            Stand::RingsCustomer(None, None) => {
                callback.stand = Stand::RingsCustomer(None, Some(call));
                self.tried(id, call, None);
            }
            _ => return,
        }
        self.callbacks.by_call.insert(call, id);
    }

    fn tried(&mut self, id: u64, call: CallId, agent: Option<AgentId>) {
        let Some(callback) = self.callbacks.by_id.get_mut(&id) else { return };
        callback.attempts += 1;
        let (queue, number, attempt) = (callback.queue, callback.number, callback.attempts);
        self.event(EventKind::CallbackTried { queue, number, call, agent, attempt });
    }

    /// The agent has answered; the customer is rung now.
    pub fn callback_agent_answered(&mut self, m: Moment, call: CallId) {
        let Some(id) = self.callbacks.by_call.get(&call).copied() else { return };
        let Some(callback) = self.callbacks.by_id.get_mut(&id) else { return };
        let Stand::RingsAgent(agent, _) = callback.stand else { return };
        callback.stand = Stand::RingsCustomer(Some(agent), Some(call));
        let queue = callback.queue;
        self.timers.stop(&Timer::Ring(agent));
        self.tried(id, call, Some(agent));
        if let Some(agent) = self.agents.get_mut(&agent) {
            agent.task = None;
            agent.unanswered = 0;
            agent.serves = Some(queue);
        }
        self.change(m, agent, AgentState::Talking, "");
    }

    /// The customer has answered: talks with the agent, or waits for one at the kept place.
    pub fn callback_reached(&mut self, m: Moment, call: CallId) {
        let Some(id) = self.callbacks.by_call.get(&call).copied() else { return };
        let Some(callback) = self.callbacks.by_id.get_mut(&id) else { return };
        match callback.stand {
            Stand::RingsCustomer(Some(agent), _) => {
                let number = callback.number;
                // Whoever has logged out meanwhile talks on without the queues.
                if self.is_on(agent, call) {
                    self.talks.insert(call, agent);
                }
                self.handled.put(number, agent);
                self.end_callback(id, CallbackOutcome::Reached, Some(call), Some(agent));
                self.reached(number, Some(call));
            }
            Stand::RingsCustomer(None, _) => {
                callback.stand = Stand::CustomerWaits(call);
                let (key, pool) = (callback.key, callback.pool.clone());
                let entrant = Entrant {
                    call,
                    joined: key.joined,
                    priority: callback.priority,
                    caller: Some(callback.number),
                    wants: callback.wants.clone(),
                };
                let queue = callback.queue;
                // The call has the place from now on.
                if let Some(queue) = self.queues.get_mut(&queue) {
                    queue.leave(&key, &pool);
                }
                if let Entered::Left(why) = self.enter_queue(m, queue, entrant, 0) {
                    self.out.push_back(AcdOutput::Left { call, why });
                }
            }
            _ => {}
        }
    }

    /// The agent did not take the call: another will, and no attempt was made.
    pub(crate) fn callback_unanswered(&mut self, m: Moment, id: u64, outcome: OfferOutcome) {
        let Some(callback) = self.callbacks.by_id.get_mut(&id) else { return };
        let Stand::RingsAgent(agent, call) = callback.stand else { return };
        callback.stand = Stand::Waits;
        let (queue, key, pool) = (callback.queue, callback.key, callback.pool.clone());
        if let Some(call) = call {
            self.callbacks.by_call.remove(&call);
            self.out.push_back(AcdOutput::HangUp { call });
        }
        self.timers.stop(&Timer::Ring(agent));
        if let Some(agent) = self.agents.get_mut(&agent) {
            agent.task = None;
            agent.call = None;
        }
        match self.queues.get_mut(&queue) {
            Some(queue) => queue.pool(key, &pool),
            None => self.end_callback(id, CallbackOutcome::Cancelled, None, None),
        }
        // Who takes it back says what the agent becomes.
        if outcome != OfferOutcome::Cancelled {
            self.rest(m, agent, queue, outcome);
        }
        self.find_agent(m, Waiter::Callback(id));
    }

    fn is_on(&self, agent: AgentId, call: CallId) -> bool {
        self.agents.get(&agent).is_some_and(|agent| agent.call == Some(call))
    }

    /// A call that was made for a callback is over.
    pub(crate) fn callback_call_over(&mut self, m: Moment, call: CallId) {
        let Some(id) = self.callbacks.by_call.get(&call).copied() else { return };
        match self.callbacks.get(id).map(|callback| callback.stand) {
            Some(Stand::RingsAgent(..)) => {
                self.callback_unanswered(m, id, OfferOutcome::Rejected);
            }
            Some(Stand::RingsCustomer(agent, _)) => {
                self.not_reached(m, id, call);
                if let Some(agent) = agent.filter(|agent| self.is_on(*agent, call)) {
                    self.settle(m, agent);
                }
            }
            _ => {
                self.callbacks.by_call.remove(&call);
            }
        }
    }

    /// The wait of a customer who was rung first is over.
    pub(crate) fn callback_visit_over(
        &mut self,
        m: Moment,
        call: CallId,
        outcome: QueueOutcome,
        agent: Option<AgentId>,
    ) {
        let Some(id) = self.callbacks.by_call.get(&call).copied() else { return };
        if self.callbacks.get(id).map(|c| c.stand) != Some(Stand::CustomerWaits(call)) {
            return;
        }
        if outcome == QueueOutcome::Answered {
            self.end_callback(id, CallbackOutcome::Reached, Some(call), agent);
        } else {
            if let Some(callback) = self.callbacks.by_id.get(&id)
                && let Some(queue) = self.queues.get_mut(&callback.queue)
            {
                queue.join(m.now, callback.key);
            }
            self.not_reached(m, id, call);
        }
    }

    fn not_reached(&mut self, m: Moment, id: u64, call: CallId) {
        self.callbacks.by_call.remove(&call);
        let Some(callback) = self.callbacks.by_id.get(&id) else { return };
        let config = self.queues.get(&callback.queue).map(|queue| &queue.config.callback);
        let (tries, interval_s) = config.map_or((0, 0), |c| (c.tries, c.interval_s));
        if callback.attempts >= tries {
            self.end_callback(id, CallbackOutcome::NotReached, None, None);
        } else {
            self.rest_callback(m, id, Duration::from_secs(interval_s.into()));
        }
    }

    fn rest_callback(&mut self, m: Moment, id: u64, rest: Duration) {
        let Some(callback) = self.callbacks.by_id.get_mut(&id) else { return };
        callback.stand = Stand::Rests;
        self.stages.stop(&Waiter::Callback(id));
        self.timers.set(Timer::Retry(id), m.now + rest);
    }

    /// A callback has rested long enough.
    pub(crate) fn callback_due(&mut self, m: Moment, id: u64) {
        let Some(callback) = self.callbacks.by_id.get_mut(&id) else { return };
        callback.stand = Stand::Waits;
        if let Some(queue) = self.queues.get_mut(&callback.queue) {
            queue.pool(callback.key, &callback.pool);
        }
        self.restage(m, Waiter::Callback(id));
    }

    /// The number calls by itself: gives the place and the priority that were kept for it.
    pub(crate) fn called_again(&mut self, number: Number, call: CallId) -> Option<(Micros, u32)> {
        let number = same_number(number);
        let range = (number, QueueId(0))..=(number, QueueId(u32::MAX));
        let ids: Vec<u64> = self.callbacks.by_number.range(range).map(|(_, id)| *id).collect();
        let mut kept = None;
        for id in ids {
            let Some(callback) = self.callbacks.get(id) else { continue };
            if !matches!(callback.stand, Stand::Waits | Stand::Rests) {
                continue;
            }
            let (joined, priority) = (callback.key.joined, callback.priority);
            let (first, most) = kept.unwrap_or((joined, priority));
            kept = Some((joined.min(first), priority.max(most)));
            self.end_callback(id, CallbackOutcome::CalledAgain, Some(call), None);
        }
        kept
    }

    pub(crate) fn end_callback(
        &mut self,
        id: u64,
        outcome: CallbackOutcome,
        call: Option<CallId>,
        agent: Option<AgentId>,
    ) {
        let Some(callback) = self.callbacks.by_id.remove(&id) else { return };
        let (queue, number, attempts) = (callback.queue, callback.number, callback.attempts);
        self.callbacks.by_number.remove(&(same_number(number), queue));
        self.callbacks.by_call.retain(|_, other| *other != id);
        self.timers.stop(&Timer::Retry(id));
        self.stages.stop(&Waiter::Callback(id));
        if let Some(queue) = self.queues.get_mut(&queue) {
            queue.leave(&callback.key, &callback.pool);
        }
        self.event(EventKind::CallbackEnded { queue, number, outcome, attempts, call, agent });
    }

    /// Ends the callbacks of queues that are no more.
    pub(crate) fn drop_callbacks(&mut self, gone: &[QueueId]) {
        let of_gone = |(id, callback): (&u64, &Callback)| {
            let idle = matches!(callback.stand, Stand::Waits | Stand::Rests);
            (gone.contains(&callback.queue) && idle).then_some(*id)
        };
        let ids: Vec<u64> = self.callbacks.by_id.iter().filter_map(of_gone).collect();
        for id in ids {
            self.end_callback(id, CallbackOutcome::Cancelled, None, None);
        }
    }
}
