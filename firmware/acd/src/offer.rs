//! How offers, and the talks that come of them, end.

use tipring_clock::Duration;
use tipring_events::{AgentId, AgentState, EventKind, OfferOutcome, Party, QueueOutcome};
use tipring_line::{CallId, Cause};
use tipring_switch::Moment;

use crate::acd::{Acd, Timer};
use crate::agent::{NO_ANSWER, Offer, Task, UNREACHABLE};
use crate::offering::millis;
use crate::output::AcdOutput;
use crate::queue::Waiter;

impl Acd {
    /// Ends an agent's offer and logs how. The agent's state is still `Offered` afterwards: the
    /// caller of this says what it becomes. Gives the offer, if there was one.
    pub(crate) fn end_offer(
        &mut self,
        m: Moment,
        id: AgentId,
        outcome: OfferOutcome,
    ) -> Option<Offer> {
        let agent = self.agents.get_mut(&id)?;
        let offer = agent.offer()?;
        agent.task = None;
        agent.call = None;
        self.timers.stop(&Timer::Ring(id));
        let (call, queue) = (offer.call, offer.queue);
        let rang_ms = millis(m.since(offer.began));
        if let Some(visit) = self.visits.get_mut(&call) {
            visit.offers.retain(|other| *other != id);
            if visit.offers.is_empty()
                && let Some(queue) = self.queues.get_mut(&visit.queue)
            {
                queue.ringing.remove(&visit.key);
                queue.pool(visit.key, &visit.pool);
            }
        }
        self.event(EventKind::OfferEnded { call, queue, agent: id, outcome, rang_ms });
        Some(offer)
    }

    /// Takes an offer back at the phone too.
    pub(crate) fn withdraw(&mut self, m: Moment, id: AgentId, outcome: OfferOutcome, cause: Cause) {
        if let Some(offer) = self.end_offer(m, id, outcome) {
            self.out.push_back(AcdOutput::CancelOffer { call: offer.call, agent: id, cause });
        }
    }

    /// An agent answered an offer. The first to answer gets the caller; an answer to an offer
    /// that is no more is cancelled.
    pub fn offer_answered(&mut self, m: Moment, call: CallId, id: AgentId) {
        let offered = self.agents.get(&id).and_then(|agent| agent.offer());
        let Some(offer) = offered.filter(|o| o.call == call && self.visits.contains_key(&call))
        else {
            let cause = Cause::AnsweredElsewhere;
            self.out.push_back(AcdOutput::CancelOffer { call, agent: id, cause });
            return;
        };
        self.end_offer(m, id, OfferOutcome::Answered);
        let caller = self.visits.get(&call).and_then(|visit| visit.caller);
        if let Some(queue) = self.queues.get_mut(&offer.queue) {
            queue.pace.answered(m.now);
        }
        self.leave(m, call, QueueOutcome::Answered, None, Some(id));
        let record = self.queues.get(&offer.queue).is_some_and(|queue| queue.config.record);
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.unanswered = 0;
            agent.call = Some(call);
            agent.serves = Some(offer.queue);
        }
        self.talks.insert(call, id);
        self.change(m, id, AgentState::Talking, "");
        self.out.push_back(AcdOutput::Connect { call, agent: id, record });
        if let Some(caller) = caller {
            self.handled.put(caller, id);
            self.reached(caller, Some(call));
        }
    }

    /// An offer failed at the agent's phone.
    pub fn offer_failed(&mut self, m: Moment, call: CallId, id: AgentId, cause: Cause) {
        let offered = self.agents.get(&id).and_then(|agent| agent.offer());
        if offered.is_none_or(|offer| offer.call != call) {
            return;
        }
        self.offer_missed(m, id, failure(cause));
    }

    /// An agent was rung for `ring_s`.
    pub(crate) fn rang_out(&mut self, m: Moment, id: AgentId) {
        match self.agents.get(&id).and_then(|agent| agent.task) {
            Some(Task::Offer(offer)) => {
                let (call, cause) = (offer.call, Cause::NoAnswer);
                self.out.push_back(AcdOutput::CancelOffer { call, agent: id, cause });
                self.offer_missed(m, id, OfferOutcome::NoAnswer);
            }
            Some(Task::Callback(callback)) => {
                self.callback_unanswered(m, callback, OfferOutcome::NoAnswer);
            }
            None => {}
        }
    }

    /// An offer has come to nothing: the agent rests, the caller goes to the next.
    fn offer_missed(&mut self, m: Moment, id: AgentId, outcome: OfferOutcome) {
        let Some(offer) = self.end_offer(m, id, outcome) else { return };
        self.rest(m, id, offer.queue, outcome);
        self.find_agent(m, Waiter::Call(offer.call));
    }

    /// An agent who did not take a call is left alone for a time, or, after too many unanswered,
    /// made not ready.
    pub(crate) fn rest(
        &mut self,
        m: Moment,
        id: AgentId,
        queue: tipring_events::QueueId,
        outcome: OfferOutcome,
    ) {
        let config = self.queues.get(&queue).map(|queue| &queue.config);
        let rest_s = config.map_or(1, |config| match outcome {
            OfferOutcome::NoAnswer => config.retry_s,
            OfferOutcome::Rejected => config.reject_retry_s,
            _ => config.busy_retry_s,
        });
        let no_answer_max = config.map_or(0, |config| config.max_no_answer);
        let Some(agent) = self.agents.get_mut(&id) else { return };
        agent.rest_until = m.now + Duration::from_secs(rest_s.into());
        self.timers.set(Timer::Rest(id), agent.rest_until);
        if outcome == OfferOutcome::NoAnswer {
            agent.unanswered += 1;
        }
        if no_answer_max > 0 && agent.unanswered >= no_answer_max {
            agent.unanswered = 0;
            self.change(m, id, AgentState::NotReady, NO_ANSWER);
        } else {
            self.settle(m, id);
        }
    }

    /// An agent has nothing to do any more: ready, unless asked or forced not to be.
    pub(crate) fn settle(&mut self, m: Moment, id: AgentId) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        agent.call = None;
        agent.serves = None;
        let extension = agent.extension;
        if let Some(reason) = agent.not_ready_after.take() {
            self.change(m, id, AgentState::NotReady, &reason);
        } else if extension.is_some_and(|extension| self.is_reachable(extension)) {
            self.change(m, id, AgentState::Ready, "");
        } else {
            self.change(m, id, AgentState::NotReady, UNREACHABLE);
        }
        self.refresh(m, id);
    }

    /// A call is over, whoever ended it: its wait, its offers, or its agent's talk.
    pub fn call_over(&mut self, m: Moment, call: CallId, by: Party) {
        if let Some(visit) = self.visits.get(&call) {
            let theta_s = self.queues.get(&visit.queue).map_or(0, |q| q.config.short_abandon_s);
            let short = m.since(visit.entered) <= Duration::from_secs(theta_s.into());
            let outcome = match by {
                Party::Caller if short => QueueOutcome::ShortAbandoned,
                Party::Caller => QueueOutcome::Abandoned,
                Party::Callee | Party::Box => QueueOutcome::Interrupted,
            };
            if by == Party::Caller {
                self.abandon(m, call);
            }
            self.leave(m, call, outcome, None, None);
        }
        self.callback_call_over(m, call);
        if let Some(id) = self.talks.remove(&call) {
            self.wrap_up(m, id);
        }
    }

    /// An agent's part in a call is over while the call goes on: transferred, or taken over.
    pub fn agent_left(&mut self, m: Moment, call: CallId, agent: AgentId) {
        if self.talks.get(&call) == Some(&agent) {
            self.talks.remove(&call);
            self.wrap_up(m, agent);
        }
    }

    /// An agent's talk goes on in another call. Where another agent talks already, that one's
    /// stays the queue's and this one's work is done.
    pub fn agent_moved(&mut self, m: Moment, from: CallId, to: CallId, id: AgentId) {
        if self.talks.get(&from) != Some(&id) {
            return;
        }
        self.talks.remove(&from);
        if self.talks.contains_key(&to) {
            return self.wrap_up(m, id);
        }
        self.talks.insert(to, id);
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.call = Some(to);
        }
        self.change(m, id, AgentState::Talking, "");
    }

    /// Somebody who is not of the queue has taken a caller who waits.
    pub fn taken_away(&mut self, m: Moment, call: CallId) {
        if self.visits.contains_key(&call) {
            self.leave(m, call, QueueOutcome::TransferredAway, None, None);
        }
    }

    fn wrap_up(&mut self, m: Moment, id: AgentId) {
        let Some(agent) = self.agents.get(&id) else { return };
        let queue = agent.serves.and_then(|queue| self.queues.get(&queue));
        let seconds = queue.map_or(0, |queue| queue.config.wrap_up_s);
        if seconds == 0 {
            self.wrap_up_over(m, id);
        } else {
            self.change(m, id, AgentState::WrapUp, "");
            self.set_until(id, m.now + Duration::from_secs(seconds.into()));
        }
    }

    pub(crate) fn wrap_up_over(&mut self, m: Moment, id: AgentId) {
        self.clear_until(id);
        self.settle(m, id);
    }

    /// Takes the offers of a caller who has left back from all agents. They are free again.
    pub(crate) fn withdraw_all(&mut self, m: Moment, agents: Vec<AgentId>, call: CallId) {
        let mut freed = Vec::with_capacity(agents.len());
        for id in agents {
            let offered = self.agents.get(&id).and_then(|agent| agent.offer());
            if offered.is_some_and(|offer| offer.call == call) {
                self.withdraw(m, id, OfferOutcome::Cancelled, Cause::AnsweredElsewhere);
                freed.push(id);
            }
        }
        for id in freed {
            self.settle(m, id);
        }
    }
}

/// What a phone's failure makes of an offer.
pub(crate) fn failure(cause: Cause) -> OfferOutcome {
    match cause {
        Cause::UserBusy | Cause::NoChannel => OfferOutcome::Busy,
        Cause::SubscriberAbsent
        | Cause::NoUserResponding
        | Cause::DestinationOutOfOrder
        | Cause::UnallocatedNumber
        | Cause::NetworkOutOfOrder
        | Cause::TimerExpired => OfferOutcome::Unreachable,
        _ => OfferOutcome::Rejected,
    }
}
